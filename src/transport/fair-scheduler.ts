import { TokenBucket } from './token-bucket.ts'

/** The session whose turn it is, or the milliseconds until there is one. */
export type Turn<S> = { session: S; waitMs?: undefined } | { session?: undefined; waitMs: number }

interface Share<S> {
  session: S
  /** Whose session it is: an owner's busy sessions together have the share of one. */
  owner: unknown
  /** Bytes of the frame that the session would send next, while it offers one. */
  offeredBytes: number
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
  readonly #shares = new Map<S, Share<S>>()
  /** Those that offer something: of many sessions mostly few do, and only these are looked at for a turn. */
  readonly #offering = new Set<Share<S>>()
  /** How many sessions of an owner are busy; without those owners of which none is. */
  readonly #busy = new Map<unknown, number>()
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
    const share = this.#shares.get(session) ?? this.#begin(session, owner)
    share.offeredBytes = frameBytes
    share.servedBytes = Math.max(share.servedBytes, this.#levelBytes)
    this.#offering.add(share)
    this.#setBusy(share, true)
  }

  /** `session` has nothing to send for now, or its peer has no room. */
  withdraw(session: S): void {
    const share = this.#shares.get(session)
    if (!share) return
    this.#offering.delete(share)
    this.#setBusy(share, false)
    share.bucket.rest()
  }

  /** `session` is over. */
  remove(session: S): void {
    this.withdraw(session)
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
    const waitMs = this.#bucket.waitMs(least.offeredBytes, nowMs)
    if (waitMs > 0) return { waitMs: Math.min(waitMs, soonestMs) }
    this.#serve(least)
    return { session: least.session }
  }

  /** The session to be served next, and the milliseconds until its own rate allows another one a frame. */
  #leastServed(nowMs: number): { least: Share<S> | undefined; soonestMs: number } {
    let least: Share<S> | undefined
    let soonestMs = Number.POSITIVE_INFINITY
    for (const share of this.#offering) {
      const waitMs = share.bucket.waitMs(share.offeredBytes, nowMs)
      if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs)
      else if (!least || share.servedBytes < least.servedBytes) least = share
    }
    return { least, soonestMs }
  }

  #begin(session: S, owner: unknown): Share<S> {
    const bucket = new TokenBucket(this.#rates.perSessionBytesPerSecond)
    const share = { session, owner, offeredBytes: 0, isBusy: false, servedBytes: this.#levelBytes, bucket }
    this.#shares.set(session, share)
    return share
  }

  #setBusy(share: Share<S>, isBusy: boolean): void {
    if (share.isBusy === isBusy) return
    share.isBusy = isBusy
    const busy = (this.#busy.get(share.owner) ?? 0) + (isBusy ? 1 : -1)
    if (busy > 0) this.#busy.set(share.owner, busy)
    else this.#busy.delete(share.owner)
  }

  #serve(share: Share<S>): void {
    const { offeredBytes, bucket, owner } = share
    this.#bucket.take(offeredBytes)
    bucket.take(offeredBytes)
    this.#levelBytes = share.servedBytes
    share.servedBytes += offeredBytes * this.#busy.get(owner)!
    this.#offering.delete(share)
  }
}
