/**
 * Time in milliseconds over which a rate is smoothed: segments come in their order in bursts, and on
 * a slow route seconds apart.
 */
const SMOOTHING_MS = 1_500

/** The rate at which a count of bytes grows, smoothed for people. */
export class SmoothedRate {
  #bytesPerSecond = 0
  #last: { bytes: number; atMs: number } | undefined

  get bytesPerSecond(): number {
    return this.#bytesPerSecond
  }

  /** The count is `bytes` now. */
  follow(bytes: number, atMs: number): void {
    const last = this.#last
    if (last && atMs <= last.atMs) return
    this.#last = { bytes, atMs }
    if (!last) return
    const stepMs = atMs - last.atMs
    const rate = ((bytes - last.bytes) * 1000) / stepMs
    const known = this.#bytesPerSecond
    this.#bytesPerSecond =
      known === 0 ? rate : known + (rate - known) * (1 - Math.exp(-stepMs / SMOOTHING_MS))
  }
}
