/** Why bytes that the routes could have carried were not. */
export type LossCause =
  /** Until a route is open and delivers at its rate. */
  | 'startUp'
  /** Nothing is left to send on this route while others bring the last segments. */
  | 'end'
  /** A route fell silent, or found its rate again afterwards. */
  | 'stalled'
  /** The output has not taken what is in order: the memory limit holds the horizon back. */
  | 'output'
  /** The same, but what is held waits for a segment before it. */
  | 'reorder'
  /** A route that was given no work. */
  | 'idle'
  /** A route that had work and no queue, but its credit used up. */
  | 'credit'
  /** Bytes that came twice. */
  | 'duplicates'
  /** Routes of one bottleneck, which cannot all have what each was thought to carry. */
  | 'sharedBottleneck'
  /** A route at the rate limit that its relay has told. */
  | 'relayLimit'
  /** Less arrived than was estimated, for none of these reasons: mostly while a route changes. */
  | 'other'
