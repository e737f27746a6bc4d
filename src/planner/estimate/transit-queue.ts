import { WindowedMin } from './windowed-min.ts'

/** The least transit is forgotten after this, so that a longer path or a drifting clock is not taken for a queue. */
const BASE_MEMORY_MS = 30_000
/** A queue stands if it has been there for this long, or longer. */
export const MIN_STANDING_MS = 60
/** Of the queue seen before, a new arrival replaces this share. */
const SMOOTHING = 0.25
/** What is left each tick of the queue last seen on a route that carries nothing. */
const IDLE_FADING = 0.9
/** Segments that wait for a lost packet arrive in a bunch: what is in flight must last until then. */
const USUAL_JITTER_MS = 30
const MAX_JITTER_MS = 100
const JITTER_SMOOTHING = 0.02

interface Transit {
  atMs: number
  aboveMs: number
}

/**
 * The queue of one route: transits (source's stamp to arrival) above the least transit seen, so the nodes' clocks need not
 * agree. Times in ms. Pure.
 */
export class TransitQueue {
  readonly #base = new WindowedMin(BASE_MEMORY_MS)
  readonly #recent: Transit[] = []
  #ms = 0
  #jitterMs = 0

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
    this.#ms += (aboveMs - this.#ms) * SMOOTHING
    this.#recent.push({ atMs: nowMs, aboveMs })
    while (this.#recent[0]!.atMs < nowMs - memoryMs) this.#recent.shift()
  }

  /** A tick passes in which the route carries nothing. */
  fade(): void {
    this.#ms *= IDLE_FADING
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
    const spreadMs = Math.min(MAX_JITTER_MS, Math.max(0, most - least - USUAL_JITTER_MS))
    this.#jitterMs += (spreadMs - this.#jitterMs) * JITTER_SMOOTHING
  }
}
