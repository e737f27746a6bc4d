import { interleaveSmoothly } from '../../pattern/interleave.ts'
import type { Pattern } from '../../pattern/pattern.ts'
import { RouteEstimator } from '../estimate/route-estimator.ts'
import { TICK_MS } from '../planner.ts'
import type { LaneTuning, Tuning } from '../tuning.ts'
import type { PolicyRoute } from './policy-core.ts'
import { TestBlocks } from './test-blocks.ts'

/** What the policy follows of one open route. */
export interface Track {
  record: PolicyRoute
  estimator: RouteEstimator
  /** Since when the route has had something to bring without a break. */
  busySinceMs: number | undefined
  testBlocks: TestBlocks
  /** What a segment took when one last arrived: silence is measured against that, not against an estimate that silence lowers. */
  segmentMs: number
  /** When segments were last moved away from it although it delivers. */
  relievedMs: number
  /** Of its last time as a late route: from when on its segments are due, and how many of those under way were sent again. */
  late: { sinceMs: number; copies: number }
  /** When it last delivered again after it had been late. */
  backMs: number
}

/** Of a route that opens now. */
export function newTrack(record: PolicyRoute, segmentBytes: number, nowMs: number, tuning: Tuning): Track {
  const estimator = new RouteEstimator(segmentBytes, record.rttMs, tuning)
  return {
    record,
    estimator,
    busySinceMs: undefined,
    testBlocks: new TestBlocks(nowMs, tuning.testBlocks),
    segmentMs: estimator.segmentMs,
    relievedMs: nowMs,
    late: { sinceMs: nowMs, copies: 0 },
    backMs: Number.NEGATIVE_INFINITY
  }
}

/** How much longer than predicted nothing has come, in ms; not above zero while all is well. */
export function silenceOf({ record, estimator, busySinceMs, segmentMs }: Track, nowMs: number): number {
  if (busySinceMs === undefined) return 0
  const { firstLoops, usualSegments } = estimator.tuning.silence
  const isFirst = record.lastArrivalMs < busySinceMs || record.lastArrivalMs === record.openedAtMs
  // While the window is still smaller than the route, what it lets through comes in one burst a round trip.
  const usualMs = Math.min(segmentMs, estimator.segmentMs)
  const pauseMs = estimator.probing ? estimator.rttMs + 2 * usualMs : 0
  const expectedMs = isFirst ? firstLoops * estimator.loopMs : usualSegments * usualMs + pauseMs
  return nowMs - busySinceMs - expectedMs
}

/**
 * Whether one more of what is under way on a late route is to be sent again: at the pace at which it would have come. Sooner
 * the output does not need it, and most silences end before long.
 */
export function isDueAgain({ late, segmentMs }: Track, nowMs: number): boolean {
  return (late.copies - 1) * segmentMs <= nowMs - late.sinceMs
}

/** A route in the plan that is being made: times in ms from now. */
export interface Lane {
  track: Track
  backlogBytes: number
  needBytes: number
}

/** Bytes that a route must be owing so that it does not fall idle before the next order reaches the source. */
export function needBytes(estimator: RouteEstimator): number {
  const { window, lanes } = estimator.tuning
  const aheadMs =
    estimator.loopMs + estimator.lossWaitMs + window.targetQueueMs + 2 * TICK_MS + lanes.marginMs
  const steady = estimator.bytesPerMs * aheadMs
  // Before anything has come of it a route is not promised more than it may send.
  if (!estimator.hasDelivered) return Math.min(estimator.windowBytes, steady)
  return Math.max(steady, estimator.windowBytes * (estimator.probing ? 2 : 1))
}

/** A route that has more to carry than all others need for the next round trip gets nothing more until it has caught up. */
export function withoutOverloaded(lanes: Lane[]): Lane[] {
  const furthestMs = Math.max(...lanes.map(({ track, needBytes }) => needBytes / track.estimator.bytesPerMs))
  return lanes.filter(lane => endMs(lane) <= furthestMs + usualSpreadMs(lane))
}

/** By how much a predicted end is off at any time: two segments, and more on a route whose transits lie far apart. */
export function usualSpreadMs({ track: { estimator } }: Lane): number {
  return 2 * estimator.segmentMs + estimator.jitterMs
}

export function isWanting(lanes: Lane[]): boolean {
  return lanes.some(lane => lane.backlogBytes < lane.needBytes)
}

/** When everything that the route owes is here. */
export function endMs({ track, backlogBytes }: Lane): number {
  return Math.max(track.estimator.loopMs, backlogBytes / track.estimator.bytesPerMs)
}

/** The route on which one more segment, behind all that it has to carry, arrives first, and when. */
export function soonestEnd(lanes: Lane[], segmentBytes: number): [Lane, number] {
  let best = lanes[0]!
  let bestMs = Number.POSITIVE_INFINITY
  for (const lane of lanes) {
    const atMs = endMs(lane) + segmentBytes / lane.track.estimator.bytesPerMs
    if (atMs < bestMs) [best, bestMs] = [lane, atMs]
  }
  return [best, bestMs]
}

/** When a repair given to the route now is here: it goes before all that the source has not sent yet. */
function repairMs({ track: { estimator }, backlogBytes }: Lane, extraBytes: number): number {
  const inFlight = Math.min(backlogBytes, estimator.windowBytes)
  return Math.max(estimator.loopMs, inFlight / estimator.bytesPerMs) + extraBytes / estimator.bytesPerMs
}

export function soonestRepair(lanes: Lane[], taken: Takings, segmentBytes: number): [Lane, number] {
  let best = lanes[0]!
  let bestMs = Number.POSITIVE_INFINITY
  for (const lane of lanes) {
    const atMs = repairMs(lane, (taken.countOf(lane) + 1) * segmentBytes)
    if (atMs < bestMs) [best, bestMs] = [lane, atMs]
  }
  return [best, bestMs]
}

/** Segments taken from one route, by the route that gets them. */
export class Takings {
  readonly moves = new Map<Lane, number[]>()
  readonly copies = new Map<Lane, number[]>()

  get isEmpty(): boolean {
    return this.moves.size + this.copies.size === 0
  }

  add(lane: Lane, seq: number, isCopy: boolean): void {
    const lists = isCopy ? this.copies : this.moves
    const list = lists.get(lane)
    if (list) list.push(seq)
    else lists.set(lane, [seq])
  }

  countOf(lane: Lane): number {
    return (this.moves.get(lane)?.length ?? 0) + (this.copies.get(lane)?.length ?? 0)
  }
}

/** Weights are the capacities; of the sizes up to `maxPattern` the shortest that comes near enough to them, or the best. */
export function steadyPattern(lanes: Lane[], { maxPattern, patternErrorRatio }: LaneTuning): Pattern {
  const weights = new Map(lanes.map(lane => [lane.track.record.route, lane.track.estimator.bytesPerMs]))
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  let best = maxPattern
  let bestError = Number.POSITIVE_INFINITY
  for (let size = lanes.length; size <= maxPattern; size++) {
    let error = 0
    for (const weight of weights.values()) {
      const exact = (weight / total) * size
      error = Math.max(error, Math.abs(Math.max(1, Math.round(exact)) / exact - 1))
    }
    if (error < bestError) [best, bestError] = [size, error]
    if (error < patternErrorRatio) break
  }
  return interleaveSmoothly(weights, best)
}
