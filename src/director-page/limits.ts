/** The bounds of what a director's page shows at once. */
export const DIRECTOR_PAGE_LIMITS = {
  /** Nodes that are shown one by one; with more of them the page shows groups, and those with problems. */
  maxNodes: 400,
  /** Links between the nodes that are shown. */
  maxLinks: 4_000,
  maxProblems: 100,
  maxGroups: 60,
  maxContents: 300,
  /** Different questions of clients. */
  maxWatches: 100,
  /** Different routes of one question. */
  maxRoutesShown: 16,
  /** Past events that are kept. */
  maxEvents: 60,
  /** Nodes that were lost and are not back, which are kept for `goneForMs`. */
  maxGone: 50,
  goneForMs: 3_600_000,
  /** Load of a relay, 0 to 1, from which it is told that it is full. */
  fullLoad: 0.9
} as const
