/** The limits that a source sets its peers. Counts, bytes and milliseconds. */
export interface SourceLimits {
  /** Sessions served at once. What all of them may have read ahead is bounded: see ReadMemory. Default 64. */
  maxSessions: number
  /**
   * A relay that a director has named may make this many times as many sessions as another peer,
   * for many clients stand behind it. A peer, and a host, may make as many as are still free.
   * Default 3: a relay that is the only peer gets 48 of 64.
   */
  neighborShare: number
  /** Routes of one session: as many as there are letters. Default 52. */
  maxRoutesPerSession: number
  /**
   * Streams that are not yet a part of a session, each of which may cost a handshake. A peer, and a host, may have as many
   * as are still free, a relay that a director has named `neighborShare` times as many. Default 256.
   */
  maxPendingStreams: number
  /** Milliseconds after which a route that has not said what it wants is closed. Default 10 s. */
  openTimeoutMs: number
  /** Milliseconds after which a route on which nothing has moved is closed. Default 120 s. */
  idleTimeoutMs: number
  /**
   * Secrets kept for clients' next sessions, at about 300 B each; the oldest are forgotten first. As many ended sessions are
   * remembered by the openings of their routes. Default 4,096.
   */
  maxGivenSecrets: number
  /** Milliseconds for which such a secret serves, and an ended session is remembered. Default 1 h. */
  givenSecretMs: number
}

export const SOURCE_LIMITS: SourceLimits = {
  maxSessions: 64,
  neighborShare: 3,
  maxRoutesPerSession: 52,
  maxPendingStreams: 256,
  openTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  maxGivenSecrets: 4_096,
  givenSecretMs: 3_600_000
}

/** Messages of a handshake that one stream may bring behind its `open`; noise needs two. */
export const MAX_HANDSHAKE_MESSAGES = 4

/**
 * Milliseconds for which a stream that came to nothing keeps its place among the pending ones. So handshakes that are begun
 * and given up cost no more time of the processor than so many a second: at 2.5 ms each, a sixth of a core for one peer.
 */
export const FAILED_STREAM_MS = 2_000

/** Milliseconds for a client whose route was refused to end its side. */
export const FAREWELL_MS = 5_000

/** How a live content is kept and told of. */
export const LIVE_LIMITS = {
  /** Bytes of one file of segments, about, or milliseconds where they are divided by time: what a window drops at once. */
  chunkBytes: 4 * 1024 * 1024,
  chunkMs: 5_000,
  /** Files of segments that are held open. */
  openFiles: 16,
  /** Bytes of the newest segments that are held in memory, and groups whose hashes are. */
  recentBytes: 4 * 1024 * 1024,
  heldGroups: 64,
  /** Least time between two heads in milliseconds: each costs a signature, and about 250 B on every route. */
  headIntervalMs: 15,
  /** The same where a content is divided by time into frames that are shorter. */
  leastHeadIntervalMs: 10,
  /** Time in milliseconds after which a head is told though nothing has come: clients see that the source is there. */
  pulseMs: 5_000,
  /** How exactly it is remembered when segments came, in milliseconds. */
  timeStepMs: 250
} as const

/** How a source that fetches a content itself tells what it has of it. */
export const PARTS_LIMITS = {
  /** Ranges of segments in one message, at about 8 B each; of more the first ones are told. */
  maxRanges: 1_024,
  /** Least time between two messages on one route, in milliseconds. */
  intervalMs: 250,
  /** Groups of segments whose hashes are held in memory, at 2.5 KiB each. */
  heldGroups: 256
} as const

/** Heads of a live content that a session has ready for its routes; a route that is further behind goes on with the newest. */
export const HEADS_KEPT = 64

/** Limits on what one session may make a source remember. An honest client comes near none of them. */
export const SESSION_LIMITS = {
  /** Messages that may wait to be sent on one route. */
  maxWaitingMessages: 1_024,
  /** Ranges of segments in these messages, at about 48 B each. */
  maxWaitingRanges: 131_072,
  /**
   * Patterns that still apply to some segment at or above `done`: with each new one every route
   * looks through them.
   */
  maxPatternsAhead: 1_024,
  /** Elements of these patterns, each counted for every route that it names: at up to 50 B each, 6.5 MB. */
  maxPatternPlaces: 131_072,
  /** Segments that one route may hold as repairs, or be told to skip. */
  maxReassignedPerRoute: 65_536,
  /**
   * Ranges in each set of segments or groups: a few bytes of orders may take a pass over all of
   * them. With more repairs, or more segments to skip, the session ends. Of the segments that a
   * route has sent, and of the groups whose hashes the client has, the lowest are forgotten, and
   * count as not sent.
   */
  maxRangesPerSet: 8_192,
  /** Reports kept for routes that join later, and the ranges in all of them; the oldest are forgotten first. */
  maxRememberedReports: 64,
  maxRememberedRanges: 131_072
} as const
