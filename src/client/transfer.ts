import { RangeSet } from '../pattern/range-set.ts'
import type { OrderBook, Orders } from '../planner/order-book.ts'
import type { Decision, KnownRoute, Planner, PlannerEvent, RouteState } from '../planner/planner.ts'
import type { Extent } from '../protocol/extent.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import { groupSegmentCount, HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import {
  type Control,
  type Lengths,
  type PatternChange,
  type Plan,
  planOf,
  type RouteMessage,
  type Segment,
  type SeqRange
} from '../protocol/route-messages.ts'
import type { StreamHead } from '../protocol/stream-head.ts'
import { GrowingExtent, type Growth } from './growing-extent.ts'
import { Reassembler, type SkippedTo } from './reassembler.ts'
import type { RoutePath } from './route-table.ts'
import { SegmentMemory } from './segment-memory.ts'
import { SegmentPieces } from './segment-pieces.ts'
import { TestBlocks } from './test-blocks.ts'
import { CorruptSegmentError, UnexpectedMessageError } from './transfer-errors.ts'

export interface SegmentCheck {
  /** Takes hashes that came over the route. Returns false where they are not those of the content. */
  learn(group: number, leaves: Uint8Array, proof: Uint8Array, route: number): boolean
  /** Takes a head of a live content that came over the route and has proved to be the source's. */
  grow?(head: StreamHead, route: number): void
  /** Whether the hash of the segment is known. */
  knows(seq: number): boolean
  verify(seq: number, payload: Uint8Array): boolean
  forgetBelow(seq: number): void
}

export interface TransferInit {
  extent: Extent
  planner: Planner
  /** Checks each segment against the content's root before it is handed on. */
  check: SegmentCheck
}

export type TransferEvent =
  | { type: 'pattern'; pattern: string; predicted: number; actual: number }
  | { type: 'state'; route: number; state: RouteState; reason: string }
  | { type: 'reassigned'; from: number; to: number; segments: number; copy: boolean }

/** Orders of one holder, and the routes to it over which they go. */
interface RoutesControl {
  routes: readonly number[]
  control: Control
}

/** The messages to send now: first the plans, then the controls. */
export interface TransferStep {
  plans: Array<{ route: number; plan: Plan }>
  controls: RoutesControl[]
  tests: Array<{ route: number; nonce: number; replyBytes: number }>
  /** Payloads that are next in order by now: empty ones, and what has waited for them. */
  ready: Uint8Array[]
  events: TransferEvent[]
}

export interface RouteStats {
  /** Payload bytes that arrived, duplicates included. */
  bytes: number
  duplicateBytes: number
  segments: number
  repairs: number
}

/** Number of the fastest routes to each holder over which credit and horizon, which change at each tick, are told. */
const CREDIT_ROUTES = 2
/**
 * Interval in milliseconds at which credit and horizon are told over all routes. Both are limits
 * that only grow, so the first message that arrives counts.
 */
const TELL_ALL_MS = 300

const EMPTY = new Uint8Array(0)

/** States of routes over which the source may no longer be there. */
const SILENT_STATES: readonly (RouteState | undefined)[] = ['late', 'parked']

/**
 * The client's side of one transfer, all routes together: hands what arrives to the planner and the reassembler, and
 * turns the planner's decisions into messages. Each order goes once over every route to a holder that needs it, with its
 * `open` or in a control: a route's stream loses nothing while it lives. Pure: messages and time in, messages and ordered payloads out.
 */
export class Transfer {
  readonly #init: TransferInit
  readonly #planner: Planner
  readonly #orders: OrderBook
  readonly #reassembler: Reassembler
  readonly #memory: SegmentMemory
  /** What came under each letter, over all routes that have had it. */
  readonly #stats = new Map<number, RouteStats>()
  readonly #open = new Set<number>()
  readonly #pieces = new Map<number, SegmentPieces>()
  /** Segments that relays of an open route may drop, as copies of them are ordered elsewhere. */
  readonly #droppable = new Map<number, RangeSet>()
  /** Groups whose hashes have arrived, while they are still of use. */
  readonly #hashed = new Set<number>()
  readonly #credits = new Map<number, number>()
  readonly #tests = new TestBlocks()
  readonly #probes: Decision['probes'] = []
  #events: TransferEvent[] = []
  readonly #extent: GrowingExtent
  #horizon: number
  #consumed: number
  #toldDone: number
  /** Patterns that a holder has applied from another segment on than ordered, and of which relays on the way to it have to hear. */
  #corrected: Array<PatternChange & { holder: string }> = []
  #changed = false
  #toldAllAtMs = Number.NEGATIVE_INFINITY

