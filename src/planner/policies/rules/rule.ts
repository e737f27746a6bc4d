/** What a packet scheduler knows of one open route, which to it is a subflow. */
export interface SubflowFigures {
  route: number
  /** Smoothed round trip of a segment, its queue and its own time on the route included, in ms. */
  rttMs: number
  /** Mean deviation of that, in ms. */
  deviationMs: number
  /** The congestion window, in bytes: what the route's rate carries in a round trip. */
  windowBytes: number
  /** Bytes that were given to the route and have not come. */
  underWayBytes: number
  /** The most that may be under way, in bytes: the window, and what is needed between two plans. */
  mostBytes: number
}

/** One open route while segments are given out, one after another. */
export class Subflow {
  readonly route: number
  readonly rttMs: number
  readonly deviationMs: number
  readonly windowBytes: number
  readonly #mostBytes: number
  #underWayBytes: number

  constructor(figures: SubflowFigures) {
    this.route = figures.route
    this.rttMs = figures.rttMs
    this.deviationMs = figures.deviationMs
    this.windowBytes = figures.windowBytes
    this.#mostBytes = figures.mostBytes
    this.#underWayBytes = figures.underWayBytes
  }

  get underWayBytes(): number {
    return this.#underWayBytes
  }

  /** Whether the window takes one more segment. */
  get hasRoom(): boolean {
    return this.#underWayBytes < this.#mostBytes
  }

  give(bytes: number): void {
    this.#underWayBytes += bytes
  }
}

/** What waits to be given out. */
export interface Pending {
  /** How many segments may be given out now, the next one included; what memory has no room for is not counted. */
  segments: number
  /** Bytes of a segment. */
  segmentBytes: number
  /** The send window, in bytes: how much may lie between what the output has taken and the horizon. */
  memoryBytes: number
  nowMs: number
}

/** The rule of a packet scheduler. `PacketScheduler` makes a policy of it. */
export interface Rule {
  /**
   * The routes that carry the next segment, mostly one; none to wait. `subflows` are the open routes, the least round
   * trip first, of which at least one has room. It is asked again for each segment until it waits, nothing is left or no
   * route that it names has room.
   */
  next(subflows: readonly Subflow[], pending: Pending): readonly number[]
  /** Memory is full, so that nothing can be given to the route with the least round trip although it has room. */
  blocked?(nowMs: number): void
}
