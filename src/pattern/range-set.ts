/** The numbers from `from` on, up to and without `to`. */
export interface NumberRange {
  from: number
  to: number
}

/**
 * Number of ranges up to which they are put in one by one; more are merged in one pass over the
 * bounds among which they lie.
 */
const FEW_RANGES = 8

/**
 * A set of whole numbers, kept as ranges: a range costs two numbers however much it spans. A
 * look-up takes O(log ranges). A change of one range takes that, and a move of the ranges behind
 * it. Combining two sets takes one pass over both, there where they overlap.
 */
export class RangeSet {
  /** Where the set begins and ends in turn, ascending: `from`, `to`, `from`, `to`, and so on. */
  #bounds: number[]
  #size = 0

  constructor(ranges: Iterable<NumberRange> = []) {
    this.#bounds = []
    for (const { from, to } of ranges) this.add(from, to)
  }

  static #of(bounds: number[]): RangeSet {
    const set = new RangeSet()
    set.#bounds = bounds
    set.#size = measure(bounds, 0, bounds.length)
    return set
  }

  /** The count of numbers in the set. */
  get size(): number {
    return this.#size
  }

  get rangeCount(): number {
    return this.#bounds.length / 2
  }

  get first(): number | undefined {
    return this.#bounds[0]
  }

  has(value: number): boolean {
    return upperBound(this.#bounds, value) % 2 === 1
  }

  add(from: number, to = from + 1): void {
    if (from >= to) return
    const [start, end] = [lowerBound(this.#bounds, from), upperBound(this.#bounds, to)]
    const isOpenBefore = start % 2 === 1
    const isOpenAfter = end % 2 === 1
    this.#replace(start, end, [...(isOpenBefore ? [] : [from]), ...(isOpenAfter ? [] : [to])])
  }

  delete(from: number, to = from + 1): void {
    if (from >= to) return
    const [start, end] = [lowerBound(this.#bounds, from), upperBound(this.#bounds, to)]
    const isOpenBefore = start % 2 === 1
    const isOpenAfter = end % 2 === 1
    this.#replace(start, end, [...(isOpenBefore ? [from] : []), ...(isOpenAfter ? [to] : [])])
  }

  deleteBelow(value: number): void {
    if (this.first !== undefined && this.first < value) this.delete(this.first, value)
  }

  /** Forgets `value` and all above it. */
  deleteFrom(value: number): void {
    this.delete(value, Number.POSITIVE_INFINITY)
  }

  /** Forgets the lowest ranges, so that `count` are left at most. */
  keepHighest(count: number): void {
    if (this.rangeCount <= count) return
    this.deleteBelow(this.#bounds[2 * (this.rangeCount - count)] ?? Number.POSITIVE_INFINITY)
  }

  addAll(other: RangeSet): void {
    if (other.rangeCount <= FEW_RANGES) for (const { from, to } of other) this.add(from, to)
    else this.#merge(other, (here, there) => here || there)
  }

  deleteAll(other: RangeSet): void {
    if (other.rangeCount <= FEW_RANGES) for (const { from, to } of other) this.delete(from, to)
    else this.#merge(other, (here, there) => here && !there)
  }

  /** Returns a set of the numbers that `other` holds, too. */
  intersection(other: RangeSet): RangeSet {
    const near = other.#alongside(this)
    return RangeSet.#of(combine(this.#bounds, near, (here, there) => here && there))
  }

  /** Returns a set of the numbers that `other` does not hold. */
  difference(other: RangeSet): RangeSet {
    const near = other.#alongside(this)
    return RangeSet.#of(combine(this.#bounds, near, (here, there) => here && !there))
  }

  /** Returns a set of the numbers from `from` on, up to and without `to`. */
  within(from: number, to: number): RangeSet {
    return RangeSet.#of(this.#boundsWithin(from, to))
  }

  /** The ranges, ascending; no two of them touch. */
  *[Symbol.iterator](): Generator<NumberRange> {
    for (let i = 0; i < this.#bounds.length; i += 2) {
      yield { from: this.#bounds[i]!, to: this.#bounds[i + 1]! }
    }
  }

  /**
   * Returns this set's bounds where `other` lies, so that a small set together with a large one
   * does not cost a pass over the large one.
   */
  #alongside(other: RangeSet): number[] {
    return other.first === undefined ? [] : this.#boundsWithin(other.first, other.#bounds.at(-1)!)
  }

  #boundsWithin(from: number, to: number): number[] {
    if (from >= to) return []
    const [start, end] = [upperBound(this.#bounds, from), lowerBound(this.#bounds, to)]
    const isOpenBefore = start % 2 === 1
    const isOpenAfter = end % 2 === 1
    const inner = this.#bounds.slice(start, end)
    if (isOpenBefore) inner.unshift(from)
    if (isOpenAfter) inner.push(to)
    return inner
  }

  #replace(start: number, end: number, bounds: readonly number[]): void {
    this.#size -= measure(this.#bounds, start, end)
    this.#bounds.splice(start, end - start, ...bounds)
    this.#size += measure(this.#bounds, start, start + bounds.length)
  }

  #merge(other: RangeSet, isKept: (here: boolean, there: boolean) => boolean): void {
    const bounds = this.#bounds
    let start = lowerBound(bounds, other.#bounds[0]!)
    let end = upperBound(bounds, other.#bounds.at(-1)!)
    // A range is taken whole: its first bound has an even index.
    start -= start % 2
    end += end % 2
    const merged = combine(bounds.slice(start, end), other.#bounds, isKept)
    this.#size += measure(merged, 0, merged.length) - measure(bounds, start, end)
    this.#bounds = bounds.slice(0, start).concat(merged, bounds.slice(end))
  }
}

/** The shortest list of ranges for ascending numbers. */
export function rangesOf(ascending: Iterable<number>): NumberRange[] {
  const ranges: NumberRange[] = []
  for (const value of ascending) {
    const last = ranges.at(-1)
    if (last?.to === value) last.to++
    else ranges.push({ from: value, to: value + 1 })
  }
  return ranges
}

/** Returns the ranges of the numbers that lie in both lists. */
export function commonRanges(a: Iterable<NumberRange>, b: Iterable<NumberRange>): NumberRange[] {
  return [...new RangeSet(a).intersection(new RangeSet(b))]
}

/**
 * Returns the bounds of the numbers that `isKept` keeps; it is told whether each of the two sets
 * holds them.
 */
function combine(
  a: readonly number[],
  b: readonly number[],
  isKept: (inA: boolean, inB: boolean) => boolean
): number[] {
  const bounds: number[] = []
  let [atA, atB] = [0, 0]
  let isInside = false
  while (atA < a.length || atB < b.length) {
    const value = Math.min(a[atA] ?? Number.POSITIVE_INFINITY, b[atB] ?? Number.POSITIVE_INFINITY)
    if (a[atA] === value) atA++
    if (b[atB] === value) atB++
    if (isKept(atA % 2 === 1, atB % 2 === 1) === isInside) continue
    bounds.push(value)
    isInside = !isInside
  }
  return bounds
}

/**
 * Returns what the bounds from index `start` to `end` add to the count of numbers: an end adds, a
 * beginning takes away.
 */
function measure(bounds: readonly number[], start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += i % 2 === 1 ? bounds[i]! : -bounds[i]!
  return sum
}

/** The first index whose value is not below `value`. */
function lowerBound(bounds: readonly number[], value: number): number {
  let [low, high] = [0, bounds.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bounds[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The first index whose value is above `value`. */
function upperBound(bounds: readonly number[], value: number): number {
  let [low, high] = [0, bounds.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bounds[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}
