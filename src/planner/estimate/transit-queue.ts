import type { QueueTuning } from '../tuning.ts'
import { RecentMin } from './recent-min.ts'

interface Transit {
  atMs: number
  aboveMs: number
}

/**
 * The queue of one route: the transit of each segment (source's stamp to arrival) above the least transit seen. Only
 * differences count, so the nodes' clocks need not agree. Times in ms. Pure.
 */
export class TransitQueue {
  readonly #tuning: QueueTuning
  readonly #base: RecentMin
  readonly #recent: Transit[] = []
  #ms = 0
  #jitterMs = 0

  constructor(tuning: QueueTuning) {
    this.#tuning = tuning
    this.#base = new RecentMin(tuning.baseMemoryMs, tuning.confirmingMs)
  }

  /** The recent queue, smoothed. */
  get ms(): number {
    return this.#ms
  }

  /** How far transits lie apart beyond what a busy route shows anyway, smoothed. */
  get jitterMs(): number {
    return this.#jitterMs
  }

  /** The queue that the last segment met; undefined before anything has arrived. */
  get lastMs(): number | undefined {
    return this.#recent.at(-1)?.aboveMs
  }

  /** When the least transit was last confirmed, or `confirm` called. */
  get confirmedMs(): number {
    return this.#base.refreshedMs
  }

  /** The queue has been drained, so that the least transit seen is still the least. */
  confirm(nowMs: number): void {
    this.#base.touch(nowMs)
  }

  /** A segment has arrived. `memoryMs` is how far back `standing` may be asked. */
  add(transitMs: number, nowMs: number, memoryMs: number): void {
    this.#base.add(transitMs, nowMs)
    const aboveMs = transitMs - this.#base.value
    this.#ms += (aboveMs - this.#ms) * this.#tuning.smoothing
    this.#recent.push({ atMs: nowMs, aboveMs })
    while (this.#recent[0]!.atMs < nowMs - memoryMs) this.#recent.shift()
  }

  /** A tick passes in which the route carries nothing. */
  fade(): void {
    this.#ms *= this.#tuning.idleFading
  }

  clear(): void {
    this.#ms = 0
  }

  /**
   * The queue that stood since `sinceMs`: the least one seen, for a segment may also have waited behind a lost
   * packet.
   */
  standing(sinceMs: number): number {
    let least = Number.POSITIVE_INFINITY
    for (let i = this.#recent.length - 1; i >= 0 && this.#recent[i]!.atMs >= sinceMs; i--) {
      least = Math.min(least, this.#recent[i]!.aboveMs)
    }
    return least === Number.POSITIVE_INFINITY ? this.#ms : least
  }

  /** Smooths the spread of the recent transits into the jitter: on a path that loses packets it is large. */
  learnJitter(): void {
    let [least, most] = [Number.POSITIVE_INFINITY, 0]
    for (const { aboveMs } of this.#recent) {
      least = Math.min(least, aboveMs)
      most = Math.max(most, aboveMs)
    }
    const spreadMs = Math.min(
      this.#tuning.maxJitterMs,
      Math.max(0, most - least - this.#tuning.usualJitterMs)
    )
    this.#jitterMs += (spreadMs - this.#jitterMs) * this.#tuning.jitterSmoothing
  }
}
