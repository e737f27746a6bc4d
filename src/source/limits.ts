/** The limits that a source sets its peers. Counts, bytes and milliseconds. */
export interface SourceLimits {
  /** Sessions served at once. Each holds up to 4 MiB of read-ahead. Default 64. */
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
   * Streams that have not said what they want yet, each with up to 1 MiB of a frame; more are
   * reset. One peer or host may have as many as are still free. Default 256.
   */
  maxPendingStreams: number
  /** Milliseconds after which a route that has not said what it wants is closed. Default 10 s. */
  openTimeoutMs: number
  /** Milliseconds after which a route on which nothing has moved is closed. Default 120 s. */
  idleTimeoutMs: number
  /** Secrets kept for clients' next sessions, at about 300 B each; the oldest are forgotten first. Default 4,096. */
  maxGivenSecrets: number
  /** Milliseconds for which such a secret serves. Default 1 h. */
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
  /** Sent segments that are remembered for each route; a segment below them counts as not sent. */
  maxRememberedSent: 65_536,
  /** Groups of hashes that the client may say it has; the lowest are forgotten first. */
  maxHashedGroups: 65_536,
  /** Reports kept for routes that join later, and the ranges in all of them; the oldest are forgotten first. */
  maxRememberedReports: 64,
  maxRememberedRanges: 131_072
} as const
