import { interleaveSmoothly } from '../../pattern/interleave.ts'
import type { Pattern } from '../../pattern/pattern.ts'
import { RouteEstimator } from '../estimate/route-estimator.ts'
import { TICK_MS } from '../planner.ts'
import type { LaneTuning, Tuning } from '../tuning.ts'
import type { PolicyRoute } from './policy-route.ts'
import { TestBlocks } from './test-blocks.ts'

/** What the adaptive policy keeps of one open route. */
export interface Track {
  record: PolicyRoute
  estimator: RouteEstimator
  /** When the route last delivered, or was given something after it owed nothing; undefined while it owes nothing. */
  busySinceMs: number | undefined
  testBlocks: TestBlocks
  /**
   * A segment's time when one last arrived: silence is measured by it, and not by an estimate that silence lowers.
   */
  segmentMs: number
  /** When the route was last relieved. */
  relievedMs: number
  /** The current or last late period: when it began, and how many copies were sent in it. */
  latePeriod: { sinceMs: number; copies: number }
  /** When it last delivered again after it had been late. */
  recoveredMs: number
}

/** The track of a route that opens now. */
export function newTrack(record: PolicyRoute, segmentBytes: number, nowMs: number, tuning: Tuning): Track {
  const estimator = new RouteEstimator(segmentBytes, record.rttMs, tuning, record.known)
  return {
    record,
    estimator,
    busySinceMs: undefined,
    testBlocks: new TestBlocks(nowMs, tuning.testBlocks),
    segmentMs: estimator.segmentMs,
    relievedMs: nowMs,
    latePeriod: { sinceMs: nowMs, copies: 0 },
    recoveredMs: Number.NEGATIVE_INFINITY
  }
}

/**
 * A test block has come back over the route, which `isIdle` if it owes nothing; its last byte came `spreadMs` after the
 * reply before it.
 */
export function learnFromTestBlock(
  { estimator, testBlocks }: Track,
  isIdle: boolean,
  { rttMs, bytes, spreadMs }: { rttMs: number; bytes: number; spreadMs: number | undefined }
): void {
  // A block that is back sooner than the least round trip says that this was too long, and nothing of the rate.
  const tookMs = spreadMs ?? (rttMs > estimator.rttMs ? rttMs - estimator.rttMs : undefined)
  testBlocks.answered(bytes, tookMs)
  if (bytes === 0 || tookMs === undefined) estimator.addRtt(rttMs)
  else if (spreadMs !== undefined || isIdle) estimator.addBlockSample(bytes, tookMs)
}

/** The silence: how much longer than predicted the route has brought nothing, in ms. */
export function silenceOf({ record, estimator, busySinceMs, segmentMs }: Track, nowMs: number): number {
  if (busySinceMs === undefined) return 0
  const { firstLoops, usualSegments } = estimator.tuning.silence
  const isFirst = record.lastArrivalMs < busySinceMs || record.lastArrivalMs === record.openedAtMs
  // While the window is smaller than what the route holds, segments come in one burst a round trip.
  const usualMs = Math.min(segmentMs, estimator.segmentMs)
  const burstGapMs = estimator.probing ? estimator.rttMs + 2 * usualMs : 0
  const expectedMs = isFirst ? firstLoops * estimator.loopMs : usualSegments * usualMs + burstGapMs
  return nowMs - busySinceMs - expectedMs
}

/** Whether the route has brought nothing for longer than predicted. */
export function isOverdue(track: Track, nowMs: number): boolean {
  return silenceOf(track, nowMs) > 0
}

/**
 * Whether one more copy may be made of what a late route has under way. Copies follow the pace at which the segments
 * would have come: the output needs them no sooner, and most silences end before long.
 */
export function isCopyDue({ latePeriod, segmentMs }: Track, nowMs: number): boolean {
  return (latePeriod.copies - 1) * segmentMs <= nowMs - latePeriod.sinceMs
}

/** Whether the route has brought a segment, or the test block behind its opening: until then its rate is a guess. */
export function isProven({ estimator, testBlocks }: Track): boolean {
  return estimator.hasDelivered || testBlocks.hasAnswered
}

/** The routes without those that are not proven, as long as others are: the output would wait for what these are given. */
export function withoutUnproven(tracks: Track[]): Track[] {
  const proven = tracks.filter(isProven)
  return proven.length > 0 ? proven : tracks
}

/** A lane: one route in the plan that is being made, with what it owes and what it has to owe. */
export interface Lane {
  track: Track
  backlogBytes: number
  needBytes: number
}

