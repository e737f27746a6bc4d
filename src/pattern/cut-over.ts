/** The measurements of one route over the last interval. */
export interface IntervalMeasure {
  /** Segments a second that arrived on this route. */
  blocksPerSecond: number
  /** Its part of all bytes in the interval, 0 to 1. */
  share: number
  /** The highest sequence number that arrived on this route. */
  lastSeqNum: number
}

/**
 * FIG. 8 of the patent: the first segment to which a new pattern should apply, `secondsInFuture` from now. Each route
 * predicts `blocksPerSecond * secondsInFuture / share + lastSeqNum`; the highest prediction is rounded up to a whole
 * pattern. Routes without a share do not predict. With no prediction at all: one pattern ahead of `0`.
 */
export function predictCutOver(
  routes: Iterable<IntervalMeasure>,
  secondsInFuture: number,
  patternSize: number
): number {
  let maxSeqNumPrediction = 0
  for (const { blocksPerSecond, share, lastSeqNum } of routes) {
    if (share <= 0) continue
    maxSeqNumPrediction = Math.max(
      maxSeqNumPrediction,
      (blocksPerSecond * secondsInFuture) / share + lastSeqNum
    )
  }
  return Math.floor((maxSeqNumPrediction + patternSize) / patternSize) * patternSize
}
