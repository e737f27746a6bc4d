import { DEFAULT_MEMORY_BYTES, DEFAULT_ROUTES } from '../client/defaults.ts'
import { contentBytesWithin } from '../client/segment-memory.ts'
import { ConfigurationError } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { CoupledPlanner } from '../planner/coupled-planner.ts'
import { ObservedPlanner } from '../planner/observed-planner.ts'
import type { CutOverMode } from '../planner/planner.ts'
import { createPlanner, DEFAULT_POLICY } from '../planner/policies/index.ts'
import { DEFAULT_LIVE_SEGMENT_BYTES, DEFAULT_SEGMENT_BYTES } from '../protocol/content-record.ts'
import { FOLLOWED_MS, scenarioOf } from '../simulation/from-topology.ts'
import { LinkCounter } from '../simulation/link-counter.ts'
import type { ClientSample } from '../simulation/observer.ts'
import type { SimulationResult } from '../simulation/result.ts'
import { simulate } from '../simulation/simulate.ts'
import { leastTimeMs } from '../topology/ideal-time.ts'
import type { TopologyPath } from '../topology/paths.ts'
import { linkChanges, networkSlices, nodeChanges, type Traces } from '../topology/timeline.ts'
import { clientsOf, type LiveContent, type Topology, wantedBytes } from '../topology/topology.ts'
import type { LoadedTopology } from '../topology/topology-file.ts'
import { checkExpectation } from './expectation.ts'
import { type FetchStory, routesUsed } from './fetch-story.ts'
import type { LabResult } from './lab-run.ts'
import { type LinkCounts, wireOverhead } from './link-counts.ts'
import { delayFigures, type LiveFigures } from './live-figures.ts'
import type { Measurement } from './measurement.ts'
import { type TrafficCourse, trafficFigures, trafficNotes } from './traffic-figures.ts'
import { DATAGRAM_BYTES, DATAGRAM_OVERHEAD_BYTES } from './traffic-script.ts'

/** Time between two samples, in milliseconds, as in a real lab. */
const SAMPLE_MS = 100
const DEFAULT_SEED = 1

export interface SimulateOptions {
  /** Time at which the simulation was asked for, for the report. */
  startedAt: Date
  /** Name of the policy. Default: the file's, else that of `client fetch`. */
  policy?: string
  /** When a new pattern applies. Default: the file's, else async. */
  cutover?: CutOverMode
  /** Seed of the random losses; the same seed has the same result. Default: 1. */
  seed?: number
  /** Memory of the client in bytes, as `--memory`. Default: that of `client fetch`. */
  memoryBytes?: number
}

/**
 * Finds by simulation what `runLab` measures: planner, transfer, source and relay queues are the
 * real ones, network and time are models. Needs no root, no sockets and no clock. Throws what
 * `simulate` throws, UsageError for an unknown policy, and ConfigurationError for a file with
 * something that the simulator has no model of.
 */
export function simulateTopology(loaded: LoadedTopology, options: SimulateOptions): LabResult {
  const { topology, traces } = loaded
  refuseUnknown(loaded)
  const { paths, ...scenario } = scenarioOf(topology, traces, topology.client.routes ?? DEFAULT_ROUTES)
  const cutover = options.cutover ?? topology.client.cutover
  const segmentBytes =
    topology.segmentBytes ?? (topology.live ? DEFAULT_LIVE_SEGMENT_BYTES : DEFAULT_SEGMENT_BYTES)
  const idealMs = leastTimeMs(topology, traces)
  const samples: ClientSample[] = []
  const counter = new LinkCounter(SAMPLE_MS)
  let planner: ObservedPlanner | undefined
  const result = simulate(
    {
      ...scenario,
      segmentBytes,
      memoryBytes: contentBytesWithin(options.memoryBytes ?? DEFAULT_MEMORY_BYTES, segmentBytes),
      seriesStepMs: SAMPLE_MS,
      maxMs: topology.live ? idealMs + FOLLOWED_MS : FOLLOWED_MS,
      ...(cutover ? { cutover } : {}),
      seed: options.seed ?? DEFAULT_SEED,
      createPlanner: init => {
        const inner = createPlanner(options.policy ?? topology.client.policy ?? DEFAULT_POLICY, init)
        const fair = topology.client.fair === 'coupled' ? new CoupledPlanner(inner) : inner
        planner = new ObservedPlanner(fair, init, 0, () => {})
        return planner
      }
    },
    { passed: passage => counter.passed(passage), sampled: sample => samples.push(sample) }
  )
  const story = storyOf(result, samples, paths, planner!)
  const links = linkCounts(counter, topology, paths, result.durationMs)
  const measurement = measurementOf(loaded, result, story, links, idealMs)
  return {
    topology: loaded,
    startedAt: options.startedAt,
    emulation: 'simulator',
    chosen: { seed: options.seed ?? DEFAULT_SEED, policy: options.policy, cutover: options.cutover },
    notes: [...leftOut(topology), ...trafficNotes(measurement.traffic ?? [])],
    idealMs,
    measurements: [measurement],
    story,
    expectations: checkExpectation(topology.expect, measurement, routesUsed(story), topology.contentBytes)
  }
}

