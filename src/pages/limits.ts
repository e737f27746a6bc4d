/** The bounds of what the page of a node costs it. */
export const PAGE_LIMITS = {
  /** Pages that are told at once; further ones are answered with 503. */
  maxListeners: 32,
  /** Milliseconds between two snapshots. */
  intervalMs: 1_000,
  /** Bytes of a form that brings a token. */
  maxFormBytes: 4_096
} as const
