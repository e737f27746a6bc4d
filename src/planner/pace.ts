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
}

/**
 * Keeps what is asked for within a rate, of one transfer or of several together: over any time t at
 * most `rate * t`, what goes in 100 ms, and a segment. Pure: the time is passed in.
 */
export class Pace implements Pacing {
  readonly rateBytesPerSecond: number
  readonly #burstBytes: number
  #bytes: number
  #atMs: number | undefined

  constructor(rateBytesPerSecond: number) {
    this.rateBytesPerSecond = rateBytesPerSecond
    this.#burstBytes = (rateBytesPerSecond * BURST_MS) / 1000
    this.#bytes = this.#burstBytes
  }

  /** What is missing to a whole segment is kept. */
  segments(segmentBytes: number, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs))
    this.#atMs = nowMs
    const room = this.#burstBytes + segmentBytes
    this.#bytes = Math.min(room, this.#bytes + (elapsedMs * this.rateBytesPerSecond) / 1000)
    return Math.max(0, Math.floor(this.#bytes / segmentBytes))
  }

  take(bytes: number): void {
    this.#bytes -= bytes
  }
}
