import { ROUTE_COSTS } from '../../director/limits.ts'
import { disjointPaths, idealTimeMs, nameOf, shortestPath, type TopologyPath } from '../capacity.ts'
import { networkSlices, type Slice, type Traces } from '../timeline.ts'
import { type Direction, type LinkState, PAYLOAD_SHARE, type Topology } from '../topology.ts'
import type { Interval, Step } from './over-time.ts'
import {
  DEFAULT_SET_UP_ROUND_TRIPS,
  type Scenario,
  type SimulatedHop,
  type SimulatedRoute
} from './scenario.ts'

/** Stands for a link without a rate. */
const UNLIMITED_BYTES_PER_SECOND = 125e9
/** For how long the file's events are followed. */
export const FOLLOWED_MS = 600_000
/** As many as there are letters. */
const MAX_ROUTES = 52
/** Round trips to the director until the client hears of routes: those of a new connection, and the question. */
const QUESTION_ROUND_TRIPS = DEFAULT_SET_UP_ROUND_TRIPS + 1

/** What of a scenario a topology file says. */
export interface TopologyScenario extends Pick<Scenario, 'sizeBytes' | 'routes' | 'idealMs'> {
  /** The path of each route. */
  paths: TopologyPath[]
}

/**
 * The network of a topology file as the simulator models it: one route for each of the node-disjoint paths (at most
 * `maxPaths` of them, the quickest first), with every event that changes a link or a node. Time 0 is the client's question
 * to the director. A node that is killed or stopped ends its routes; once all nodes of a path run again it is a further
 * route. The most that a relay forwards stands for the rate of its link towards the client. Jitter is left out.
 */
export function scenarioOf(
  topology: Topology,
  traces: Traces,
  maxPaths = Number.POSITIVE_INFINITY
): TopologyScenario {
  const slices = [...networkSlices(topology, traces, FOLLOWED_MS)]
  const idealMs = idealTimeMs(topology, traces)
  const answeredAtMs = QUESTION_ROUND_TRIPS * directorRttMs(topology)
  const routes = disjointPaths(topology)
    .slice(0, maxPaths)
    .flatMap(path =>
      livesOf(path, slices).map(life => ({ path, route: routeOf(path, life, topology, slices) }))
    )
    .filter(({ route }) => (route.diesAtMs ?? Number.POSITIVE_INFINITY) > answeredAtMs)
    .map(({ path, route }) => ({
      path,
      route: { ...route, joinsAtMs: Math.max(answeredAtMs, route.joinsAtMs) }
    }))
    .sort((a, b) => a.route.joinsAtMs - b.route.joinsAtMs)
    .slice(0, MAX_ROUTES)
  return {
    sizeBytes: topology.contentBytes,
    routes: routes.map(({ route }) => route),
    paths: routes.map(({ path }) => path),
    ...(Number.isFinite(idealMs) ? { idealMs } : {})
  }
}

/** When all nodes of a path run; an end of Infinity is none. */
function livesOf({ nodes }: TopologyPath, slices: Slice[]): Interval[] {
  return intervalsOf(slices, slice => !nodes.some(node => slice.stopped.has(node)))
}

function routeOf(
  path: TopologyPath,
  life: Interval,
  topology: Topology,
  slices: Slice[]
): SimulatedRoute & { joinsAtMs: number } {
  const maxRateOf = (name: string) => topology.nodes.find(node => node.name === name)?.maxRateBytesPerSecond
  return {
    hops: path.hops.map(({ link, direction }, index) =>
      hopOf(link, direction, slices, maxRateOf(path.nodes[index]!))
    ),
    joinsAtMs: life.fromMs,
    ...(Number.isFinite(life.toMs) ? { diesAtMs: life.toMs } : {}),
    outages: intervalsOf(slices, slice => path.hops.some(({ link }) => slice.links[link]!.blackHole)),
    costMs: costOf(path, topology)
  }
}

/** As a director estimates it: nobody measures the client's own link before the first fetch. */
function costOf(path: TopologyPath, topology: Topology): number {
  const rttsMs = path.hops.slice(0, -1).map(({ link }) => rttOf(topology, link))
  const relays = path.hops.length - 1
  return (
    rttsMs.reduce((sum, rttMs) => sum + rttMs, 0) +
    ROUTE_COSTS.unknownClientRttMs +
    relays * ROUTE_COSTS.relayPenaltyMs
  )
}

function directorRttMs(topology: Topology): number {
  const path = shortestPath(topology, nameOf(topology, 'client'), nameOf(topology, 'director'))
  return (path?.hops ?? []).reduce((sum, { link }) => sum + rttOf(topology, link), 0)
}

function rttOf(topology: Topology, link: number): number {
  const { down, up } = topology.links[link]!
  return down.delayMs + up.delayMs
}

function hopOf(
  link: number,
  direction: Direction,
  slices: Slice[],
  maxRate = Number.POSITIVE_INFINITY
): SimulatedHop {
  const back: Direction = direction === 'down' ? 'up' : 'down'
  const over = (value: (state: LinkState) => number, way: Direction) =>
    stepsOf(slices, slice => value(slice.links[link]![way]))
  return {
    rateBytesPerSecond: over(state => Math.min(rateOf(state), maxRate / PAYLOAD_SHARE), direction),
    upRateBytesPerSecond: over(rateOf, back),
    delayMs: over(state => state.delayMs, direction),
    loss: over(state => state.loss, direction),
    queueBytes: slices[0]!.links[link]![direction].queueBytes
  }
}

function rateOf({ rateBytesPerSecond }: LinkState): number {
  return rateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND
}

/** Where something holds; what still does at the end of what is followed does for ever. */
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
  const steps: Step[] = []
  for (const slice of slices) {
    const step = { fromMs: slice.fromMs, value: value(slice) }
    if (steps.at(-1)?.value !== step.value) steps.push(step)
  }
  return steps
}
