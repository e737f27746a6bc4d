import { RangeSet } from '../pattern/range-set.ts'
import type { SeqRange } from '../protocol/route-messages.ts'

/** How far the output has got: it takes segments in order, and does without some of a live content. Pure. */
export class OutputPosition {
  /** Segments that were handed to the output, and that it has not taken yet. */
  readonly #handed = new RangeSet()
  /** Everything below was handed out or is done without. */
  #next: number

  constructor(firstSeq: number) {
    this.#next = firstSeq
  }

  /** The first segment that the output has not taken, and does not do without. */
  get consumed(): number {
    return this.#handed.first ?? this.#next
  }

  /** The segments from `from` up to `to` were handed to the output. */
  handed(from: number, to: number): void {
    this.#handed.addAll(new RangeSet([{ from, to }]))
    this.#next = Math.max(this.#next, to)
  }

  /** The output goes on at `seq`, without what was not handed to it before. */
  goOnAt(seq: number): void {
    this.#next = Math.max(this.#next, seq)
  }

  /** The output has taken so many more. Returns which. */
  taken(segments: number): SeqRange[] {
    const taken: SeqRange[] = []
    for (let left = segments; left > 0; ) {
      const [{ from, to }] = [...this.#handed] as [SeqRange]
      const part = Math.min(left, to - from)
      taken.push({ from, to: from + part })
      this.#handed.deleteBelow(from + part)
      left -= part
    }
    return taken
  }
}
