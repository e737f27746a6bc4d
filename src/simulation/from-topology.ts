import { ROUTE_COSTS } from '../director/limits.ts'
import { idealTimeMs } from '../topology/capacity.ts'
import { disjointPaths, type Hop, nameOf, type TopologyPath, wayBetween } from '../topology/paths.ts'
import { carries, networkSlices, type Slice, type Traces } from '../topology/timeline.ts'
import {
  type LinkState,
  PAYLOAD_SHARE,
  type Topology,
  type Traffic,
  wantedBytes
} from '../topology/topology.ts'
import { wayOfTraffic } from '../topology/traffic.ts'
import type { Interval, Step } from './over-time.ts'
import {
  DEFAULT_QUEUE_BYTES,
  DEFAULT_SET_UP_ROUND_TRIPS,
  type Scenario,
  type SimulatedFlow,
  type SimulatedHop,
  type SimulatedRoute,
  UNLIMITED_BYTES_PER_SECOND
} from './scenario.ts'
import type { SharedLinkSpec } from './shared-link.ts'

/** Length of time, in milliseconds, for which the file's events are followed. */
export const FOLLOWED_MS = 600_000
/** Most routes of a scenario, as many as there are letters. */
const MAX_ROUTES = 52
/**
 * Round trips to the director until the client hears of routes: the set-up of a new connection, and
 * the question.
 */
const QUESTION_ROUND_TRIPS = DEFAULT_SET_UP_ROUND_TRIPS + 1

/** The part of a scenario that a topology file gives. */
export interface TopologyScenario
  extends Pick<Scenario, 'sizeBytes' | 'live' | 'routes' | 'links' | 'idealMs'>,
    Required<Pick<Scenario, 'flows'>> {
  /** The path of each route, in the order of `routes`. */
  paths: TopologyPath[]
}

/**
 * Translates the network of a topology file into the simulator's model: one route for each of the
 * node-disjoint paths (at most `maxPaths`, the quickest first), with every event that changes a
 * link or a node. Time 0 is the client's question to the director. A node that is killed or stopped
 * ends its routes; once all nodes of a path run again, the path is one more route. The most that a
 * relay forwards counts as the rate of its link towards the client. Links that several connections
 * pass, as routers make them, have one queue for all of them. Jitter is left out. A client of a live
 * content begins with its first byte. A range is a content of its size.
 */
export function scenarioOf(
  topology: Topology,
  traces: Traces,
  maxPaths = Number.POSITIVE_INFINITY
): TopologyScenario {
  const slices = [...networkSlices(topology, traces, FOLLOWED_MS)].map(withoutTaken)
  const idealMs = idealTimeMs(topology, traces)
  const answeredAtMs = QUESTION_ROUND_TRIPS * directorRttMs(topology)
  const distinct = disjointPaths(topology).slice(0, maxPaths)
  const ways = topology.traffic.map(traffic =>
    traffic.kind === 'udp-cbr' ? [] : wayOfTraffic(topology, traffic)
  )
  const links = new NamedLinks([...distinct.flatMap(({ legs }) => legs), ...ways], slices)
  const routes = distinct
    .flatMap(path =>
      livesOf(path, slices).map(life => ({ path, route: routeOf(path, life, topology, slices, links) }))
    )
    .filter(({ route }) => (route.diesAtMs ?? Number.POSITIVE_INFINITY) > answeredAtMs)
    .map(({ path, route }) => ({
      path,
      route: { ...route, joinsAtMs: Math.max(answeredAtMs, route.joinsAtMs) }
    }))
    .sort((a, b) => a.route.joinsAtMs - b.route.joinsAtMs)
    .slice(0, MAX_ROUTES)
  const flows = topology.traffic.flatMap((traffic, index) =>
    traffic.kind === 'udp-cbr' ? [] : [flowOf(traffic, ways[index]!, slices, links)]
  )
  return {
    sizeBytes: wantedBytes(topology),
    ...(topology.live ? { live: topology.live } : {}),
    routes: routes.map(({ route }) => route),
    paths: routes.map(({ path }) => path),
    flows,
    links: links.specs,
    ...(Number.isFinite(idealMs) ? { idealMs } : {})
  }
}

