/**
 * Milliseconds that a registration or watch must have lived for the first retry after its loss to
 * be quick.
 */
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
  /**
   * Bytes that a stream may hold unread: at least twice the window, or a reader that pauses
   * correctly is reset.
   */
  maxReadBufferBytes: 9 * 1024 * 1024,
  /**
   * New inbound connections a second: a relay behind one NAT or a lab on one host opens many at
   * once. libp2p's own default is 5 a second.
   */
  inboundConnectionsPerSecond: 500,
  maxIncomingPendingConnections: 200,
  maxConnections: 2_000,
  /** yamux drops the whole connection when more streams than this wait for their first answer. */
  maxEarlyStreams: 512,
  dialTimeoutMs: 10_000,
  /** Milliseconds after which one address of a peer is given up; its other addresses are tried meanwhile. */
  addressDialTimeoutMs: 6_000,
  /**
   * Addresses of one peer that are tried at most: a director or a path may tell more, and a name
   * may stand for several.
   */
  maxAddressesPerDial: 32,
  /** Milliseconds between two questions of yamux to a connection's peer whether it is there. */
  keepAliveIntervalMs: 10_000,
  /**
   * Number of these intervals without any byte after which a connection is lost. Round trips on a
   * full route reach seconds.
   */
  silentIntervals: 3,
  socketInactivityTimeoutMs: 300_000
} as const