  constructor(init: TransferInit) {
    this.#init = init
    this.#planner = init.planner
    this.#orders = init.planner.orders
    this.#extent = new GrowingExtent(init.extent)
    const { firstSeq, lastSeq, segmentBytes } = init.extent
    this.#reassembler = new Reassembler(firstSeq)
    this.#memory = new SegmentMemory(segmentBytes, firstSeq, lastSeq + 1 - firstSeq)
    this.#horizon = firstSeq
    this.#consumed = firstSeq
    this.#toldDone = firstSeq
  }

  /** Whether all segments have arrived. */
  get complete(): boolean {
    return this.#extent.now.endsBy(this.#reassembler.next)
  }

  /** The first segment that the source was not asked for yet. */
  get horizon(): number {
    return this.#horizon
  }

  /** What of the content is known to be there. */
  get extent(): Extent {
    return this.#extent.now
  }

  /** The number of the segment that the output waits for. */
  get next(): number {
    return this.#reassembler.next
  }

  get heldBytes(): number {
    return this.#reassembler.heldBytes
  }

  get duplicateBytes(): number {
    return this.#reassembler.duplicateBytes
  }

  get outOfSequence(): number {
    return this.#reassembler.outOfSequence
  }

  get openRoutes(): ReadonlySet<number> {
    return this.#open
  }

  get stats(): ReadonlyMap<number, RouteStats> {
    return this.#stats
  }

  /** Adds a route that is being opened. `known` is what an earlier fetch has learnt of it. */
  addRoute(
    route: number,
    {
      source,
      costMs,
      isBackup,
      price
    }: Pick<RoutePath, 'costMs' | 'isBackup' | 'price'> & { source: { peerId: string } },
    nowMs: number,
    known?: KnownRoute
  ): void {
    if (!this.#stats.has(route)) {
      this.#stats.set(route, { bytes: 0, duplicateBytes: 0, segments: 0, repairs: 0 })
    }
    this.#pieces.set(route, new SegmentPieces(this.#extent.now.segmentBytes))
    this.#droppable.set(route, new RangeSet())
    const facts = {
      ...(costMs === undefined ? {} : { costMs }),
      ...(known ? { known } : {}),
      ...(isBackup ? { backup: true } : {}),
      ...(price === undefined ? {} : { price })
    }
    this.#tell({ type: 'routeAdded', route, holder: source.peerId, ...facts }, nowMs)
  }

  routeOpened(route: number, rttMs: number, nowMs: number): void {
    const estimates = this.#planner.estimates()
    const isSilent = (other: number) => SILENT_STATES.includes(estimates.get(other)?.state)
    this.#orders.routeOpened(route, this.#alike(route).every(isSilent))
    this.#open.add(route)
    this.#tests.opened(route, rttMs, nowMs)
    this.#tell({ type: 'routeOpened', route, rttMs }, nowMs)
    this.#changed = true
  }

  routeClosed(route: number, reason: string, nowMs: number): void {
    this.#open.delete(route)
    this.#credits.delete(route)
    this.#pieces.delete(route)
    this.#droppable.delete(route)
    this.#tests.closed(route)
    this.#tell({ type: 'routeClosed', route, reason }, nowMs)
  }

  /** Tells that the output has taken everything below `seq`. */
  consumed(seq: number, nowMs: number): void {
    this.#consumed = seq
    this.#memory.freeBelow(seq)
    this.#extent.forgetBelow(seq)
    this.#tell({ type: 'consumed', seq }, nowMs)
  }

