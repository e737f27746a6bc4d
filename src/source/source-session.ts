import { AnabranchError, WireStatus } from '../errors.ts'
import { RangeSet } from '../pattern/range-set.ts'
import { RouteCursor, Schedule } from '../pattern/schedule.ts'
import type { Extent, ExtentInit } from '../protocol/extent.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import type {
  Control,
  PatternApplied,
  PatternChange,
  Reassignment,
  Report,
  RouteMessage,
  SeqRange
} from '../protocol/route-messages.ts'
import { LENGTHS_AHEAD } from '../protocol/segment-lengths.ts'
import { SESSION_LIMITS as LIMITS } from './limits.ts'
import { RouteHeads, type SessionHead, SessionHeads } from './session-heads.ts'

/** A client gave orders that no honest client gives. */
export class InvalidOrderError extends AnabranchError {
  constructor(what: string) {
    super('ERR_INVALID_ORDER', `The client's orders make no sense: ${what}`, {
      wireStatus: WireStatus.invalidRequest
    })
  }
}

export interface SourceSessionInit {
  /** The source's peer id, which its reports name. */
  peerId: string
  /** What the client asks for: segments below it are with the client already. */
  extent: Extent
  /** Segments whose hashes travel together; 0 for none. */
  hashGroupSegments: number
  /** The newest head of a live content; absent for one that is finished from the start. */
  head?: SessionHead
}

/** The next thing that a route should send. */
export type SourceAction =
  | { kind: 'message'; message: RouteMessage }
  /** `count`: of a live content, the segments of the tree to whose root the proof has to lead. */
  | { kind: 'hashes'; group: number; count?: number }
  | { kind: 'segment'; seq: number; repair: boolean }

interface RouteState {
  cursor: RouteCursor
  creditBytes: number
  sentBytes: number
  /** Segments given to this route by reassignment. */
  repairs: RangeSet
  /** This route's set in `#withdrawn`: segments that it must not send. */
  skipped: RangeSet
  /** Segments that this route has sent and the client does not have yet. */
  sent: RangeSet
  hashGroups: RangeSet
  /** What the route has told of a live content's heads. */
  heads: RouteHeads
  /** The first segment whose length it has not told. */
  lengthsTo: number
  messages: RouteMessage[]
  /** Ranges in `messages`. */
  waitingRanges: number
}

/**
 * The source's view of one client's session, all routes together: the schedule, and how far each
 * route has walked it. Orders come in by `apply`, from whichever route they arrived on; `next` says
 * what a route sends now. Pure: no I/O, no clock.
 *
 * Cut-over rule (the only one): a new pattern applies from the segment that the client asked for,
 * or from the first segment that no route has passed, whichever is later. So no route has to go
 * back, and no segment that the new pattern gives to a route lies behind that route's cursor. The
 * client is told the number that holds.
 *
 * Orders take effect one after the other, within one message patterns before reassignments, and
 * every route is told of them in that order. A pattern ends all reassignments at or past its
 * cut-over.
 */
export class SourceSession {
  readonly #init: SourceSessionInit
  readonly #schedule = new Schedule()
  readonly #routes = new Map<number, RouteState>()
  /**
   * Segments that the schedule gives to a route, open or not, and that a reassignment has taken
   * away from it.
   */
  readonly #withdrawn = new Map<number, RangeSet>()
  readonly #reports: Report[] = []
  #reportedRanges = 0
  /** Groups whose hashes some route has sent; `#hashedGroups` are those that the client says it has. */
  readonly #offeredGroups = new RangeSet()
  readonly #hashedGroups = new RangeSet()
  readonly #heads = new SessionHeads()
  #extent: Extent
  /** The first segment whose length no route has told. */
  #lengthsTo = 0
  #patternVersion = 0
  #reassignmentId = 0
  /** As the client has granted it: this may be beyond what is known here of a live content. */
  #granted: number
  #done: number

  constructor(init: SourceSessionInit) {
    this.#init = init
    this.#extent = init.extent
    this.#granted = init.extent.firstSeq
    this.#done = init.extent.firstSeq
    if (init.head) this.#heads.add(init.head)
  }