/** A slice whose links carry only what traffic at a constant rate leaves of them. */
function withoutTaken(slice: Slice): Slice {
  const { taken } = slice.constant
  const left = (state: LinkState, rate: number): LinkState =>
    state.rateBytesPerSecond === undefined
      ? state
      : { ...state, rateBytesPerSecond: state.rateBytesPerSecond - rate }
  return {
    ...slice,
    links: slice.links.map((link, index) => ({
      ...link,
      down: left(link.down, taken[index]!.down),
      up: left(link.up, taken[index]!.up)
    }))
  }
}

/** The intervals in which all nodes of a path run; an end of Infinity means that they never stop. */
function livesOf({ nodes }: TopologyPath, slices: Slice[]): Interval[] {
  return intervalsOf(slices, slice => !nodes.some(node => slice.stopped.has(node)))
}

function routeOf(
  path: TopologyPath,
  life: Interval,
  topology: Topology,
  slices: Slice[],
  links: NamedLinks
): SimulatedRoute & { joinsAtMs: number } {
  const maxRateOf = (name: string) => topology.nodes.find(node => node.name === name)?.maxRateBytesPerSecond
  return {
    hops: path.legs.map((leg, index) => hopOf(leg, slices, links, maxRateOf(path.nodes[index]!))),
    source: path.nodes[0]!,
    joinsAtMs: life.fromMs,
    ...(Number.isFinite(life.toMs) ? { diesAtMs: life.toMs } : {}),
    outages: intervalsOf(slices, slice => path.legs.flat().some(({ link }) => !carries(slice.links[link]!))),
    costMs: costOf(path, topology)
  }
}

/**
 * The cost of a path, in ms, as a director estimates it: nobody measures the client's own link
 * before the first fetch.
 */
function costOf(path: TopologyPath, topology: Topology): number {
  const rttsMs = path.legs.slice(0, -1).flatMap(leg => leg.map(({ link }) => rttOf(topology, link)))
  const relays = path.legs.length - 1
  return (
    rttsMs.reduce((sum, rttMs) => sum + rttMs, 0) +
    ROUTE_COSTS.unknownClientRttMs +
    relays * ROUTE_COSTS.relayPenaltyMs
  )
}

function directorRttMs(topology: Topology): number {
  const way = wayBetween(topology, nameOf(topology, 'client'), nameOf(topology, 'director'))
  return (way?.hops ?? []).reduce((sum, { link }) => sum + rttOf(topology, link), 0)
}

function rttOf(topology: Topology, link: number): number {
  const { down, up } = topology.links[link]!
  return down.delayMs + up.delayMs
}

/** Models the connection over one leg as a hop that passes the leg's links one after the other. */
function hopOf(
  leg: Hop[],
  slices: Slice[],
  links: NamedLinks,
  maxRate = Number.POSITIVE_INFINITY
): SimulatedHop {
  const back = leg.map(reversed).toReversed()
  const over = (hops: Hop[], value: (states: LinkState[]) => number) =>
    stepsOf(slices, slice => value(hops.map(({ link, direction }) => slice.links[link]![direction])))
  const leastRate = (states: LinkState[]) => Math.min(...states.map(rateOf))
  const narrowest = leg
    .map(({ link, direction }) => slices[0]!.links[link]![direction])
    .reduce((least, state) => (rateOf(state) < rateOf(least) ? state : least))
  return {
    rateBytesPerSecond: over(leg, states => Math.min(leastRate(states), maxRate / PAYLOAD_SHARE)),
    upRateBytesPerSecond: over(back, leastRate),
    delayMs: over(leg, states => states.reduce((sum, { delayMs }) => sum + delayMs, 0)),
    loss: over(leg, states => 1 - states.reduce((kept, state) => kept * (1 - steadyLoss(state)), 1)),
    ...burstsOf(leg, slices),
    queueBytes: narrowest.queueBytes,
    ...links.ofLeg(leg, back, maxRate)
  }
}

/** Models traffic over TCP as connections beside those of the routes. */
function flowOf(traffic: Traffic, way: Hop[], slices: Slice[], links: NamedLinks): SimulatedFlow {
  const states = (slice: Slice) => way.map(({ link, direction }) => slice.links[link]![direction])
  const { rateBytesPerSecond, atMs, untilMs = Number.POSITIVE_INFINITY } = traffic
  return {
    fromMs: atMs,
    toMs: untilMs,
    links: links.ofWay(way),
    delayMs: stepsOf(slices, slice => states(slice).reduce((sum, { delayMs }) => sum + delayMs, 0)),
    loss: stepsOf(slices, slice => 1 - states(slice).reduce((kept, { loss }) => kept * (1 - loss), 1)),
    outages: intervalsOf(slices, slice => way.some(({ link }) => !carries(slice.links[link]!))),
    ...(rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond })
  }
}

