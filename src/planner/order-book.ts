import type { Pattern } from '../pattern/pattern.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import type { Control, PatternChange, Reassignment } from '../protocol/route-messages.ts'

/** Orders that go in one message. */
export type Orders = Pick<Control, 'patterns' | 'reassignments'>

/** A pattern that was ordered; `from` is its cut-over. */
interface PatternOrder extends PatternChange {
  /** The holders that have answered it. */
  answeredBy: Set<string>
}

/** A reassignment that was ordered. */
interface ReassignmentOrder {
  reassignment: Reassignment
  /** The holders that have still to answer it. */
  awaited: Set<string>
}

/**
 * All orders of one session: numbers patterns and reassignments, keeps those that holders have still to answer and
 * the patterns that a holder without any knowledge of the session still needs, and knows which orders each route was
 * told. A pattern is for every holder; a reassignment is for the holders of its two routes. Each holder answers for
 * itself. The planner enters routes, orders and answers; the client asks for what to send. Pure.
 */
export class OrderBook {
  /** Every pattern, by version, that a holder without any knowledge of this session still needs. */
  readonly #patterns = new Map<number, PatternOrder>()
  readonly #reassignments = new Map<number, ReassignmentOrder>()
  #version = 0
  #reassignmentId = 0
  /** The holder to which each route leads that is being opened or open. */
  readonly #holders = new Map<number, string>()
  /** How many orders there were when each route was last told all that are its holder's. */
  readonly #told = new Map<number, number>()
  /** How many orders there were when the last pattern was ordered, and the last reassignment of each holder. */
  #lastPattern = 0
  readonly #lastReassignment = new Map<string, number>()
  /**
   * The holders that may have forgotten their orders. A holder forgets a session with its last route. If
   * the first route to it after a time without any opened with orders that were no longer the newest, it
   * may know only those, and not even patterns that it had answered.
   */
  readonly #forgetful = new Set<string>()

  /** A route that leads to the holder is being opened. */
  routeAdded(route: number, holder: string): void {
    this.#holders.set(route, holder)
  }

  /** The holder to which the route leads; undefined once it has closed. */
  holderOf(route: number): string | undefined {
    return this.#holders.get(route)
  }

  /** Enters a new pattern with its cut-over. Returns it with its version. */
  orderPattern(from: number, pattern: Pattern): PatternChange {
    const version = ++this.#version
    this.#patterns.set(version, { version, from, pattern, answeredBy: new Set() })
    this.#lastPattern = this.#count
    return { version, from, pattern }
  }

