import { AnabranchError, WireStatus } from '../errors.ts'
import { RouteCursor, Schedule } from '../pattern/schedule.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import type { Control, Reassignment, Report, RouteMessage, SeqRange } from '../protocol/route-codec.ts'

/** Answers that may wait for one route to be read. */
const MAX_WAITING_MESSAGES = 1_024
/** Patterns of which none is outlived yet. */
const MAX_PATTERNS_AHEAD = 4_096
/** Segments that one route may hold as repairs, or be told to skip. Bounds what a client can make a source remember. */
const MAX_REASSIGNED_PER_ROUTE = 65_536
/** Sent segments that are remembered for each route; of an older one it is taken that it was not sent. */
const MAX_REMEMBERED_SENT = 65_536
/** Reports remembered, for routes that join later. */
const MAX_REMEMBERED_REPORTS = 64

/** A client gave orders that no honest client gives. */
export class InvalidOrderError extends AnabranchError {
  constructor(what: string) {
    super('ERR_INVALID_ORDER', `The client's orders make no sense: ${what}`, {
      wireStatus: WireStatus.invalidRequest
    })
  }
}

export interface SourceSessionInit {
  segmentCount: number
  /** Segments below this are with the client already. */
  firstSeq: number
  /** Payload bytes of a segment. */
  segmentLength(seq: number): number
  /** Segments whose hashes travel together; 0 for none. */
  hashGroupSegments: number
}

/** What a route should send next. */
export type SourceAction =
  | { kind: 'message'; message: RouteMessage }
  | { kind: 'hashes'; group: number }
  | { kind: 'segment'; seq: number; repair: boolean }

interface RouteState {
  cursor: RouteCursor
  creditBytes: number
  sentBytes: number
  /** Segments given to this route by reassignment, ascending. */
  repairs: number[]
  /** Of this route in `#withdrawn`. */
  skipped: Set<number>
  /** What it has sent of what the client has not, the oldest first. */
  sent: Set<number>
  hashGroups: Set<number>
  messages: RouteMessage[]
}

/**
 * What the source knows of one client's session, all routes together: the schedule, and how far each route has walked
 * it. Orders come in by `apply`, from whichever route they arrived on; `next` says what a route sends now. Pure: no I/O,
 * no clock.
 *
 * Cut-over rule (the only one): a new pattern applies from the segment that the client asked for, or from the first
 * segment that no route has passed, whichever is later. So no route has to go back, and no segment that the new pattern
 * gives to a route lies behind that route's cursor. The client is told the number that holds.
 *
 * Orders take effect one after the other, within one message patterns before reassignments, and every route is told of
 * them in that order. A pattern ends whatever was reassigned at or past its cut-over.
 */
export class SourceSession {
  readonly #init: SourceSessionInit
  readonly #schedule = new Schedule()
  readonly #routes = new Map<number, RouteState>()
  /** Segments that the schedule gives to a route, open or not, and a reassignment has taken away. */
  readonly #withdrawn = new Map<number, Set<number>>()
  readonly #reports: Report[] = []
  /** Groups whose hashes some route has sent, and those that the client says it has. */
  readonly #offeredGroups = new Set<number>()
  readonly #hashedGroups = new Set<number>()
  #patternVersion = 0
  #reassignmentId = 0
  #horizon: number
  #done: number

  constructor(init: SourceSessionInit) {
    this.#init = init
    this.#horizon = init.firstSeq
    this.#done = init.firstSeq
  }

  /** True once the client has said that it holds everything. */
  get finished(): boolean {
    return this.#done >= this.#init.segmentCount
  }

