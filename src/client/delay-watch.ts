/** Milliseconds without a delay after which what comes counts as in time again. */
const IN_TIME_AFTER_MS = 1_000

/** What is to be told: that what comes is later than wanted, or that it is in time again, and how long the delay is or was. */
export interface DelayEvent {
  delayMs: number
  isOver: boolean
}

/** Watches whether a live content that is waited for is with the output as soon as it should be. Pure. */
export class DelayWatch {
  readonly #latencyMs: number
  /** The longest delay since it has begun; undefined while all is in time. */
  #longestMs: number | undefined
  #lateAtMs = Number.NEGATIVE_INFINITY

  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs
  }

  /** Takes the delay of what the output waits for. Returns what is to be told. */
  step(delayMs: number, nowMs: number): DelayEvent | undefined {
    const before = this.#longestMs
    if (delayMs > this.#latencyMs) {
      this.#lateAtMs = nowMs
      this.#longestMs = Math.max(before ?? 0, delayMs)
      return before === undefined ? { delayMs, isOver: false } : undefined
    }
    if (before === undefined || nowMs - this.#lateAtMs < IN_TIME_AFTER_MS) return undefined
    this.#longestMs = undefined
    return { delayMs: before, isOver: true }
  }
}
