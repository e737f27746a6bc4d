import { Pattern } from '../../pattern/pattern.ts'
import { commonRanges, rangesOf } from '../../pattern/range-set.ts'
import type { Extent } from '../../protocol/extent.ts'
import type { Reassignment, SeqRange } from '../../protocol/route-messages.ts'
import { Ledger, seqsOf } from '../ledger.ts'
import { OrderBook } from '../order-book.ts'
import { Pace, type Pacing } from '../pace.ts'
import {
  type Decision,
  emptyDecision,
  type Planner,
  type PlannerEvent,
  type PlannerInit,
  type RouteEstimate,
  type RouteState,
  type SteeringEvent
} from '../planner.ts'
import { Confirmations } from './confirmations.ts'
import { Lead } from './lead.ts'
import { BY_HAND, newPolicyRoute, type PolicyRoute } from './policy-route.ts'

/** Ranges of one reassignment message; longer lists are split. */
const MAX_RANGES = 1024

export type ArrivedEvent = PlannerEvent & { type: 'arrived' }

/**
 * What all policies have in common: the ledger, the orders, the routes and their credit, and the next decision being
 * put together. A policy says how it plans.
 */
export abstract class PolicyCore implements Planner {
  abstract readonly name: string
  readonly orders = new OrderBook()
  protected readonly init: PlannerInit
  protected extent: Extent
  protected readonly ledger: Ledger
  protected readonly routes = new Map<number, PolicyRoute>()
  /** Granted segments that no living route owes: they go to whichever can take them. */
  protected orphans: number[] = []
  protected consumed: number
  /** Segments were passed over: the source may have applied the last patterns from others than ordered. */
  protected needsPattern = false
  /** The pattern that is kept by hand. */
  protected pinned: Pattern | undefined
  protected pace: Pacing | undefined
  #isPaused = false
  readonly #confirmations: Confirmations | undefined
  readonly #lead = new Lead()
  /** Granted segments that are not known to be made yet, and that a holder may give to other routes than the schedule. */
  #doubtful: Array<SeqRange & { holder: string }> = []
  /** Ids of the reassignments that give orphans away: `fromRoute` owed none of their segments. */
  readonly #adoptions = new Set<number>()
  #decision: Decision
  /** The time of the event or plan that is at work. */
  #nowMs = 0

  constructor(init: PlannerInit) {
    this.init = init
    this.extent = init.extent
    this.ledger = new Ledger(init.extent)
    this.consumed = init.extent.firstSeq
    this.pace = init.pace
    if (init.cutover === 'sync') this.#confirmations = new Confirmations()
    this.#decision = emptyDecision(init.extent.firstSeq)
  }

  handle(event: PlannerEvent, nowMs: number): void {
    this.#nowMs = nowMs
    switch (event.type) {
      case 'routeAdded':
        this.#add(event, nowMs)
        break
      case 'routeAsked':
        this.route(event.route).isAsked = true
        break
      case 'routeOpened':
        this.#opened(event.route, event.rttMs, nowMs)
        break
      case 'routeClosed':
        this.#closed(event.route, event.reason, nowMs)
        break
      case 'testReply':
        this.onTestReply(this.route(event.route), event.rttMs, event.bytes, event.spreadMs)
        break
      case 'arrived':
        this.#arrived(event, nowMs)
        break
      case 'dropped':
        this.#returned(this.route(event.route), event)
        this.#addOrphans(this.ledger.disown(event.route, event.ranges))
        this.onDropped(this.route(event.route), nowMs)
        break
      case 'held':
        this.onHeld(this.route(event.route), nowMs)
        break
      case 'patternApplied':
        this.#applied(this.route(event.route).holder, event.version, event.from)
        break
      case 'reassigned':
        this.#reassigned(this.route(event.route).holder, event.id, event.kept)
        break
      case 'consumed':
        this.consumed = event.seq
        break
      case 'extentGrew':
        this.#grew(event)
        this.onGrown(nowMs)
        break
      case 'passed':
        this.ledger.pass(event.seq)
        this.needsPattern = true
        break
      default:
        this.#steer(event)
    }
  }

