/** The bounds of what the page of a relay or a fetch shows. */
export const NODE_PAGE_LIMITS = {
  /** Milliseconds between two looks at the node. */
  intervalMs: 1_000,
  /** Looks of which a relay's rates are shown: five minutes. */
  relaySlots: 300,
  /** Looks of which a fetch's rates and weights are shown: two minutes. */
  fetchSlots: 120,
  /** Routes of a relay, those that bring most. */
  maxRoutes: 200,
  /** Contents of a fetch that are shown at once. */
  maxContents: 6,
  /** Share of a limit, 0 to 1, from which on it counts as reached. */
  atLimit: 0.9
} as const
