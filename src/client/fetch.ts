import { queryRoutes, type RouteAnswer, type RouteQuestion } from '../discovery/director-client.ts'
import { type RouteNews, RouteWatches } from '../discovery/route-watches.ts'
import { UsageError } from '../errors.ts'
import type { NumberRange } from '../pattern/range-set.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { Fault } from '../protocol/director-messages.ts'
import { type Extent, extentOf } from '../protocol/extent.ts'
import { encodeRequest } from '../protocol/route-codec.ts'
import { emptyControl, type Opened, planOf } from '../protocol/route-messages.ts'
import { systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { verdictOf } from './content-verdict.ts'
import { Crowd } from './crowd.ts'
import { DEFAULT_ROUTES } from './defaults.ts'
import type { FetchEvent, FetchSummary } from './fetch-events.ts'
import type { ClientOptions, FetchOptions, FindRequest } from './fetch-options.ts'
import { lossesOf, NO_TRANSFER, together } from './fetch-totals.ts'
import { findAny, unique, type Way } from './find-any.ts'
import type { Output } from './output/output.ts'
import { areChoosing, wishedPaths } from './path-offers.ts'
import { type ClientLinks, type ClientMemory, RangeTransfer, type WantedRange } from './range-transfer.ts'
import { readRecord } from './record-check.ts'
import { dialAddresses, RouteConnection } from './route-connection.ts'
import { NobodyHeardError, NoRouteError } from './route-errors.ts'
import { hopsOf, idOf, type RoutePath } from './route-table.ts'
import { SealedSession } from './sealed-session.ts'

/**
 * Delay in milliseconds after which a fetch begins to watch for changes of its routes. Until then
 * setting up the routes needs all of the client's and the relays' time.
 */
const WATCH_AFTER_MS = 1_000
/** Why there is no route where the wishes leave none. */
const NONE_WISHED = 'none of those that there are goes over the relays that are wanted alone'

/** Directors that are asked alike, by their multiaddrs, and the token that they are given. */
type Asked = Pick<ClientOptions, 'directors' | 'token'>

/** The answer to a client's question: the content, as one of its sources describes it, and the paths to its sources. */
export interface Found {
  record: ContentRecord
  paths: RoutePath[]
  /** The director's answer; absent where the source itself was asked. */
  answer?: RouteAnswer
  /** What of a live content is to be fetched, as far as it is there. */
  live?: Extent
  /** The directors that have answered. */
  asked?: Asked
}

/** Dials as many neighbours as routes are wanted: they are the first relays of any answer of the director. */
export function reachNeighbors(
  { node, uplinks }: ClientLinks,
  { neighbors = [], routes = DEFAULT_ROUTES, signal }: ClientOptions & FindRequest
): void {
  const reachable = neighbors.filter(({ addresses }) => addresses.length > 0)
  const nodes = uplinks?.now.map(uplink => uplink.node) ?? [node]
  for (const neighbor of reachable.slice(0, routes)) {
    // A failed dial needs no report here: opening a route over the neighbour will show it.
    for (const each of nodes) each.dial(dialAddresses(neighbor), { signal }).catch(() => {})
  }
}

/**
 * Asks the directors, the sources themselves where paths to them are known, and all who are heard nearby.
 * Throws NoRouteError and NobodyHeardError when there are no routes or nobody to ask.
 */
export async function findContent(
  node: OverlayNode,
  options: ClientOptions & FindRequest,
  memory: ClientMemory
): Promise<Found> {
  const { from, directors, token, otherDirectors = [], neighborhood } = options
  const { relays, signal = new AbortController().signal, scheduler = systemScheduler } = options
  const heard = await neighborhood?.heard(signal)
  const given = givenPaths(options)
  const ways: Way<Found>[] = []
  const addPaths = (paths: RoutePath[]) =>
    ways.push(signal => askSources(node, paths, { ...options, signal }, memory))
  // Nobody but the user's own directors is told the token.
  const addDirectors = (asked: Asked) => {
    if (asked.directors.length > 0)
      ways.push(signal => askDirectors(node, asked, { ...options, token: undefined, ...asked, signal }))
  }
  if (given.length > 0) addPaths(given)
  addDirectors({ directors, ...(token === undefined ? {} : { token }) })
  addDirectors({ directors: otherDirectors })
  for (const { addresses } of heard?.directors ?? []) addDirectors({ directors: addresses })
  for (const source of heard?.sources ?? [])
    if (from === undefined || source.peerId === from) addPaths([{ relays: [], source }])
  if (ways.length === 0 && options.paths)
    throw new UsageError(`no route leads to ${from}, the source that is wanted`)
  if (ways.length === 0) throw new NobodyHeardError()
  const found = await findAny(ways, { signal, scheduler })
  return { ...found, paths: unique([...found.paths, ...wishedPaths(given, relays ?? {})]) }
}

/** The paths that do not lead to the client itself, which may be a source of what it fetches. */
function toOthers(node: OverlayNode, paths: RoutePath[]): RoutePath[] {
  const self = node.peerId.toString()
  return paths.filter(({ source }) => source.peerId !== self)
}

/** The paths that the user knows to sources that are wanted. */
function givenPaths({ paths = [], from }: FindRequest): RoutePath[] {
  return paths.filter(({ source }) => from === undefined || source.peerId === from)
}

async function askSources(
  node: OverlayNode,
  paths: RoutePath[],
  options: ClientOptions & FindRequest,
  memory: ClientMemory
): Promise<Found> {
  const wished = wishedPaths(paths, options.relays ?? {})
  if (wished.length === 0) throw new NoRouteError(NONE_WISHED)
  const { record } = await askSource(node, wished, options, memory)
  return { record, paths: wished }
}

async function askDirectors(
  node: OverlayNode,
  asked: Asked,
  options: ClientOptions & FindRequest
): Promise<Found> {
  const { signal, scheduler, relays = {} } = options
  const answer = await queryRoutes(node, asked.directors, questionOf(options), { signal, scheduler })
  if (answer.routes.length === 0)
    throw new NoRouteError(answer.shortfall?.message ?? 'the director knows none')
  const paths = wishedPaths(toOthers(node, answer.routes), relays)
  if (paths.length === 0) throw new NoRouteError(NONE_WISHED)
  return { record: answer.record, paths, answer, asked }
}

/**
 * Carries a content that was found to its output, one range of missing segments after the other.
 * The fetch began at `startedAtMs`.
 */
export async function transfer(
  links: ClientLinks,
  { record, paths, answer, asked, live }: Found,
  output: Output,
  options: FetchOptions,
  memory: ClientMemory,
  startedAtMs: number
): Promise<FetchSummary> {
  const scheduler = options.scheduler ?? systemScheduler
  const onEvent = (event: FetchEvent) => options.onEvent?.(event)
  const followed = { ...options, token: undefined, ...asked }
  const directors = new FollowedDirectors(links.node, answer, paths, followed)
  const ranges = new RangeLedger(record, output, live)
  let totals = NO_TRANSFER
  let current: RangeTransfer | undefined
  const common = (isFirst: boolean) => ({
    paths: directors.paths,
    mayHearOfOthers: answer !== undefined,
    isFirst,
    ...(answer ? { known: { record, bytes: answer.recordBytes } } : {}),
    startedAtMs,
    onComplaint: (path: RoutePath, fault: Fault) => directors.complain(path, fault)
  })
  try {
    if (options.crowd && output.part && output.missing) {
      const crowd = new Crowd(links, record, output, options, memory, common(true))
      directors.offers = crowd
      await crowd.run()
      totals = crowd.totals
    }
    for (let range = await ranges.next(); range; range = await ranges.next()) {
      if (current) totals = together(totals, current.totals(scheduler.nowMs()))
      if (range.againBytes > 0)
        onEvent({
          event: 'again',
          bytes: range.againBytes,
          atMs: Math.round(scheduler.nowMs() - startedAtMs)
        })
      current = new RangeTransfer(
        links,
        record,
        range,
        output,
        options,
        memory,
        common(current === undefined)
      )
      directors.offers = current.offers
      await current.run()
    }
  } finally {
    await directors.finish()
  }
  const { sha256 } = await output.finish()
  const endedAtMs = scheduler.nowMs()
  if (current) totals = together(totals, current.totals(endedAtMs))
  const seconds = (endedAtMs - startedAtMs) / 1000
  const summary: FetchSummary = {
    bytes: live && current ? current.outputBytes - live.bytesBetween(0, live.firstSeq) : record.sizeBytes,
    seconds,
    sha256,
    ...totals,
    lossAttribution: lossesOf(totals.lossAttribution, seconds),
    ...(output.isPresent ? { isPresent: true } : {})
  }
  onEvent({ event: 'done', ...summary })
  return summary
}

/** The ranges of segments that an output wants, and what it has when each begins. */
class RangeLedger {
  readonly #record: ContentRecord
  readonly #output: Output
  #writtenBytes = 0
  #resumeBytes: number
  #isBegun = false
  readonly #live: Extent | undefined

  constructor(record: ContentRecord, output: Output, live: Extent | undefined) {
    this.#record = record
    this.#output = output
    this.#live = live
    this.#resumeBytes = output.resumeBytes
  }

  /** The next range; undefined after the last one. Throws as Output.nextRange does. */
  async next(): Promise<WantedRange | undefined> {
    if (this.#live) return this.#allOf(this.#live)
    const range = this.#output.nextRange ? await this.#output.nextRange() : this.#rest()
    if (!range) return undefined
    const { resumeBytes } = this.#output
    const extent = extentOf(this.#record, range.from, range.to)
    const hereBytes = resumeBytes + this.#writtenBytes
    const againBytes = this.#resumeBytes - resumeBytes
    this.#resumeBytes = resumeBytes
    this.#writtenBytes += extent.bytesBetween(range.from, range.to)
    return { extent, hereBytes, againBytes }
  }

  /** All of a live content that comes. */
  #allOf(live: Extent): WantedRange | undefined {
    if (this.#isBegun) return undefined
    this.#isBegun = true
    return { extent: live, hereBytes: 0, againBytes: 0 }
  }

  /** For an output that goes on behind what it has. */
  #rest(): NumberRange | undefined {
    if (this.#isBegun) return undefined
    this.#isBegun = true
    const to = segmentCount(this.#record)
    return { from: Math.min(to, Math.floor(this.#resumeBytes / this.#record.segmentBytes)), to }
  }
}

/**
 * Follows the holders and routes that the directors name or withdraw while the transfer runs, and
 * passes complaints on to them. It begins after a while, or with the first complaint.
 */
class FollowedDirectors {
  /** The paths by the last word of the directors, and those that the user knows. */
  paths: RoutePath[]
  /** Gets their word while a transfer runs. */
  offers: { follow(paths: readonly RoutePath[], gained: readonly RoutePath[]): void } | undefined
  readonly #begin: () => RouteWatches | undefined
  readonly #cancelBegin: () => void
  #watches: RouteWatches | undefined

  /** `from` is undefined where routes are given by hand: then there is nobody to follow. */
  constructor(node: OverlayNode, from: RouteAnswer | undefined, paths: RoutePath[], options: FetchOptions) {
    const { scheduler = systemScheduler, directors, relays = {} } = options
    this.paths = paths
    const onNews = ({ routes, gained }: RouteNews) => {
      // No director withdraws what the user knows.
      const news = wishedPaths(toOthers(node, unique([...routes, ...givenPaths(options)])), relays)
      if (news.length > 0) this.paths = news
      this.offers?.follow(news, wishedPaths(toOthers(node, gained), relays))
    }
    this.#begin = () => {
      if (!from) return undefined
      const question = { ...questionOf(options), content: { rootHash: from.record.rootHash } }
      // A problem is not told: routes hold without the director, and the watch goes on trying.
      const watching = { from, onNews, onProblem: () => {}, scheduler }
      this.#watches ??= new RouteWatches(node, directors, question, watching)
      return this.#watches
    }
    this.#cancelBegin = scheduler.after(WATCH_AFTER_MS, this.#begin)
  }

  complain({ uplink: _, ...path }: RoutePath, fault: Fault): void {
    this.#begin()?.complain(idOf(path), fault)
  }

  /** Resolves once the directors have the complaints, or do not take them. */
  async finish(): Promise<void> {
    this.#cancelBegin()
    await this.#watches?.finish()
  }
}

function questionOf(request: ClientOptions & FindRequest & Pick<FetchOptions, 'crowd'>): RouteQuestion {
  const {
    name,
    rootHash,
    from,
    routes = DEFAULT_ROUTES,
    neighbors,
    sameNetwork,
    direct,
    token,
    relays = {},
    crowd
  } = request
  return {
    content: rootHash ? { rootHash } : { name },
    // Who is to choose among routes, or among sources, needs more of them than are used.
    routes: crowd || areChoosing(relays) ? DIRECTOR_WIRE_LIMITS.maxRoutes : routes,
    ...(from ? { source: from } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(direct ? { direct } : {}),
    ...(neighbors ? { neighbors: neighbors.map(({ peerId }) => ({ peerId })) } : {}),
    ...(token === undefined ? {} : { token })
  }
}

/** What a source has said of a content: where a session on a live one begins there, and its newest head. */
export interface SourceWord {
  record: ContentRecord
  firstSeq?: number
  head?: Uint8Array
}

/**
 * Learns the content's record from whichever source first answers with the right one; `begin` asks also how far a live
 * content reaches, and where it is to begin.
 */
export async function askSource(
  node: OverlayNode,
  paths: RoutePath[],
  { name, rootHash, scheduler = systemScheduler, signal }: ClientOptions & FindRequest,
  { nextSecrets }: ClientMemory,
  begin?: { backMs?: number }
): Promise<SourceWord> {
  const connections: RouteConnection[] = []
  const control = emptyControl()
  const capabilities = [...OWN_CAPABILITIES]
  const wish = { name, rootHash: Uint8Array.from(rootHash ?? []), firstSeq: 0, testBytes: 0, ...begin }
  const request = encodeRequest({ ...wish, control, capabilities })
  const { handshakes } = node.services
  const sealedSessions = new Map(
    paths.flatMap(({ source: { peerId } }) =>
      nextSecrets ? [[peerId, new SealedSession(peerId, handshakes, nextSecrets)] as const] : []
    )
  )
  const clearId = crypto.getRandomValues(new Uint8Array(16))
  const attempts = paths.map((path, route) => {
    const sourcePeerId = path.source.peerId
    const wanted = { sourcePeerId, ...(rootHash ? { rootHash } : { name }) }
    const sealed = sealedSessions.get(sourcePeerId)
    const sessionId = sealed?.sessionId ?? clearId
    const answered = Promise.withResolvers<Opened & { head?: Uint8Array }>()
    let opened: Opened | undefined
    const hops = hopsOf(path)
    const open = { hops: hops.slice(1), sessionId, route, plan: planOf(control, route), capabilities }
    const connection = new RouteConnection(
      {
        onDialled: canAsk =>
          connection.send({ kind: 'open', ...open, request: canAsk ? request : new Uint8Array() }),
        onSecured: () => connection.send({ kind: 'request', request }),
        onMessage: message => {
          if (message.kind === 'opened') opened = message
          if (opened && !begin) answered.resolve(opened)
          else if (opened && message.kind === 'head')
            answered.resolve({ ...opened, head: Uint8Array.from(message.bytes) })
        },
        onClosed: reason => answered.reject(reason)
      },
      scheduler,
      sealed?.sealRoute(route)
    )
    connections.push(connection)
    connection.start(node, hops)
    return answered.promise.then(async ({ record, ...rest }) => ({
      ...rest,
      record: await readRecord(record, wanted)
    }))
  })
  const endAll = () => {
    for (const connection of connections) connection.end(new Error('the record is not needed any more'))
  }
  signal?.addEventListener('abort', endAll)
  try {
    return await Promise.any(attempts)
  } catch (error) {
    signal?.throwIfAborted()
    const { errors } = error as AggregateError
    throw verdictOf(errors, { hasOpened: false }) ?? errors[0]
  } finally {
    signal?.removeEventListener('abort', endAll)
    endAll()
  }
}
