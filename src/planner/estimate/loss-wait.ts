import { BULK, type LossWaitTuning } from '../tuning.ts'

interface Gap {
  ms: number
  endedMs: number
  /** Arrived since. */
  bytes: number
  /** Of the route, before it. */
  bytesPerMs: number
}

/**
 * How much has to be under way on a route, in ms of its time, so that it does not run dry while segments wait behind a lost
 * packet: nothing comes, then what was held up. On the last hop it comes at once, and the gap is the wait. From a hop
 * before it comes at the pace of the last one, and the gap is what was not under way behind the lost packet: so much is
 * added. A route that has become slower shows the gap, but neither after it. Pure.
 */
export class LossWait {
  readonly #segmentBytes: number
  readonly #tuning: LossWaitTuning
  #ms = 0
  #lastMs = 0
  #gap: Gap | undefined
  readonly #waits: Recent
  readonly #held: Recent

  constructor(segmentBytes: number, tuning: LossWaitTuning = BULK.lossWait) {
    this.#segmentBytes = segmentBytes
    this.#tuning = tuning
    this.#waits = new Recent(tuning.lossyCount, tuning.lossyMs)
    this.#held = new Recent(tuning.heldCount, tuning.heldMs)
  }

  /**
   * `bytes` arrived `gapMs` after what came before and were under way for `longerMs` longer, on a route of `bytesPerMs`
   * with a round trip of `rttMs`.
   */
  add(
    bytes: number,
    gapMs: number,
    longerMs: number,
    bytesPerMs: number,
    rttMs: number,
    nowMs: number
  ): void {
    const leastGapMs = Math.max(
      this.#tuning.leastGapMs,
      (this.#tuning.leastGapSegments * this.#segmentBytes) / bytesPerMs
    )
    if (gapMs > leastGapMs && longerMs > this.#tuning.waitedRatio * gapMs)
      this.#gap = { ms: gapMs, endedMs: nowMs, bytes: 0, bytesPerMs }
    const gap = this.#gap
    if (gap === undefined) return
    gap.bytes += bytes
    const sinceMs = nowMs - gap.endedMs
    const bunchBytes = Math.max(
      this.#tuning.bunchSegments * this.#segmentBytes,
      this.#tuning.bunchRatio * gap.ms * gap.bytesPerMs
    )
    if (sinceMs <= this.#tuning.bunchMs && gap.bytes >= bunchBytes)
      this.#learn(Math.max(this.at(nowMs), gap.ms), rttMs, nowMs)
    else if (sinceMs > this.#tuning.bunchMs && gap.bytes >= this.#tuning.paceSegments * this.#segmentBytes) {
      const leastMs = Math.max(
        this.#tuning.leastPacedGapMs,
        (this.#tuning.leastPacedGapSegments * this.#segmentBytes) / gap.bytesPerMs
      )
      if (gap.ms > leastMs && gap.bytes >= this.#tuning.paceRatio * sinceMs * gap.bytesPerMs)
        this.#learn(this.at(nowMs) + gap.ms, rttMs, nowMs)
      else this.#gap = undefined
    }
  }

  /** A relay tells that what it got had waited for a packet that was lost on a hop before the last. */
  addHeld(rttMs: number, nowMs: number): void {
    if (!this.#held.add(nowMs)) return
    this.#raise(Math.min(this.#mostMs(rttMs), this.at(nowMs) + this.#tuning.heldStepMs), nowMs)
  }

  /** In ms. */
  at(nowMs: number): number {
    return this.#ms * Math.exp((this.#lastMs - nowMs) / this.#tuning.memoryMs)
  }

  #learn(ms: number, rttMs: number, nowMs: number): void {
    this.#gap = undefined
    const isLossy = this.#waits.add(nowMs)
    this.#raise(Math.min(isLossy ? this.#mostMs(rttMs) : this.#tuning.maxSingleMs, ms), nowMs)
  }

  #raise(ms: number, nowMs: number): void {
    this.#ms = Math.max(this.at(nowMs), ms)
    this.#lastMs = nowMs
  }

  #mostMs(rttMs: number): number {
    const { leastMostMs, mostMs, mostRoundTrips } = this.#tuning
    return Math.min(mostMs, Math.max(leastMostMs, mostRoundTrips * rttMs))
  }
}

/** Whether something has happened `count` times within `withinMs`. */
class Recent {
  readonly #count: number
  readonly #withinMs: number
  readonly #timesMs: number[] = []

  constructor(count: number, withinMs: number) {
    this.#count = count
    this.#withinMs = withinMs
  }

  /** Once more. */
  add(nowMs: number): boolean {
    this.#timesMs.push(nowMs)
    if (this.#timesMs.length > this.#count) this.#timesMs.shift()
    return this.#timesMs.length === this.#count && nowMs - this.#timesMs[0]! < this.#withinMs
  }
}
