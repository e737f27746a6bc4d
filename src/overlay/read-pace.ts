/** Reads of at least this size pay for the wake-up that they cost: half a segment of the usual size. */
const WORTHWHILE_BYTES = 16 * 1024
/** Bounds of a pause, in milliseconds. The longest is little beside a WAN's round trip. */
const SHORTEST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 8
/** Below this rate (4 Mbit/s) not even the longest pause gathers more than two or three packets. */
const LEAST_BYTES_PER_MS = 512
/** Time over which the rate is averaged. */
const AVERAGE_MS = 100

/**
 * How long a connection that has read little should wait before it reads again: about the time in which enough comes to be
 * worth it at the rate of late, and only a moment where little comes anyhow. Pure.
 */
export class ReadPace {
  #bytesPerMs = 0
  #lastMs: number | undefined

  /** A read brought so many bytes. Returns the pause after it in milliseconds; 0 for none. */
  pauseMs(bytes: number, nowMs: number): number {
    this.#learn(bytes, nowMs)
    if (bytes >= WORTHWHILE_BYTES) return 0
    if (this.#bytesPerMs < LEAST_BYTES_PER_MS) return SHORTEST_PAUSE_MS
    return Math.max(SHORTEST_PAUSE_MS, Math.min(LONGEST_PAUSE_MS, WORTHWHILE_BYTES / this.#bytesPerMs))
  }

  /** An exponential average over time of bytes that come at single moments. */
  #learn(bytes: number, nowMs: number): void {
    const elapsedMs = nowMs - (this.#lastMs ?? nowMs)
    this.#lastMs = nowMs
    this.#bytesPerMs = this.#bytesPerMs * Math.exp(-elapsedMs / AVERAGE_MS) + bytes / AVERAGE_MS
  }
}
