import type { RelayLimits } from './limits.ts'

/** Milliseconds over which a rate is at least measured: segments come in bursts. */
const LEAST_SPAN_MS = 1_000

/** What of a relay's work its load follows from. */
export interface RelayWork {
  /** Routes that run. */
  sessions: number
  /** Frames sent towards clients since the start, in bytes. */
  bytesForwarded: number
}

/**
 * The load that a relay tells directors, from 0 (idle) to 1 (full). It is the greater of two parts: that of its places for
 * routes which is taken, and that of its rate limit which a further route would not get. A further route gets what is not
 * used, and at least the fair share of one among all. Without a rate limit the places alone count. Pure.
 */
export class RelayLoad {
  #bytesPerSecond = 0
  #last: { bytes: number; atMs: number } | undefined

  /** Returns the load at a time; the rate is that since it was asked for before. */
  of(
    { sessions, bytesForwarded: bytes }: RelayWork,
    {
      maxSessions,
      maxRateBytesPerSecond = Number.POSITIVE_INFINITY
    }: Pick<RelayLimits, 'maxSessions' | 'maxRateBytesPerSecond'>,
    nowMs: number
  ): number {
    const last = this.#last ?? { bytes: 0, atMs: nowMs }
    const spanMs = nowMs - last.atMs
    if (spanMs >= LEAST_SPAN_MS) this.#bytesPerSecond = ((bytes - last.bytes) * 1_000) / spanMs
    if (spanMs >= LEAST_SPAN_MS || this.#last === undefined) this.#last = { bytes, atMs: nowMs }
    const used = this.#bytesPerSecond / maxRateBytesPerSecond
    return Math.min(1, Math.max(sessions / maxSessions, Math.min(used, sessions / (sessions + 1))))
  }
}
