/**
 * Least pause between two arrivals, in milliseconds, that may be a wait: a shorter one may be a
 * busy node's.
 */
const LEAST_PAUSE_MS = 25
/**
 * Milliseconds after the first segment behind a pause within which segments form one burst. With
 * LEAST_RATIO a burst comes at five times the hop's rate or more.
 */
const AT_ONCE_MS = 3
/** Least bytes of a burst that shows a wait: fewer may be what any hop sends in one go. */
const LEAST_BYTES = 120_000
/**
 * The segment behind a pause was under way longer than the one before by more than this share of the
 * pause: otherwise nothing was sent during it.
 */
const WAITED_RATIO = 0.5
/**
 * Least and most bytes of a burst, as a multiple of what the pause would have brought at the hop's
 * rate. With fewer the pause was longer than the wait; with more the hop's transport is still
 * doubling what it sends each round trip.
 */
const LEAST_RATIO = 0.6
const MOST_RATIO = 3
/** Milliseconds of arrivals that give the hop's rate; they count as LEAST_RATE_MS where they span less. */
const RATE_MS = 300
const LEAST_RATE_MS = 100

interface Arrival {
  atMs: number
  bytes: number
}

interface Bunch {
  pauseMs: number
  atMs: number
  bytes: number
  /** The hop's rate before the pause. */
  bytesPerMs: number
}

/**
 * Detects that segments from the next hop have waited there for a lost packet. A transport hands on
 * nothing before the missing packet: nothing arrives, and then all that was sent over the whole
 * pause arrives at one moment. The client cannot see that, for on the hops behind this one the
 * segments travel at those hops' pace again. Pure.
 */
export class HopWaits {
  readonly #recent: Arrival[] = []
  #recentBytes = 0
  #lastTransitMs = 0
  #bunch: Bunch | undefined

  /**
   * Adds `bytes` of a segment that has arrived, given to the route at `sentAtMs` of the source's
   * clock. Returns how many milliseconds the burst before it had waited; undefined if there was no
   * wait.
   */
  add(bytes: number, sentAtMs: number, nowMs: number): number | undefined {
    if (this.#bunch && nowMs - this.#bunch.atMs <= AT_ONCE_MS) this.#bunch.bytes += bytes
    const waitedMs = this.#endBunch(nowMs)
    const transitMs = nowMs - sentAtMs
    const lastMs = this.#recent.at(-1)?.atMs ?? nowMs
    const pauseMs = nowMs - lastMs
    if (pauseMs >= LEAST_PAUSE_MS && transitMs - this.#lastTransitMs > WAITED_RATIO * pauseMs) {
      const rateMs = Math.max(LEAST_RATE_MS, nowMs - this.#recent[0]!.atMs)
      this.#bunch = { pauseMs, atMs: nowMs, bytes, bytesPerMs: this.#recentBytes / rateMs }
    }
    this.#lastTransitMs = transitMs
    this.#remember(bytes, nowMs)
    return waitedMs
  }

  #endBunch(nowMs: number): number | undefined {
    const bunch = this.#bunch
    if (bunch === undefined || nowMs - bunch.atMs <= AT_ONCE_MS) return undefined
    this.#bunch = undefined
    const ratio = bunch.bytes / (bunch.pauseMs * bunch.bytesPerMs)
    const isWait = bunch.bytes >= LEAST_BYTES && ratio >= LEAST_RATIO && ratio <= MOST_RATIO
    return isWait ? bunch.pauseMs : undefined
  }

  #remember(bytes: number, nowMs: number): void {
    this.#recent.push({ atMs: nowMs, bytes })
    this.#recentBytes += bytes
    while (this.#recent[0]!.atMs < nowMs - RATE_MS) this.#recentBytes -= this.#recent.shift()!.bytes
  }
}
