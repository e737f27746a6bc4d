/** A rise is told of this many round trips at least: fewer, and one held-up process would decide. */
const LEAST_SAMPLES = 5
/** Round trips are kept for this many ms. */
const KEPT_MS = 5_000

/**
 * Round trips of empty test blocks over one route: while it carries nothing else, they show the queues that others fill.
 * Pure.
 */
export class IdleRoundTrips {
  #leastMs = Number.POSITIVE_INFINITY
  #samples: Array<{ atMs: number; rttMs: number }> = []

  add(rttMs: number, nowMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, rttMs)
    this.#samples = this.#samples.filter(({ atMs }) => nowMs - atMs < KEPT_MS)
    this.#samples.push({ atMs: nowMs, rttMs })
  }

  /**
   * By how many ms the lower quartile of the round trips since `fromMs` is above the least that there ever was; undefined
   * while there are too few. A queue that stands raises all of them, and a busy processor some.
   */
  riseMs(fromMs: number): number | undefined {
    const recent = this.#samples.filter(({ atMs, rttMs }) => atMs - rttMs >= fromMs).map(({ rttMs }) => rttMs)
    if (recent.length < LEAST_SAMPLES) return undefined
    return recent.sort((a, b) => a - b)[recent.length >> 2]! - this.#leastMs
  }
}
