import { TICK_MS } from '../planner.ts'

/** Milliseconds of the stream by which its busiest time is judged. */
const KEPT_MS = 2_000
/**
 * Milliseconds that pass beside the round trip from when a segment is made until the source may send those behind it: the
 * client hears of it after up to a head's interval, and plans after up to a tick; and a tick for all that is held up a little.
 */
const EXTRA_MS = 3 * TICK_MS

/**
 * How many segments of a live content will be made before the client could order them in reply to a head: so many are
 * granted beyond the edge, and the source sends each as soon as it is made. As many are expected as were made at
 * the busiest time just before. Pure.
 */
export class Lead {
  /** Each edge, and when the source told it, by its clock: ascending. */
  readonly #edges: Array<{ seq: number; toldMs: number }> = []

  /** The content reaches to `seq`, which the source told at `toldMs` by its clock. */
  grown(seq: number, toldMs: number): void {
    const last = this.#edges.at(-1)
    if (last && toldMs < last.toldMs) return
    this.#edges.push({ seq, toldMs })
    while (this.#edges[1] && toldMs - this.#edges[1].toldMs >= KEPT_MS) this.#edges.shift()
  }

  /** Segments to be granted beyond the edge; 0 while nothing is known of how fast they are made. `rttMs`: of the fastest route. */
  segments(rttMs: number): number {
    const spanMs = rttMs + EXTRA_MS
    let most = 0
    let from = 0
    for (const { seq, toldMs } of this.#edges) {
      while ((this.#edges[from + 1]?.toldMs ?? toldMs) <= toldMs - spanMs) from++
      const before = this.#edges[from]!
      const elapsedMs = toldMs - before.toldMs
      if (elapsedMs >= spanMs) most = Math.max(most, ((seq - before.seq) * spanMs) / elapsedMs)
    }
    return Math.ceil(most)
  }
}
