/** Numbers by which a check judges what it has found. */
export const CHECK_LIMITS = {
  /** A clock that differs by more is told, in ms: a sixth of what passes allow leaves time to correct it. */
  clockTellMs: 5_000,
  /** Passes allow clocks of directors and relays to differ by this many ms. */
  clockPassMs: 60_000,
  /** A route that brings this share of its relays' limit is bounded by it. */
  atLimit: 0.85,
  /** A queue of so many ms under load says that the route's own path is full. */
  standingQueueMs: 10,
  /** Segments that wait this many ms behind lost packets do so time and again: a single wait counts for 30 ms at most. */
  lossyWaitMs: 40,
  /** A route that has brought nothing for so many ms, while short messages pass, swallows long packets. */
  swallowedMs: 3_000,
  /** Fewer open files than these are too few for a client; for a node that serves others. */
  clientOpenFiles: 256,
  memberOpenFiles: 4_096
} as const

/** How long the parts of a check may take, in ms; all of them together take less than 15 s. */
export const CHECK_TIMES = {
  /** Until a director has answered. */
  director: 4_000,
  /** Until a director has tried all addresses of a node that has registered. */
  verdict: 9_000,
  /** Until the routes to a content are known. */
  routes: 5_000,
  /** For which a content is fetched, its routes' opening included. */
  measuring: 8_000,
  /** After which no content is fetched any more, however long the rest took. */
  measured: 12_500,
  /** Until a node has answered a short message. */
  answer: 2_000
} as const
