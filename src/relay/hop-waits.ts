/** A pause shorter than this may be a busy node's. */
const LEAST_PAUSE_MS = 25
/** What comes within this comes at once: with LEAST_RATIO at five times the hop's rate or more. */
const AT_ONCE_MS = 3
/** So much has to come at once, or it may be what any hop sends in one go. */
const LEAST_BYTES = 120_000
/** It was under way longer than what came before by this share of the pause: else nothing was sent meanwhile. */
const WAITED_RATIO = 0.5
/**
 * What comes at once is so many times what the pause would have brought at the hop's rate. Less, and the pause was longer
 * than the wait; more, and the hop's transport is still doubling what it sends each round trip.
 */
const LEAST_RATIO = 0.6
const MOST_RATIO = 3
/** The hop's rate is what came in so long a time. */
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
  /** Of the hop, before it. */
  bytesPerMs: number
}

/**
 * Tells when what comes from the next hop has waited there for a lost packet: nothing comes, then at one moment what was
 * sent over the whole pause, for a transport hands on nothing before what is missing. The client cannot see that: on the
 * hops behind this one it comes at their pace again. Pure.
 */
export class HopWaits {
  readonly #recent: Arrival[] = []
  #recentBytes = 0
  #lastTransitMs = 0
  #bunch: Bunch | undefined

  /**
   * `bytes` of a segment are here, given to the route at `sentAtMs` of the source's clock. Returns how long, in ms, what came
   * at once before them had waited, if it had.
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
