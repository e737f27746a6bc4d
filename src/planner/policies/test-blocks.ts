import { BULK, type TestBlockTuning } from '../tuning.ts'

/** What a route does when a test block may be due: it owes something, owes nothing, or is parked. */
export type TestedAs = 'busy' | 'idle' | 'parked'

/**
 * Decides when a test block is asked for over one route, and of how many bytes. An empty one tells the round trip of
 * a busy route; a larger one tells what an idle route could carry, or whether a parked one carries anything. Relays
 * let answers overtake segments, so test blocks without a bound would be all that a slow route carries: only one is
 * under way at a time, and they take a small share of the route. Pure.
 */
export class TestBlocks {
  readonly #tuning: TestBlockTuning
  /** Whether a test block is under way. One goes with `open`, so it begins true. */
  #isAwaited = true
  #lastMs = Number.NEGATIVE_INFINITY
  #allowedBytes: number
  #earnedAtMs: number
  /** The rate at which the last block that was not empty came back. */
  #bytesPerMs = 0

  constructor(openedAtMs: number, tuning: TestBlockTuning = BULK.testBlocks) {
    this.#tuning = tuning
    this.#allowedBytes = tuning.fullBytes
    this.#earnedAtMs = openedAtMs
  }

  /** Whether a test block has come back that tells the route's rate. */
  get hasAnswered(): boolean {
    return this.#bytesPerMs > 0
  }

  /** A test block of `bytes` has come back, `tookMs` later than an empty one would have: undefined where that is not known. */
  answered(bytes: number, tookMs: number | undefined): void {
    this.#isAwaited = false
    if (bytes > 0 && tookMs !== undefined) this.#bytesPerMs = bytes / Math.max(1, tookMs)
  }

  /** The route has brought a segment. */
  arrived(bytes: number): void {
    this.#earn(this.#tuning.share * bytes)
  }

  /** Bytes of the test block that is to be asked for now; undefined for none. */
  due(as: TestedAs, nowMs: number): number | undefined {
    this.#earn(this.#tuning.share * this.#bytesPerMs * (nowMs - this.#earnedAtMs))
    this.#earnedAtMs = nowMs
    if (
      this.#isAwaited ||
      nowMs - this.#lastMs <= (as === 'idle' ? this.#tuning.idleIntervalMs : this.#tuning.intervalMs)
    )
      return undefined
    const bytes = as === 'busy' ? 0 : Math.min(this.#tuning.fullBytes, Math.floor(this.#allowedBytes))
    if (as !== 'busy' && bytes < this.#tuning.leastBytes) return undefined
    this.#allowedBytes -= bytes
    this.#lastMs = nowMs
    this.#isAwaited = true
    return bytes
  }

  #earn(bytes: number): void {
    this.#allowedBytes = Math.min(
      this.#tuning.savedBlocks * this.#tuning.fullBytes,
      this.#allowedBytes + bytes
    )
  }
}
