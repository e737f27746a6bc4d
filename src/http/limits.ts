/** The bounds of what those who connect to a server may cost it. */
export const HTTP_LIMITS = {
  /** Connections at once; further ones are closed at once. Each holds a socket and at most one answer. */
  maxConnections: 256,
  /** Bytes of a request's head, the request line included; a longer one is answered with 431. */
  maxHeadBytes: 16 * 1024,
  /** Milliseconds for a request's head; a slower one is answered with 408. */
  headTimeoutMs: 10_000,
  /** Milliseconds for a whole request with its body, which nobody here reads. */
  requestTimeoutMs: 30_000,
  /** Milliseconds for which a connection may stay open between two requests. */
  idleTimeoutMs: 60_000,
  /** Milliseconds between two looks at how long requests have taken. */
  checkIntervalMs: 5_000
} as const