function steadyLoss({ loss, bursts }: LinkState): number {
  return bursts ? 0 : loss
}

/** The links of a leg that ever lose packets in bursts. */
function burstsOf(leg: Hop[], slices: Slice[]): Pick<SimulatedHop, 'bursts'> {
  const bursts = leg.flatMap(({ link, direction }) => {
    const steps = valuesOf(slices, slice => slice.links[link]![direction].bursts)
    return steps.some(({ value }) => value) ? [{ link: keyOf({ link, direction }), steps }] : []
  })
  return bursts.length > 0 ? { bursts } : {}
}

/** Gives names to the links of each leg that has several links or shares one, a name for each direction. */
class NamedLinks {
  readonly specs: Record<string, SharedLinkSpec> = {}
  readonly #slices: Slice[]
  /** Number of connections that pass a link in a direction, by the link's key. */
  readonly #counts = new Map<string, number>()

  constructor(legs: Hop[][], slices: Slice[]) {
    this.#slices = slices
    const all = legs.flat().flatMap(hop => [hop, reversed(hop)])
    for (const key of all.map(keyOf)) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  /**
   * The names of the leg's links, for a hop of the simulator; empty for a single link that the leg
   * has to itself.
   */
  ofLeg(leg: Hop[], back: Hop[], maxRate: number): Pick<SimulatedHop, 'links'> {
    if (leg.length === 1 && [...leg, ...back].every(hop => this.#counts.get(keyOf(hop)) === 1)) return {}
    for (const hop of [...leg, ...back]) this.specs[keyOf(hop)] ??= this.#specOf(hop)
    const links = { down: leg.map(keyOf), up: back.map(keyOf) }
    if (Number.isFinite(maxRate)) {
      const limit = `${links.down[0]} limit`
      this.specs[limit] = {
        rateBytesPerSecond: maxRate / PAYLOAD_SHARE,
        queueBytes: DEFAULT_QUEUE_BYTES
      }
      links.down.unshift(limit)
    }
    return { links }
  }

  /** The names of the links on a way, each with one queue for all that pass it. */
  ofWay(way: Hop[]): string[] {
    for (const hop of way) this.specs[keyOf(hop)] ??= this.#specOf(hop)
    return way.map(keyOf)
  }

  #specOf({ link, direction }: Hop): SharedLinkSpec {
    return {
      rateBytesPerSecond: stepsOf(this.#slices, slice => rateOf(slice.links[link]![direction])),
      queueBytes: this.#slices[0]!.links[link]![direction].queueBytes
    }
  }
}

function keyOf({ link, direction }: Hop): string {
  return `${link} ${direction}`
}

function reversed({ link, direction }: Hop): Hop {
  return { link, direction: direction === 'down' ? 'up' : 'down' }
}

function rateOf({ rateBytesPerSecond }: LinkState): number {
  return rateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND
}

/**
 * The intervals in which a condition holds. One that still holds when FOLLOWED_MS are over holds
 * for ever.
 */
function intervalsOf(slices: Slice[], holds: (slice: Slice) => boolean): Interval[] {
  const intervals: Interval[] = []
  for (const slice of slices.filter(holds)) {
    const toMs = slice.toMs >= FOLLOWED_MS ? Number.POSITIVE_INFINITY : slice.toMs
    const last = intervals.at(-1)
    if (last?.toMs === slice.fromMs) last.toMs = toMs
    else intervals.push({ fromMs: slice.fromMs, toMs })
  }
  return intervals
}

function stepsOf(slices: Slice[], value: (slice: Slice) => number): Step[] {
  return valuesOf(slices, value)
}

/** The values that change, each with the time from which on it holds. */
function valuesOf<T>(slices: Slice[], value: (slice: Slice) => T): { fromMs: number; value: T }[] {
  const steps: { fromMs: number; value: T }[] = []
  for (const slice of slices) {
    const step = { fromMs: slice.fromMs, value: value(slice) }
    if (steps.at(-1)?.value !== step.value) steps.push(step)
  }
  return steps
}
