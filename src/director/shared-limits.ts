/** Bounds of what several directors share. Counts, bytes and milliseconds. */
export const SHARED = {
  /** Milliseconds between two signs of life of a director. */
  heartbeatMs: 1_000,
  /**
   * Milliseconds without a sign of life after which the nodes of a director are left out. The servers
   * that keep the state take 5 to 7 s to elect a leader, and a director that starts anew gets its
   * nodes back in a few seconds.
   */
  leaseMs: 30_000,
  /**
   * Milliseconds after which a director that does not get its own signs of life back takes the state
   * for lost, and answers from what it knows.
   */
  patienceMs: 3_000,
  /** Milliseconds until a write that has failed is tried again. */
  retryMs: 1_000,
  /** Milliseconds between two words on the loads of a director's nodes. */
  loadsMs: 5_000,
  /** Loads in one word. */
  maxLoads: 1_000,
  /** Writes that are under way at once. */
  maxWrites: 64,
  /** Contents in one value, so that a million of them are some 2,000 values. */
  maxPackEntries: 500,
  /** Bytes of the contents in one value; the servers take 1 MiB. */
  maxPackBytes: 256 * 1024,
  /**
   * Milliseconds after which all is written again. The servers forget what is older than
   * `keptMs`: what directors have left that never come back.
   */
  refreshMs: 6 * 3_600_000,
  keptMs: 24 * 3_600_000,
  /** A round trip is told anew when it has changed by this part, and by as many milliseconds. */
  rttChange: 0.2,
  leastRttChangeMs: 2
} as const