/** Bytes that a route has to owe so that it does not fall idle before the next order reaches the source. */
export function needBytes(estimator: RouteEstimator): number {
  const { window, lanes } = estimator.tuning
  const aheadMs =
    estimator.loopMs + estimator.lossWaitMs + window.targetQueueMs + 2 * TICK_MS + lanes.marginMs
  const steady = estimator.bytesPerMs * aheadMs
  // A route that has brought nothing yet is not promised more than it may send.
  if (!estimator.hasDelivered) return Math.min(estimator.windowBytes, steady)
  return Math.max(steady, estimator.windowBytes * (estimator.probing ? 2 : 1))
}

/** Whether a route that is opened with these should have brought something by now: two round trips and `lateMs` have passed. */
export function haveBeenOpenLong(lanes: readonly Lane[], lateMs: number, nowMs: number): boolean {
  const fastestMs = Math.min(...lanes.map(({ track }) => track.record.openedAtMs - track.estimator.rttMs))
  const usualMs = Math.max(...lanes.map(({ track }) => track.estimator.rttMs))
  return nowMs - fastestMs >= 2 * usualMs + lateMs
}

/** The lanes without those that end later than any has to: these get nothing more until they have caught up. */
export function withoutOverloaded(lanes: Lane[]): Lane[] {
  const furthestMs = Math.max(...lanes.map(({ track, needBytes }) => needBytes / track.estimator.bytesPerMs))
  return lanes.filter(lane => endMs(lane) <= furthestMs + usualSpreadMs(lane))
}

/** How far a predicted end is off at any time, in ms: two segments, and the jitter. */
export function usualSpreadMs({ track: { estimator } }: Lane): number {
  return 2 * estimator.segmentMs + estimator.jitterMs
}

/** Whether any lane owes less than it has to. */
export function isWanting(lanes: Lane[]): boolean {
  return lanes.some(lane => lane.backlogBytes < lane.needBytes)
}

/** The lanes of the lowest price. */
export function cheapestOf(lanes: Lane[]): Lane[] {
  const price = Math.min(...lanes.map(priceOf))
  return lanes.filter(lane => priceOf(lane) === price)
}

/** The lanes of the lowest price at which some lane wants something, of which there is one, and those of lower prices. */
export function cheapestWanting(lanes: Lane[]): Lane[] {
  const price = Math.min(...lanes.filter(lane => isWanting([lane])).map(priceOf))
  return lanes.filter(lane => priceOf(lane) <= price)
}

export function priceOf({ track }: Pick<Lane, 'track'>): number {
  return track.record.price
}

/** When everything that the lane owes is here, in ms from now. */
export function endMs({ track, backlogBytes }: Lane): number {
  return Math.max(track.estimator.loopMs, backlogBytes / track.estimator.bytesPerMs)
}

/** The lane on which one more segment, behind all that it owes, arrives first, and when. */
export function soonestEnd(lanes: Lane[], segmentBytes: number): [Lane, number] {
  let best = lanes[0]!
  let bestMs = Number.POSITIVE_INFINITY
  for (const lane of lanes) {
    const atMs = endMs(lane) + segmentBytes / lane.track.estimator.bytesPerMs
    if (atMs < bestMs) [best, bestMs] = [lane, atMs]
  }
  return [best, bestMs]
}

/** When a repair given to the lane now is here: the source sends it before all that it has not sent yet. */
function repairMs({ track: { estimator }, backlogBytes }: Lane, extraBytes: number): number {
  const underWayBytes = Math.min(backlogBytes, estimator.windowBytes)
  return Math.max(estimator.loopMs, underWayBytes / estimator.bytesPerMs) + extraBytes / estimator.bytesPerMs
}

/** The lane on which a repair arrives first, behind those that it has been given in `taken`, and when. */
export function soonestRepair(lanes: Lane[], taken: Takings, segmentBytes: number): [Lane, number] {
  let best = lanes[0]!
  let bestMs = Number.POSITIVE_INFINITY
  for (const lane of lanes) {
    const atMs = repairMs(lane, (taken.countOf(lane) + 1) * segmentBytes)
    if (atMs < bestMs) [best, bestMs] = [lane, atMs]
  }
  return [best, bestMs]
}

/** Segments taken from one route, by the lane that gets them. */
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

/** A pattern with the capacities as weights: the shortest that comes near enough to them, or else the nearest. */
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
