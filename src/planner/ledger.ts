import type { Pattern } from '../pattern/pattern.ts'
import { commonRanges } from '../pattern/range-set.ts'
import { Schedule } from '../pattern/schedule.ts'
import type { Extent } from '../protocol/extent.ts'
import type { SeqRange } from '../protocol/route-messages.ts'

/**
 * Who owes which segment: the client's copy of the schedule, the horizon granted, and for each route the granted
 * segments that it is to carry and that have not arrived. The horizon of a live content may lie beyond its edge: what is
 * not known to be made is owed by nobody yet. Pure.
 */
export class Ledger {
  #extent: Extent
  readonly schedule = new Schedule()
  /** Outstanding segments of each route, in the order in which the source will send them as far as is known. */
  readonly #owed = new Map<number, Set<number>>()
  readonly #owedBytes = new Map<number, number>()
  readonly #owners = new Map<number, number[]>()
  /** Bytes that the source has sent or will send on each route since it opened, as far as is known. */
  readonly #assignedBytes = new Map<number, number>()
  /**
   * Bytes ever assigned to each letter, those included that were taken back: no route can have sent more. What routes
   * before had under the same letter counts, too, as a source that has it still to forget tells it as dropped.
   */
  readonly #givenBytes = new Map<number, number>()
  readonly #received = new Set<number>()
  #next: number
  #horizon: number
  #givenTo: number

  constructor(extent: Extent) {
    this.#extent = extent
    this.#next = extent.firstSeq
    this.#horizon = extent.firstSeq
    this.#givenTo = extent.firstSeq
  }

  /** The lowest segment that has not arrived. */
  get next(): number {
    return this.#next
  }

  get horizon(): number {
    return this.#horizon
  }

  /** The first segment that is given to no route: the horizon, or the edge where that comes before. */
  get givenTo(): number {
    return this.#givenTo
  }

  get complete(): boolean {
    return this.#extent.endsBy(this.#next)
  }

  /** How many segments are granted to each route that are not known to be made yet. */
  announced(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>()
    for (let seq = this.#givenTo; seq < this.#horizon; seq++) {
      for (const route of this.schedule.routesOf(seq)) counts.set(route, (counts.get(route) ?? 0) + 1)
    }
    return counts
  }

  /** The content reaches further: what was granted of that is owed from now on. */
  grow(extent: Extent): void {
    this.#extent = extent
    this.#give()
  }

  has(seq: number): boolean {
    return seq < this.#next || this.#received.has(seq)
  }

  owed(route: number): ReadonlySet<number> {
    return this.#owed.get(route) ?? EMPTY
  }

  owedBytes(route: number): number {
    return this.#owedBytes.get(route) ?? 0
  }

  /**
   * Bytes that the source was given to send on the route since it was opened, less those taken back unsent. Unlike
   * what is owed, it counts segments that are under way although another route has brought them.
   */
  assignedBytes(route: number): number {
    return this.#assignedBytes.get(route) ?? 0
  }

  /** Bytes that the source was ever given to send under the route's letter, also those that were taken back later. */
  givenBytes(route: number): number {
    return this.#givenBytes.get(route) ?? 0
  }

  /** Nothing more will come of what the route was given: it sent `receivedBytes` in all. */
  settle(route: number, receivedBytes: number): void {
    this.#assignedBytes.set(route, receivedBytes)
  }

  /** Routes that are to bring `seq`; empty when it has arrived or is not granted yet. */
  ownersOf(seq: number): readonly number[] {
    return this.#owners.get(seq) ?? []
  }

  /** Grants segments up to `horizon` (exclusive) to the routes that the schedule names. Empty ones count as arrived. */
  extend(horizon: number): void {
    this.#horizon = Math.max(this.#horizon, Math.min(horizon, this.#extent.endSeq ?? horizon))
    this.#give()
  }

