/** How often a route is tested that carries something, or is parked, at most; in milliseconds. */
const INTERVAL_MS = 500
/** ... and one that is open and carries nothing. */
const IDLE_INTERVAL_MS = 1_500
/** Bytes of a full test block, which the source sends back. */
export const FULL_BLOCK_BYTES = 32 * 1024
/** Bytes of the smallest one whose time still says something of a rate: a busy node adds some. */
const LEAST_BLOCK_BYTES = 4 * 1024
/** Test blocks may take this share of what the route brings, and of what the last of them says that it could bring. */
const BLOCKS_SHARE = 0.05
/** So many full ones may be saved up: the first answer after an outage makes the route look slow, and the second one tells. */
const SAVED_BLOCKS = 2

/** What a route does when it may be tested. */
export type TestedAs = 'busy' | 'idle' | 'parked'

/**
 * When test blocks are asked for over one route, and of how many bytes. Empty ones tell the round trip of a busy route; larger
 * ones tell what a route could carry that carries nothing, or whether a parked one carries anything. A relay lets answers
 * overtake segments, so that test blocks without a bound would be all that a slow route carries: only one is under way at a
 * time, and they take a small share of the route. Pure.
 */
export class TestBlocks {
  /** The test block that was asked for last, or goes with `open`, has not come back yet. */
  #isAwaited = true
  #lastMs = Number.NEGATIVE_INFINITY
  #allowedBytes = FULL_BLOCK_BYTES
  #earnedAtMs: number
  /** What the last test block that was not empty came back at. */
  #bytesPerMs = 0

  constructor(openedAtMs: number) {
    this.#earnedAtMs = openedAtMs
  }

  /** A test block of `bytes` has come back, `tookMs` later than an empty one would have. */
  answered(bytes: number, tookMs: number): void {
    this.#isAwaited = false
    if (bytes > 0) this.#bytesPerMs = bytes / Math.max(1, tookMs)
  }

  /** The route has brought a segment. */
  arrived(bytes: number): void {
    this.#earn(BLOCKS_SHARE * bytes)
  }

  /** Bytes of the test block that is to be asked for now; undefined for none. */
  due(as: TestedAs, nowMs: number): number | undefined {
    this.#earn(BLOCKS_SHARE * this.#bytesPerMs * (nowMs - this.#earnedAtMs))
    this.#earnedAtMs = nowMs
    if (this.#isAwaited || nowMs - this.#lastMs <= (as === 'idle' ? IDLE_INTERVAL_MS : INTERVAL_MS))
      return undefined
    const bytes = as === 'busy' ? 0 : Math.min(FULL_BLOCK_BYTES, Math.floor(this.#allowedBytes))
    if (as !== 'busy' && bytes < LEAST_BLOCK_BYTES) return undefined
    this.#allowedBytes -= bytes
    this.#lastMs = nowMs
    this.#isAwaited = true
    return bytes
  }

  #earn(bytes: number): void {
    this.#allowedBytes = Math.min(SAVED_BLOCKS * FULL_BLOCK_BYTES, this.#allowedBytes + bytes)
  }
}
