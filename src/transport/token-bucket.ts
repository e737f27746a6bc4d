/** Milliseconds of the rate that may be sent at once after a rest. */
const BURST_MS = 20
/**
 * Milliseconds of the rate that may be sent at once, besides, where a frame waited all the while: the
 * process was busy with something else, and its link was free.
 */
const MADE_UP_MS = 200

/**
 * Keeps what is sent within a rate. A frame goes once it is paid for in full, as its last byte would
 * leave a link of that rate. Over any time t at most `rate * t + burst + one frame` is sent, and what
 * was made up for. Pure: the time is passed in.
 */
export class TokenBucket {
  #rateBytesPerSecond: number | undefined
  #tokens: number
  /** Bytes of the frame that was last told to wait; 0 while none waits. The bucket has room for them besides. */
  #awaitedBytes = 0
  #filledAtMs: number | undefined

  /** Without a rate nothing ever waits. */
  constructor(rateBytesPerSecond: number | undefined) {
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#tokens = this.burstBytes
  }

  /** Bytes that may be sent at once after a rest. */
  get burstBytes(): number {
    return ((this.#rateBytesPerSecond ?? 0) * BURST_MS) / 1000
  }

  /** Bytes that the bucket has room for. */
  get #roomBytes(): number {
    if (this.#awaitedBytes === 0) return this.burstBytes
    return this.burstBytes * (1 + MADE_UP_MS / BURST_MS) + this.#awaitedBytes
  }

  /**
   * Sets the rate from now on; undefined for no limit. Bytes sent too many or too few before are
   * forgotten.
   */
  setRate(rateBytesPerSecond: number | undefined): void {
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#tokens = 0
  }

  /** Returns how many milliseconds a frame has still to wait; 0 when it may go now. */
  waitMs(frameBytes: number, nowMs: number): number {
    const rate = this.#rateBytesPerSecond
    if (rate === undefined) return 0
    const elapsedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs))
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#roomBytes, this.#tokens + (elapsedMs * rate) / 1000)
    const missingBytes = frameBytes - this.#tokens
    // Rounding leaves less than a byte missing after exactly the time asked for.
    if (missingBytes < 1) return 0
    this.#awaitedBytes = frameBytes
    return (missingBytes * 1000) / rate
  }

  /** A frame goes, for which `waitMs` has given 0. */
  take(frameBytes: number): void {
    if (this.#rateBytesPerSecond !== undefined) this.#tokens -= frameBytes
  }

  /** No frame waits any more. */
  rest(): void {
    this.#awaitedBytes = 0
  }
}
