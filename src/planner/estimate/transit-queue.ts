import type { QueueTuning } from '../tuning.ts'
import { WindowedMin } from './windowed-min.ts'

interface Transit {
  atMs: number
  aboveMs: number
}

/**
 * The queue of one route: transits (source's stamp to arrival) above the least transit seen, so the nodes' clocks need not
 * agree. Times in ms. Pure.
 */
export class TransitQueue {
  readonly #tuning: QueueTuning
  readonly #base: WindowedMin
  readonly #recent: Transit[] = []
  #ms = 0
  #jitterMs = 0

  constructor(tuning: QueueTuning) {
    this.#tuning = tuning
    this.#base = new WindowedMin(tuning.baseMemoryMs, tuning.confirmingMs)
  }

  /** Smoothed. */
  get ms(): number {
    return this.#ms
  }

  /** How far transits lie apart beyond what a busy route shows anyway. */
  get jitterMs(): number {
    return this.#jitterMs
  }

  /** Of what arrived last; none before anything has. */
  get lastMs(): number | undefined {
    return this.#recent.at(-1)?.aboveMs
  }

  /** When the least transit was last confirmed, or `confirm` called. */
  get confirmedMs(): number {
    return this.#base.refreshedMs
  }

  /** The queue has run out: what was the least transit still is. */
  confirm(nowMs: number): void {
    this.#base.touch(nowMs)
  }

  /** `memoryMs`: over how long `standing` may be asked. */
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
   * The queue that stood since `sinceMs`: the least of what was seen. A segment that waited for a lost packet in front of
   * it is no sign of one.
   */
  standing(sinceMs: number): number {
    let least = Number.POSITIVE_INFINITY
    for (let i = this.#recent.length - 1; i >= 0 && this.#recent[i]!.atMs >= sinceMs; i--) {
      least = Math.min(least, this.#recent[i]!.aboveMs)
    }
    return least === Number.POSITIVE_INFINITY ? this.#ms : least
  }

  /** How far transits of late lie apart beyond what a busy route shows anyway: on a path that loses packets, a lot. */
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
