import { LEAST_TAKEN_BYTES } from './limits.ts'

/**
 * Tells whether a client takes what is sent to it: at least LEAST_TAKEN_BYTES, or all there is, within
 * a given time. What waits for the relay's own rate is not sent yet and does not count. Pure.
 */
export class ClientPace {
  #sinceMs: number
  /** Bytes that the client had taken at `#sinceMs`. */
  #takenBytes = 0

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  /**
   * To be called before more is sent, and when time has passed. `sentBytes` were sent so far, of which
   * `unsentBytes` have not gone out.
   */
  look(sentBytes: number, unsentBytes: number, nowMs: number): void {
    const takenBytes = sentBytes - unsentBytes
    if (unsentBytes > 0 && takenBytes - this.#takenBytes < LEAST_TAKEN_BYTES) return
    this.#sinceMs = nowMs
    this.#takenBytes = takenBytes
  }

  /** The time at which the client is too slow; Infinity while nothing waits for it. */
  deadlineMs(unsentBytes: number, limitMs: number): number {
    return unsentBytes > 0 ? this.#sinceMs + limitMs : Number.POSITIVE_INFINITY
  }
}