  /**
   * Takes a head that came over the route and has proved to be the source's. Returns whether the content reaches further by
   * it than was known. Throws CorruptSegmentError where it does not fit the lengths of segments.
   */
  grow(route: number, head: StreamHead, nowMs: number): boolean {
    this.#init.check.grow?.(head, route)
    return this.#grew(this.#extent.headCame(route, head), nowMs)
  }

  /**
   * Takes lengths of segments that came over the route. Returns whether the content reaches further by them than was known.
   * Throws CorruptSegmentError or UnexpectedMessageError: the route is then to be closed.
   */
  takeLengths(route: number, lengths: Lengths, nowMs: number): boolean {
    return this.#grew(this.#extent.lengthsCame(route, lengths, this.next), nowMs)
  }

  /** Goes on at `seq`, which the content reaches to, without what is missing before it. */
  skipTo(seq: number, nowMs: number): SkippedTo {
    const skipped = this.#reassembler.skipTo(seq)
    const { next } = this.#reassembler
    this.#horizon = Math.max(this.#horizon, next)
    this.#init.check.forgetBelow(next)
    this.#tell({ type: 'passed', seq: next }, nowMs)
    this.#changed = true
    return skipped
  }

  /**
   * Takes one message of the source or a relay. Returns the payloads that are next in order.
   * Throws CorruptSegmentError or UnexpectedMessageError: the route is then to be closed.
   */
  receive(route: number, message: RouteMessage, nowMs: number): Uint8Array[] {
    switch (message.kind) {
      case 'segment': {
        const segment = this.#pieces.get(route)!.add(message)
        return segment ? this.#segment(route, segment, nowMs) : []
      }
      case 'hashes':
        if ((message.group - 1) * HASH_GROUP_SEGMENTS >= this.#horizon) {
          throw new UnexpectedMessageError(
            route,
            `hashes of group ${message.group}, which lies past the horizon`
          )
        }
        if (!this.#init.check.learn(message.group, message.leaves, message.proof, route)) {
          throw new CorruptSegmentError(route, `hash of group ${message.group}`)
        }
        if (!this.#isWhole(message.group, message.leaves)) return []
        this.#hashed.add(message.group)
        this.#changed = true
        return []
      case 'testReply': {
        const answer = this.#tests.answered(route, message.nonce, nowMs)
        const bytes = message.padding.byteLength
        if (answer) this.#tell({ type: 'testReply', route, bytes, ...answer }, nowMs)
        return []
      }
      case 'report':
        for (const { version, from } of message.patterns) this.#patternApplied(route, version, from, nowMs)
        for (const { id, kept } of message.reassigned) {
          if (this.#orders.isAwaited(id, this.#holderOf(route)))
            this.#tell({ type: 'reassigned', route, id, kept }, nowMs)
        }
        return []
      case 'dropped':
        this.#checkDropped(route, message.ranges)
        this.#tell({ type: 'dropped', route, bytes: message.bytes, ranges: message.ranges }, nowMs)
        return []
      case 'skipped': {
        const { bytes, ranges } = message
        this.#tell({ type: 'dropped', route, bytes, ranges, skipped: true }, nowMs)
        return []
      }
      case 'held':
        this.#tell({ type: 'held', route, waitMs: message.waitMs }, nowMs)
        return []
      default:
        throw new UnexpectedMessageError(route, `a message of kind '${message.kind}'`)
    }
  }

  /** Plans, and returns the messages to send. */
  tick(nowMs: number): TransferStep {
    const fresh = this.#adopt(this.#planner.plan(nowMs))
    const ready = this.#takeEmpty()
    const tests = this.#probes.splice(0).map(({ route, replyBytes }) => {
      return { route, nonce: this.#tests.order(route, nowMs), replyBytes }
    })
    const isDue = fresh || this.#changed || this.#untold().length > 0
    this.#changed = false
    const events = this.#events
    this.#events = []
    const controls = isDue ? this.#controls(nowMs) : []
    return { plans: this.#plans(controls), controls, tests, ready, events }
  }

  /**
   * Makes the orders that go with the `open` of `route`, for a source that may know nothing of this
   * session yet.
   */
  openingControl(route: number, nowMs: number): Control {
    this.#tell({ type: 'routeAsked', route }, nowMs)
    this.#adopt(this.#planner.plan(nowMs))
    this.#changed = true
    const control = this.#control(this.#orders.openingOrders(route), this.#holderOf(route))
    this.#allowDrops(route, planOf(control, route))
    return control
  }

  /**
   * What the relays of each route have to hear of the orders that go over it, and of those that were corrected. Where a
   * message cannot hold all, corrections are left out: relays only count by them.
   */
  #plans(controls: readonly RoutesControl[]): TransferStep['plans'] {
    const corrected = this.#corrected.splice(0)
    return [...this.#open].flatMap(route => {
      const control = controls.find(({ routes }) => routes.includes(route))?.control
      const ordered = control && planOf(control, route)
      const corrections = corrected
        .filter(({ holder }) => holder === this.#holderOf(route))
        .map(({ holder: _, ...change }) => change)
      const patterns = [...corrections, ...(ordered?.patterns ?? [])].slice(
        -ROUTE_LIMITS.maxPatternsPerControl
      )
      const drops = ordered?.drops ?? []
      if (patterns.length + drops.length === 0) return []
      const plan = { patterns, drops, done: this.#toldDone }
      this.#allowDrops(route, plan)
      return [{ route, plan }]
    })
  }

  #allowDrops(route: number, { drops }: Plan): void {
    const droppable = this.#droppable.get(route)
    droppable?.deleteBelow(this.next)
    for (const { ranges } of drops) droppable?.addAll(new RangeSet(ranges))
  }

  /** A relay drops nothing but what its plan has told it to; what has arrived meanwhile does not matter. */
  #checkDropped(route: number, ranges: readonly SeqRange[]): void {
    const dropped = new RangeSet(ranges).within(this.next, Number.POSITIVE_INFINITY)
    if (dropped.difference(this.#droppable.get(route)!).size > 0)
      throw new UnexpectedMessageError(route, 'word of dropped segments that no relay was to drop')
  }

  #grew(growth: Growth | undefined, nowMs: number): boolean {
    if (growth) this.#tell(growth, nowMs)
    return growth !== undefined
  }

  /** Takes the empty segments below the horizon: these do not travel. Returns the payloads that are next in order. */
  #takeEmpty(): Uint8Array[] {
    const ready: Uint8Array[] = []
    for (const seq of this.#extent.emptyBelow(this.#horizon)) {
      if (!this.#reassembler.has(seq)) ready.push(...this.#reassembler.accept(seq, EMPTY).ready)
    }
    if (ready.length > 0) this.#init.check.forgetBelow(this.next)
    return ready
  }

  /** Whether these are the hashes of all segments that a group will ever have. */
  #isWhole(group: number, leaves: Uint8Array): boolean {
    const { endSeq = Number.POSITIVE_INFINITY } = this.#extent.now
    return leaves.byteLength / HASH_BYTES >= groupSegmentCount(endSeq, group)
  }

