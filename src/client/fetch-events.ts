import type { LossItem } from '../planner/diagnosis/loss-attribution.ts'
import type { UplinkChange } from '../transport/uplink-change.ts'
import type { Awaited } from './waiting-reason.ts'

/** The progress of one route so far, for the progress event and the summary. */
export interface RouteProgress {
  bytes: number
  rateBytesPerSecond: number
  /** The least round trip of a small message. */
  rttMs: number
  /** How long segments wait in queues on their way. */
  queueMs: number
  /** How long they wait behind lost packets; 0 where none get lost. */
  lossWaitMs: number
  /** The most that the route gets of its relays, by their own word; absent where they have no limit. */
  limitBytesPerSecond?: number
  /** Share of the content that the pattern in force gives to this route, 0 to 1. */
  weight: number
  state: PublicRouteState
  /** Name of the client's uplink by which the route goes; absent where the system chooses one. */
  uplink?: string
}

/** A route's state for users. `closed` means that it ended in good order, `lost` that it failed. */
export type PublicRouteState = 'opening' | 'open' | 'late' | 'lost' | 'parked' | 'closed'

export interface FetchSummary {
  /** Size of the content. */
  bytes: number
  seconds: number
  /** Of what was fetched, in hex; absent where nobody has asked for it. */
  sha256?: string
  longestStallMs: number
  duplicateBytes: number
  wireBytes: number
  outOfSequence: number
  /** `uplink` as in RouteProgress. */
  routes: Record<
    string,
    { bytes: number; segments: number; repairs: number; relays: string[]; source: string; uplink?: string }
  >
  /**
   * The time that the routes would not have needed at their estimated rates, by cause; largest part
   * first.
   */
  lossAttribution: LossItem[]
  /** Every group of routes that was seen to share a bottleneck, by their letters. */
  sharedBottlenecks: string[][]
  /** Bytes of a live content that the output does without; absent where there are none. */
  skippedBytes?: number
  /** The output had the whole content already, in its place: nothing was fetched. */
  isPresent?: true
}

/** One event of a running fetch; times in ms since its start. */
export type FetchEvent =
  | {
      event: 'route'
      id: string
      state: PublicRouteState
      relays: string[]
      /** Peer id of the source to which it leads. */
      source: string
      uplink?: string
      reason: string
    }
  | { event: 'pattern'; pattern: string; predicted: number; actual: number; atMs: number }
  | { event: 'reassigned'; from: string; to: string; segments: number; copy: boolean; atMs: number }
  /** Bytes of a live content that the output does without, as they would have come too late: `ranges` in bytes since its begin. */
  | { event: 'skipped'; bytes: number; ranges: Array<{ from: number; to: number }>; atMs: number }
  /** What comes of a live content that is waited for is later than wanted; with `isOver` no longer, after so long a delay at most. */
  | { event: 'delayed'; delayMs: number; isOver: boolean; atMs: number }
  /** `shared` is false when these routes are no longer seen to share a bottleneck. */
  | { event: 'sharedBottleneck'; routes: string[]; shared: boolean; atMs: number }
  /** `bytes` are in the output or on their way into it; `reorderBytes` wait for bytes before them. */
  | {
      event: 'progress'
      bytes: number
      reorderBytes: number
      atMs: number
      routes: Record<string, RouteProgress>
    }
  /**
   * Nothing can come now: `missing` says who is waited for. The fetch gives up in `leftMs`; without `leftMs` it never
   * does.
   */
  | { event: 'waiting'; missing: Awaited; reason: string; leftMs?: number; atMs: number }
  /** What was missing is there again, after `waitedMs`. */
  | { event: 'resumed'; waitedMs: number; atMs: number }
  /**
   * Another source of the content takes part, or one does no more; `source` is its peer id, and `reason` says why it
   * has left.
   */
  | { event: 'source'; source: string; state: 'joined' | 'left'; reason: string; atMs: number }
  /** So many bytes that an earlier run had left turned out to be wrong, and are fetched again. */
  | { event: 'again'; bytes: number; atMs: number }
  /** Somebody has steered the fetch by hand: what was done, as a text for people. */
  | { event: 'control'; change: string; atMs: number }
  | ({ event: 'uplink'; atMs: number } & UplinkChange)
  | ({ event: 'done' } & FetchSummary)
