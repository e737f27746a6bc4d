import { BULK, type LossWaitTuning } from '../tuning.ts'

/** A gap that may be a wait for a lost packet, while what follows it is watched. */
interface Gap {
  ms: number
  endedMs: number
  /** Bytes that arrived since it ended. */
  bytes: number
  /** The route's pace before it. */
  bytesPerMs: number
}

/**
 * How much has to be under way on a route, in ms of its time, so that it does not run dry while segments wait behind
 * a lost packet. On the last hop they come at once when the packet is repaired: the gap is the wait. On an earlier
 * hop they come at the last hop's pace, and the gap is only what was missing behind the lost packet: it is added to
 * the wait kept so far. A route that has become slower shows such a gap, but neither the bunch nor the pace behind
 * it. Pure.
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
   * `bytes` arrived `gapMs` after the last segment and were under way for `longerMs` longer than it, on a route of
   * `bytesPerMs` with a round trip of `rttMs`.
   */
  add(
    bytes: number,
    gapMs: number,
    longerMs: number,
    bytesPerMs: number,
    rttMs: number,
    nowMs: number
  ): void {
    const { leastGapMs, leastGapSegments, waitedRatio } = this.#tuning
    const leastMs = Math.max(leastGapMs, (leastGapSegments * this.#segmentBytes) / bytesPerMs)
    if (gapMs > leastMs && longerMs > waitedRatio * gapMs)
      this.#gap = { ms: gapMs, endedMs: nowMs, bytes: 0, bytesPerMs }
    const gap = this.#gap
    if (gap === undefined) return
    gap.bytes += bytes
    if (nowMs - gap.endedMs <= this.#tuning.bunchMs) {
      if (this.#isBunch(gap)) this.#learn(Math.max(this.at(nowMs), gap.ms), rttMs, nowMs)
    } else if (gap.bytes >= this.#tuning.paceSegments * this.#segmentBytes) {
      if (this.#keepsPace(gap, nowMs)) this.#learn(this.at(nowMs) + gap.ms, rttMs, nowMs)
      else this.#gap = undefined
    }
  }

  /** A relay tells that segments waited for a packet that was lost on a hop before the last. */
  addHeld(rttMs: number, nowMs: number): void {
    if (!this.#held.add(nowMs)) return
    this.#raise(Math.min(this.#mostMs(rttMs), this.at(nowMs) + this.#tuning.heldStepMs), nowMs)
  }

  /** The wait to keep under way at a time, in ms. */
  at(nowMs: number): number {
    return this.#ms * Math.exp((this.#lastMs - nowMs) / this.#tuning.memoryMs)
  }

  /** Whether what the gap held up came at once: the packet was lost on the last hop. */
  #isBunch({ ms, bytes, bytesPerMs }: Gap): boolean {
    const { bunchSegments, bunchRatio } = this.#tuning
    return bytes >= Math.max(bunchSegments * this.#segmentBytes, bunchRatio * ms * bytesPerMs)
  }

  /** Whether the route goes on as fast as before the gap: the packet was lost on an earlier hop. */
  #keepsPace({ ms, endedMs, bytes, bytesPerMs }: Gap, nowMs: number): boolean {
    const { leastPacedGapMs, leastPacedGapSegments, paceRatio } = this.#tuning
    const leastMs = Math.max(leastPacedGapMs, (leastPacedGapSegments * this.#segmentBytes) / bytesPerMs)
    return ms > leastMs && bytes >= paceRatio * (nowMs - endedMs) * bytesPerMs
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

/** Tells whether something has happened `count` times within `withinMs`. */
class Recent {
  readonly #count: number
  readonly #withinMs: number
  readonly #timesMs: number[] = []

  constructor(count: number, withinMs: number) {
    this.#count = count
    this.#withinMs = withinMs
  }

  /** It happens once more. Returns whether it has happened often enough. */
  add(nowMs: number): boolean {
    this.#timesMs.push(nowMs)
    if (this.#timesMs.length > this.#count) this.#timesMs.shift()
    return this.#timesMs.length === this.#count && nowMs - this.#timesMs[0]! < this.#withinMs
  }
}
