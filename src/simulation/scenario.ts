import type { Planner, PlannerInit } from '../planner/planner.ts'
import type { Interval, OverTime } from './over-time.ts'
import type { SharedLinkSpec } from './shared-link.ts'

/** A network, a content and a policy: all that a simulation depends on. */
export interface Scenario {
  sizeBytes: number
  segmentBytes: number
  /** Most bytes between the output and the horizon. Default 64 MiB. */
  memoryBytes?: number
  createPlanner(init: PlannerInit): Planner
  routes: SimulatedRoute[]
  /** Links that several hops can have in common, one entry for each direction, by names that hops refer to. */
  links?: Record<string, SharedLinkSpec>
  sink?: SimulatedSink
  /** For losses. Default 1. */
  seed?: number
  /** The simulation ends here at the latest. Default 600,000. */
  maxMs?: number
  /** Without any arrival for so long, while a route works, the transfer counts as hanging. Default 20,000. */
  patienceMs?: number
  /** The client gives up after so many milliseconds without an open route. Default: never. */
  routelessPatienceMs?: number
  /** The source's clock minus the client's. Default 123,456. */
  clockOffsetMs?: number
  /** Time in which the network carries the content, where routes share links; default: the sum of the routes. */
  idealMs?: number
  /** Connections begin with a window of ten packets that doubles each round trip. Default true. */
  slowStart?: boolean
  /** Width of the steps of the series of each route. Default 100. */
  seriesStepMs?: number
}

export interface SimulatedRoute {
  /** From the source to the client; between two of them stands a relay. */
  hops: SimulatedHop[]
  /** When the client hears of the route. Default 0. */
  joinsAtMs?: number
  /** A relay of the route breaks down for good: nothing comes through any more, and both ends see it soon after. */
  diesAtMs?: number
  /** The same for a while: afterwards the path can be opened again. The client tries until it can. Default: none. */
  breakdowns?: Interval[]
  /** How long after that the ends see it. Default: the route's one-way delay. */
  deathNoticeMs?: number
  /** Black holes: nothing comes through in either direction, and nobody is told. */
  outages?: Interval[]
  /** The director's estimate of the route. Default: none. */
  costMs?: number
  /** Round trips of the last hop until the client's `open` can leave. Default 4: TCP, multistream, noise, yamux. */
  setUpRoundTrips?: number
}

export interface SimulatedHop {
  /** Bytes a second on the wire, towards the client; of the slowest link where there are several. */
  rateBytesPerSecond: OverTime
  /** Towards the source. Default: the same. */
  upRateBytesPerSecond?: OverTime
  /** One way. */
  delayMs: OverTime
  /** The drop-tail queue in front of the link. Default 200 full frames. */
  queueBytes?: number
  /** Share of the packets that are lost and sent again, 0 to 1. */
  loss?: OverTime
  /** Most that the relay in front of the hop forwards, in bytes of frames a second. Default: no limit. */
  relayRateBytesPerSecond?: OverTime
  /**
   * Hops of several routes that name the same relay have it in front of them: their routes share its rate, which is that of
   * the first of them. Default: a relay of the route's own.
   */
  relay?: string
  /** Names of the scenario's links that it passes, from the sender on: their queues are the only ones then. Default: none. */
  links?: { down: string[]; up: string[] }
}

/** What takes the output. */
export interface SimulatedSink {
  /** Default: no limit. */
  rateBytesPerSecond?: OverTime
  pauses?: Interval[]
}

/** Stands for a link without a rate. */
export const UNLIMITED_BYTES_PER_SECOND = 125e9
export const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024
export const DEFAULT_QUEUE_BYTES = 200 * 1514
export const DEFAULT_MAX_MS = 600_000
export const DEFAULT_PATIENCE_MS = 20_000
export const DEFAULT_CLOCK_OFFSET_MS = 123_456
export const DEFAULT_SET_UP_ROUND_TRIPS = 3
export const DEFAULT_SERIES_STEP_MS = 100

/** When a relay of the route is broken down, for a while or for good. */
export function breakdownsOf({ diesAtMs, breakdowns = [] }: SimulatedRoute): Interval[] {
  return diesAtMs === undefined
    ? breakdowns
    : [...breakdowns, { fromMs: diesAtMs, toMs: Number.POSITIVE_INFINITY }]
}
