import type { RouteStats } from '../client/transfer.ts'
import type { RouteEstimate, RouteState } from '../planner/planner.ts'

/** One pattern, as the client told of it. */
export interface PatternRecord {
  atMs: number
  pattern: string
  predicted: number
  actual: number
}

/** A route's state at one time. */
export interface SeriesPoint extends RouteEstimate {
  atMs: number
  /** Payload bytes that arrived so far, duplicates included. */
  deliveredBytes: number
  /** Payload in bytes a second that its links could carry. */
  capacityBytesPerSecond: number
}

export interface SimulationResult {
  /** False when `maxMs` ended the simulation, or the client gave up. */
  completed: boolean
  /** The reason why the client gave up; unset where it did not. */
  failure?: Error
  /** Time in ms from the start until the output had taken everything. */
  durationMs: number
  /** Time in ms in which the links could have carried the content. */
  idealMs: number
  /** `idealMs` / `durationMs`; 0 when not completed. */
  efficiency: number
  /** Longest time in ms without progress of the in-order output after its first segment. */
  longestStallMs: number
  duplicateBytes: number
  /** Bytes of all frames that reached the client, their length prefixes included. */
  wireBytes: number
  /** Number of segments that came ahead of the one expected. */
  outOfSequence: number
  /** The most payload bytes that the client held, output not yet taken included. */
  peakHeldBytes: number
  /** The most bytes that waited in one relay. */
  peakRelayBytes: number
  /** Number of control messages of the client to the source. */
  controls: number
  /** Of a live content: when each segment that left the client was made, and how long after that it left, in ms. */
  delays: { madeAtMs: number; delayMs: number }[]
  /** Of a live content: what did not leave. */
  skippedBytes: number
  /** The part of `skippedBytes` that was made before the first segment that left. */
  skippedAtStartBytes: number
  /** Payload bytes of each of the scenario's flows that had come by which time. */
  flows: { atMs: number; bytes: number }[][]
  patterns: PatternRecord[]
  states: Array<{ atMs: number; route: number; state: RouteState; reason: string }>
  reassignments: Array<{ atMs: number; from: number; to: number; segments: number; copy: boolean }>
  routes: Array<RouteStats & { route: number; series: SeriesPoint[] }>
}