  plan(nowMs: number): Decision {
    this.#nowMs = nowMs
    this.orders.forgetBelow(this.ledger.next)
    if (!this.ledger.complete) this.decide(nowMs)
    const decision = this.#decision
    decision.horizon = this.ledger.horizon
    this.#decision = emptyDecision(this.ledger.horizon)
    return decision
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    const pattern = this.ledger.schedule.entries.at(-1)?.pattern
    return new Map(
      [...this.routes.values()].map(record => [
        record.route,
        {
          state: record.state,
          rttMs: record.rttMs,
          outstandingBytes: this.ledger.owedBytes(record.route),
          weight: pattern && record.state === 'open' ? pattern.weightOf(record.route) : 0,
          ...this.measures(record)
        }
      ])
    )
  }

  /** Plans with grantTo, setPattern, reassign, credit, setState and askForTestBlock. */
  protected abstract decide(nowMs: number): void

  protected abstract measures(
    record: PolicyRoute
  ): Pick<RouteEstimate, 'rateBytesPerSecond' | 'queueMs' | 'windowBytes' | 'isMeasured' | 'lossWaitMs'>

  protected onRouteAdded(_record: PolicyRoute, _nowMs: number): void {}
  protected onRouteOpened(_record: PolicyRoute, _nowMs: number): void {}
  protected onRouteClosed(_record: PolicyRoute, _nowMs: number): void {}
  /** A test block has come; its last byte came `spreadMs` after the reply before it, which tells the route's rate. */
  protected onTestReply(
    _record: PolicyRoute,
    _rttMs: number,
    _bytes: number,
    _spreadMs: number | undefined
  ): void {}
  /** A relay tells that segments of the route waited for a packet that was lost on a hop before the last. */
  protected onHeld(_record: PolicyRoute, _nowMs: number): void {}
  /** A segment has arrived; `fresh` is false for a duplicate. */
  protected onArrived(_record: PolicyRoute, _event: ArrivedEvent, _fresh: boolean, _nowMs: number): void {}
  /** A live content reaches further. */
  protected onGrown(_nowMs: number): void {}

  /** Segments that the route owed were dropped, as they were needed no more. */
  protected onDropped(_record: PolicyRoute, _nowMs: number): void {}
  /** A pattern is pinned or not any more, or a route set aside or put back. */
  protected onSteered(): void {}
  /** A route that was set aside may carry again: its silence meanwhile says nothing. */
  protected onPutBack(_record: PolicyRoute, _nowMs: number): void {}
  protected onLatencyChanged(_latencyMs: number | undefined): void {}

  /** Whether a new pattern waits for the word of all holders. */
  protected get isSynchronous(): boolean {
    return this.#confirmations !== undefined
  }

  protected route(route: number): PolicyRoute {
    return this.routes.get(route)!
  }

  protected isUsable(route: number): boolean {
    const state = this.routes.get(route)?.state
    return state === 'open' || state === 'late'
  }

  /** The farthest horizon for which the client has memory. */
  protected memoryHorizon(): number {
    return this.consumed + Math.max(1, Math.floor(this.init.memoryBytes / this.extent.segmentBytes))
  }

