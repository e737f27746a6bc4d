import { queryRoutes, type RouteAnswer, type RouteQuestion } from '../discovery/director-client.ts'
import { type RouteNews, RouteWatches } from '../discovery/route-watches.ts'
import { UsageError } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { ObservedPlanner } from '../planner/observed-planner.ts'
import type { Planner, PlannerInit } from '../planner/planner.ts'
import { createPlanner, DEFAULT_POLICY } from '../planner/policies/index.ts'
import { RECORD_VERSION, RecordingPlanner } from '../planner/record/recording.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { Fault } from '../protocol/director-messages.ts'
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
import type { Output } from './output/output.ts'
import { areChoosing, PathOffers, wishedPaths } from './path-offers.ts'
import { readRecord } from './record-check.ts'
import { dialAddresses, RouteConnection } from './route-connection.ts'
import { NoRouteError } from './route-errors.ts'
import type { RouteMemory } from './route-memory.ts'
import { hopsOf, idOf, type RoutePath } from './route-table.ts'
import { type NextSecrets, SealedSession } from './sealed-session.ts'
import { contentBytesWithin } from './segment-memory.ts'
import { TransferRunner } from './transfer-runner.ts'

/**
 * Delay in milliseconds after which a fetch begins to watch for changes of its routes. Until then
 * setting up the routes needs all of the client's and the relays' time.
 */
const WATCH_AFTER_MS = 1_000
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
}

/** The answer to a client's question: the content, as one of its sources describes it, and the paths to its sources. */
export interface Found {
  record: ContentRecord
  paths: RoutePath[]
  /** The director's answer; absent where routes are given by hand. */
  answer?: RouteAnswer
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

/** Asks the director, or the sources themselves where routes are given by hand. Throws NoRouteError when there are none. */
export async function findContent(
  node: OverlayNode,
  options: ClientOptions & FindRequest,
  memory: ClientMemory
): Promise<Found> {
  const { relays = {}, from } = options
  if (options.paths) {
    const toWanted = options.paths.filter(({ source }) => from === undefined || source.peerId === from)
    if (toWanted.length === 0) throw new UsageError(`no route leads to ${from}, the source that is wanted`)
    const paths = wishedPaths(toWanted, relays)
    if (paths.length === 0) throw new NoRouteError(NONE_WISHED)
    return { record: await askRecord(node, paths, options, memory), paths }
  }
  const answer = await queryRoutes(node, options.directors, questionOf(options), {
    signal: options.signal,
    scheduler: options.scheduler
  })
  if (answer.routes.length === 0)
    throw new NoRouteError(answer.shortfall?.message ?? 'the director knows none')
  const paths = wishedPaths(answer.routes, relays)
  if (paths.length === 0) throw new NoRouteError(NONE_WISHED)
  return { record: answer.record, paths, answer }
}

/** Carries a content that was found to its output. The fetch began at `startedAtMs`. */
export async function transfer(
  links: ClientLinks,
  { record, paths, answer }: Found,
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
    extent,
    planner,
    memory: memory.routes,
    nextSecrets: memory.nextSecrets,
    sink: output,
    maxRoutes: options.routes ?? DEFAULT_ROUTES,
    mayHearOfOthers: answer !== undefined,
    patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    startedAtMs,
    onEvent,
    onComplaint: (path, fault) => directors?.complain(path, fault),
    scheduler
  })
  const { session } = runner
  const offers = new PathOffers(session, links.uplinks, paths)
  const directors = answer && new FollowedDirectors(links.node, answer, offers, options)
  const unwatch = links.uplinks?.watch(change => {
    onEvent({ event: 'uplink', ...change, atMs: Math.round(scheduler.nowMs() - startedAtMs) })
    offers.uplinksChanged()
  })
  const running = runner.run(options.signal ?? new AbortController().signal)
  try {
    await running
  } finally {
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
      onNews: ({ routes, gained }: RouteNews) =>
        offers.follow(wishedPaths(routes, relays), wishedPaths(gained, relays)),
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
    direct,
    token,
    relays = {}
  } = request
  return {
    content: rootHash ? { rootHash } : { name },
    // Who is to choose among routes needs more of them than are used.
    routes: areChoosing(relays) ? DIRECTOR_WIRE_LIMITS.maxRoutes : routes,
    ...(from ? { source: from } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(direct ? { direct } : {}),
    ...(neighbors ? { neighbors: neighbors.map(({ peerId }) => ({ peerId })) } : {}),
    ...(token === undefined ? {} : { token })
  }
}

/** Learns the content's record from whichever source first answers with the right one. */
async function askRecord(
  node: OverlayNode,
  paths: RoutePath[],
  { name, rootHash, scheduler = systemScheduler }: ClientOptions & FindRequest,
  { nextSecrets }: ClientMemory
) {
  const connections: RouteConnection[] = []
  const control = emptyControl()
  const capabilities = [...OWN_CAPABILITIES]
  const wish = { name, rootHash: Uint8Array.from(rootHash ?? []), firstSeq: 0, testBytes: 0 }
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
  try {
    return await Promise.any(attempts)
  } catch (error) {
    const { errors } = error as AggregateError
    throw verdictOf(errors, { hasOpened: false }) ?? errors[0]
  } finally {
    for (const connection of connections) connection.end(new Error('the record is known'))
  }
}
