/**
 * Milliseconds that a registration or watch must have lived for the first retry after its loss to
 * be quick.
 */
export const STEADY_CONNECTION_MS = 10_000

/** Milliseconds between two looks at the addresses that this host has. */
export const INTERFACE_POLL_MS = 2_000

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
  /** Bytes that a peer may send on a stream before our first window update, as yamux's specification has it. */
  firstWindowBytes: 256 * 1024,
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
  /** Connections in all; beyond them peers are refused without a handshake. */
  maxConnections: 2_000,
  /** Milliseconds for the handshake of an inbound connection, muxer included: four round trips of a bad link. */
  handshakeTimeoutMs: 6_000,
  /** Streams that one peer may have open on one connection: more than its routes and questions. */
  maxStreamsPerConnection: 1_000,
  /** yamux drops the whole connection when more streams than this wait for their first answer. */
  maxEarlyStreams: 512,
  /** Answers to protocols proposed on one stream: a peer that knows ours needs two. */
  maxNegotiationAnswers: 8,
  dialTimeoutMs: 10_000,
  /** Milliseconds after which one address of a peer is given up; its other addresses are tried meanwhile. */
  addressDialTimeoutMs: 6_000,
  /** Milliseconds for a proxy to connect to a host; fewer than for the dial, so that the proxy is named where it is silent. */
  proxyTimeoutMs: 5_000,
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
  /**
   * Milliseconds after which a connection that has brought nothing since something was sent over it is in doubt: more
   * than most round trips. New streams then have to be answered first.
   */
  doubtAfterMs: 300,
  /** Milliseconds after which a connection that carries routes, and brings nothing, is asked whether it lives. */
  askAfterMs: 500,
  /** Milliseconds after a stream was opened over a connection at which that has to have answered: more than doubtAfterMs. */
  checkAfterMs: 400,
  /** Milliseconds that a connection in doubt gets to answer before the peer is dialled beside it. */
  answerHeadStartMs: 200,
  /**
   * Milliseconds that it gets in all. A try ends then where the peer could not be dialled either, so that the next one
   * follows soon: this host may just have no network.
   */
  answerWithinMs: 1_500,
  socketInactivityTimeoutMs: 300_000
} as const

/** Limits on a connection's streams of libp2p's ping, in counts, bytes and milliseconds. A ping is 32 bytes. */
export const PING_LIMITS = { maxStreams: 16, maxBytes: 64 * 1024, timeoutMs: 10_000 } as const

/**
 * Limits on the connections that others open, in counts and milliseconds. Hosts on loopback, which
 * cannot be told apart, have the limits of all together only.
 */
export interface InboundLimits {
  /** Connections in all, those in their handshakes aside. */
  maxConnections: number
  /** Places among them that only known peers get: named by a director, dialled or served before. */
  placesForKnown: number
  /** Handshakes under way; one host gets half of them at most. */
  maxHandshakes: number
  /** Connections of one host: many clients may stand behind one address. */
  connectionsPerHost: number
  /** New connections of one host. A handshake costs about 2 ms. */
  arrivals: { most: number; perSecond: number }
  /** How long the host of a peer that broke FRAME_LIMITS is taken nothing from. */
  barredMs: number
}

export const INBOUND_LIMITS: InboundLimits = {
  maxConnections: NODE_LIMITS.maxConnections,
  placesForKnown: 200,
  maxHandshakes: 200,
  connectionsPerHost: 256,
  arrivals: { most: 256, perSecond: 16 },
  barredMs: 10_000
}

export const FILE_LIMITS = {
  /** Open files of a process that are no sockets: its own, and those that a source or client reads and writes. */
  own: 48,
  /** Part of the others that those who dial this node get; what is left is for its own dials. */
  inboundPart: 0.75,
  /** The least sockets of those who dial, however few files there may be. */
  leastSockets: 8,
  /** Files with which no limit of connections has to be lower. */
  enough: 4_096
} as const

/** The sockets that those who dial a node may have at it, of a process that may have so many files open. */
export function inboundSocketsWithin(files: number): number {
  return Math.max(FILE_LIMITS.leastSockets, Math.floor((files - FILE_LIMITS.own) * FILE_LIMITS.inboundPart))
}

/** INBOUND_LIMITS with so many connections in all, lowered so that a quarter of so many sockets is for those who have not finished their handshake. */
export function inboundLimitsWithin(
  sockets: number,
  wanted: number = INBOUND_LIMITS.maxConnections
): InboundLimits {
  const maxConnections = Math.min(wanted, Math.floor(sockets * 0.75))
  return {
    ...INBOUND_LIMITS,
    maxConnections,
    placesForKnown: Math.min(INBOUND_LIMITS.placesForKnown, Math.floor(maxConnections / 8)),
    maxHandshakes: Math.min(INBOUND_LIMITS.maxHandshakes, Math.floor(sockets / 4)),
    connectionsPerHost: Math.min(INBOUND_LIMITS.connectionsPerHost, Math.ceil(maxConnections / 2))
  }
}

/**
 * Limits on the frames of yamux, and the messages of noise below them, that one connection may bring. `most` counts at once
 * and `perSecond` is what comes back. Whoever breaks the first two loses the connection, whoever
 * breaks the last is read slower.
 */
export const FRAME_LIMITS = {
  /**
   * Streams opened. A relay opens one for each route of all its clients; opening and resetting one costs this node a
   * quarter of a millisecond.
   */
  opens: { most: 512, perSecond: 200 },
  /**
   * Frames that open no stream and carry no data: pings, window updates, ends of streams. Honest
   * peers send one ping in ten seconds.
   */
  idleFrames: { most: 1_000, perSecond: 100 },
  /** Such frames that every stream may have besides: its end and its reset. */
  idleFramesPerStream: 2,
  /**
   * Frames of both kinds that are handled in one turn of the event loop, so that a flood holds others
   * up by 8 ms at a time.
   */
  perTurn: 32,
  /** Frames and messages that are small, counted the more the smaller they are. */
  smallPieces: { most: 4_000, perSecond: 20_000 },
  smallPieceBytes: 1024
} as const

/** Limits on what carries connections over WebSocket, in bytes and milliseconds. */
export const WEB_SOCKET_LIMITS = {
  /** Largest message that is taken: it is kept until it is whole. Two of the largest of noise, with their lengths. */
  maxMessageBytes: 128 * 1024 + 4,
  /** HTTP's header fields of a request that asks for a WebSocket. Browsers send 1 KiB. */
  maxHeaderBytes: 8 * 1024,
  /** Milliseconds that the other side may take to confirm that a WebSocket ends. */
  closeTimeoutMs: 2_000,
  /**
   * Milliseconds without a byte of the peer after which a node that was dialled over plain TCP is
   * tried over WebSocket as well: twice the round trip of a bad link.
   */
  patienceMs: 1_000
} as const