  /** A pattern applies from `from`: segments granted there that have not arrived change hands with it. */
  applyPattern(from: number, pattern: Pattern): void {
    this.schedule.append(from, pattern)
    for (let seq = Math.max(from, this.#next); seq < this.#givenTo; seq++) {
      if (this.has(seq)) continue
      for (const route of [...this.ownersOf(seq)]) this.#takeBack(route, seq)
      for (const route of this.schedule.routesOf(seq)) this.#add(route, seq)
    }
  }

  /** Returns false for a segment that was here already. */
  arrived(seq: number): boolean {
    if (this.has(seq)) return false
    for (const route of [...this.ownersOf(seq)]) this.#remove(route, seq)
    this.#received.add(seq)
    this.#advance()
    this.schedule.prune(this.#next)
    return true
  }

  /** Everything below `seq` counts as arrived. The source may have passed some of it on other routes than are known here. */
  pass(seq: number): void {
    this.extend(seq)
    const bytes = this.#extent.bytesBetween(this.#next, seq)
    for (const [route, given] of this.#givenBytes) this.#givenBytes.set(route, given + bytes)
    for (let passed = this.#next; passed < seq; passed++) this.arrived(passed)
  }

  /** `to` owes these segments instead of `from`, which has not sent them. Those that have arrived are left out. */
  move(seqs: Iterable<number>, from: number, to: number): void {
    for (const seq of seqs) {
      if (this.has(seq)) continue
      this.#takeBack(from, seq)
      this.#add(to, seq)
    }
  }

  /** `to` owes these segments too, and `from`, which may have sent them, still does if `keep`. */
  copy(seqs: Iterable<number>, from: number, to: number, keep: boolean): void {
    for (const seq of seqs) {
      if (this.has(seq)) continue
      if (!keep) this.#remove(from, seq)
      this.#add(to, seq)
    }
  }

  /** Undoes a move for segments that the source had sent on `from` already. */
  restore(ranges: readonly SeqRange[], from: number, to: number): void {
    for (const seq of seqsOf(ranges)) {
      if (this.has(seq)) {
        this.#count(from, seq, 1)
        this.#count(to, seq, -1)
      } else {
        this.#takeBack(to, seq)
        this.#add(from, seq)
      }
    }
  }

  /** `from` never sent these segments, which were copied. Returns those that are now owed by nobody. */
  unsent(seqs: Iterable<number>, from: number): number[] {
    const orphans: number[] = []
    for (const seq of seqs) {
      this.#count(from, seq, -1)
      orphans.push(...this.disown(from, [{ from: seq, to: seq + 1 }]))
    }
    return orphans
  }

  /**
   * Segments that will not come over `route` after all. Returns those that are now owed by nobody. The ranges may
   * come from a peer that lies: only segments that can be owed are looked at.
   */
  disown(route: number, ranges: readonly SeqRange[]): number[] {
    const orphans: number[] = []
    for (const seq of seqsOf(commonRanges(ranges, [{ from: this.#next, to: this.#givenTo }]))) {
      if (this.has(seq) || !this.ownersOf(seq).includes(route)) continue
      this.#remove(route, seq)
      if (this.ownersOf(seq).length === 0) orphans.push(seq)
    }
    return orphans
  }

  /** A route is gone: what only it owed is returned, ascending, and owed by nobody. */
  orphan(route: number): number[] {
    const orphans: number[] = []
    for (const seq of [...this.owed(route)]) {
      this.#remove(route, seq)
      if (this.ownersOf(seq).length === 0) orphans.push(seq)
    }
    return orphans.sort((a, b) => a - b)
  }

  #give(): void {
    const end = this.#extent.capped(this.#horizon)
    for (; this.#givenTo < end; this.#givenTo++) {
      if (this.#extent.isEmpty(this.#givenTo)) this.#received.add(this.#givenTo)
      else for (const route of this.schedule.routesOf(this.#givenTo)) this.#add(route, this.#givenTo)
    }
    this.#advance()
  }

  #advance(): void {
    while (this.#received.delete(this.#next)) this.#next++
  }

  #add(route: number, seq: number): void {
    const owners = this.#owners.get(seq)
    if (owners?.includes(route)) return
    if (owners) owners.push(route)
    else this.#owners.set(seq, [route])
    const owed = this.#owed.get(route)
    if (owed) owed.add(seq)
    else this.#owed.set(route, new Set([seq]))
    this.#owedBytes.set(route, this.owedBytes(route) + this.#extent.lengthOf(seq))
    this.#count(route, seq, 1)
    this.#givenBytes.set(route, this.givenBytes(route) + this.#extent.lengthOf(seq))
  }

  #takeBack(route: number, seq: number): void {
    if (!this.ownersOf(seq).includes(route)) return
    this.#remove(route, seq)
    this.#count(route, seq, -1)
  }

  #count(route: number, seq: number, sign: 1 | -1): void {
    this.#assignedBytes.set(route, this.assignedBytes(route) + sign * this.#extent.lengthOf(seq))
  }

  #remove(route: number, seq: number): void {
    if (this.#owed.get(route)?.delete(seq))
      this.#owedBytes.set(route, this.owedBytes(route) - this.#extent.lengthOf(seq))
    const owners = this.#owners.get(seq)
    const index = owners?.indexOf(route) ?? -1
    if (!owners || index < 0) return
    owners.splice(index, 1)
    if (owners.length === 0) this.#owners.delete(seq)
  }
}

const EMPTY: ReadonlySet<number> = new Set()

/** Every number in the ranges. Ranges of a peer are cut with commonRanges before: theirs may be of any length. */
export function* seqsOf(ranges: readonly SeqRange[]): Generator<number> {
  for (const { from, to } of ranges) for (let seq = from; seq < to; seq++) yield seq
}
