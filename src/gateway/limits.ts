/** The bounds of what a reader of a gateway may ask for and hold. */
export const GATEWAY_LIMITS = {
  /** Ranges of one request; one with more is answered with 416. Those that touch count as one afterwards. */
  maxRanges: 32,
  /** Bytes that a browser's media element gets by one answer; what a browser takes in although the element waits. */
  mediaAnswerBytes: 1024 ** 2,
  /** Requests of one connection that wait while an earlier one is answered; with more it is closed. */
  maxWaitingRequests: 64,
  /** Milliseconds for which a reader may take nothing of what waits for it. */
  stalledReaderMs: 60_000,
  /** Blocks that go to a reader by one write at most; they stay in the cache until the system has taken them. */
  blocksAtOnce: 8,
  /** Bytes that are read ahead of a reader at most. */
  readAheadBytes: 4 * 1024 ** 2,
  /** Bytes that a reader waits for a read-ahead to pass rather than to begin another. */
  nearBytes: 1024 ** 2,
  /** Milliseconds for which a read-ahead waits for the next reader. */
  lingerMs: 5_000,
  /** Milliseconds for which a content that nobody reads keeps its routes in mind, and its directors are followed. */
  idleMs: 60_000,
  /** Milliseconds for which a list waits for a director that answers. */
  listPatienceMs: 5_000,
  /** Milliseconds for which a name means what it meant before. */
  nameFreshMs: 2_000,
  /** References of which it is kept what they mean. */
  maxFindings: 256,
  /** Rows of a page of contents; the page says how many it leaves out. */
  maxRows: 5_000
} as const

/** The bounds of how blocks of contents come onto the disk. */
export const BLOCK_FILE_LIMITS = {
  /** Blocks that are written together; fewer when `writeDelayMs` have passed, or there is room for few. */
  writeBlocks: 16,
  writeDelayMs: 250
} as const

/** The bounds of what people are shown of running fetches. */
export const ACTIVITY_LIMITS = {
  /** Seconds of each route's rate that are kept. */
  historySlots: 60,
  /** Milliseconds for which a content stays to be seen when nothing of it is fetched any more. */
  lingerMs: 10_000,
  /** Contents that are shown at once. */
  maxContents: 12,
  /** Pages that are told at once; further ones are answered with 503. */
  maxListeners: 32,
  /** Milliseconds between two snapshots. */
  intervalMs: 1_000
} as const

/** Seconds after which a reader may try again where nobody has said better. */
export const RETRY_AFTER_S = 5

/** The bounds of what goes through a proxy to others. */
export const PROXY_LIMITS = {
  /** Milliseconds for which a content is looked for that its server could bring instead. */
  findMs: 5_000,
  /** Milliseconds for which a server is dialled. */
  dialMs: 10_000,
  /** Milliseconds for which a server may be silent before its answer or within it; longer than a reader may be. */
  silentOriginMs: 120_000,
  /** Milliseconds of silence after which a tunnel's ends are asked whether they are still there. */
  keepAliveMs: 60_000
} as const
