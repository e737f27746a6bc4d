/**
 * Measures the longest stall: the time without progress of the in-order output after its first
 * byte, in ms. Pure.
 */
export class StallMeter {
  #lastMs: number | undefined
  #longestMs = 0

  progressed(nowMs: number): void {
    if (this.#lastMs !== undefined) this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
  }

  /** There was nothing more to come until now. */
  rested(nowMs: number): void {
    if (this.#lastMs !== undefined) this.#lastMs = nowMs
  }

  get longestMs(): number {
    return this.#longestMs
  }
}
