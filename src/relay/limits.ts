/**
 * Bytes that a waiting frame costs besides its own: they keep floods of tiny frames within the same
 * bound.
 */
export const FRAME_OVERHEAD_BYTES = 64
/** Bytes up to which a frame is copied, so that one of them never keeps a much larger received chunk in memory. */
export const COPIED_FRAME_BYTES = 8 * 1024

/** Passes with a limit of bytes that a relay counts at once, at about 200 B each. */
export const MAX_COUNTED_PASSES = 10_000

/**
 * Bytes for each of which a client may send one receipt, and one more: a receipt costs the relay as
 * much time as verifying a signature.
 */
export const LEAST_RECEIPT_STEP_BYTES = 1024 * 1024

/**
 * Bytes of segments that a relay which requires receipts sends ahead of them: a client's own step of
 * 16 MiB, and what fits into the streams and buffers of a path of relays.
 */
export const RECEIPT_LAG_BYTES = 64 * 1024 * 1024

/** The bounds of a relay's accounts on disk, and how often they are written. */
export const ACCOUNT_LIMITS = {
  /** Milliseconds between two writes; so much is lost when the relay is killed. */
  writeIntervalMs: 5_000,
  /** Days after which usage and receipts are forgotten. */
  keptDays: 400,
  /** Bytes of the file at most; a relay whose file is full goes on without accounts. */
  maxFileBytes: 1024 ** 3,
  /** Rows that wait for a file which cannot be written; beyond them they are lost. */
  maxWaitingRows: 10_000
} as const

/** The bounds of the nodes that nobody can dial and that have attached themselves to a relay. */
export const ATTACHMENT_LIMITS = {
  /**
   * One peer or host may have as many as are still free. A director keeps the round trips to so many
   * peers of a relay, besides those to its neighbours.
   */
  maxAttachments: 64,
  /** A node that has lost its stream may be back before the relay knows of the loss. */
  maxStreamsPerConnection: 4,
  firstFrameTimeoutMs: 10_000
} as const

/**
 * Where the routes of a relay may lead: to nodes that a director or the operator has named, at the
 * addresses known from there; to those and any address that the asker could dial itself; or to all
 * addresses and DNS names.
 */
export const NEXT_HOPS = ['known', 'world', 'any'] as const
export type NextHops = (typeof NEXT_HOPS)[number]

/**
 * Bytes that a client has to take of what is sent to it in each `slowClientMs`: about 9 kbit/s, far
 * less than any route is used for.
 */
export const LEAST_TAKEN_BYTES = 64 * 1024

/**
 * Frames that a route's client may send at once, and in each second: who sends more is read slower. A client
 * sends one for each tick of its planner, and few besides; forwarding one costs the relay about 30 us.
 */
export const CLIENT_FRAMES = { most: 1_000, perSecond: 500 } as const

/** The limits that a relay sets its peers. Counts, bytes, bytes a second and milliseconds. */
export interface RelayLimits {
  /** Routes through this relay at once. Default 256. */
  maxSessions: number
  /**
   * Routes that one peer may have through this relay. The peer is the node that dialled: a neighbouring relay counts as
   * one, however many clients stand behind it. Default 64. Apart from that one host may have as many as are still free.
   */
  maxSessionsPerPeer: number
  /** The only peers that may ask for routes, by peer id; undefined for all. Default: all. */
  allowedPeers: readonly string[] | undefined
  /** Where routes may lead. Default world, as a relay without a director knows no node. */
  nextHops: NextHops
  /**
   * Streams on which nobody has asked for a route yet, or whose refusal is under way; more are reset. One peer or host may
   * have as many as are still free. Default 256.
   */
  maxPendingStreams: number
  /**
   * Bytes a second, as frames, that all routes together may have forwarded towards clients;
   * undefined for no limit. Default: no limit.
   */
  maxRateBytesPerSecond: number | undefined
  /** Bytes a second that one route may have forwarded towards its client. Default: no limit. */
  maxSessionRateBytesPerSecond: number | undefined
  /** Bytes that may be forwarded in a day (UTC), in both directions; undefined for no limit. Default: no limit. */
  maxBytesPerDay: number | undefined
  /** The same in a month of the calendar. Default: no limit. */
  maxBytesPerMonth: number | undefined
  /**
   * Bytes a second of `maxRateBytesPerSecond` that each route keeps: no further route is admitted
   * that would leave less. Default 6 kB/s, 48 kbit/s.
   */
  minShareBytesPerSecond: number
  /**
   * Bytes of all routes' frames that wait here, in both directions: beyond them the routes end whose
   * data has waited for longest. What waits in the streams' own windows comes on top. Default
   * 256 MiB.
   */
  memoryBytes: number
  /**
   * Bytes of segments that may have been sent on a route beyond what its client has signed for;
   * undefined where no receipts are required. Default: none are.
   */
  maxUnsignedBytes: number | undefined
  /**
   * Bytes of one route's frames that wait for the client before the next hop is no longer read; one
   * frame more may come. Default 1 MiB: 80 ms at 100 Mbit/s. The streams' own windows (see
   * NODE_LIMITS) come on top.
   */
  bufferBytes: number
  /** Bytes of one route's frames that wait for the next hop before the client is no longer read. Default 256 KiB. */
  controlQueueBytes: number
  /**
   * Pattern elements of one route that are remembered, each counted for every route that it names, at about 70 B each; the
   * pattern ordered last is kept in any case. Default 16,384.
   */
  maxPatternElements: number
  /** Milliseconds after which a stream that has not asked for a route is reset. Default 10 s. */
  openTimeoutMs: number
  /**
   * Milliseconds for reaching the next hop; the answer from behind it gets as much again for every
   * hop of the path. Default 10 s.
   */
  nextHopTimeoutMs: number
  /**
   * Milliseconds after which a route on which nothing has moved in either direction is ended.
   * Default 120 s.
   */
  idleTimeoutMs: number
  /**
   * Milliseconds within which a client has to take all that is sent to it, or LEAST_TAKEN_BYTES of
   * it. Default 60 s.
   */
  slowClientMs: number
  /** Milliseconds for a peer to end its side of a route that is over. Default 5 s. */
  lingerMs: number
  /**
   * Milliseconds that `stop` waits for routes to end by themselves. Default 8 s, so that all is
   * over within 10 s.
   */
  drainMs: number
}

export const RELAY_LIMITS: RelayLimits = {
  maxSessions: 256,
  maxSessionsPerPeer: 64,
  allowedPeers: undefined,
  nextHops: 'world',
  maxPendingStreams: 256,
  maxRateBytesPerSecond: undefined,
  maxSessionRateBytesPerSecond: undefined,
  maxBytesPerDay: undefined,
  maxBytesPerMonth: undefined,
  minShareBytesPerSecond: 6_000,
  memoryBytes: 256 * 1024 * 1024,
  maxUnsignedBytes: undefined,
  bufferBytes: 1024 * 1024,
  controlQueueBytes: 256 * 1024,
  maxPatternElements: 16_384,
  openTimeoutMs: 10_000,
  nextHopTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  slowClientMs: 60_000,
  lingerMs: 5_000,
  drainMs: 8_000
}
