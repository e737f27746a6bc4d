/** The bounds of what a reader of a gateway may ask for and hold. */
export const GATEWAY_LIMITS = {
  /** Ranges of one request; one with more is answered with 416. Those that touch count as one afterwards. */
  maxRanges: 32,
  /** Requests of one connection that wait while an earlier one is answered; with more it is closed. */
  maxWaitingRequests: 64,
  /** Milliseconds for which a reader may take nothing of what waits for it. */
  stalledReaderMs: 60_000,
  /** Rows of a page of contents; the page says how many it leaves out. */
  maxRows: 5_000
} as const

/** Seconds after which a reader may try again where nobody has said better. */
export const RETRY_AFTER_S = 5
