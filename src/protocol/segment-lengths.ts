/**
 * Lengths that a client is told ahead of what it has, in segments: with 20 ms frames, five minutes. It needs them before it
 * can order the segments.
 */
export const LENGTHS_AHEAD = 16_384

/** Lengths that a client keeps of segments that it has: of these an answer may still come that is held up. */
export const LENGTHS_BEHIND = 65_536

/** Segments that a client may have missed altogether, as its source keeps them no longer: at 20 ms, a day. */
export const MAX_LENGTHS_GAP = 2 ** 22

/** Lengths for which a table makes room at once. */
const TABLE_STEP = 1024

/**
 * The lengths of segments that differ in size, told one after the other. It grows at its end, and what is not needed any more
 * is forgotten at its begin: 8 bytes of memory a segment.
 */
export class SegmentLengths {
  readonly #firstSeq: number
  /** Bytes from the first segment up to each one that is kept, and to the end. */
  #positions = new Float64Array(TABLE_STEP)
  #begin: number
  #end: number

  /** `firstSeq`: the first segment whose length is ever told; positions count from it. */
  constructor(firstSeq: number) {
    this.#firstSeq = firstSeq
    this.#begin = firstSeq
    this.#end = firstSeq
  }

  /** The first segment whose length is kept. */
  get begin(): number {
    return this.#begin
  }

  /** The first segment whose length is not known yet. */
  get end(): number {
    return this.#end
  }

  push(bytes: number): void {
    const at = this.#end - this.#begin
    if (at + 1 === this.#positions.length) {
      const larger = new Float64Array(2 * this.#positions.length)
      larger.set(this.#positions)
      this.#positions = larger
    }
    this.#positions[at + 1] = this.#positions[at]! + bytes
    this.#end++
  }

  /** Bytes from the first segment up to `seq`, or to the end where that comes before. */
  before(seq: number): number {
    if (seq <= this.#firstSeq) return 0
    const kept = Math.max(this.#begin, Math.min(seq, this.#end))
    return this.#positions[kept - this.#begin]!
  }

  /** The lengths of the segments from `from` up to `to`, which are all known. */
  between(from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, at) => this.before(from + at + 1) - this.before(from + at))
  }

  /** Segments below `seq` have no length from now on. Nothing moves before it is worth it. */
  forgetBelow(seq: number): void {
    const forgotten = Math.min(seq, this.#end) - this.#begin
    if (forgotten < TABLE_STEP) return
    this.#positions.copyWithin(0, forgotten, this.#end - this.#begin + 1)
    this.#begin += forgotten
  }
}
