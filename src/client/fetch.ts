import { queryRoutes, type RouteAnswer, type RouteQuestion } from '../discovery/director-client.ts'
import { type RouteNews, RouteWatches } from '../discovery/route-watches.ts'
import { routeName } from '../pattern/pattern.ts'
import { ObservedPlanner } from '../planner/observed-planner.ts'
import type { Planner, PlannerInit } from '../planner/planner.ts'
import { createPlanner, DEFAULT_POLICY } from '../planner/policies/index.ts'
import { RECORD_VERSION, RecordingPlanner } from '../planner/record/recording.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { Fault, PeerAddresses } from '../protocol/director-messages.ts'
import { extentOf } from '../protocol/extent.ts'
import { encodeRequest } from '../protocol/route-codec.ts'
import { emptyControl, planOf } from '../protocol/route-messages.ts'
import { systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import type { UplinkSet } from '../transport/uplink-set.ts'
import { verdictOf } from './content-verdict.ts'
import { DEFAULT_MEMORY_BYTES, DEFAULT_PATIENCE_MS, DEFAULT_ROUTES } from './defaults.ts'
import type { FetchEvent, FetchSummary } from './fetch-events.ts'
import type { ClientOptions, FetchOptions, FindRequest } from './fetch-options.ts'
import { findAny, unique, type Way } from './find-any.ts'
import type { Output } from './output/output.ts'
import { areChoosing, PathOffers, wishedPaths } from './path-offers.ts'
import { readRecord } from './record-check.ts'
import { dialAddresses, RouteConnection } from './route-connection.ts'
import { NobodyHeardError, NoRouteError } from './route-errors.ts'
import type { RouteMemory } from './route-memory.ts'
import { hopsOf, idOf, type RoutePath } from './route-table.ts'
import { type NextSecrets, SealedSession } from './sealed-session.ts'
import { contentBytesWithin } from './segment-memory.ts'
import type { Holder } from './session.ts'
import { TransferRunner } from './transfer-runner.ts'

/**
 * Delay in milliseconds after which a fetch begins to watch for changes of its routes. Until then
 * setting up the routes needs all of the client's and the relays' time.
 */
const WATCH_AFTER_MS = 1_000
/** Milliseconds after which all routes join a content that was to come over few of them. */
const ALL_JOIN_AFTER_MS = 500
/** Why there is no route where the wishes leave none. */
const NONE_WISHED = 'none of those that there are goes over the relays that are wanted alone'

/** By what a client reaches others: its node, and each of its uplinks where it tells them apart. */
export interface ClientLinks {
  node: OverlayNode
  uplinks?: UplinkSet
}

/** What a client keeps from one fetch for the next. */
export interface ClientMemory {
  routes: RouteMemory
  /** Undefined where routes are not sealed. */
  nextSecrets: NextSecrets | undefined
  /** Counts the contents that come over few routes, which take turns. */
  turns: number
}

/** Directors that are asked alike, by their multiaddrs, and the token that they are given. */
type Asked = Pick<ClientOptions, 'directors' | 'token'>

/** The answer to a client's question: the content, its source and the paths to it. */
export interface Found {
  record: ContentRecord
  source: PeerAddresses
  paths: RoutePath[]
  /** The director's answer; absent where the source itself was asked. */
  answer?: RouteAnswer
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
 * Asks the directors, the source itself where paths to it are known, and all who are heard nearby.
 * Throws NoRouteError and NobodyHeardError when there are no routes or nobody to ask.
 */
export async function findContent(
  node: OverlayNode,
  options: ClientOptions & FindRequest,
  memory: ClientMemory
): Promise<Found> {
  const { paths, source, directors, token, otherDirectors = [], neighborhood } = options
  const { relays, signal = new AbortController().signal, scheduler = systemScheduler } = options
  const heard = await neighborhood?.heard(signal)
  const ways: Way<Found>[] = []
  const addHolder = (holder: Holder) =>
    ways.push(signal => askHolder(node, holder, { ...options, signal }, memory))
  // Nobody but the user's own directors is told the token.
  const addDirectors = (asked: Asked) => {
    if (asked.directors.length > 0)
      ways.push(signal => askDirectors(node, asked, { ...options, token: undefined, ...asked, signal }))
  }
  if (paths && source) addHolder({ source, paths })
  addDirectors({ directors, ...(token === undefined ? {} : { token }) })
  addDirectors({ directors: otherDirectors })
  for (const { addresses } of heard?.directors ?? []) addDirectors({ directors: addresses })
  for (const source of heard?.sources ?? []) addHolder({ source, paths: [{ relays: [], source }] })
  if (ways.length === 0) throw new NobodyHeardError()
  const found = await findAny(ways, { signal, scheduler })
  const given = found.source.peerId === source?.peerId ? wishedPaths(paths ?? [], relays ?? {}) : []
  return { ...found, paths: unique([...found.paths, ...given]) }
}

async function askHolder(
  node: OverlayNode,
  { source, paths }: Holder,
  options: ClientOptions & FindRequest,
  memory: ClientMemory
): Promise<Found> {
  const wished = wishedPaths(paths, options.relays ?? {})
  if (wished.length === 0) throw new NoRouteError(NONE_WISHED)
  return { record: await askRecord(node, wished, source, options, memory), source, paths: wished }
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
  const paths = wishedPaths(answer.routes, relays)
  if (paths.length === 0) throw new NoRouteError(NONE_WISHED)
  return { record: answer.record, source: answer.source, paths, answer, asked }
}

/** Carries a content that was found to its output. The fetch began at `startedAtMs`. */
export async function transfer(
  links: ClientLinks,
  { record, source, paths, answer, asked }: Found,
  output: Output,
  options: FetchOptions,
  memory: ClientMemory,
  startedAtMs: number
): Promise<FetchSummary> {
  const scheduler = options.scheduler ?? systemScheduler
  const firstSeq = Math.min(segmentCount(record), Math.floor(output.resumeBytes / record.segmentBytes))
  const extent = extentOf(record, firstSeq)
  const init: PlannerInit = {
    extent,
    memoryBytes: contentBytesWithin(options.memoryBytes ?? DEFAULT_MEMORY_BYTES, record.segmentBytes)
  }
  const onEvent = (event: FetchEvent) => options.onEvent?.(event)
  const planner = observed(plannerFor(options, init), init, startedAtMs, onEvent)
  const runner = new TransferRunner({
    nodeFor: uplink => nodeFor(links, uplink),
    handshakes: links.node.services.handshakes,
    record,
    ...(answer ? { known: { record, bytes: answer.recordBytes } } : {}),
    extent,
    planner,
    memory: memory.routes,
    nextSecrets: memory.nextSecrets,
    sink: output,
    maxRoutes: options.routes ?? DEFAULT_ROUTES,
    patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    startedAtMs,
    onEvent,
    onComplaint: (path, fault) => directors?.complain(path, fault),
    scheduler
  })
  const { session } = runner
  const first = options.isOneOfMany ? firstPaths(paths, segmentCount(record), memory) : paths
  const offers = new PathOffers(session, links.uplinks, { source, paths: first })
  const others = paths.filter(path => !first.includes(path))
  const cancelOthers = scheduler.after(ALL_JOIN_AFTER_MS, () => {
    if (others.length > 0) offers.follow({ source, paths }, others)
  })
  const directors =
    answer && new FollowedDirectors(links.node, answer, offers, { ...options, token: undefined, ...asked })
  const unwatch = links.uplinks?.watch(change => {
    onEvent({ event: 'uplink', ...change, atMs: Math.round(scheduler.nowMs() - startedAtMs) })
    offers.uplinksChanged()
  })
  const running = runner.run(options.signal ?? new AbortController().signal)
  try {
    await running
  } finally {
    cancelOthers()
    unwatch?.()
    await directors?.finish()
  }
  const { sha256 } = await output.finish()
  const endedAtMs = scheduler.nowMs()
  const summary: FetchSummary = {
    bytes: session.outputBytes,
    seconds: (endedAtMs - startedAtMs) / 1000,
    sha256,
    longestStallMs: Math.round(session.longestStallMs),
    duplicateBytes: session.transfer.duplicateBytes,
    wireBytes: runner.wireBytes,
    outOfSequence: session.transfer.outOfSequence,
    routes: session.routeTotals(),
    lossAttribution: planner.finish(endedAtMs),
    sharedBottlenecks: planner.sharedBottlenecks.map(routes => routes.map(routeName))
  }
  onEvent({ event: 'done', ...summary })
  return summary
}

/** As many of the paths as there are segments; others for the next content, where all are equally good. */
function firstPaths(paths: readonly RoutePath[], segments: number, memory: ClientMemory): RoutePath[] {
  const usual = paths.filter(({ isBackup }) => !isBackup)
  const among = usual.length > 0 ? usual : paths
  const start = memory.turns++ % among.length
  return [...among.slice(start), ...among.slice(0, start)].slice(0, Math.max(1, segments))
}

/** The node by whose uplink a route goes; undefined where the uplink is gone. */
function nodeFor({ node, uplinks }: ClientLinks, name: string | undefined): OverlayNode | undefined {
  return name === undefined ? node : uplinks?.now.find(uplink => uplink.name === name)?.node
}

function plannerFor(options: FetchOptions, init: PlannerInit): Planner {
  const policy = options.policy ?? DEFAULT_POLICY
  const { pattern, redundancy } = options
  const planner = createPlanner(policy, init, {
    ...(pattern ? { pattern } : {}),
    ...(redundancy ? { redundancy } : {})
  })
  if (!options.record) return planner
  const header = {
    record: RECORD_VERSION,
    policy,
    init,
    ...(pattern ? { pattern: pattern.toString() } : {}),
    ...(redundancy ? { redundancy } : {})
  } as const
  return new RecordingPlanner(planner, header, line => options.record?.(line))
}

/** Wraps the planner so that events tell what it finds out about the network. */
function observed(
  planner: Planner,
  init: PlannerInit,
  startedAtMs: number,
  onEvent: (event: FetchEvent) => void
): ObservedPlanner {
  return new ObservedPlanner(planner, init, startedAtMs, ({ routes, shared }, nowMs) =>
    onEvent({
      event: 'sharedBottleneck',
      routes: routes.map(routeName),
      shared,
      atMs: Math.round(nowMs - startedAtMs)
    })
  )
}

/**
 * Follows the holders and routes that the directors name or withdraw while the transfer runs, and
 * passes complaints on to them. It begins after a while, or with the first complaint.
 */
class FollowedDirectors {
  readonly #begin: () => RouteWatches
  readonly #cancelBegin: () => void
  #watches: RouteWatches | undefined

  constructor(node: OverlayNode, from: RouteAnswer, offers: PathOffers, options: FetchOptions) {
    const { scheduler = systemScheduler, directors, relays = {} } = options
    const question = { ...questionOf(options), content: { rootHash: from.record.rootHash } }
    const watchesOptions = {
      from,
      onNews: ({ source, routes, gained }: RouteNews) => {
        // No director withdraws what the user knows.
        const given = options.source?.peerId === source.peerId ? (options.paths ?? []) : []
        const paths = wishedPaths(unique([...routes, ...given]), relays)
        offers.follow({ source, paths }, wishedPaths(gained, relays))
      },
      // A problem is not told: routes hold without the director, and the watch goes on trying.
      onProblem: () => {},
      scheduler
    }
    this.#begin = () => {
      this.#watches ??= new RouteWatches(node, directors, question, watchesOptions)
      return this.#watches
    }
    this.#cancelBegin = scheduler.after(WATCH_AFTER_MS, this.#begin)
  }

  complain({ uplink: _, ...path }: RoutePath, fault: Fault): void {
    this.#begin().complain(idOf(path), fault)
  }

  /** Resolves once the directors have the complaints, or do not take them. */
  async finish(): Promise<void> {
    this.#cancelBegin()
    await this.#watches?.finish()
  }
}

function questionOf(request: ClientOptions & FindRequest): RouteQuestion {
  const {
    name,
    rootHash,
    from,
    routes = DEFAULT_ROUTES,
    neighbors,
    sameNetwork,
    token,
    relays = {}
  } = request
  return {
    content: rootHash ? { rootHash } : { name },
    // Who is to choose among routes needs more of them than are used.
    routes: areChoosing(relays) ? DIRECTOR_WIRE_LIMITS.maxRoutes : routes,
    ...(from ? { source: from } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(neighbors ? { neighbors: neighbors.map(({ peerId }) => ({ peerId })) } : {}),
    ...(token === undefined ? {} : { token })
  }
}

/** Learns the content's record from the source, over whichever of the routes first answers with the right one. */
async function askRecord(
  node: OverlayNode,
  paths: RoutePath[],
  source: PeerAddresses,
  { name, rootHash, from = source.peerId, scheduler = systemScheduler, signal }: ClientOptions & FindRequest,
  { nextSecrets }: ClientMemory
) {
  const wanted = { sourcePeerId: from, ...(rootHash ? { rootHash } : { name }) }
  const connections: RouteConnection[] = []
  const control = emptyControl()
  const capabilities = [...OWN_CAPABILITIES]
  const wish = { name, rootHash: Uint8Array.from(rootHash ?? []), firstSeq: 0, testBytes: 0 }
  const request = encodeRequest({ ...wish, control, capabilities })
  const sealed = nextSecrets && new SealedSession(source.peerId, node.services.handshakes, nextSecrets)
  const sessionId = sealed?.sessionId ?? crypto.getRandomValues(new Uint8Array(16))
  const attempts = paths.map((path, route) => {
    const answered = Promise.withResolvers<Uint8Array>()
    const hops = hopsOf(path)
    const open = { hops: hops.slice(1), sessionId, route, plan: planOf(control, route), capabilities }
    const connection = new RouteConnection(
      {
        onDialled: canAsk =>
          connection.send({ kind: 'open', ...open, request: canAsk ? request : new Uint8Array() }),
        onSecured: () => connection.send({ kind: 'request', request }),
        onMessage: message => message.kind === 'opened' && answered.resolve(message.record),
        onClosed: reason => answered.reject(reason)
      },
      scheduler,
      sealed?.sealRoute(route)
    )
    connections.push(connection)
    connection.start(node, hops)
    return answered.promise.then(bytes => readRecord(bytes, wanted))
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
