/** How a source stands at one moment, as its operator sees it. Counts are since its start. */
export interface SourceView {
  /** Bytes of contents sent. */
  sentBytes: number
  /** Sessions and routes refused by a limit. */
  refused: number
  /** Sessions that ended because their content could not be read any more. */
  failed: number
  maxSessions: number
  /** Absent without a limit. */
  maxRateBytesPerSecond?: number
  sessions: SourceSessionView[]
}

/** One client that fetches one content. */
export interface SourceSessionView {
  /** Tells the sessions of one source apart. */
  id: string
  /** Name of the content. */
  name: string
  /** The node whose route was the first: the client, or the relay before it. */
  peerId: string
  routes: number
  /** Bytes of the content sent. */
  sentBytes: number
}
