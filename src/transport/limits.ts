/** After the loss of a registration or watch that lived for so long, the first retry is quick. */
export const STEADY_CONNECTION_MS = 10_000

/**
 * Limits of every node's libp2p stack. Values in bytes, milliseconds and counts.
 * The credit of a route bounds what is in flight end to end; these bound what a peer that ignores it could do.
 */
export const NODE_LIMITS = {
  /**
   * Largest yamux receive window of a stream. Carries 4 MiB per round trip of one hop: 335 Mbit/s at 100 ms.
   * Worst case memory: this much a paused stream.
   */
  maxStreamWindowBytes: 4 * 1024 * 1024,
  /** At least twice the window, or a reader that pauses correctly is reset. */
  maxReadBufferBytes: 9 * 1024 * 1024,
  /** A relay behind one NAT or a lab on one host opens many connections at once; libp2p's own default is 5 a second. */
  inboundConnectionsPerSecond: 500,
  maxIncomingPendingConnections: 200,
  maxConnections: 2_000,
  /** yamux drops the whole connection when more streams than this wait for their first answer. */
  maxEarlyStreams: 512,
  dialTimeoutMs: 10_000,
  /** One address of a peer is given up after so long; its other addresses are tried meanwhile. */
  addressDialTimeoutMs: 6_000,
  /** More addresses of one peer are not tried: what a director or a path may tell, and names that stand for several. */
  maxAddressesPerDial: 32,
  /** yamux asks each connection's peer so often whether it is there. */
  keepAliveIntervalMs: 10_000,
  /** A connection is lost when nothing has come for so many of these. Round trips on a full route reach seconds. */
  silentIntervals: 3,
  socketInactivityTimeoutMs: 300_000
} as const
