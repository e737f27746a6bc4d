import type { ProgressPoint } from '../measurement.ts'

/** Least time in milliseconds between two points of the progress; closer ones show nothing in a chart. */
const POINT_MS = 25

/**
 * Follows the in-order bytes of a content that comes in parts of known sizes, and the longest time
 * without more of them.
 */
export class InOrderProgress {
  readonly points: ProgressPoint[] = []
  readonly #sizes: number[]
  readonly #received: number[]
  #part = 0
  #bytes = 0
  #lastMs: number | undefined
  #longestStallMs = 0

  /** `partSizes` are in the content's order, and add up to its size. */
  constructor(partSizes: number[]) {
    this.#sizes = partSizes
    this.#received = partSizes.map(() => 0)
  }

  get bytes(): number {
    return this.#bytes
  }

  get longestStallMs(): number {
    return this.#longestStallMs
  }

  /** Counts further bytes of a part. */
  add(part: number, bytes: number, nowMs: number): void {
    this.#received[part]! += bytes
    const before = this.#bytes
    while (this.#part < this.#sizes.length - 1 && this.#received[this.#part]! >= this.#sizes[this.#part]!)
      this.#part++
    const complete = this.#sizes.slice(0, this.#part).reduce((sum, size) => sum + size, 0)
    this.#bytes = complete + this.#received[this.#part]!
    if (this.#bytes === before) return
    if (this.#lastMs !== undefined)
      this.#longestStallMs = Math.max(this.#longestStallMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    const last = this.points.at(-1)
    if (last === undefined || nowMs - last.atMs >= POINT_MS)
      this.points.push({ atMs: nowMs, bytes: this.#bytes })
  }
}
