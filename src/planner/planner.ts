import type { Extent } from '../protocol/extent.ts'
import type { PatternChange, Reassignment, SeqRange } from '../protocol/route-messages.ts'
import type { OrderBook } from './order-book.ts'
import type { Pacing } from './pace.ts'

/** What an earlier fetch has learnt of a route. It may be out of date. */
export interface KnownRoute {
  rateBytesPerSecond: number
  rttMs: number
}

/** Events that a planner is told. They are plain data, so that a recorded transfer can be planned again. */
export type PlannerEvent =
  /**
   * The route is being opened; `holder` is the peer id of the source to which it leads, `costMs` the director's estimate,
   * if it gave one, and `known` what an earlier fetch has learnt of the route. A `backup` carries nothing while a route
   * that is none can. A route of a higher `price` carries what those of lower ones cannot; default 1.
   */
  | {
      type: 'routeAdded'
      route: number
      holder: string
      costMs?: number
      known?: KnownRoute
      backup?: boolean
      price?: number
    }
  /** The route's source can be asked, and is now. */
  | { type: 'routeAsked'; route: number }
  | { type: 'routeOpened'; route: number; rttMs: number }
  | { type: 'routeClosed'; route: number; reason: string }
  /** A test block of `bytes` came back after `rttMs`; its last byte came `spreadMs` after the reply before it. */
  | { type: 'testReply'; route: number; rttMs: number; bytes: number; spreadMs?: number }
  /** `sentAtMs` is in the source's clock. */
  | { type: 'arrived'; route: number; seq: number; bytes: number; sentAtMs: number }
  /**
   * Segments that a relay dropped as they were reassigned, or that the source did not send as they were needed no
   * more, which it has `skipped`.
   */
  | { type: 'dropped'; route: number; bytes: number; ranges: SeqRange[]; skipped?: boolean }
  /**
   * A relay tells that segments waited for a packet that was lost on a hop before the last: they came to it at once.
   */
  | { type: 'held'; route: number; waitMs: number }
  /** The holder to which the route leads has answered an order, for itself alone. */
  | { type: 'patternApplied'; route: number; version: number; from: number }
  | { type: 'reassigned'; route: number; id: number; kept: SeqRange[] }
  /** A live content reaches to this edge now, or its end is known. */
  | {
      type: 'extentGrew'
      edgeSeq?: number
      endBytes?: number
      /** When the source made the newest head, by its clock. */
      toldMs?: number
      /** Those of the segments that are new, where they differ in size: the extent's table has them already. */
      lengths?: number[]
    }
  /** The output goes on at `seq` without what is missing before it. */
  | { type: 'passed'; seq: number }
  /** The output has taken everything below `seq`. */
  | { type: 'consumed'; seq: number }
  | SteeringEvent

/** What somebody wants by hand while the transfer runs. */
export type SteeringEvent =
  /** This pattern is kept, given as text; without one the policy decides again. */
  | { type: 'pinned'; pattern?: string }
  /** The route, in whatever state, carries nothing more while it `isAside`. `reason`: why, where not by hand. */
  | { type: 'aside'; route: number; isAside: boolean; reason?: string }
  /** Nothing more is granted while the transfer `isPaused`. */
  | { type: 'paused'; isPaused: boolean }
  /** What is asked for keeps within this rate; without one there is no limit. */
  | { type: 'limited'; rateBytesPerSecond?: number }
  /** Of a live content: see PlannerInit.latencyMs. */
  | { type: 'latencyChanged'; latencyMs?: number }

/** `open` carries segments; `late` is behind its prediction; `parked` gets nothing until it answers again. */
export type RouteState = 'opening' | 'open' | 'late' | 'parked' | 'closed'

/** What the client is to do now. Lists hold what is new since the last decision; credit limits are cumulative. */
export interface Decision {
  /** Each with its cut-over, where no cursor can be. */
  patterns: PatternChange[]
  reassignments: Reassignment[]
  credits: Array<{ route: number; limitBytes: number }>
  horizon: number
  states: Array<{ route: number; state: RouteState; reason: string }>
  /**
   * Test blocks to ask for. They are called probes here as in recorded files; elsewhere a probe is a window's growth.
   */
  probes: Array<{ route: number; replyBytes: number }>
}

/** A decision for nothing but to go on. */
export function emptyDecision(horizon: number): Decision {
  return { patterns: [], reassignments: [], credits: [], horizon, states: [], probes: [] }
}

/** The planner's estimates of one route, for progress and records. */
export interface RouteEstimate {
  state: RouteState
  rateBytesPerSecond: number
  rttMs: number
  queueMs: number
  windowBytes: number
  outstandingBytes: number
  weight: number
  /** Whether the rate is what the route was found to carry, and no guess; absent where the policy cannot tell. */
  isMeasured?: boolean
  /** How long segments wait behind lost packets, in ms; absent where the policy cannot tell. */
  lossWaitMs?: number
}

/**
 * When a new pattern applies: from a segment that each holder can find by itself, or from one past all that is granted,
 * once every holder has confirmed it.
 */
export type CutOverMode = (typeof CUT_OVER_MODES)[number]

export const CUT_OVER_MODES = ['async', 'sync'] as const

/**
 * What a fetch takes of a bottleneck that connections of others use, too: with `each` as much as one of them for each of
 * its routes through it, with `coupled` as much as one of them.
 */
export type FairMode = (typeof FAIR_MODES)[number]

export const FAIR_MODES = ['each', 'coupled'] as const

export interface PlannerInit {
  extent: Extent
  /** Most bytes that may lie between what the output has taken and the horizon. */
  memoryBytes: number
  /** Of a live content: how long after it was made a segment has to be here, in ms. Default: it is waited for. */
  latencyMs?: number | undefined
  /** Keeps what is asked for within limits; other transfers may share it. Default: no limit. */
  pace?: Pacing
  /** Default: async. */
  cutover?: CutOverMode
}

/**
 * Decides which segment travels which route, how much may be under way, and what is taken from a route again.
 * Events and time in, decisions out; never a clock or a socket.
 */
export interface Planner {
  readonly name: string
  /** What was ordered so far, the new orders of each decision included. */
  readonly orders: OrderBook
  handle(event: PlannerEvent, nowMs: number): void
  /** Called at every control tick and after events that cannot wait. */
  plan(nowMs: number): Decision
  estimates(): ReadonlyMap<number, RouteEstimate>
  /** Told of routes that were found to share a bottleneck, where that matters to the planner. */
  sharing?(routes: readonly number[], nowMs: number): void
}

/** Time between two plans of the client, in ms. */
export const TICK_MS = 20
