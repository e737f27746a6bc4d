import type { Pattern } from '../pattern/pattern.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import type { Control, PatternChange, Reassignment } from '../protocol/route-messages.ts'

/** Orders that go in one message. */
export type Orders = Pick<Control, 'patterns' | 'reassignments'>

/** A pattern that was ordered; `from` is its predicted cut-over until the source has answered. */
interface PatternOrder extends PatternChange {
  isAnswered: boolean
}

/**
 * All orders of one session: numbers patterns and reassignments, keeps those that the source has still to answer and
 * the patterns that a source without any knowledge of the session still needs, and knows which orders each route was
 * told. The planner enters orders and answers; the client asks for what to send. Pure.
 */
export class OrderBook {
  /** Every pattern, by version, that a source without any knowledge of this session still needs. */
  readonly #patterns = new Map<number, PatternOrder>()
  readonly #unanswered = new Map<number, Reassignment>()
  #version = 0
  #reassignmentId = 0
  /** How many of the orders each route was told. */
  readonly #told = new Map<number, number>()
  /**
   * Whether the source may have forgotten its orders. The source forgets a session with its last
   * route. If the first route after a time without any opened with orders that were no longer the
   * newest, the source may know only those, and not even patterns that it had answered.
   */
  #mayBeForgotten = false

  /** Enters a new pattern with its predicted cut-over. Returns it with its version. */
  orderPattern(from: number, pattern: Pattern): PatternChange {
    const version = ++this.#version
    this.#patterns.set(version, { version, from, pattern, isAnswered: false })
    return { version, from, pattern }
  }

  /** Enters a new reassignment. Returns it with its id. */
  orderReassignment(reassignment: Omit<Reassignment, 'id'>): Reassignment {
    const order = { id: ++this.#reassignmentId, ...reassignment }
    this.#unanswered.set(order.id, order)
    return order
  }

  /**
   * Enters the source's answer to a pattern, which applies from `from`. Returns the pattern, or undefined if it was
   * answered before.
   */
  patternApplied(version: number, from: number): Pattern | undefined {
    const order = this.#patterns.get(version)
    if (!order || order.isAnswered) return undefined
    order.isAnswered = true
    order.from = from
    // A newer pattern that applies from here or earlier leaves an older one no segment.
    for (const older of this.#patterns.values()) {
      if (older.version < version && older.from >= from) this.#patterns.delete(older.version)
    }
    return order.pattern
  }

  /** Forgets the patterns that a newer one has replaced at `next`, the first segment that has not arrived. */
  forgetBelow(next: number): void {
    const inForce = [...this.#patterns.values()].findLast(
      ({ from, isAnswered }) => isAnswered && from <= next
    )
    if (!inForce) return
    for (const version of this.#patterns.keys()) if (version < inForce.version) this.#patterns.delete(version)
  }

  /** Enters the source's answer to a reassignment. Returns the reassignment, or undefined if it was answered before. */
  reassigned(id: number): Reassignment | undefined {
    const order = this.#unanswered.get(id)
    this.#unanswered.delete(id)
    return order
  }

  /** The pattern of this version, with its predicted cut-over, if the source has still to answer it. */
  unansweredPattern(version: number): PatternChange | undefined {
    const order = this.#patterns.get(version)
    return order?.isAnswered ? undefined : order
  }

  /** The reassignments that the source has still to answer, by id, ascending. */
  get unanswered(): ReadonlyMap<number, Reassignment> {
    return this.#unanswered
  }

  /** Whether a pattern or reassignment that a source may still follow names the route. */
  isNamed(route: number): boolean {
    const reassignments = [...this.#unanswered.values()]
    return (
      [...this.#patterns.values()].some(({ pattern }) => pattern.routes.includes(route)) ||
      reassignments.some(({ fromRoute, toRoute }) => fromRoute === route || toRoute === route)
    )
  }

  /** Tells that the source has `route`, and if `isOnly` that it may have lost all others. */
  routeOpened(route: number, isOnly: boolean): void {
    if (isOnly) this.#mayBeForgotten = !this.isTold(route)
  }

  routeClosed(route: number): void {
    this.#told.delete(route)
  }

  /** Whether the route was told every order. */
  isTold(route: number): boolean {
    return this.#told.get(route) === this.#version + this.#reassignmentId
  }

  /** Returns the orders that go with the `open` of `route`, for a source that may know nothing of this session yet. */
  openingOrders(route: number): Orders {
    return this.#tell([route], [...this.#patterns.values()])
  }

  /**
   * Returns the orders that go over these open routes now: none when each was told all of them, or else all that are
   * not answered yet. A source that may have forgotten patterns gets all that it needs.
   */
  nextOrders(routes: readonly number[]): Orders {
    if (routes.every(route => this.isTold(route))) return { patterns: [], reassignments: [] }
    const patterns = [...this.#patterns.values()]
    const orders = this.#tell(
      routes,
      this.#mayBeForgotten ? patterns : patterns.filter(({ isAnswered }) => !isAnswered)
    )
    if (routes.every(route => this.isTold(route))) this.#mayBeForgotten = false
    return orders
  }

  /** Cuts the orders to what a message may hold; the routes then still count as not told, and a later one brings the rest. */
  #tell(routes: readonly number[], patterns: PatternChange[]): Orders {
    const reassignments = [...this.#unanswered.values()]
    const { maxPatternsPerControl, maxReassignmentsPerControl } = ROUTE_LIMITS
    if (patterns.length <= maxPatternsPerControl && reassignments.length <= maxReassignmentsPerControl) {
      for (const route of routes) this.#told.set(route, this.#version + this.#reassignmentId)
    }
    return {
      patterns: patterns.slice(0, maxPatternsPerControl),
      reassignments: reassignments.slice(0, maxReassignmentsPerControl)
    }
  }
}