function storyOf(
  result: SimulationResult,
  samples: ClientSample[],
  paths: TopologyPath[],
  planner: ObservedPlanner
): FetchStory {
  const states = (route: number) =>
    result.states
      .filter(change => change.route === route)
      .map(({ atMs, state, reason }) => ({ atMs, state: state === 'closed' ? 'lost' : state, reason }))
  const joined = new Set(result.routes.map(({ route }) => route))
  return {
    routes: Object.fromEntries(
      paths.flatMap(({ nodes }, route) =>
        joined.has(route) ? [[routeName(route), { nodes, states: states(route) }]] : []
      )
    ),
    patterns: result.patterns,
    progress: samples.map(({ atMs, outputBytes, reorderBytes, routes }) => ({
      atMs,
      bytes: outputBytes,
      reorderBytes,
      routes: Object.fromEntries(
        [...routes].map(([route, { deliveredBytes, rateBytesPerSecond, rttMs }]) => [
          routeName(route),
          { bytes: deliveredBytes, rateBytesPerSecond, rttMs }
        ])
      )
    })),
    ...(result.completed ? { done: summaryOf(result, planner) } : {})
  }
}

/** The summary, as in the event `done` of `client fetch`, but without the hash. */
function summaryOf(result: SimulationResult, planner: ObservedPlanner): FetchStory['done'] {
  const routes = result.routes.map(({ route, bytes, segments, repairs }) => [
    routeName(route),
    { bytes, segments, repairs }
  ])
  return {
    seconds: result.durationMs / 1000,
    longestStallMs: Math.round(result.longestStallMs),
    duplicateBytes: result.duplicateBytes,
    wireBytes: result.wireBytes,
    outOfSequence: result.outOfSequence,
    routes: Object.fromEntries(routes),
    lossAttribution: planner.finish(result.durationMs),
    sharedBottlenecks: planner.sharedBottlenecks.map(group => group.map(routeName))
  }
}

function measurementOf(
  { topology, traces }: LoadedTopology,
  result: SimulationResult,
  story: FetchStory,
  links: LinkCounts[],
  idealMs: number
): Measurement {
  const { completed, durationMs } = result
  const progress = story.progress.map(({ atMs, bytes }) => ({ atMs, bytes }))
  if (completed) progress.push({ atMs: durationMs, bytes: wantedBytes(topology) })
  const changes = [...linkChanges(topology, traces, durationMs), ...nodeChanges(topology, durationMs)]
  return {
    means: 'anabranch',
    completionMs: durationMs,
    longestStallMs: result.longestStallMs,
    identical: completed,
    progress,
    ...(topology.live ? { live: liveFigures(result, topology.live), delays: result.delays } : {}),
    ...(completed ? {} : { failure: `the content was not through after ${durationMs / 1000} s` }),
    goodputBytesPerSecond: (wantedBytes(topology) / durationMs) * 1000,
    efficiency: completed ? idealMs / durationMs : 0,
    wireOverhead: wireOverhead(topology, links),
    traffic: trafficFigures(topology, traces, coursesOf(topology, traces, result), durationMs),
    lostFrames: 0,
    links,
    played: changes
      .filter(({ atMs }) => atMs < durationMs)
      .map(({ atMs, what }) => ({ atMs, lateMs: 0, what }))
      .sort((a, b) => a.atMs - b.atMs)
  }
}

