import type { NumberRange } from '../../pattern/range-set.ts'

/** Most ranges that are kept apart; each costs a fetch of its own. */
const MAX_HOLES = 256

/** Collects ranges of segments in ascending order. Where there are too many, those that are close become one. */
export class Holes {
  #ranges: NumberRange[] = []
  /** Segments that may lie between two ranges that become one. */
  #gap = 0

  get ranges(): readonly NumberRange[] {
    return this.#ranges
  }

  add(from: number, to: number): void {
    if (from >= to) return
    join(this.#ranges, { from, to }, this.#gap)
    while (this.#ranges.length > MAX_HOLES) {
      this.#gap = 2 * this.#gap + 1
      const joined: NumberRange[] = []
      for (const range of this.#ranges) join(joined, range, this.#gap)
      this.#ranges = joined
    }
  }
}

function join(ranges: NumberRange[], next: NumberRange, gap: number): void {
  const last = ranges.at(-1)
  if (last && next.from - last.to <= gap) last.to = Math.max(last.to, next.to)
  else ranges.push({ ...next })
}
