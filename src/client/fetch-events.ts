import type { LossItem } from '../planner/diagnosis/loss-attribution.ts'

/** What one route did so far, in progress and in the summary. */
export interface RouteProgress {
  bytes: number
  rateBytesPerSecond: number
  rttMs: number
  /** Share of the pattern in force, 0 to 1. */
  weight: number
  state: PublicRouteState
}

/** `closed`: over in good order. `lost`: it failed. */
export type PublicRouteState = 'opening' | 'open' | 'late' | 'lost' | 'parked' | 'closed'

export interface FetchSummary {
  bytes: number
  seconds: number
  sha256: string
  longestStallMs: number
  duplicateBytes: number
  wireBytes: number
  outOfSequence: number
  routes: Record<string, { bytes: number; segments: number; repairs: number; relays: string[] }>
  /** Where the time went that the routes would not have needed at their estimated rates; largest part first. */
  lossAttribution: LossItem[]
  /** Every group of routes that was seen to share a bottleneck, by their letters. */
  sharedBottlenecks: string[][]
}

/** What a fetch tells while it runs; times in ms since its start. */
export type FetchEvent =
  | { event: 'route'; id: string; state: PublicRouteState; relays: string[]; reason: string }
  | { event: 'pattern'; pattern: string; predicted: number; actual: number; atMs: number }
  | { event: 'reassigned'; from: string; to: string; segments: number; copy: boolean; atMs: number }
  /** `shared` is false when these routes are no longer seen to share a bottleneck. */
  | { event: 'sharedBottleneck'; routes: string[]; shared: boolean; atMs: number }
  /** `bytes` are in order; `reorderBytes` wait for what is before them. */
  | {
      event: 'progress'
      bytes: number
      reorderBytes: number
      atMs: number
      routes: Record<string, RouteProgress>
    }
  /** There is no route; the fetch gives up in `leftMs`, never without it. */
  | { event: 'waiting'; reason: string; leftMs?: number; atMs: number }
  /** There is a route again, after so long. */
  | { event: 'resumed'; waitedMs: number; atMs: number }
  /** The fetch goes on from another source (a peer id) that has the same content. */
  | { event: 'source'; source: string; atMs: number }
  | ({ event: 'done' } & FetchSummary)