/** How much of each traffic came: flows are simulated, and what has a constant rate gets through at that. */
function coursesOf(
  topology: Topology,
  traces: Traces,
  { flows, durationMs }: SimulationResult
): TrafficCourse[] {
  const flowsLeft = [...flows]
  return topology.traffic.map((traffic, index) => {
    if (traffic.kind !== 'udp-cbr') return { traffic, progress: flowsLeft.shift() ?? [] }
    const progress = [{ atMs: 0, bytes: 0 }]
    for (const { fromMs, toMs, constant } of networkSlices(topology, traces, durationMs)) {
      const payloadShare = DATAGRAM_BYTES / (DATAGRAM_BYTES + DATAGRAM_OVERHEAD_BYTES[4])
      const bytes = (constant.arriving[index]! * payloadShare * (toMs - fromMs)) / 1000
      progress.push({ atMs: toMs, bytes: progress.at(-1)!.bytes + bytes })
    }
    return { traffic, progress }
  })
}

function liveFigures(result: SimulationResult, { start }: LiveContent): LiveFigures {
  const { skippedBytes, skippedAtStartBytes, delays } = result
  return {
    skippedBytes: start === 'begin' ? skippedBytes : skippedBytes - skippedAtStartBytes,
    delayMs: delayFigures(delays.map(({ delayMs }) => delayMs))
  }
}

/** Bytes that came over each link, at each sample until the end. */
function linkCounts(
  counter: LinkCounter,
  topology: Topology,
  paths: TopologyPath[],
  endMs: number
): LinkCounts[] {
  const times = Array.from({ length: Math.ceil(endMs / SAMPLE_MS) }, (_, index) => index * SAMPLE_MS)
  const courses = paths.flatMap(({ legs }, route) =>
    legs.flatMap((leg, hop) => {
      const down = counter.course(route, hop, 'down', times.length)
      const up = counter.course(route, hop, 'up', times.length)
      return leg.flatMap(({ link, direction }) => [
        { link, direction, bytes: down },
        { link, direction: direction === 'down' ? ('up' as const) : ('down' as const), bytes: up }
      ])
    })
  )
  return [...times, endMs].map((atMs, index) => {
    const bytes = topology.links.map(() => ({ down: 0, up: 0 }))
    for (const course of courses) bytes[course.link]![course.direction] += course.bytes[index]!
    return { atMs, bytes }
  })
}

/** Throws ConfigurationError where a file has something that the simulator has no model of. */
function refuseUnknown({ topology, file }: LoadedTopology): void {
  const [key] = unsimulated(topology)
  if (key !== undefined)
    throw new ConfigurationError(`${file}: the simulator has no model of ${key}; use \`lab run\``)
}

/** The keys and parts of a topology file of which the simulator has no model. */
function unsimulated({ nodes, links, events, play }: Topology): string[] {
  return [
    ...(play ? ['client.play'] : []),
    ...(clientsOf({ nodes }).length > 1 ? ['several clients'] : []),
    ...nodes.flatMap(({ name, inside, firewall }) => [
      ...(inside.length > 0 ? [`topology.nodes.${name}.nat`] : []),
      ...(firewall ? [`topology.nodes.${name}.firewall`] : [])
    ]),
    ...links.flatMap(({ mtu, down }, index) => [
      ...(mtu === undefined ? [] : [`topology.links.${index}.mtu`]),
      ...(down.reorders ? [`topology.links.${index}.reorder`] : [])
    ]),
    ...events.flatMap((event, index) => {
      if ('node' in event)
        return ['kill', 'stop', 'start'].includes(event.action)
          ? []
          : [`events.${index}.action: ${event.action}`]
      return 'end' in event.change ? [`events.${index}.${event.change.kind}`] : []
    })
  ]
}

/** Sentences on what the figures leave out, for a reader of the report. */
function leftOut(topology: Topology): string[] {
  const states = topology.links.flatMap(({ down, up }) => [down, up])
  const flags = [topology.client.args, ...topology.nodes.map(node => node.args)].flat()
  const notes = [
    'simulated: the start of processes, processors and the kernel are left out; time 0 is the question to the director'
  ]
  if (states.some(({ jitterMs }) => jitterMs > 0)) notes.push('jitter is left out')
  if (states.some(({ loss }) => loss > 0) && topology.congestion !== 'bbr')
    notes.push('a lost packet does not slow its sender down, as with bbr')
  if (topology.traffic.some(({ kind }) => kind !== 'udp-cbr'))
    notes.push('connections of others take turns with those of routes, whatever their round trips')
  if (topology.live?.start === 'live') notes.push('the client begins with the first byte that was made')
  if (topology.range) notes.push('the range is a content of its size, which begins and ends with a segment')
  if (flags.length > 0) notes.push(`further flags of the roles are left out: ${flags.join(' ')}`)
  return notes
}