  /** True once the client has said that it holds everything. */
  get finished(): boolean {
    return this.extent.endsBy(this.#done)
  }

  get extent(): Extent {
    return this.#extent
  }

  /** A live content has grown, or ended: every route tells the head before it sends what that covers. */
  grow(head: SessionHead, edge: Pick<ExtentInit, 'endBytes' | 'edgeSeq'>): void {
    this.#extent = this.#extent.grownTo(edge)
    this.#heads.add(head)
  }

  get done(): number {
    return this.#done
  }

  get routes(): number[] {
    return [...this.#routes.keys()]
  }

  /** A route joins; what was ordered before applies to it too. Throws InvalidOrderError when its letter is taken. */
  addRoute(route: number): void {
    if (this.#routes.has(route)) throw new InvalidOrderError(`route ${route} is open already`)
    this.#routes.set(route, {
      cursor: new RouteCursor(this.#schedule, route, this.#done),
      creditBytes: 0,
      sentBytes: 0,
      repairs: new RangeSet(),
      skipped: this.#withdrawnFrom(route),
      sent: new RangeSet(),
      hashGroups: new RangeSet(),
      heads: new RouteHeads(),
      lengthsTo: this.#done,
      messages: [],
      waitingRanges: 0
    })
    for (const report of this.#reports) this.queue(route, { kind: 'report', ...report })
  }

  removeRoute(route: number): void {
    this.#routes.delete(route)
  }

  /**
   * Has `route` send `message` before any further segment. Only the last test reply waits: it
   * replaces an earlier one. Throws InvalidOrderError when the client asks for more than it reads.
   */
  queue(route: number, message: RouteMessage): void {
    const state = this.#routes.get(route)
    if (!state) return
    const { messages } = state
    const waiting = message.kind === 'testReply' ? messages.findIndex(({ kind }) => kind === 'testReply') : -1
    if (waiting >= 0) messages.splice(waiting, 1)
    const waitingRanges = state.waitingRanges + rangesIn(message)
    if (messages.length >= LIMITS.maxWaitingMessages || waitingRanges > LIMITS.maxWaitingRanges)
      throw new InvalidOrderError('answers to it are not read')
    messages.push(message)
    state.waitingRanges = waitingRanges
  }

  /** Takes the client's orders. Those known already have no effect. Throws InvalidOrderError. */
  apply(control: Control): void {
    this.#advance(control)
    const report: Report = { source: this.#init.peerId, patterns: [], reassigned: [] }
    for (const change of control.patterns) {
      if (change.version <= this.#patternVersion) continue
      report.patterns.push(this.#cutOver(change))
    }
    for (const reassignment of control.reassignments) {
      if (reassignment.id <= this.#reassignmentId) continue
      this.#reassignmentId = reassignment.id
      report.reassigned.push({ id: reassignment.id, kept: this.#reassign(reassignment) })
    }
    if (report.patterns.length + report.reassigned.length === 0) return
    this.#remember(report)
    for (const route of this.#routes.keys()) this.queue(route, { kind: 'report', ...report })
  }

  /**
   * Returns what `route` should send now, and counts it as sent; undefined when the route has
   * nothing to send, or no credit, or is at the horizon.
   */
  next(route: number): SourceAction | undefined {
    const state = this.#routes.get(route)
    if (!state) return undefined
    const head = this.#heads.nextOn(state.heads, this.#done)
    if (head) return { kind: 'message', message: { kind: 'head', bytes: head.bytes } }
    const lengths = this.#lengths(state)
    if (lengths) return lengths
    const message = state.messages.shift()
    if (message) {
      state.waitingRanges -= rangesIn(message)
      return { kind: 'message', message }
    }
    if (state.sentBytes >= state.creditBytes) return undefined
    const repairSeq = this.#nextRepair(state) ?? Number.POSITIVE_INFINITY
    const scheduledSeq = this.#nextScheduled(state) ?? Number.POSITIVE_INFINITY
    const seq = Math.min(repairSeq, scheduledSeq)
    if (seq === Number.POSITIVE_INFINITY) return undefined
    const group = this.#missingHashGroup(state, seq)
    if (group !== undefined) return this.#hashes(state, group)
    const repair = seq === repairSeq
    if (repair) state.repairs.delete(seq)
    else state.cursor.passed(seq)
    state.sent.add(seq)
    state.sent.keepHighest(LIMITS.maxRangesPerSet)
    state.sentBytes += this.extent.lengthOf(seq)
    return { kind: 'segment', seq, repair }
  }

  #cutOver({ version, from: asked, pattern }: PatternChange): PatternApplied {
    this.#patternVersion = version
    const first = this.#firstUnpassed()
    // A source that starts anew counts the elements of a pattern in force from where the one before did.
    const from = first === this.extent.firstSeq ? asked : Math.max(asked, first)
    this.#schedule.append(from, pattern)
    if (this.#schedule.entries.length > LIMITS.maxPatternsAhead)
      throw new InvalidOrderError('too many patterns ahead')
    if (this.#schedule.places > LIMITS.maxPatternPlaces)
      throw new InvalidOrderError('the patterns ahead have too many elements')
    this.#endReassignments(from)
    return { version, from }
  }

  #remember(report: Report): void {
    this.#reports.push(report)
    this.#reportedRanges += keptRangesIn(report)
    while (
      this.#reports.length > LIMITS.maxRememberedReports ||
      this.#reportedRanges > LIMITS.maxRememberedRanges
    ) {
      this.#reportedRanges -= keptRangesIn(this.#reports.shift()!)
    }
  }

  #advance(control: Control): void {
    this.#granted = Math.max(this.#granted, control.horizon)
    const hashed = control.hashed.filter(group => !this.extent.endsBy(group * this.#init.hashGroupSegments))
    this.#hashedGroups.addAll(new RangeSet(hashed.map(group => ({ from: group, to: group + 1 }))))
    this.#hashedGroups.keepHighest(LIMITS.maxRangesPerSet)
    if (control.done > this.#done) this.#forgetBelow(this.#known(control.done))
    for (const { route, limitBytes } of control.credits) {
      const state = this.#routes.get(route)
      if (state && limitBytes > state.creditBytes) state.creditBytes = limitBytes
    }
  }

  /** `done`, or the first segment of whose length the client can know nothing. */
  #known(done: number): number {
    const most = this.extent.lengths ? Math.max(this.#done, this.#lengthsTo) : Number.POSITIVE_INFINITY
    return Math.min(this.extent.capped(done), most)
  }

  #forgetBelow(done: number): void {
    this.#done = done
    const groups = Math.floor(done / this.#init.hashGroupSegments)
    for (const state of this.#routes.values()) {
      this.#dropBelow(state, done)
      state.sent.deleteBelow(done)
      state.hashGroups.deleteBelow(groups)
      state.heads.forgetBelow(done)
    }
    for (const seqs of this.#withdrawn.values()) seqs.deleteBelow(done)
    this.#offeredGroups.deleteBelow(groups)
    this.#hashedGroups.deleteBelow(groups)
    this.#schedule.prune(done)
  }

  /**
   * Takes from a route the segments below `done` that it had still to send. These are counted and
   * not walked through, for there is no bound to how many a client may pass over at once; only as
   * many are walked through as one message tells.
   */
  #dropBelow(state: RouteState, done: number): void {
    const { cursor, repairs, skipped, sent } = state
    const start = cursor.seq
    const dropped = repairs.within(0, done)
    const others = dropped.within(start, done)
    others.addAll(skipped.within(start, done))
    others.addAll(sent.within(start, done))
    const scheduled = (from: number, to: number) => this.#schedule.countFor(cursor.route, from, to)
    let count = dropped.size + scheduled(start, done)
    for (const { from, to } of others) count -= scheduled(from, to)
    const last = this.extent.lastSeq
    const isLastScheduled = done > last && scheduled(Math.max(start, last), done) > 0 && !others.has(last)
    const bytes = this.extent.bytesOf(count, isLastScheduled || dropped.has(last))
    // Segments that differ in size are all walked through: they are no more than the client was told the lengths of.
    const most = this.extent.lengths ? Number.POSITIVE_INFINITY : ROUTE_LIMITS.maxRangesPerMessage
    for (let told = 0; told < most; told++) {
      const seq = cursor.peek(done)
      if (seq === undefined) break
      cursor.passed(seq)
      if (!others.has(seq)) dropped.add(seq)
    }
    cursor.passed(done - 1)
    repairs.deleteBelow(done)
    this.#tellSkipped(state, this.extent.lengths ? this.#bytesIn(dropped) : bytes, dropped)
  }

  #bytesIn(seqs: RangeSet): number {
    let bytes = 0
    for (const { from, to } of seqs) bytes += this.extent.bytesBetween(from, to)
    return bytes
  }

  /**
   * Counts segments that the client no longer needs as sent, and tells that they are skipped, so that its
   * account of the bytes still to come over the route stays right. Earlier ones that are not told yet are
   * told together with them.
   */
  #tellSkipped(state: RouteState, bytes: number, seqs: RangeSet): void {
    if (bytes === 0) return
    state.sentBytes += bytes
    const waiting = state.messages.at(-1)
    const before = waiting?.kind === 'skipped' ? waiting : undefined
    if (before) {
      state.messages.pop()
      state.waitingRanges -= before.ranges.length
    }
    // The client has these segments: it needs the bytes, and the ranges only as far as a message holds them.
    const ranges = [...new RangeSet([...(before?.ranges ?? []), ...seqs])]
    ranges.length = Math.min(ranges.length, ROUTE_LIMITS.maxRangesPerMessage)
    state.messages.push({ kind: 'skipped', bytes: bytes + (before?.bytes ?? 0), ranges })
    state.waitingRanges += ranges.length
  }

  #endReassignments(from: number): void {
    for (const { repairs } of this.#routes.values()) repairs.deleteFrom(from)
    for (const seqs of this.#withdrawn.values()) seqs.deleteFrom(from)
  }

  #withdrawnFrom(route: number): RangeSet {
    const seqs = this.#withdrawn.get(route) ?? new RangeSet()
    this.#withdrawn.set(route, seqs)
    return seqs
  }

  /** The first segment that no route's cursor has passed. */
  #firstUnpassed(): number {
    let seq = this.#done
    for (const { cursor } of this.#routes.values()) seq = Math.max(seq, cursor.seq)
    return seq
  }

  get #horizon(): number {
    return this.extent.capped(this.#granted)
  }

  #nextRepair({ repairs }: RouteState): number | undefined {
    return repairs.first !== undefined && repairs.first < this.#horizon ? repairs.first : undefined
  }

  #nextScheduled({ cursor, skipped, sent }: RouteState): number | undefined {
    const horizon = this.#horizon
    let seq = cursor.peek(horizon)
    while (seq !== undefined && (skipped.has(seq) || sent.has(seq) || this.extent.isEmpty(seq))) {
      cursor.passed(seq)
      seq = cursor.peek(horizon)
    }
    // All are deleted at once: one by one, each deletion would move the ranges behind it.
    skipped.deleteBelow(cursor.seq)
    return seq
  }

  /**
   * Returns the group whose hashes have to go before `seq` on this route: the segment's own, unless
   * the client has them or this route has sent them; then the next group, ahead of time, unless any
   * route has sent it. So in the long run each group is sent once.
   */
  #missingHashGroup(state: RouteState, seq: number): number | undefined {
    const { hashGroupSegments } = this.#init
    if (hashGroupSegments === 0) return undefined
    const group = Math.floor(seq / hashGroupSegments)
    const isKnown = this.#hashedGroups.has(group) || state.hashGroups.has(group) || state.heads.hasLeaf(seq)
    if (!isKnown) return group
    const next = group + 1
    const isNeeded =
      this.#isWhole(next) &&
      !this.#offeredGroups.has(next) &&
      !state.heads.hasLeaf((next + 1) * hashGroupSegments - 1)
    return isNeeded ? next : undefined
  }

  /** Whether all segments of a group are there that ever will be, and there are some. */
  #isWhole(group: number): boolean {
    const { edgeSeq = Number.POSITIVE_INFINITY } = this.extent
    const { hashGroupSegments } = this.#init
    return !this.extent.endsBy(group * hashGroupSegments) && (group + 1) * hashGroupSegments <= edgeSeq
  }

  /**
   * The lengths that a route tells now, where segments differ in size: those of what its last head covers, as far as the client
   * takes them.
   */
  #lengths(state: RouteState): SourceAction | undefined {
    const { lengths } = this.extent
    if (!lengths) return undefined
    const from = Math.max(state.lengthsTo, this.#done)
    const most = Math.min(state.heads.count ?? 0, this.#done + LENGTHS_AHEAD)
    if (from >= most) return undefined
    // It is kept no longer, which reading it tells.
    if (from < lengths.begin) return { kind: 'segment', seq: from, repair: false }
    const to = Math.min(most, from + ROUTE_LIMITS.maxLengthsPerMessage)
    state.lengthsTo = to
    this.#lengthsTo = Math.max(this.#lengthsTo, to)
    const told = { from, atByte: lengths.before(from), lengths: lengths.between(from, to) }
    return { kind: 'message', message: { kind: 'lengths', ...told } }
  }

  /** Tells the hashes of a group. Of one that is not whole yet they are told again when it has grown. */
  #hashes(state: RouteState, group: number): SourceAction {
    const { count } = state.heads
    if (this.#isWhole(group)) {
      state.hashGroups.add(group)
      this.#offeredGroups.add(group)
    } else state.heads.told(group * this.#init.hashGroupSegments)
    return { kind: 'hashes', group, ...(count === undefined ? {} : { count }) }
  }

  /**
   * Moves or copies segments from one route to another. Returns those that the first route has sent
   * already.
   */
  #reassign({ fromRoute, toRoute, copy, ranges }: Reassignment): SeqRange[] {
    const from = this.#routes.get(fromRoute)
    const to = this.#routes.get(toRoute)
    const asked = new RangeSet(ranges)
    const needless = asked.within(0, this.#done)
    const wanted = asked.within(this.#done, this.extent.lastSeq + 1)
    const sent = from ? takeFrom(from, wanted) : new RangeSet()
    const withdrawn = this.#withdrawnFrom(fromRoute)
    // A route that opens only later must not send it either.
    if (!from) withdrawn.addAll(wanted)
    to?.repairs.addAll(copy ? wanted : wanted.difference(sent))
    if ([to?.repairs, withdrawn].some(isTooMuch))
      throw new InvalidOrderError('too many segments reassigned at once')
    if (to && copy) this.#tellSkipped(to, this.#bytesIn(needless), needless)
    needless.addAll(sent)
    if (needless.rangeCount > ROUTE_LIMITS.maxRangesPerMessage)
      throw new InvalidOrderError('the answer to a reassignment has more ranges than a message holds')
    return [...needless]
  }
}

/** Takes from a route those segments of `wanted` that it has not sent yet. Returns those that it has sent. */
function takeFrom({ repairs, sent, skipped, cursor }: RouteState, wanted: RangeSet): RangeSet {
  const scheduled = wanted.difference(repairs)
  repairs.deleteAll(wanted)
  const isSent = scheduled.intersection(sent)
  skipped.addAll(scheduled.difference(isSent).within(cursor.seq, Number.POSITIVE_INFINITY))
  return isSent
}

function isTooMuch(seqs: RangeSet | undefined): boolean {
  if (!seqs) return false
  return seqs.size > LIMITS.maxReassignedPerRoute || seqs.rangeCount > LIMITS.maxRangesPerSet
}

function rangesIn(message: RouteMessage): number {
  if (message.kind === 'skipped') return message.ranges.length
  return message.kind === 'report' ? keptRangesIn(message) : 0
}

function keptRangesIn({ reassigned }: Report): number {
  return reassigned.reduce((sum, { kept }) => sum + kept.length, 0)
}
