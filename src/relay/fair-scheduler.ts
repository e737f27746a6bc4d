/** Milliseconds of the rate that may be sent at once after a rest or a timer that fired late. */
const BURST_MS = 20

/** The session whose turn it is, or the milliseconds until there is one. */
export type Turn<S> = { session: S; waitMs?: undefined } | { session?: undefined; waitMs: number }

interface Share {
  /** Bytes of the frame that the session would send next; undefined when it has none or its peer takes none. */
  offeredBytes: number | undefined
  /** Bytes that count as served to the session. */
  servedBytes: number
}

/**
 * Chooses the session that may send its next frame: the one that was served the fewest bytes so
 * far, while all together stay within a given rate. Pure: the time is passed in.
 *
 * Start-time fair queueing: busy sessions never differ by more than one frame, and a session that
 * comes back from being idle starts level with the others, so that it has saved nothing up. The
 * rate is a token bucket. A frame goes once it is paid for in full, as its last byte would leave a
 * link of that rate; so the time that a test block takes tells the rate. Over any time t at most
 * `rate * t + burst + one frame` is sent.
 */
export class FairScheduler<S> {
  #rateBytesPerSecond: number | undefined
  readonly #shares = new Map<S, Share>()
  /** Bytes that the session served last had before its turn: sessions that were idle begin here. */
  #levelBytes = 0
  #tokens: number
  /**
   * Bytes of the frame that was last told to wait: the bucket has room for them besides the burst,
   * until no session offers anything.
   */
  #awaitedBytes = 0
  #filledAtMs: number | undefined

  /** `rateBytesPerSecond`: the rate of all sessions together; without one nothing ever waits. */
  constructor(rateBytesPerSecond?: number) {
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#tokens = this.burstBytes
  }

  /** Bytes that may be sent at once after a rest. */
  get burstBytes(): number {
    return ((this.#rateBytesPerSecond ?? 0) * BURST_MS) / 1000
  }

  /**
   * Sets the rate from now on; undefined for no limit. Bytes sent too many or too few before are
   * forgotten.
   */
  setRate(rateBytesPerSecond: number | undefined): void {
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#tokens = 0
  }

  /** `session` has a frame of `frameBytes` to send and its peer has room for it. Replaces what it offered before. */
  offer(session: S, frameBytes: number): void {
    const share = this.#shares.get(session)
    if (!share) {
      this.#shares.set(session, { offeredBytes: frameBytes, servedBytes: this.#levelBytes })
      return
    }
    share.offeredBytes = frameBytes
    share.servedBytes = Math.max(share.servedBytes, this.#levelBytes)
  }

  /** `session` has nothing to send for now, or its peer has no room. */
  withdraw(session: S): void {
    const share = this.#shares.get(session)
    if (share) share.offeredBytes = undefined
  }

  /** `session` is over. */
  remove(session: S): void {
    this.#shares.delete(session)
  }

  /**
   * Returns the session whose turn it is: its offer is taken as sent, and it has to offer its next
   * frame. Returns how long to wait when the rate allows nothing yet, and undefined when no session
   * offers anything.
   */
  next(nowMs: number): Turn<S> | undefined {
    const chosen = this.#leastServed()
    if (!chosen) {
      this.#awaitedBytes = 0
      return undefined
    }
    const [session, share] = chosen
    const frameBytes = share.offeredBytes!
    const waitMs = this.#waitMs(frameBytes, nowMs)
    if (waitMs > 0) return { waitMs }
    if (this.#rateBytesPerSecond !== undefined) this.#tokens -= frameBytes
    this.#levelBytes = share.servedBytes
    share.servedBytes += frameBytes
    share.offeredBytes = undefined
    return { session }
  }

  #leastServed(): [S, Share] | undefined {
    let least: [S, Share] | undefined
    for (const entry of this.#shares) {
      if (entry[1].offeredBytes === undefined) continue
      if (!least || entry[1].servedBytes < least[1].servedBytes) least = entry
    }
    return least
  }

  #waitMs(frameBytes: number, nowMs: number): number {
    const rate = this.#rateBytesPerSecond
    if (rate === undefined) return 0
    const elapsedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs))
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.burstBytes + this.#awaitedBytes, this.#tokens + (elapsedMs * rate) / 1000)
    const missingBytes = frameBytes - this.#tokens
    // Rounding leaves less than a byte missing after exactly the time asked for.
    if (missingBytes < 1) return 0
    this.#awaitedBytes = frameBytes
    return (missingBytes * 1000) / rate
  }
}
