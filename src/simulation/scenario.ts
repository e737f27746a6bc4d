import type { RouteMemory } from '../client/route-memory.ts'
import type { CutOverMode, Planner, PlannerInit } from '../planner/planner.ts'
import type { BurstsStep } from './bursty-loss.ts'
import type { Interval, OverTime } from './over-time.ts'
import type { SharedLinkSpec } from './shared-link.ts'

/** A network, a content and a policy: everything that a simulation depends on. */
export interface Scenario {
  sizeBytes: number
  segmentBytes: number
  /** Most bytes between the output and the horizon. Default: 64 MiB. */
  memoryBytes?: number
  createPlanner(init: PlannerInit): Planner
  /** Default: async. */
  cutover?: CutOverMode
  routes: SimulatedRoute[]
  /** Makes it a live content, which is made from time 0 on. Default: all of it is there. */
  live?: SimulatedLive
  /** Links that several hops can have in common, one entry for each direction, by names that hops refer to. */
  links?: Record<string, SharedLinkSpec>
  /** TCP connections of others over these links. Default: none. */
  flows?: SimulatedFlow[]
  sink?: SimulatedSink
  /** Seed of the random losses. Default: 1. */
  seed?: number
  /** Time in ms at which the simulation ends at the latest. Default: 600,000. */
  maxMs?: number
  /**
   * Time in ms without any arrival, while a route works, after which the transfer counts as
   * hanging. Default: 20,000.
   */
  patienceMs?: number
  /** Time in ms without an open route after which the client gives up. Default: never. */
  routelessPatienceMs?: number
  /** The source's clock minus the client's, in ms. Default: 123,456. */
  clockOffsetMs?: number
  /**
   * Time in ms in which the network carries the content; to be given where routes share links.
   * Default: by the sum of the routes' capacities.
   */
  idealMs?: number
  /** Whether connections begin with a window of ten packets that doubles each round trip. Default: true. */
  slowStart?: boolean
  /** What the client knows of routes from earlier transfers, and learns in this one. Default: nothing. */
  memory?: RouteMemory
  /** Width in ms of the steps of each route's series. Default: 100. */
  seriesStepMs?: number
}

export interface SimulatedLive {
  /** How fast the content is made, in bytes a second; in frames it is what these make. */
  rateBytesPerSecond: number
  /** Divides it by time: the length of a frame in ms, and the bytes of each, which make the content. Default: by size. */
  frames?: { frameMs: number; lengths: readonly number[] }
  /** Time in ms after which the output does without what is not here. Default: it waits. */
  latencyMs?: number
}

export interface SimulatedRoute {
  /** The route's hops, from the source to the client; a relay stands between any two of them. */
  hops: SimulatedHop[]
  /** Name of the source to which it leads; all have the same content. Default: `source`. */
  source?: string
  /** Time in ms at which the client hears of the route. Default: 0. */
  joinsAtMs?: number
  /**
   * Time in ms at which a relay of the route breaks down for good: nothing passes any more, and
   * both ends see it soon after.
   */
  diesAtMs?: number
  /**
   * Times at which a relay breaks down for a while. Afterwards the path can be opened again, and
   * the client tries until it can. Default: none.
   */
  breakdowns?: Interval[]
  /** Time in ms from a breakdown until the ends see it. Default: the route's one-way delay. */
  deathNoticeMs?: number
  /** Black holes: nothing passes in either direction, and nobody is told. */
  outages?: Interval[]
  /**
   * Time in ms from which on the relay next to the client keeps segments and hashes back and passes
   * all else on, test blocks included. Nobody is told. Default: never.
   */
  withholdsAtMs?: number
  /**
   * Time in ms from which on hashes that the route brings are not the content's, which is its source's fault. Default:
   * never.
   */
  liesAtMs?: number
  /** The director's estimate of the route's cost, in ms. Default: none. */
  costMs?: number
  /**
   * Round trips on the last hop until the client's `open` can leave. Default: 3, for TCP, noise and
   * yamux; what multistream has to say travels with them.
   */
  setUpRoundTrips?: number
}

export interface SimulatedHop {
  /**
   * Rate towards the client, in bytes a second on the wire; that of the slowest link where the hop
   * has several.
   */
  rateBytesPerSecond: OverTime
  /** Rate towards the source, in bytes a second on the wire. Default: the same rate. */
  upRateBytesPerSecond?: OverTime
  /** One-way delay in ms. */
  delayMs: OverTime
  /** Size in bytes of the drop-tail queue in front of the link. Default: 200 full frames. */
  queueBytes?: number
  /** Share of the packets that are lost and sent again, 0 to 1. */
  loss?: OverTime
  /**
   * Links of the hop that lose packets in bursts, besides `loss`. Hops that name the same link share
   * its bursts. Default: none.
   */
  bursts?: { link: string; steps: readonly BurstsStep[] }[]
  /** The most that the relay in front of the hop forwards, in bytes of frames a second. Default: no limit. */
  relayRateBytesPerSecond?: OverTime
  /**
   * Name of the relay in front of the hop. Routes whose hops name the same relay share its rate,
   * which is that of the first such hop. Default: a relay of the route's own.
   */
  relay?: string
  /**
   * Names of the scenario's links that the hop passes, in order from the sender. The hop then has
   * no queue but theirs. Default: none.
   */
  links?: { down: string[]; up: string[] }
}

/** TCP connections of others beside the routes. */
export interface SimulatedFlow extends Interval {
  /** Names of the scenario's links that it passes, in order. */
  links: string[]
  /** One-way delay in ms. */
  delayMs: OverTime
  loss?: OverTime
  outages?: Interval[]
  /**
   * Mean rate, in bytes a second, of transfers of random sizes that begin at random times. Default:
   * one transfer that never ends.
   */
  rateBytesPerSecond?: number
}

/** The receiver of the output. */
export interface SimulatedSink {
  /** Rate in bytes a second at which the output is taken. Default: no limit. */
  rateBytesPerSecond?: OverTime
  pauses?: Interval[]
}

/** Rate of a link without a rate limit, in bytes a second. */
export const UNLIMITED_BYTES_PER_SECOND = 125e9
export const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024
export const DEFAULT_QUEUE_BYTES = 200 * 1514
export const DEFAULT_MAX_MS = 600_000
export const DEFAULT_PATIENCE_MS = 20_000
export const DEFAULT_CLOCK_OFFSET_MS = 123_456
export const DEFAULT_SET_UP_ROUND_TRIPS = 3
export const DEFAULT_SERIES_STEP_MS = 100

/** Name of the source to which a route leads. */
export function sourceOf({ source = 'source' }: SimulatedRoute): string {
  return source
}

/** The intervals in which a relay of the route is broken down, for a while or for good. */
export function breakdownsOf({ diesAtMs, breakdowns = [] }: SimulatedRoute): Interval[] {
  return diesAtMs === undefined
    ? breakdowns
    : [...breakdowns, { fromMs: diesAtMs, toMs: Number.POSITIVE_INFINITY }]
}
