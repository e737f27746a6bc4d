import { TokenBucket } from './token-bucket.ts'

/** The session whose turn it is, or the milliseconds until there is one. */
export type Turn<S> = { session: S; waitMs?: undefined } | { session?: undefined; waitMs: number }

interface Share {
  /** Whose session it is: an owner's busy sessions together have the share of one. */
  owner: unknown
  /** Bytes of the frame that the session would send next; undefined when it has none or its peer takes none. */
  offeredBytes: number | undefined
  /** Whether it had something to send when it was last heard of: between a turn and the next offer it counts, too. */
  isBusy: boolean
  /** Bytes that count as served to the session: each as many times as its owner has busy sessions. */
  servedBytes: number
  /** Keeps the session within the rate of one session. */
  bucket: TokenBucket
}

export interface Rates {
  /** The rate of all sessions together; undefined for no limit. */
  inAllBytesPerSecond: number | undefined
  /** The most that one session gets of it; undefined for no limit. */
  perSessionBytesPerSecond: number | undefined
}

/**
 * Chooses the session that may send its next frame: the one that was served the fewest bytes so
 * far, while all together, and each for itself, stay within given rates. Those of one owner share
 * what one session of another would get. Pure: the time is passed in.
 *
 * Start-time fair queueing: busy sessions never differ by more than one frame, and a session that
 * comes back from being idle starts level with the others, so that it has saved nothing up. A frame
 * goes once it is paid for in full (see TokenBucket), so the time that a test block takes tells the
 * rate.
 */
export class FairScheduler<S> {
  #rates: Rates
  readonly #bucket: TokenBucket
  readonly #shares = new Map<S, Share>()
  /** Bytes that the session served last had before its turn: sessions that were idle begin here. */
  #levelBytes = 0

  constructor(rates: Rates) {
    this.#rates = rates
    this.#bucket = new TokenBucket(rates.inAllBytesPerSecond)
  }

  /** Sets the rates from now on. Bytes sent too many or too few before are forgotten. */
  setRates(rates: Rates): void {
    this.#rates = rates
    this.#bucket.setRate(rates.inAllBytesPerSecond)
    for (const share of this.#shares.values()) share.bucket.setRate(rates.perSessionBytesPerSecond)
  }

  /**
   * `session` has a frame of `frameBytes` to send and its peer has room for it. Replaces what it
   * offered before. Default of `owner`: the session has one of its own.
   */
  offer(session: S, frameBytes: number, owner: unknown = session): void {
    const share = this.#shares.get(session)
    if (!share) {
      const bucket = new TokenBucket(this.#rates.perSessionBytesPerSecond)
      const servedBytes = this.#levelBytes
      this.#shares.set(session, { owner, offeredBytes: frameBytes, isBusy: true, servedBytes, bucket })
      return
    }
    share.offeredBytes = frameBytes
    share.isBusy = true
    share.servedBytes = Math.max(share.servedBytes, this.#levelBytes)
  }

  /** `session` has nothing to send for now, or its peer has no room. */
  withdraw(session: S): void {
    const share = this.#shares.get(session)
    if (!share) return
    share.offeredBytes = undefined
    share.isBusy = false
    share.bucket.rest()
  }

  /** `session` is over. */
  remove(session: S): void {
    this.#shares.delete(session)
  }

  /**
   * Returns the session whose turn it is: its offer is taken as sent, and it has to offer its next
   * frame, or to withdraw. Returns how long to wait when the rate allows nothing yet, and undefined when no session
   * offers anything.
   */
  next(nowMs: number): Turn<S> | undefined {
    const { least, soonestMs } = this.#leastServed(nowMs)
    if (!least) {
      if (Number.isFinite(soonestMs)) return { waitMs: soonestMs }
      this.#bucket.rest()
      return undefined
    }
    const [session, share] = least
    const waitMs = this.#bucket.waitMs(share.offeredBytes!, nowMs)
    if (waitMs > 0) return { waitMs: Math.min(waitMs, soonestMs) }
    this.#serve(share)
    return { session }
  }

  /** The session to be served next, and the milliseconds until its own rate allows another one a frame. */
  #leastServed(nowMs: number): { least: [S, Share] | undefined; soonestMs: number } {
    let least: [S, Share] | undefined
    let soonestMs = Number.POSITIVE_INFINITY
    for (const entry of this.#shares) {
      const { offeredBytes, servedBytes, bucket } = entry[1]
      if (offeredBytes === undefined) continue
      const waitMs = bucket.waitMs(offeredBytes, nowMs)
      if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs)
      else if (!least || servedBytes < least[1].servedBytes) least = entry
    }
    return { least, soonestMs }
  }

  #busyOf(owner: unknown): number {
    let busy = 0
    for (const share of this.#shares.values()) {
      if (share.owner === owner && share.isBusy) busy++
    }
    return busy
  }

  #serve(share: Share): void {
    const frameBytes = share.offeredBytes!
    this.#bucket.take(frameBytes)
    share.bucket.take(frameBytes)
    this.#levelBytes = share.servedBytes
    share.servedBytes += frameBytes * this.#busyOf(share.owner)
    share.offeredBytes = undefined
  }
}
