import { disjointPaths, idealTimeMs, type TopologyPath } from '../capacity.ts'
import { networkSlices, type Slice, type Traces } from '../timeline.ts'
import type { Direction, LinkState, Topology } from '../topology.ts'
import type { Interval, Step } from './over-time.ts'
import type { Scenario, SimulatedHop, SimulatedRoute } from './scenario.ts'

/** Stands for a link without a rate. */
const UNLIMITED_BYTES_PER_SECOND = 125e9
/** For how long the file's events are followed. */
const FOLLOWED_MS = 600_000

/** What of a scenario a topology file says. */
export type TopologyScenario = Pick<Scenario, 'sizeBytes' | 'routes' | 'idealMs'>

/**
 * The network of a topology file as the simulator models it: one route for each of its node-disjoint paths, with every
 * event that changes a link or a relay. Jitter and the limits of relays are left out; a relay that is stopped is a black
 * hole until it is started, one that is killed ends its route for good.
 */
export function scenarioOf(topology: Topology, traces: Traces): TopologyScenario {
  const slices = [...networkSlices(topology, traces, FOLLOWED_MS)]
  const idealMs = idealTimeMs(topology, traces)
  return {
    sizeBytes: topology.contentBytes,
    routes: disjointPaths(topology).map(path => routeOf(path, topology, slices)),
    ...(Number.isFinite(idealMs) ? { idealMs } : {})
  }
}

function routeOf(path: TopologyPath, topology: Topology, slices: Slice[]): SimulatedRoute {
  const relays = path.nodes.slice(1, -1)
  const killedAtMs = topology.events
    .filter(event => 'node' in event && event.action === 'kill' && relays.includes(event.node))
    .map(event => event.atMs)
  const startedAtMs = topology.nodes
    .filter(node => relays.includes(node.name))
    .map(node => node.startAtMs ?? 0)
  const route: SimulatedRoute = {
    hops: path.hops.map(({ link, direction }) => hopOf(link, direction, slices)),
    joinsAtMs: Math.max(...startedAtMs),
    outages: outagesOf(path, relays, slices, Math.max(...startedAtMs))
  }
  if (killedAtMs.length > 0) route.diesAtMs = Math.min(...killedAtMs)
  return route
}

function hopOf(link: number, direction: Direction, slices: Slice[]): SimulatedHop {
  const back: Direction = direction === 'down' ? 'up' : 'down'
  const over = (value: (state: LinkState) => number, way: Direction) =>
    stepsOf(slices, slice => value(slice.links[link]![way]))
  return {
    rateBytesPerSecond: over(rateOf, direction),
    upRateBytesPerSecond: over(rateOf, back),
    delayMs: over(state => state.delayMs, direction),
    loss: over(state => state.loss, direction),
    queueBytes: slices[0]!.links[link]![direction].queueBytes
  }
}

function rateOf({ rateBytesPerSecond }: LinkState): number {
  return rateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND
}

/** When a link of the path is a black hole, or one of its relays does not run although it has been started. */
function outagesOf(path: TopologyPath, relays: string[], slices: Slice[], fromMs: number): Interval[] {
  const outages: Interval[] = []
  for (const slice of slices) {
    if (slice.toMs <= fromMs) continue
    const silent =
      path.hops.some(({ link }) => slice.links[link]!.blackHole) ||
      relays.some(relay => slice.stopped.has(relay))
    if (!silent) continue
    const toMs = slice.toMs >= FOLLOWED_MS ? Number.POSITIVE_INFINITY : slice.toMs
    const last = outages.at(-1)
    if (last?.toMs === slice.fromMs) last.toMs = toMs
    else outages.push({ fromMs: slice.fromMs, toMs })
  }
  return outages
}

function stepsOf(slices: Slice[], value: (slice: Slice) => number): Step[] {
  const steps: Step[] = []
  for (const slice of slices) {
    const step = { fromMs: slice.fromMs, value: value(slice) }
    if (steps.at(-1)?.value !== step.value) steps.push(step)
  }
  return steps
}