  /** Enters a new reassignment. Returns it with its id. */
  orderReassignment(reassignment: Omit<Reassignment, 'id'>): Reassignment {
    const order = { id: ++this.#reassignmentId, ...reassignment }
    const { fromRoute, toRoute } = order
    const awaited = new Set([fromRoute, toRoute].flatMap(route => this.#holders.get(route) ?? []))
    if (awaited.size > 0) this.#reassignments.set(order.id, { reassignment: order, awaited })
    for (const holder of awaited) this.#lastReassignment.set(holder, this.#count)
    return order
  }

  /**
   * Enters a holder's answer to a pattern. Returns the pattern as it was ordered, or undefined if the holder had
   * answered it before.
   */
  patternApplied(version: number, holder: string): PatternChange | undefined {
    const order = this.unansweredPattern(version, holder)
    if (!order) return undefined
    order.answeredBy.add(holder)
    // A newer pattern that applies from here or earlier leaves an older one no segment.
    for (const older of this.#patterns.values()) {
      if (older.version < version && older.from >= order.from) this.#patterns.delete(older.version)
    }
    return order
  }

  /** Forgets the patterns that a newer one has replaced at `next`, the first segment that has not arrived. */
  forgetBelow(next: number): void {
    const inForce = [...this.#patterns.values()].findLast(
      ({ from, answeredBy }) => answeredBy.size > 0 && from <= next
    )
    if (!inForce) return
    for (const version of this.#patterns.keys()) if (version < inForce.version) this.#patterns.delete(version)
  }

  /** Enters a holder's answer to a reassignment. Returns the reassignment, or undefined if the holder owed no answer. */
  reassigned(id: number, holder: string): Reassignment | undefined {
    const order = this.#reassignments.get(id)
    if (!order?.awaited.delete(holder)) return undefined
    if (order.awaited.size === 0) this.#reassignments.delete(id)
    return order.reassignment
  }

  /** The pattern of this version, if the holder has still to answer it. */
  unansweredPattern(version: number, holder: string): PatternOrder | undefined {
    const order = this.#patterns.get(version)
    return order?.answeredBy.has(holder) ? undefined : order
  }

  /** Whether some holder has answered the pattern of this version. */
  isAnswered(version: number): boolean {
    return (this.#patterns.get(version)?.answeredBy.size ?? 0) > 0
  }

  /** The reassignments that some holder has still to answer, by id, ascending. */
  get unanswered(): ReadonlyMap<number, Reassignment> {
    return new Map([...this.#reassignments].map(([id, { reassignment }]) => [id, reassignment]))
  }

  /** Whether the holder has still to answer the reassignment. */
  isAwaited(id: number, holder: string): boolean {
    return this.#reassignments.get(id)?.awaited.has(holder) ?? false
  }

  /** The first segment past all that unanswered reassignments name; 0 where there are none. */
  get reassignedEnd(): number {
    const reassignments = [...this.#reassignments.values()]
    return Math.max(0, ...reassignments.map(({ reassignment: { ranges } }) => ranges.at(-1)?.to ?? 0))
  }

  /** Whether a pattern or reassignment that a holder may still follow names the route. */
  isNamed(route: number): boolean {
    const reassignments = [...this.#reassignments.values()]
    return (
      [...this.#patterns.values()].some(({ pattern }) => pattern.routes.includes(route)) ||
      reassignments.some(
        ({ reassignment: { fromRoute, toRoute } }) => fromRoute === route || toRoute === route
      )
    )
  }

  /** Tells that the holder has `route`, and if `isOnly` that it may have lost all others. */
  routeOpened(route: number, isOnly: boolean): void {
    if (!isOnly) return
    const holder = this.#holderOf(route)
    if (this.isTold(route)) this.#forgetful.delete(holder)
    else this.#forgetful.add(holder)
  }

  /**
   * The route has closed. A reassignment is over where it changes nothing any more: at holders of which it names no
   * other route. Without this, routes that close before a holder can answer would keep their letters for ever.
   */
  routeClosed(route: number): void {
    const holder = this.#holders.get(route)
    this.#told.delete(route)
    this.#holders.delete(route)
    if (holder === undefined) return
    for (const [id, { reassignment, awaited }] of this.#reassignments) {
      const { fromRoute, toRoute } = reassignment
      if (fromRoute !== route && toRoute !== route) continue
      const other = fromRoute === route ? toRoute : fromRoute
      if (this.#holders.get(other) !== holder) awaited.delete(holder)
      if (awaited.size === 0) this.#reassignments.delete(id)
    }
  }

  /** Whether the route was told every order that its holder needs. */
  isTold(route: number): boolean {
    const last = Math.max(this.#lastPattern, this.#lastReassignment.get(this.#holderOf(route)) ?? 0)
    return (this.#told.get(route) ?? -1) >= last
  }

  /** Returns the orders that go with the `open` of `route`, for a holder that may know nothing of this session yet. */
  openingOrders(route: number): Orders {
    return this.#tell([route], [...this.#patterns.values()])
  }

  /**
   * Returns the orders that go over these open routes to one holder now: none when each was told all of them, or else
   * all that the holder has not answered yet. A holder that may have forgotten patterns gets all that it needs.
   */
  nextOrders(routes: readonly number[]): Orders {
    if (routes.every(route => this.isTold(route))) return { patterns: [], reassignments: [] }
    const holder = this.#holderOf(routes[0]!)
    const patterns = [...this.#patterns.values()]
    const orders = this.#tell(
      routes,
      this.#forgetful.has(holder) ? patterns : patterns.filter(({ answeredBy }) => !answeredBy.has(holder))
    )
    if (routes.every(route => this.isTold(route))) this.#forgetful.delete(holder)
    return orders
  }

  /** Number of all orders so far. */
  get #count(): number {
    return this.#version + this.#reassignmentId
  }

  #holderOf(route: number): string {
    return this.#holders.get(route) ?? ''
  }

  /**
   * Cuts the orders to what a message may hold; the routes, which lead to one holder, then still count as not told, and
   * a later message brings the rest.
   */
  #tell(routes: readonly number[], patterns: PatternChange[]): Orders {
    const holder = this.#holderOf(routes[0]!)
    const reassignments = [...this.#reassignments.values()]
      .filter(({ awaited }) => awaited.has(holder))
      .map(({ reassignment }) => reassignment)
    const { maxPatternsPerControl, maxReassignmentsPerControl } = ROUTE_LIMITS
    if (patterns.length <= maxPatternsPerControl && reassignments.length <= maxReassignmentsPerControl) {
      for (const route of routes) this.#told.set(route, this.#count)
    }
    return {
      patterns: patterns
        .slice(0, maxPatternsPerControl)
        .map(({ version, from, pattern }) => ({ version, from, pattern })),
      reassignments: reassignments.slice(0, maxReassignmentsPerControl)
    }
  }
}