  get segmentCount(): number {
    return this.#init.segmentCount
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
      repairs: [],
      skipped: this.#withdrawnFrom(route),
      sent: new Set(),
      hashGroups: new Set(),
      messages: []
    })
    for (const report of this.#reports) this.queue(route, reportOf(report))
  }

  removeRoute(route: number): void {
    this.#routes.delete(route)
  }

  /**
   * Has `route` send `message` before any further segment. Of test replies only the last one waits. Throws
   * InvalidOrderError when the client asks for more than it reads.
   */
  queue(route: number, message: RouteMessage): void {
    const messages = this.#routes.get(route)?.messages
    if (!messages) return
    const waiting = message.kind === 'testReply' ? messages.findIndex(({ kind }) => kind === 'testReply') : -1
    if (waiting >= 0) messages.splice(waiting, 1)
    if (messages.length >= MAX_WAITING_MESSAGES) throw new InvalidOrderError('answers to it are not read')
    messages.push(message)
  }

  /** Takes the client's orders. Those known already have no effect. Throws InvalidOrderError. */
  apply(control: Control): void {
    this.#advance(control)
    const report: Report = { patterns: [], reassigned: [] }
    for (const change of control.patterns) {
      if (change.version <= this.#patternVersion) continue
      this.#patternVersion = change.version
      const from = Math.max(change.from, this.#firstUnpassed())
      this.#schedule.append(from, change.pattern)
      if (this.#schedule.entries.length > MAX_PATTERNS_AHEAD)
        throw new InvalidOrderError('too many patterns ahead')
      this.#endReassignments(from)
      report.patterns.push({ version: change.version, from })
    }
    for (const reassignment of control.reassignments) {
      if (reassignment.id <= this.#reassignmentId) continue
      this.#reassignmentId = reassignment.id
      report.reassigned.push({ id: reassignment.id, kept: this.#reassign(reassignment) })
    }
    if (report.patterns.length + report.reassigned.length === 0) return
    this.#reports.push(report)
    if (this.#reports.length > MAX_REMEMBERED_REPORTS) this.#reports.shift()
    for (const route of this.#routes.keys()) this.queue(route, reportOf(report))
  }

  /** What `route` should send now, taken as sent; undefined when it has nothing, or no credit, or is at the horizon. */
  next(route: number): SourceAction | undefined {
    const state = this.#routes.get(route)
    if (!state) return undefined
    const message = state.messages.shift()
    if (message) return { kind: 'message', message }
    if (state.sentBytes >= state.creditBytes) return undefined
    const repairSeq = this.#nextRepair(state) ?? Number.POSITIVE_INFINITY
    const scheduledSeq = this.#nextScheduled(state) ?? Number.POSITIVE_INFINITY
    const seq = Math.min(repairSeq, scheduledSeq)
    if (seq === Number.POSITIVE_INFINITY) return undefined
    const group = this.#missingHashGroup(state, seq)
    if (group !== undefined) {
      state.hashGroups.add(group)
      this.#offeredGroups.add(group)
      return { kind: 'hashes', group }
    }
    const repair = seq === repairSeq
    if (repair) state.repairs.shift()
    else state.cursor.passed(seq)
    remember(state.sent, seq)
    state.sentBytes += this.#init.segmentLength(seq)
    return { kind: 'segment', seq, repair }
  }

  #advance(control: Control): void {
    if (control.horizon > this.#horizon) this.#horizon = Math.min(control.horizon, this.#init.segmentCount)
    for (const group of control.hashed) remember(this.#hashedGroups, group)
    if (control.done > this.#done) this.#forgetBelow(Math.min(control.done, this.#init.segmentCount))
    for (const { route, limitBytes } of control.credits) {
      const state = this.#routes.get(route)
      if (state && limitBytes > state.creditBytes) state.creditBytes = limitBytes
    }
  }

  #forgetBelow(done: number): void {
    this.#done = done
    for (const state of this.#routes.values()) {
      this.#drop(state, this.#unsentBelow(state, done))
      state.cursor.passed(done - 1)
      for (const seq of state.sent) if (seq < done) state.sent.delete(seq)
      this.#forgetGroups(state.hashGroups)
    }
    for (const seqs of this.#withdrawn.values()) {
      for (const seq of seqs) if (seq < done) seqs.delete(seq)
    }
    this.#forgetGroups(this.#offeredGroups)
    this.#forgetGroups(this.#hashedGroups)
    this.#schedule.prune(done)
  }

  #forgetGroups(groups: Set<number>): void {
    for (const group of groups)
      if ((group + 1) * this.#init.hashGroupSegments <= this.#done) groups.delete(group)
  }

  /** Takes from a route what it had still to send of the segments below `done`. */
  #unsentBelow(state: RouteState, done: number): Iterable<number> {
    const seqs = new Set<number>()
    while (state.repairs.length > 0 && state.repairs[0]! < done) seqs.add(state.repairs.shift()!)
    for (let seq = state.cursor.peek(done); seq !== undefined; seq = state.cursor.peek(done)) {
      state.cursor.passed(seq)
      if (!state.skipped.delete(seq) && !state.sent.has(seq)) seqs.add(seq)
    }
    return seqs
  }

  /**
   * Segments that the client needs no more count as sent and as dropped on the way, so that its account of what is still
   * to come over the route stays right.
   */
  #drop(state: RouteState, seqs: Iterable<number>): void {
    let bytes = 0
    const ranges: SeqRange[] = []
    for (const seq of [...seqs].sort((a, b) => a - b)) {
      bytes += this.#init.segmentLength(seq)
      appendTo(ranges, seq)
    }
    if (bytes === 0) return
    state.sentBytes += bytes
    // The client has these segments: it needs the bytes, and the ranges only as far as a message holds them.
    state.messages.push({ kind: 'dropped', bytes, ranges: ranges.slice(0, ROUTE_LIMITS.maxRangesPerMessage) })
  }

  #endReassignments(from: number): void {
    for (const state of this.#routes.values()) {
      while (state.repairs.length > 0 && state.repairs.at(-1)! >= from) state.repairs.pop()
    }
    for (const seqs of this.#withdrawn.values()) {
      for (const seq of seqs) if (seq >= from) seqs.delete(seq)
    }
  }

  #withdrawnFrom(route: number): Set<number> {
    const seqs = this.#withdrawn.get(route) ?? new Set()
    this.#withdrawn.set(route, seqs)
    return seqs
  }

  /** The first segment that no route's cursor has passed. */
  #firstUnpassed(): number {
    let seq = this.#done
    for (const { cursor } of this.#routes.values()) seq = Math.max(seq, cursor.seq)
    return seq
  }

  #nextRepair({ repairs }: RouteState): number | undefined {
    return repairs[0] !== undefined && repairs[0] < this.#horizon ? repairs[0] : undefined
  }

  #nextScheduled(state: RouteState): number | undefined {
    for (;;) {
      const seq = state.cursor.peek(this.#horizon)
      if (seq === undefined || (!state.skipped.delete(seq) && !state.sent.has(seq))) return seq
      state.cursor.passed(seq)
    }
  }

  /**
   * The group whose hashes have to go before `seq` on this route: its own, unless the client has them or this route has
   * sent them; then the next one, ahead of time, unless any route has sent it. So in the long run each group is sent once.
   */
  #missingHashGroup(state: RouteState, seq: number): number | undefined {
    const { hashGroupSegments, segmentCount } = this.#init
    if (hashGroupSegments === 0) return undefined
    const group = Math.floor(seq / hashGroupSegments)
    const isKnown = this.#hashedGroups.has(group) || state.hashGroups.has(group)
    if (!isKnown) return group
    const next = group + 1
    return next * hashGroupSegments < segmentCount && !this.#offeredGroups.has(next) ? next : undefined
  }

  /** Moves or copies segments from one route to another. Returns those that the first one has sent already. */
  #reassign({ fromRoute, toRoute, copy, ranges }: Reassignment): SeqRange[] {
    const from = this.#routes.get(fromRoute)
    const to = this.#routes.get(toRoute)
    const withdrawn = this.#withdrawnFrom(fromRoute)
    const kept: SeqRange[] = []
    const needless = new Set<number>()
    for (const range of ranges) {
      const end = Math.min(range.to, this.#init.segmentCount)
      for (let seq = range.from; seq < end; seq++) {
        const isSent = seq < this.#done || (from !== undefined && !takeFrom(from, seq))
        if (isSent) appendTo(kept, seq)
        // A route that opens only later must not send it either.
        else if (!from) withdrawn.add(seq)
        if (to && (copy || !isSent)) {
          if (seq < this.#done) needless.add(seq)
          else insertSorted(to.repairs, seq)
        }
        const mostHeld = Math.max(to?.repairs.length ?? 0, withdrawn.size)
        if (mostHeld > MAX_REASSIGNED_PER_ROUTE) {
          throw new InvalidOrderError('too many segments reassigned at once')
        }
      }
    }
    if (to) this.#drop(to, needless)
    return kept
  }
}

/** Takes a segment that was not sent yet from a route. False when the route has sent it. */
function takeFrom(state: RouteState, seq: number): boolean {
  const repair = state.repairs.indexOf(seq)
  if (repair >= 0) {
    state.repairs.splice(repair, 1)
    return true
  }
  if (state.sent.has(seq)) return false
  if (seq >= state.cursor.seq) state.skipped.add(seq)
  return true
}

function remember(sent: Set<number>, seq: number): void {
  sent.add(seq)
  if (sent.size <= MAX_REMEMBERED_SENT) return
  for (const oldest of sent) {
    sent.delete(oldest)
    return
  }
}

function insertSorted(list: number[], seq: number): void {
  let i = list.length
  while (i > 0 && list[i - 1]! > seq) i--
  if (list[i - 1] !== seq) list.splice(i, 0, seq)
}

function appendTo(ranges: SeqRange[], seq: number): void {
  const last = ranges.at(-1)
  if (last?.to === seq) last.to++
  else ranges.push({ from: seq, to: seq + 1 })
}

function reportOf(report: Partial<Report>): RouteMessage {
  return { kind: 'report', patterns: [], reassigned: [], ...report }
}
