import { queryRoutes } from '../discovery/director-client.ts'
import { UsageError } from '../errors.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { Fault } from '../protocol/director-messages.ts'
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
import {
  type Asked,
  FollowedDirectors,
  type Found,
  givenPaths,
  questionOf,
  toOthers
} from './followed-directors.ts'
import type { Output } from './output/output.ts'
import { wishedPaths } from './path-offers.ts'
import { RangeLedger, type WantedPart } from './range-ledger.ts'
import { type ClientLinks, type ClientMemory, RangeTransfer } from './range-transfer.ts'
import { readRecord } from './record-check.ts'
import { dialAddresses, RouteConnection } from './route-connection.ts'
import { NobodyHeardError, NoRouteError } from './route-errors.ts'
import { hopsOf, type RoutePath } from './route-table.ts'
import { SealedSession } from './sealed-session.ts'
import { SourceNews } from './source-news.ts'

/** Why there is no route where the wishes leave none. */
const NONE_WISHED = 'none of those that there are goes over the relays that are wanted alone'

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
 * Carries what is wanted of a content that was found to its output, one range of missing segments
 * after the other. The fetch began at `startedAtMs`.
 */
export async function transfer(
  links: ClientLinks,
  found: Found,
  part: WantedPart,
  output: Output,
  options: FetchOptions,
  memory: ClientMemory,
  startedAtMs: number
): Promise<FetchSummary> {
  const { record, answer } = found
  const scheduler = options.scheduler ?? systemScheduler
  const onEvent = (event: FetchEvent) => options.onEvent?.(event)
  const directors = new FollowedDirectors(links.node, found, options)
  const ranges = new RangeLedger(record, output, part)
  const sources = new SourceNews(record.sourcePeerId)
  const rangeOptions = {
    ...options,
    onEvent: (event: FetchEvent) => {
      if (sources.isNews(event)) onEvent(event)
    }
  }
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
    if (options.crowd && 'bytes' in part && output.part && output.missing) {
      const crowd = new Crowd(links, record, output, options, memory, common(true))
      directors.offers.add(crowd)
      await crowd.run().finally(() => directors.offers.delete(crowd))
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
        rangeOptions,
        memory,
        common(current === undefined)
      )
      const { offers } = current
      directors.offers.add(offers)
      await current.run().finally(() => directors.offers.delete(offers))
    }
  } finally {
    await directors.finish()
  }
  const { sha256 } = await output.finish()
  const endedAtMs = scheduler.nowMs()
  if (current) totals = together(totals, current.totals(endedAtMs))
  const seconds = (endedAtMs - startedAtMs) / 1000
  const summary: FetchSummary = {
    bytes: bytesOf(part, current),
    seconds,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...totals,
    lossAttribution: lossesOf(totals.lossAttribution, seconds),
    ...(output.isPresent ? { isPresent: true } : {})
  }
  onEvent({ event: 'done', ...summary })
  return summary
}

/** How many bytes the output has in the end. */
function bytesOf(part: WantedPart, last: RangeTransfer | undefined): number {
  if ('bytes' in part) return part.bytes.end - part.bytes.start
  return last ? last.outputBytes - part.live.bytesBetween(0, part.live.firstSeq) : 0
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
