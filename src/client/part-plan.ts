import { type NumberRange, RangeSet } from '../pattern/range-set.ts'

/** Segments that are fetched from one source at least: half a MiB at their usual size. */
export const UNIT_SEGMENTS = 16
/** Units that are looked at when a range is chosen, so that this costs the same for every content. */
const MAX_UNITS = 4_096

/** What a source has of the content, by its own word. */
interface HolderParts {
  ranges: RangeSet
  coming: RangeSet
  /** For each unit 1 where it has half of it or more, or will have so soon. */
  units: Uint8Array
}

/**
 * Chooses which segments are fetched from which source, where many clients of one content serve each other: what fewest
 * others have, or are about to have, goes first, so that each part leaves the first source once. Of parts that are equally
 * rare each client begins with others. Pure.
 */
export class PartPlan {
  readonly #count: number
  readonly #unit: number
  readonly #seed: number
  readonly #missing: RangeSet
  readonly #holders = new Map<string, HolderParts>()
  /** How many sources have each unit, or will have it soon. */
  readonly #copies: Uint16Array
  /** What is being fetched, by who brings it. */
  readonly #inHand = new RangeSet()

  /** `count`: segments of the content. `seed`: any number that other clients do not have. */
  constructor(count: number, missing: Iterable<NumberRange>, seed: number) {
    this.#count = count
    this.#unit = Math.max(UNIT_SEGMENTS, Math.ceil(count / MAX_UNITS))
    this.#missing = new RangeSet(missing)
    this.#seed = seed
    this.#copies = new Uint16Array(Math.ceil(count / this.#unit))
  }

  get isDone(): boolean {
    return this.#missing.size === 0
  }

  /** What is being fetched now. */
  get coming(): NumberRange[] {
    return [...this.#inHand]
  }

  /** Takes a source's word on what it has. */
  told(holder: string, ranges: Iterable<NumberRange>, coming: Iterable<NumberRange>): void {
    this.left(holder)
    const parts = {
      ranges: new RangeSet(ranges).within(0, this.#count),
      coming: new RangeSet(coming),
      units: this.#unitsIn(ranges, coming)
    }
    this.#holders.set(holder, parts)
    for (const [unit, has] of parts.units.entries()) this.#copies[unit]! += has
  }

  /** Nothing can be fetched from the source any more. */
  left(holder: string): void {
    for (const [unit, has] of (this.#holders.get(holder)?.units ?? []).entries()) this.#copies[unit]! -= has
    this.#holders.delete(holder)
  }

  has(holder: string, { from, to }: NumberRange): boolean {
    return this.#holders.get(holder)?.ranges.within(from, to).size === to - from
  }

  /**
   * Takes into hand what is to be fetched from a source next, of about so many segments at most; undefined where it has
   * nothing that is missing and not in hand.
   */
  take(holder: string, segments: number): NumberRange | undefined {
    const parts = this.#holders.get(holder)
    if (!parts) return undefined
    const free = this.#missing.difference(this.#inHand)
    const copiesOf = (unit: number) => this.#copies[unit]! - parts.units[unit]!
    let best: { unit: number; copies: number; rank: number; range: NumberRange } | undefined
    for (const { unit, range: wanted } of this.#unitsOf(free)) {
      const copies = copiesOf(unit)
      const rank = this.#rank(unit)
      const isBetter = !best || copies < best.copies || (copies === best.copies && rank < best.rank)
      const range = isBetter ? worthwhile(wanted, parts) : undefined
      if (range) best = { unit, copies, rank, range }
    }
    if (!best) return undefined
    const { range, unit, copies } = best
    for (let next = unit + 1; range.to - range.from < segments && range.to === next * this.#unit; next++) {
      const [further] = this.#unitsOf(free.within(range.to, range.to + this.#unit))
      if (further?.range.from !== range.to || copiesOf(next) !== copies) break
      if (!this.has(holder, further.range)) break
      range.to = further.range.to
    }
    this.#inHand.add(range.from, range.to)
    return range
  }

  /** These segments are here. */
  came({ from, to }: NumberRange): void {
    this.#missing.delete(from, to)
    this.#inHand.delete(from, to)
  }

  /** What is still missing of a range is not fetched any more. */
  putBack({ from, to }: NumberRange): void {
    this.#inHand.delete(from, to)
  }

  /** The ranges of a set, cut where units end. */
  *#unitsOf(set: RangeSet): Generator<{ unit: number; range: NumberRange }> {
    for (const { from, to } of set)
      for (let at = from; at < to; ) {
        const unit = Math.floor(at / this.#unit)
        const next = Math.min(to, (unit + 1) * this.#unit)
        yield { unit, range: { from: at, to: next } }
        at = next
      }
  }

  /** The units of which these ranges have half or more together. */
  #unitsIn(...lists: Iterable<NumberRange>[]): Uint8Array {
    const segments = new Uint32Array(this.#copies.length)
    for (const { from, to } of lists.flatMap(list => [...list])) {
      const end = Math.min(to, this.#count)
      for (let at = from; at < end; ) {
        const unit = Math.floor(at / this.#unit)
        const next = Math.min(end, (unit + 1) * this.#unit)
        segments[unit]! += next - at
        at = next
      }
    }
    return Uint8Array.from(segments, (has, unit) =>
      Number(2 * has >= Math.min(this.#unit, this.#count - unit * this.#unit))
    )
  }

  /** A number that looks random, and is another one for each seed. */
  #rank(unit: number): number {
    let mixed = Math.imul(unit ^ this.#seed, 0x9e3779b1)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77)
    return (mixed ^ (mixed >>> 13)) >>> 0
  }
}

/** What of a wanted range is taken from a source: all of it, or what is there where no more comes, as each part costs the same. */
function worthwhile({ from, to }: NumberRange, { ranges, coming }: HolderParts): NumberRange | undefined {
  const [first] = ranges.within(from, to)
  if (!first) return undefined
  const isWhole = first.from === from && first.to === to
  return isWhole || coming.within(from, to).size === 0 ? first : undefined
}
