import type { Pattern } from './pattern.ts'

/** From segment `from` on, `pattern` applies, its first element to `from` itself. */
export interface ScheduleEntry {
  readonly from: number
  readonly pattern: Pattern
}

/**
 * Tells which routes carry segment `seq`: a list of patterns with the segment from which each
 * applies. The last one repeats for ever. Client and source hold the same schedule.
 */
export class Schedule {
  #entries: ScheduleEntry[] = []
  #revision = 0
  #places = 0

  /** The places of all patterns in the schedule, added up; see Pattern. */
  get places(): number {
    return this.#places
  }

  /** Counts the changes, so that what was derived from the schedule can be known to be stale. */
  get revision(): number {
    return this.#revision
  }

  get entries(): readonly ScheduleEntry[] {
    return this.#entries
  }

  /** Has `pattern` apply from `from` on; any plan at or after `from` is replaced. */
  append(from: number, pattern: Pattern): void {
    while (this.#entries.length > 0 && this.#entries.at(-1)!.from >= from) {
      this.#places -= this.#entries.pop()!.pattern.places
    }
    this.#entries.push({ from, pattern })
    this.#places += pattern.places
    this.#revision++
  }

  /** Forgets entries that apply only below `seq`. */
  prune(seq: number): void {
    const first = this.#indexAt(seq)
    if (first <= 0) return
    for (const { pattern } of this.#entries.splice(0, first)) this.#places -= pattern.places
    this.#revision++
  }

  /** The entry that applies to `seq`; undefined before the first one. */
  entryAt(seq: number): ScheduleEntry | undefined {
    return this.#entries[this.#indexAt(seq)]
  }

  /** The routes that carry `seq`; empty where no pattern applies. O(log entries). */
  routesOf(seq: number): readonly number[] {
    const entry = this.entryAt(seq)
    return entry ? entry.pattern.elements[(seq - entry.from) % entry.pattern.length]! : []
  }

  /**
   * The first segment at or after `seq` that `route` carries; undefined when the schedule as it stands gives it none.
   * O(log) a call; entries and elements of others are never stepped through one by one.
   */
  nextFor(route: number, seq: number): number | undefined {
    for (let i = Math.max(0, this.#indexAt(seq)); i < this.#entries.length; i++) {
      const { from, pattern } = this.#entries[i]!
      const end = this.#entries[i + 1]?.from ?? Number.POSITIVE_INFINITY
      const found = nextInPattern(pattern, route, from, Math.max(seq, from))
      if (found !== undefined && found < end) return found
    }
    return undefined
  }

  /**
   * Returns how many segments from `from` on, up to and without `to`, `route` carries. None of them
   * is stepped through.
   */
  countFor(route: number, from: number, to: number): number {
    if (to <= from) return 0
    let count = 0
    for (let i = Math.max(0, this.#indexAt(from)); i < this.#entries.length; i++) {
      const { from: start, pattern } = this.#entries[i]!
      if (start >= to) break
      const end = Math.min(to, this.#entries[i + 1]?.from ?? to)
      count += countInPattern(pattern, route, end - start)
      count -= countInPattern(pattern, route, Math.max(0, from - start))
    }
    return count
  }

  /** Index of the entry that applies to `seq`; -1 before the first. */
  #indexAt(seq: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.from <= seq) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/**
 * One route's position in a schedule: every segment below `seq` was passed, so `seq` is the first that a change of the
 * schedule may still give to this route or take from it. Walking on is O(1) amortised: the place in the pattern is kept,
 * and looked up anew only after the schedule has changed.
 */
export class RouteCursor {
  readonly #schedule: Schedule
  readonly route: number
  #seq: number
  #revision = -1
  #next: number | undefined
  #entryIndex = 0
  /** The index of `#next` among the route's offsets in the entry's pattern. */
  #offsetIndex = 0

  constructor(schedule: Schedule, route: number, seq: number) {
    this.#schedule = schedule
    this.route = route
    this.#seq = seq
  }

  get seq(): number {
    return this.#seq
  }

  /** The next segment that the route carries, if it lies below `limit`. Does not move. */
  peek(limit: number): number | undefined {
    if (this.#revision !== this.#schedule.revision) this.#seek()
    return this.#next !== undefined && this.#next < limit ? this.#next : undefined
  }

  /** Passes `seq` and everything below it. */
  passed(seq: number): void {
    if (seq < this.#seq) return
    this.#seq = seq + 1
    if (this.#revision !== this.#schedule.revision || this.#next === undefined || this.#next > seq) return
    if (this.#next === seq) this.#step()
    else this.#seek()
  }

  /** Moves from one carried segment to the next one. */
  #step(): void {
    const { pattern } = this.#schedule.entries[this.#entryIndex]!
    const offsets = pattern.offsetsOf(this.route)
    const here = offsets[this.#offsetIndex]!
    const last = this.#offsetIndex === offsets.length - 1
    const next = this.#next! - here + (last ? pattern.length + offsets[0]! : offsets[this.#offsetIndex + 1]!)
    const following = this.#schedule.entries[this.#entryIndex + 1]
    if (following && next >= following.from) {
      this.#seek()
      return
    }
    this.#offsetIndex = last ? 0 : this.#offsetIndex + 1
    this.#next = next
  }

  #seek(): void {
    this.#revision = this.#schedule.revision
    this.#next = this.#schedule.nextFor(this.route, this.#seq)
    if (this.#next === undefined) return
    const entry = this.#schedule.entryAt(this.#next)!
    this.#entryIndex = this.#schedule.entries.indexOf(entry)
    this.#offsetIndex = entry.pattern
      .offsetsOf(this.route)
      .indexOf((this.#next - entry.from) % entry.pattern.length)
  }
}

function nextInPattern(pattern: Pattern, route: number, from: number, seq: number): number | undefined {
  const offsets = pattern.offsetsOf(route)
  if (offsets.length === 0) return undefined
  const distance = seq - from
  const offset = distance % pattern.length
  const turn = seq - offset
  const index = indexAtOrAfter(offsets, offset)
  return index < offsets.length ? turn + offsets[index]! : turn + pattern.length + offsets[0]!
}

/** Returns how many of the first `length` segments `route` carries, if the pattern repeats. */
function countInPattern(pattern: Pattern, route: number, length: number): number {
  const offsets = pattern.offsetsOf(route)
  const rest = length % pattern.length
  return ((length - rest) / pattern.length) * offsets.length + indexAtOrAfter(offsets, rest)
}

/** Index of the first offset that is not below `offset`. */
function indexAtOrAfter(offsets: readonly number[], offset: number): number {
  let [low, high] = [0, offsets.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (offsets[middle]! < offset) low = middle + 1
    else high = middle
  }
  return low
}
