/** A gap longer than this, and than so many segments take, may be the wait for a lost packet ... */
const LEAST_GAP_MS = 20
const LEAST_GAP_SEGMENTS = 2
/** ... and was, if so many segments and this share of what the gap would have brought then come within this time. */
const BUNCH_SEGMENTS = 3
const BUNCH_RATIO = 0.6
const BUNCH_MS = 10
/** A wait is remembered, fading, for about so long and up to so much. */
const MEMORY_MS = 4_000
const MAX_WAIT_MS = 100

/**
 * How long segments of a route wait behind a lost packet: nothing comes, then at once all that was held up. A route that has
 * become slower shows the gap, but no bunch after it. Pure.
 */
export class LossWait {
  readonly #segmentBytes: number
  #ms = 0
  #lastMs = 0
  #bunch: { gapMs: number; sinceMs: number; bytes: number } | undefined

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes
  }

  /** `bytes` arrived `gapMs` after what came before, on a route of `bytesPerMs`. */
  add(bytes: number, gapMs: number, bytesPerMs: number, nowMs: number): void {
    const leastGapMs = Math.max(LEAST_GAP_MS, (LEAST_GAP_SEGMENTS * this.#segmentBytes) / bytesPerMs)
    if (gapMs > leastGapMs) this.#bunch = { gapMs, sinceMs: nowMs, bytes: 0 }
    const bunch = this.#bunch
    if (bunch === undefined) return
    bunch.bytes += bytes
    if (nowMs - bunch.sinceMs > BUNCH_MS) this.#bunch = undefined
    else if (
      bunch.bytes >= Math.max(BUNCH_SEGMENTS * this.#segmentBytes, BUNCH_RATIO * bunch.gapMs * bytesPerMs)
    ) {
      this.#ms = Math.min(MAX_WAIT_MS, Math.max(this.at(nowMs), bunch.gapMs))
      this.#lastMs = nowMs
      this.#bunch = undefined
    }
  }

  /** The longest of late, in ms. */
  at(nowMs: number): number {
    return this.#ms * Math.exp((this.#lastMs - nowMs) / MEMORY_MS)
  }
}