  /** The open routes over which some order has not gone yet. */
  #untold(): number[] {
    return [...this.#open].filter(route => !this.#orders.isTold(route))
  }

  /** The controls of all holders. */
  #controls(nowMs: number): RoutesControl[] {
    const groups = [...Map.groupBy(this.#open, route => this.#holderOf(route)).values()]
    const isForAll = nowMs - this.#toldAllAtMs >= TELL_ALL_MS
    const chosen = groups.map(routes => (isForAll ? routes : this.#routesToTell(routes)))
    if (chosen.every((routes, at) => routes === groups[at])) this.#toldAllAtMs = nowMs
    return chosen.map(routes => ({
      routes,
      control: this.#control(this.#orders.nextOrders(routes), this.#holderOf(routes[0]!))
    }))
  }

  /**
   * Those of the routes to one holder that get the next control. New patterns and reassignments go over every route:
   * relays follow them, and they must not wait.
   */
  #routesToTell(routes: readonly number[]): readonly number[] {
    const estimates = this.#planner.estimates()
    const fit = routes.filter(route => estimates.get(route)?.state === 'open')
    if (fit.length <= CREDIT_ROUTES) return routes
    const rttOf = (route: number) => estimates.get(route)!.rttMs
    const fastest = fit.sort((a, b) => rttOf(a) - rttOf(b)).slice(0, CREDIT_ROUTES)
    return [...new Set([...fastest, ...routes.filter(route => !this.#orders.isTold(route))])]
  }

  #holderOf(route: number): string {
    return this.#orders.holderOf(route)!
  }

  /** The open routes to the holder of this one. */
  #alike(route: number): number[] {
    return [...this.#open].filter(other => this.#holderOf(other) === this.#holderOf(route))
  }

  #tell(event: PlannerEvent, nowMs: number): void {
    this.#planner.handle(event, nowMs)
  }

  #segment(route: number, segment: Segment, nowMs: number): Uint8Array[] {
    const { seq, payload } = segment
    if (seq >= this.#horizon)
      throw new UnexpectedMessageError(route, `segment ${seq}, which lies past the horizon`)
    const duplicate = this.#reassembler.has(seq)
    const { check } = this.#init
    if (!duplicate && !check.verify(seq, payload)) {
      if (check.knows(seq)) throw new CorruptSegmentError(route, `segment ${seq}`)
      throw new UnexpectedMessageError(route, `segment ${seq} without its hash`)
    }
    const { ready } = this.#reassembler.accept(seq, duplicate ? payload : this.#memory.keep(seq, payload))
    const stats = this.#stats.get(route)!
    stats.bytes += payload.byteLength
    stats.segments++
    if (segment.repair) stats.repairs++
    if (duplicate) stats.duplicateBytes += payload.byteLength
    const bytes = payload.byteLength
    this.#tell({ type: 'arrived', route, seq, bytes, sentAtMs: segment.sentAtUs / 1000 }, nowMs)
    check.forgetBelow(this.#reassembler.next)
    return ready
  }

  #patternApplied(route: number, version: number, from: number, nowMs: number): void {
    const holder = this.#holderOf(route)
    const change = this.#orders.unansweredPattern(version, holder)
    if (!change) return
    const { from: predicted, pattern } = change
    if (from > Math.max(predicted, this.#horizon))
      throw new UnexpectedMessageError(route, `a cut-over at ${from}, which no route can have passed`)
    if (!this.#orders.isAnswered(version))
      this.#events.push({ type: 'pattern', pattern: pattern.toString(), predicted, actual: from })
    if (predicted !== from) this.#corrected.push({ holder, version, from, pattern })
    this.#tell({ type: 'patternApplied', route, version, from }, nowMs)
  }

  /** Takes over a decision. Returns whether the source has to hear of new limits. */
  #adopt(decision: Decision): boolean {
    let fresh = decision.horizon > this.#horizon || this.#consumed > this.#toldDone
    this.#horizon = Math.max(this.#horizon, decision.horizon)
    for (const reassignment of decision.reassignments) {
      this.#events.push({
        type: 'reassigned',
        from: reassignment.fromRoute,
        to: reassignment.toRoute,
        segments: reassignment.ranges.reduce((sum, range) => sum + range.to - range.from, 0),
        copy: reassignment.copy
      })
    }
    for (const { route, limitBytes } of decision.credits) {
      if (limitBytes <= (this.#credits.get(route) ?? 0)) continue
      this.#credits.set(route, limitBytes)
      fresh = true
    }
    for (const change of decision.states) this.#events.push({ type: 'state', ...change })
    this.#probes.push(...decision.probes)
    return fresh
  }

  #control(orders: Orders, holder: string): Control {
    this.#toldDone = this.#reassembler.next
    for (const group of this.#hashed) {
      if ((group + 1) * HASH_GROUP_SEGMENTS <= this.#toldDone) this.#hashed.delete(group)
    }
    return {
      ...orders,
      credits: [...this.#credits]
        .filter(([route]) => this.#holderOf(route) === holder)
        .map(([route, limitBytes]) => ({ route, limitBytes })),
      horizon: this.#horizon,
      done: this.#toldDone,
      hashed: [...this.#hashed].slice(-ROUTE_LIMITS.maxHashGroupsPerControl)
    }
  }
}
