/** The reason why bytes that the routes could have carried were not carried. */
export type LossCause =
  /** The route was not open yet, or was finding its rate. */
  | 'startUp'
  /** The route had nothing left to send while others brought the last segments. */
  | 'end'
  /** The route was late, or was finding its rate again after it was parked. */
  | 'stalled'
  /** No route was open, or all were parked. */
  | 'outage'
  /** The process was stopped, as by Ctrl-Z, or a busy machine did not let it run. */
  | 'suspended'
  /** The fetch was paused by hand. */
  | 'paused'
  /** The output did not take what was in order: memory held the horizon back. */
  | 'output'
  /** Memory held the horizon back, as it was full of segments behind a missing one. */
  | 'reorder'
  /** The route was given no work. */
  | 'idle'
  /** The route had work and no queue, but its credit was used up. */
  | 'credit'
  /** The bytes came twice. */
  | 'duplicates'
  /** The route shares a bottleneck, whose routes cannot all have what each was taken to carry. */
  | 'sharedBottleneck'
  /** The route was at the rate limit that its relay has told. */
  | 'relayLimit'
  /** The route brought less than estimated, for none of these reasons: mostly while it changed. */
  | 'other'
