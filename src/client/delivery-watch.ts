/** Longest time in milliseconds that one step counts: a process that was stopped or held up has not read what came meanwhile. */
const LONGEST_STEP_MS = 200
/** Milliseconds without any delivery after which the open routes count as lost. */
const LOST_AFTER_MS = 400
/** Milliseconds without an answer after which a route that is being opened counts as lost, while nothing else delivers. */
const UNANSWERED_MS = 2_000
/**
 * Milliseconds after which an open route that owes something and brings nothing does not deliver, whatever the planner
 * holds of it: some policies do not watch for silence.
 */
const MUTE_MS = 10_000
/** Milliseconds that an open route may take for its first bytes: nothing is known of its rate before them. */
const FIRST_BYTES_MS = 3_000

interface WatchedRoute {
  isOpen: boolean
  /** Time for which it has brought nothing. */
  quietMs: number
  /** How long it may take for what comes next, as it was found out when it last brought something. */
  usualMs: number
  hasBrought: boolean
  isLost: boolean
}

/** What the watch asks of a route. */
export interface RouteView {
  /** Whether the planner holds that the route brings what it owes. */
  isFit(route: number): boolean
  /** How long a segment takes at the rate that the route was found to have, in milliseconds. */
  segmentMs(route: number): number
  owes(route: number): boolean
}

/**
 * Watches whether the routes of a session bring what they owe, and which of them are lost: nothing has delivered for a
 * while, and they have not delivered since. Time counts only while the process runs. Pure.
 */
export class DeliveryWatch {
  readonly #routes = new Map<number, WatchedRoute>()
  readonly #view: RouteView
  #lastStepMs: number
  #silentMs = 0
  #isDelivering = false

  constructor(view: RouteView, nowMs: number) {
    this.#view = view
    this.#lastStepMs = nowMs
  }

  /** Whether some open route brings what it owes, or owes nothing. */
  get isDelivering(): boolean {
    return this.#isDelivering
  }

  /** For how long none of the open routes has delivered, in milliseconds; 0 where none is open. */
  get silentMs(): number {
    return this.#silentMs
  }

  /** The routes that another connection should take the place of. */
  get lost(): ReadonlySet<number> {
    return new Set([...this.#routes].filter(([, { isLost }]) => isLost).map(([route]) => route))
  }

  began(route: number): void {
    this.#watch(route, false)
  }

  opened(route: number): void {
    this.#watch(route, true)
  }

  /** The route has brought something of the source's. */
  brought(route: number): void {
    const watched = this.#routes.get(route)
    if (watched) Object.assign(watched, { quietMs: 0, hasBrought: true })
  }

  ended(route: number): void {
    this.#routes.delete(route)
  }

  /** Counts the time since the last step; to be called regularly. */
  step(nowMs: number): void {
    const stepMs = Math.min(LONGEST_STEP_MS, nowMs - this.#lastStepMs)
    this.#lastStepMs = nowMs
    for (const [route, watched] of this.#routes) {
      if (watched.hasBrought && watched.quietMs === 0) watched.usualMs = 2 * this.#view.segmentMs(route)
      watched.quietMs += stepMs
    }
    const delivering = [...this.#routes].filter(([route, watched]) => this.#delivers(route, watched))
    for (const [, watched] of delivering) watched.isLost = false
    this.#isDelivering = delivering.length > 0
    const isOpen = [...this.#routes.values()].some(watched => watched.isOpen)
    this.#silentMs = isOpen && !this.#isDelivering ? this.#silentMs + stepMs : 0
    if (this.#isDelivering) return
    for (const watched of this.#routes.values()) {
      watched.isLost ||= watched.isOpen ? this.#silentMs >= LOST_AFTER_MS : watched.quietMs >= UNANSWERED_MS
    }
  }

  #watch(route: number, isOpen: boolean): void {
    const watched = { isOpen, quietMs: 0, usualMs: FIRST_BYTES_MS, hasBrought: false, isLost: false }
    this.#routes.set(route, watched)
  }

  /**
   * A thin route brings nothing while a segment is on its way over it, and its rate may have fallen by half. What the
   * silence itself makes of the rate does not count: it would excuse itself for ever.
   */
  #delivers(route: number, { isOpen, quietMs, usualMs }: WatchedRoute): boolean {
    const { isFit, owes } = this.#view
    const mayBeBusy = isFit(route) || quietMs < usualMs
    return isOpen && mayBeBusy && (quietMs < Math.max(MUTE_MS, usualMs) || !owes(route))
  }
}