  /** The farthest horizon that the content, memory, pace and patterns which are not confirmed allow now. */
  protected farthestHorizon(): number {
    const { horizon, givenTo } = this.ledger
    if (this.#isPaused) return horizon
    const barrier =
      this.#confirmations?.barrier(this.orders, this.routes.values()) ?? Number.POSITIVE_INFINITY
    const segments = this.pace?.segments(this.extent.segmentBytes, this.#nowMs) ?? Number.POSITIVE_INFINITY
    const reach = this.#lead.reach(this.extent, this.routes.values())
    return Math.max(horizon, Math.min(reach, this.memoryHorizon(), barrier, givenTo + segments))
  }

  /** Grants segments up to `horizon`, as far as memory and pace allow. */
  protected grantTo(horizon: number): void {
    this.#given(() => this.ledger.extend(Math.min(horizon, this.farthestHorizon())))
  }

  /** Does what may give segments to routes. */
  #given(give: () => void): void {
    const before = this.ledger.givenTo
    give()
    this.pace?.take(this.extent.bytesBetween(before, this.ledger.givenTo))
    this.#orphanOwedByTheClosed()
  }

  /**
   * Orders a new pattern. It applies from `from`, or from the first segment that no cursor can have passed and no
   * unanswered reassignment names, whichever is later: there every holder applies it alike, without asking the others.
   * Under a synchronous cut-over that is never below the horizon. Returns that cut-over.
   */
  protected setPattern(from: number, pattern: Pattern): number {
    const { horizon } = this.ledger
    const cutOver = from >= horizon ? from : Math.max(from, this.isSynchronous ? horizon : this.#firstFree())
    const change = this.orders.orderPattern(cutOver, pattern)
    this.#confirmations?.ordered(change)
    this.#decision.patterns.push(change)
    this.ledger.applyPattern(cutOver, pattern)
    if (cutOver < horizon) this.#orphanOwedByTheClosed()
    return cutOver
  }

  /**
   * Moves or copies segments to another route. A move takes only those that the source has not sent yet; from one holder
   * to another all is copied, as neither knows what the other has sent. Returns the orders that this takes.
   */
  protected reassign(
    seqs: readonly number[],
    fromRoute: number,
    toRoute: number,
    isCopy: boolean
  ): Reassignment[] {
    if (seqs.length === 0 || fromRoute === toRoute) return []
    const copy = isCopy || this.routes.get(fromRoute)?.holder !== this.routes.get(toRoute)?.holder
    const orders: Reassignment[] = []
    // A segment is an orphan twice when a pattern has given it, an orphan already, to a route that was closed.
    const ranges = rangesOf([...new Set(seqs)].sort((a, b) => a - b))
    for (let i = 0; i < ranges.length; i += MAX_RANGES) {
      const part = ranges.slice(i, i + MAX_RANGES)
      orders.push(this.orders.orderReassignment({ fromRoute, toRoute, copy, ranges: part }))
    }
    this.#decision.reassignments.push(...orders)
    if (copy) this.ledger.copy(seqs, fromRoute, toRoute, this.isUsable(fromRoute))
    else this.ledger.move(seqs, fromRoute, toRoute)
    return orders
  }

  /** Gives orphans to `toRoute`, whether they were sent before or not. */
  protected adopt(seqs: readonly number[], toRoute: number): void {
    const former = [...this.routes.values()].filter(record => record.route !== toRoute)
    // Where there was no other route, another letter will do: its segments count as not sent.
    const { route: from } = former.find(record => record.state === 'closed') ??
      former[0] ?? { route: toRoute === 0 ? 1 : 0 }
    for (const { id } of this.reassign(seqs, from, toRoute, true)) this.#adoptions.add(id)
  }

  /** Gives the route credit for `windowBytes` under way; credit once given stays. */
  protected credit(record: PolicyRoute, windowBytes: number): void {
    record.limitBytes = Math.max(record.limitBytes, Math.ceil(record.receivedBytes + windowBytes))
    this.#decision.credits.push({ route: record.route, limitBytes: record.limitBytes })
  }

  /** The backlog: bytes that the route still has to carry, even if another route has brought them meanwhile. */
  protected backlogBytes(record: PolicyRoute): number {
    const { route, receivedBytes } = record
    return Math.max(this.ledger.owedBytes(route), this.ledger.assignedBytes(route) - receivedBytes)
  }

  /** Bytes of the backlog that the source may have sent already: the last segment may exceed the credit. */
  protected sentBytes(record: PolicyRoute): number {
    const sent = Math.min(
      this.ledger.assignedBytes(record.route),
      record.limitBytes + this.extent.segmentBytes
    )
    return Math.max(0, sent - record.receivedBytes)
  }

  /** Enters the route's new state; one that is set aside and would be open is parked. */
  protected setState(record: PolicyRoute, wanted: RouteState, why: string): void {
    const [state, reason] =
      record.isAside && wanted !== 'closed' ? (['parked', record.asideReason] as const) : [wanted, why]
    if (record.state === state) return
    record.state = state
    this.#decision.states.push({ route: record.route, state, reason })
  }

  /** Asks for a test block: the decision's `probes`. */
  protected askForTestBlock(record: PolicyRoute, replyBytes: number): void {
    this.#decision.probes.push({ route: record.route, replyBytes })
  }

  #steer(event: SteeringEvent): void {
    switch (event.type) {
      case 'pinned':
        this.pinned = event.pattern === undefined ? undefined : Pattern.parse(event.pattern)
        this.onSteered()
        break
      case 'aside': {
        const record = this.route(event.route)
        record.isAside = event.isAside
        record.asideReason = event.reason ?? BY_HAND
        if (record.state !== 'opening' && record.state !== 'closed')
          this.setState(record, 'open', record.asideReason)
        if (!event.isAside) this.onPutBack(record, this.#nowMs)
        this.onSteered()
        break
      }
      case 'paused':
        this.#isPaused = event.isPaused
        break
      case 'limited':
        this.pace ??= new Pace()
        this.pace.limit?.(event.rateBytesPerSecond)
        break
      case 'latencyChanged':
        this.onLatencyChanged(event.latencyMs)
    }
  }

  #grew(event: PlannerEvent & { type: 'extentGrew' }): void {
    const before = this.ledger.givenTo
    this.extent = this.extent.grownTo(event)
    this.#lead.grown(this.extent, event.toldMs)
    this.#given(() => this.ledger.grow(this.extent))
    for (const { holder, from, to } of this.#doubtful)
      this.#doubt(holder, { from: Math.max(from, before), to })
    this.#doubtful = this.#doubtful.filter(({ to }) => to > this.ledger.givenTo)
  }

  #add(event: PlannerEvent & { type: 'routeAdded' }, nowMs: number): void {
    const { route, holder } = event
    const record = newPolicyRoute(event, nowMs)
    this.routes.set(route, record)
    this.orders.routeAdded(route, holder)
    // Another route may have had this letter before.
    this.ledger.settle(route, 0)
    this.onRouteAdded(record, nowMs)
  }

  #opened(route: number, rttMs: number, nowMs: number): void {
    const record = this.route(route)
    record.rttMs = rttMs
    record.openedAtMs = nowMs
    record.lastArrivalMs = nowMs
    this.setState(record, 'open', '')
    this.onRouteOpened(record, nowMs)
  }

