import { AnabranchError, ExitCode } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { RangeSet } from '../pattern/range-set.ts'
import type { OrderBook, Orders } from '../planner/order-book.ts'
import type { Decision, KnownRoute, Planner, PlannerEvent, RouteState } from '../planner/planner.ts'
import type { Extent } from '../protocol/extent.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import { groupSegmentCount, HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import {
  type Control,
  type PatternChange,
  type Plan,
  planOf,
  type RouteMessage,
  type Segment,
  type SeqRange
} from '../protocol/route-messages.ts'
import { edgeOf, type StreamHead } from '../protocol/stream-head.ts'
import { Reassembler, type SkippedTo } from './reassembler.ts'
import type { RoutePath } from './route-table.ts'
import { SegmentMemory } from './segment-memory.ts'
import { SegmentPieces } from './segment-pieces.ts'

/** A route delivered bytes that the content's root hash does not vouch for. */
export class CorruptSegmentError extends AnabranchError {
  /** Which bytes: the segment, or the hashes of the group. */
  readonly what: string

  constructor(route: number, what: string) {
    super('ERR_CORRUPT', `Route ${routeName(route)} delivered a wrong ${what}; the route is dropped`, {
      exitCode: ExitCode.integrity
    })
    this.what = what
  }
}

/** A route delivered a message that was never asked for. */
export class UnexpectedMessageError extends AnabranchError {
  constructor(route: number, what: string) {
    super('ERR_UNEXPECTED_MESSAGE', `Route ${routeName(route)} sent ${what}`, { exitCode: ExitCode.network })
  }
}

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

/** The messages to send now: first the plans, then `control` over each of `controlRoutes`. */
export interface TransferStep {
  plans: Array<{ route: number; plan: Plan }>
  control: Control | undefined
  controlRoutes: number[]
  tests: Array<{ route: number; nonce: number; replyBytes: number }>
  events: TransferEvent[]
}

export interface RouteStats {
  /** Payload bytes that arrived, duplicates included. */
  bytes: number
  duplicateBytes: number
  segments: number
  repairs: number
}

/** Number of the fastest routes over which credit and horizon, which change at each tick, are told. */
const CREDIT_ROUTES = 2
/**
 * Interval in milliseconds at which credit and horizon are told over all routes. Both are limits
 * that only grow, so the first message that arrives counts.
 */
const TELL_ALL_MS = 300

/** States of routes over which the source may no longer be there. */
const SILENT_STATES: readonly (RouteState | undefined)[] = ['late', 'parked']

/** Number of the test block that is ordered with `open` and comes back right behind the answer. */
const OPENING_TEST = 0

interface PendingTest {
  route: number
  sentAtMs: number
}

