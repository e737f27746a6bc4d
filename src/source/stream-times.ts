import { LIVE_LIMITS } from './limits.ts'

/** Remembers when a live content had how many segments. Pure. */
export class StreamTimes {
  /** Ascending in both. */
  readonly #points: Array<{ atMs: number; count: number }> = []

  /** There are `count` segments at `atMs`. */
  add(count: number, atMs: number): void {
    const last = this.#points.at(-1)
    if (!last || atMs >= last.atMs + LIVE_LIMITS.timeStepMs) this.#points.push({ atMs, count })
  }

  /** How many segments there were at this time, or a little before; 0 where that is not remembered. */
  countAt(atMs: number): number {
    let low = 0
    let high = this.#points.length
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.#points[middle]!.atMs <= atMs) low = middle + 1
      else high = middle
    }
    return this.#points[low - 1]?.count ?? 0
  }

  /** Forgets what was before `atMs`, but for the last point. */
  forgetBefore(atMs: number): void {
    const first = this.#points.findIndex(point => point.atMs > atMs)
    if (first > 1) this.#points.splice(0, first - 1)
  }
}