  #closed(route: number, reason: string, nowMs: number): void {
    const record = this.routes.get(route)
    if (!record || record.state === 'closed') return
    // Its holder may see later that it has closed, and take its cursor into account until then.
    record.passedBelow = this.#mayHavePassed(record)
    this.setState(record, 'closed', reason)
    this.orphans = [...new Set([...this.orphans, ...this.ledger.orphan(route)])].sort((a, b) => a - b)
    this.orders.routeClosed(route)
    for (const id of this.#adoptions) if (!this.orders.unanswered.has(id)) this.#adoptions.delete(id)
    this.onRouteClosed(record, nowMs)
  }

  #arrived(event: ArrivedEvent, nowMs: number): void {
    const record = this.route(event.route)
    this.#received(record, event.bytes)
    record.lastArrivalMs = nowMs
    this.onArrived(record, event, this.ledger.arrived(event.seq), nowMs)
  }

  #received(record: PolicyRoute, bytes: number): void {
    record.receivedBytes += bytes
    // Bytes that were given up for lost have come after all.
    if (record.receivedBytes > this.ledger.assignedBytes(record.route)) {
      this.ledger.settle(record.route, record.receivedBytes)
    }
  }

  /**
   * Counts bytes that were given and will not come. Who lies may name any number: of a relay's word at most what the
   * route got counts. A holder may go by patterns that newer ones had replaced before it heard of them, and skip what
   * these gave to the route: of its word all that was ever granted counts, too.
   */
  #returned(record: PolicyRoute, { bytes, skipped }: PlannerEvent & { type: 'dropped' }): void {
    const grantedBytes = skipped ? this.extent.bytesBetween(this.extent.firstSeq, this.ledger.givenTo) : 0
    const leftBytes = this.ledger.givenBytes(record.route) + grantedBytes - record.receivedBytes
    this.#received(record, Math.min(bytes, Math.max(0, leftBytes)))
  }

  /** Enters segments that nobody owes now: these may be more than a function takes as arguments. */
  #addOrphans(seqs: readonly number[]): void {
    for (const seq of seqs) this.orphans.push(seq)
  }

  /** A holder says which segments of a reassignment it had sent already: that of `fromRoute` alone can know. */
  #reassigned(holder: string, id: number, told: readonly SeqRange[]): void {
    const move = this.orders.reassigned(id, holder)
    if (!move || this.#adoptions.has(id) || this.routes.get(move.fromRoute)?.holder !== holder) return
    // A relay that lies may name segments that were not to be moved.
    const kept = commonRanges(told, move.ranges)
    if (this.routes.get(move.fromRoute)?.state === 'closed') {
      // Segments that the closed route had sent may never arrive, and the source has given them to no other.
      if (!move.copy) this.#addOrphans(this.ledger.disown(move.toRoute, kept))
    } else if (move.copy) {
      const sent = new Set(seqsOf(kept))
      const unsent = [...seqsOf(move.ranges)].filter(seq => !sent.has(seq))
      // A later reassignment may have given some of them back to this route alone: nobody owes these now.
      this.#addOrphans(this.ledger.unsent(unsent, move.fromRoute))
    } else {
      this.ledger.restore(kept, move.fromRoute, move.toRoute)
      const record = this.route(move.fromRoute)
      for (const seq of record.kept) if (this.ledger.has(seq)) record.kept.delete(seq)
      for (const seq of seqsOf(kept)) record.kept.add(seq)
    }
  }

  /**
   * A holder has answered a pattern. Where it applies it from another segment on than ordered, nobody knows which
   * segments its routes bring between the two: others bring these, too.
   */
  #applied(holder: string, version: number, actual: number): void {
    const pattern = this.orders.patternApplied(version, holder)
    if (!pattern || pattern.from === actual) return
    const between = { from: Math.min(pattern.from, actual), to: Math.max(pattern.from, actual) }
    this.#doubt(holder, between)
    if (between.to > this.ledger.givenTo) this.#doubtful.push({ holder, ...between })
  }

  /** Nobody knows which of the segments the holder's routes bring. */
  #doubt(holder: string, range: SeqRange): void {
    for (const record of this.routes.values()) {
      if (record.holder === holder) this.#addOrphans(this.ledger.disown(record.route, [range]))
    }
    this.orphans.sort((a, b) => a - b)
  }

  /** The first segment that no holder's cursor can have passed, and that no unanswered reassignment names. */
  #firstFree(): number {
    const cursors = [...this.routes.values()].map(record =>
      record.state === 'closed' ? record.passedBelow : this.#mayHavePassed(record)
    )
    return Math.max(this.ledger.next, this.orders.reassignedEnd, ...cursors)
  }

  /** The first segment that the route's cursor cannot have passed, by its credit: the last segment may exceed that. */
  #mayHavePassed({ route, limitBytes, receivedBytes }: PolicyRoute): number {
    const most = Math.max(0, Math.floor((limitBytes - receivedBytes) / this.extent.segmentBytes)) + 1
    const owed = this.ledger.owed(route)
    if (owed.size < most) return this.ledger.horizon
    return [...owed].sort((a, b) => a - b)[most - 1]! + 1
  }

  /** Makes orphans of what a pattern grants to a route that has closed since. */
  #orphanOwedByTheClosed(): void {
    for (const { route, state } of this.routes.values()) {
      if (state === 'closed') this.#addOrphans(this.ledger.orphan(route))
    }
    this.orphans.sort((a, b) => a - b)
  }
}
