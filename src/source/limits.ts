/** What a source allows its peers. Counts, bytes and milliseconds. */
export interface SourceLimits {
  /** Sessions served at once. Each holds up to 4 MiB of read-ahead. Default 64. */
  maxSessions: number
  /** Routes of one session: as many as there are letters. Default 52. */
  maxRoutesPerSession: number
  /** A route that has not said what it wants by then is closed. Default 10 s. */
  openTimeoutMs: number
  /** A route on which nothing has moved for this long is closed. Default 120 s. */
  idleTimeoutMs: number
}

export const SOURCE_LIMITS: SourceLimits = {
  maxSessions: 64,
  maxRoutesPerSession: 52,
  openTimeoutMs: 10_000,
  idleTimeoutMs: 120_000
}