/**
 * The client's side of one transfer, all routes together: hands what arrives to the planner and the reassembler, and
 * turns the planner's decisions into messages. Each order goes over every route once, with its `open` or in a control:
 * a route's stream loses nothing while it lives. Pure: messages and time in, messages and ordered payloads out.
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
  readonly #tests = new Map<number, PendingTest>()
  readonly #openedAtMs = new Map<number, { atMs: number; rttMs: number }>()
  readonly #probes: Decision['probes'] = []
  #events: TransferEvent[] = []
  #extent: Extent
  #horizon: number
  #consumed: number
  #toldDone: number
  #nextNonce = 1
  /** Patterns that the source has applied from another segment on than predicted, and that relays have to hear of. */
  #corrected: PatternChange[] = []
  #changed = false
  #toldAllAtMs = Number.NEGATIVE_INFINITY

  constructor(init: TransferInit) {
    this.#init = init
    this.#planner = init.planner
    this.#orders = init.planner.orders
    this.#extent = init.extent
    const { firstSeq, lastSeq, segmentBytes } = init.extent
    this.#reassembler = new Reassembler(firstSeq)
    this.#memory = new SegmentMemory(segmentBytes, firstSeq, lastSeq + 1 - firstSeq)
    this.#horizon = firstSeq
    this.#consumed = firstSeq
    this.#toldDone = firstSeq
  }

  /** Whether all segments have arrived. */
  get complete(): boolean {
    return this.#extent.endsBy(this.#reassembler.next)
  }

  /** The first segment that the source was not asked for yet. */
  get horizon(): number {
    return this.#horizon
  }

  /** What of the content is known to be there. */
  get extent(): Extent {
    return this.#extent
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
    { costMs, isBackup, price }: Pick<RoutePath, 'costMs' | 'isBackup' | 'price'>,
    nowMs: number,
    known?: KnownRoute
  ): void {
    if (!this.#stats.has(route)) {
      this.#stats.set(route, { bytes: 0, duplicateBytes: 0, segments: 0, repairs: 0 })
    }
    this.#pieces.set(route, new SegmentPieces(this.#extent.segmentBytes))
    this.#droppable.set(route, new RangeSet())
    const facts = {
      ...(costMs === undefined ? {} : { costMs }),
      ...(known ? { known } : {}),
      ...(isBackup ? { backup: true } : {}),
      ...(price === undefined ? {} : { price })
    }
    this.#tell({ type: 'routeAdded', route, ...facts }, nowMs)
  }

  routeOpened(route: number, rttMs: number, nowMs: number): void {
    const estimates = this.#planner.estimates()
    const isSilent = (other: number) => SILENT_STATES.includes(estimates.get(other)?.state)
    this.#orders.routeOpened(route, [...this.#open].every(isSilent))
    this.#open.add(route)
    this.#openedAtMs.set(route, { atMs: nowMs, rttMs })
    this.#tell({ type: 'routeOpened', route, rttMs }, nowMs)
    this.#changed = true
  }

  routeClosed(route: number, reason: string, nowMs: number): void {
    this.#open.delete(route)
    this.#orders.routeClosed(route)
    this.#credits.delete(route)
    this.#pieces.delete(route)
    this.#droppable.delete(route)
    this.#openedAtMs.delete(route)
    for (const [nonce, test] of this.#tests) if (test.route === route) this.#tests.delete(nonce)
    this.#tell({ type: 'routeClosed', route, reason }, nowMs)
  }

  /** Tells that the output has taken everything below `seq`. */
  consumed(seq: number, nowMs: number): void {
    this.#consumed = seq
    this.#memory.freeBelow(seq)
    this.#tell({ type: 'consumed', seq }, nowMs)
  }

  /**
   * Takes a head that came over the route and has proved to be the source's. Returns whether the content reaches further by
   * it than was known.
   */
  grow(route: number, head: StreamHead, nowMs: number): boolean {
    this.#init.check.grow?.(head, route)
    const { edgeSeq } = this.#extent
    const isNews = edgeSeq !== undefined && (head.isEnded ? head.count >= edgeSeq : head.count > edgeSeq)
    if (!isNews) return false
    const edge = edgeOf(head)
    this.#extent = this.#extent.grownTo(edge)
    this.#tell({ type: 'extentGrew', ...edge } as PlannerEvent, nowMs)
    return true
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
      case 'testReply':
        this.#testReply(route, message, nowMs)
        return []
      case 'report':
        for (const { version, from } of message.patterns) this.#patternApplied(route, version, from, nowMs)
        for (const { id, kept } of message.reassigned) {
          if (this.#orders.unanswered.has(id)) this.#tell({ type: 'reassigned', id, kept }, nowMs)
        }
        return []
      case 'dropped':
        this.#checkDropped(route, message.ranges)
        this.#tell({ type: 'dropped', route, bytes: message.bytes, ranges: message.ranges }, nowMs)
        return []
      case 'skipped':
        this.#tell({ type: 'dropped', route, bytes: message.bytes, ranges: message.ranges }, nowMs)
        return []
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
    const tests = this.#probes.splice(0).map(({ route, replyBytes }) => {
      const nonce = this.#nextNonce++
      this.#tests.set(nonce, { route, sentAtMs: nowMs })
      return { route, nonce, replyBytes }
    })
    const isDue = fresh || this.#changed || this.#untold().length > 0
    this.#changed = false
    const events = this.#events
    this.#events = []
    if (!isDue)
      return { plans: this.#plans(undefined, []), control: undefined, controlRoutes: [], tests, events }
    const controlRoutes = this.#routesToTell(nowMs)
    const control = this.#control(this.#orders.nextOrders(controlRoutes))
    return { plans: this.#plans(control, controlRoutes), control, controlRoutes, tests, events }
  }

  /**
   * Makes the orders that go with the `open` of `route`, for a source that may know nothing of this
   * session yet.
   */
  openingControl(route: number, nowMs: number): Control {
    this.#adopt(this.#planner.plan(nowMs))
    this.#changed = true
    const control = this.#control(this.#orders.openingOrders(route))
    this.#allowDrops(route, planOf(control, route))
    return control
  }

  /**
   * What the relays of each route have to hear of the orders that go over it, and of those that were corrected. Where a
   * message cannot hold all, corrections are left out: relays only count by them.
   */
  #plans(control: Control | undefined, controlRoutes: readonly number[]): TransferStep['plans'] {
    const corrected = this.#corrected.splice(0)
    return [...this.#open].flatMap(route => {
      const ordered = control && controlRoutes.includes(route) ? planOf(control, route) : undefined
      const patterns = [...corrected, ...(ordered?.patterns ?? [])].slice(-ROUTE_LIMITS.maxPatternsPerControl)
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

  /** The open routes over which some order has not gone yet. */
  /** Whether these are the hashes of all segments that a group will ever have. */
  #isWhole(group: number, leaves: Uint8Array): boolean {
    const { endSeq = Number.POSITIVE_INFINITY } = this.#extent
    return leaves.byteLength / HASH_BYTES >= groupSegmentCount(endSeq, group)
  }

  #untold(): number[] {
    return [...this.#open].filter(route => !this.#orders.isTold(route))
  }

  /**
   * The routes that get the next control. New patterns and reassignments go over every route:
   * relays follow them, and they must not wait.
   */
  #routesToTell(nowMs: number): number[] {
    if (nowMs - this.#toldAllAtMs < TELL_ALL_MS) {
      const estimates = this.#planner.estimates()
      const fit = [...this.#open].filter(route => estimates.get(route)?.state === 'open')
      const rttOf = (route: number) => estimates.get(route)!.rttMs
      if (fit.length > CREDIT_ROUTES) {
        const fastest = fit.sort((a, b) => rttOf(a) - rttOf(b)).slice(0, CREDIT_ROUTES)
        return [...new Set([...fastest, ...this.#untold()])]
      }
    }
    this.#toldAllAtMs = nowMs
    return [...this.#open]
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

  #testReply(route: number, reply: RouteMessage & { kind: 'testReply' }, nowMs: number): void {
    const bytes = reply.padding.byteLength
    const opened = this.#openedAtMs.get(route)
    if (reply.nonce === OPENING_TEST && opened) {
      const spreadMs = nowMs - opened.atMs
      this.#tell({ type: 'testReply', route, rttMs: opened.rttMs + spreadMs, bytes, spreadMs }, nowMs)
      return
    }
    const test = this.#tests.get(reply.nonce)
    if (!test || test.route !== route) return
    this.#tests.delete(reply.nonce)
    this.#tell({ type: 'testReply', route, rttMs: nowMs - test.sentAtMs, bytes }, nowMs)
  }

  #patternApplied(route: number, version: number, from: number, nowMs: number): void {
    const change = this.#orders.unansweredPattern(version)
    if (!change) return
    if (from > Math.max(change.from, this.#horizon))
      throw new UnexpectedMessageError(route, `a cut-over at ${from}, which no route can have passed`)
    this.#events.push({
      type: 'pattern',
      pattern: change.pattern.toString(),
      predicted: change.from,
      actual: from
    })
    if (change.from !== from) this.#corrected.push({ version, from, pattern: change.pattern })
    this.#tell({ type: 'patternApplied', version, from }, nowMs)
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

  #control(orders: Orders): Control {
    this.#toldDone = this.#reassembler.next
    for (const group of this.#hashed) {
      if ((group + 1) * HASH_GROUP_SEGMENTS <= this.#toldDone) this.#hashed.delete(group)
    }
    return {
      ...orders,
      credits: [...this.#credits].map(([route, limitBytes]) => ({ route, limitBytes })),
      horizon: this.#horizon,
      done: this.#toldDone,
      hashed: [...this.#hashed].slice(-ROUTE_LIMITS.maxHashGroupsPerControl)
    }
  }
}
