/** Milliseconds of the rate that may be asked for at once: a few plans' worth, so that a late plan loses nothing. */
const BURST_MS = 100

/** Says how much a transfer may ask for now. */
export interface Pacing {
  /** The rate that it keeps to, where it keeps to one. */
  readonly rateBytesPerSecond?: number
  /** The number of segments of the size that may be asked for now; may be infinite. */
  segments(segmentBytes: number, nowMs: number): number
  /** So many bytes are asked for. */
  take(bytes: number): void
  /** Keeps to another rate from now on, or without one to none. Absent where it keeps to none of its own. */
  limit?(rateBytesPerSecond?: number): void
}

/**
 * Keeps what is asked for within a rate, of one transfer or of several together: over any time t at
 * most `rate * t`, what goes in 100 ms, and a segment. Pure: the time is passed in.
 */
export class Pace implements Pacing {
  #rateBytesPerSecond: number
  #bytes: number
  #atMs: number | undefined

  /** Without a rate there is no limit until one is set. */
  constructor(rateBytesPerSecond = Number.POSITIVE_INFINITY) {
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#bytes = this.#burstBytes
  }

  /** Infinite where there is no limit. */
  get rateBytesPerSecond(): number {
    return this.#rateBytesPerSecond
  }

  get isLimited(): boolean {
    return Number.isFinite(this.#rateBytesPerSecond)
  }

  /** From now on this is the rate; without one there is no limit. */
  limit(rateBytesPerSecond = Number.POSITIVE_INFINITY): void {
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#bytes = Math.min(this.#bytes, this.#burstBytes)
  }

  /** What is missing to a whole segment is kept. */
  segments(segmentBytes: number, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs))
    this.#atMs = nowMs
    if (!this.isLimited) return Number.POSITIVE_INFINITY
    const room = this.#burstBytes + segmentBytes
    this.#bytes = Math.min(room, this.#bytes + (elapsedMs * this.#rateBytesPerSecond) / 1000)
    return Math.max(0, Math.floor(this.#bytes / segmentBytes))
  }

  take(bytes: number): void {
    if (this.isLimited) this.#bytes -= bytes
  }

  get #burstBytes(): number {
    return (this.#rateBytesPerSecond * BURST_MS) / 1000
  }
}
