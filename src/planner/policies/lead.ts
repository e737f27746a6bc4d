import type { Extent } from '../../protocol/extent.ts'
import { type RouteState, TICK_MS } from '../planner.ts'

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

  /** The content is known to reach so far; the source told it at `toldMs` by its clock, where that is known. */
  grown(extent: Extent, toldMs: number | undefined): void {
    const last = this.#edges.at(-1)
    if (toldMs === undefined || (last && toldMs < last.toldMs)) return
    this.#edges.push({ seq: extent.capped(Number.POSITIVE_INFINITY), toldMs })
    while (this.#edges[1] && toldMs - this.#edges[1].toldMs >= KEPT_MS) this.#edges.shift()
  }

  /** The first segment that is not to be granted yet: the end, or one beyond the edge. */
  reach(extent: Extent, routes: Iterable<{ state: RouteState; rttMs: number }>): number {
    const edge = extent.capped(Number.POSITIVE_INFINITY)
    const open = [...routes].filter(({ state }) => state === 'open')
    if (extent.edgeSeq === undefined || open.length === 0) return edge
    return edge + this.#madeIn(Math.min(...open.map(({ rttMs }) => rttMs)) + EXTRA_MS)
  }

  /** Most segments that were made in so long a time; 0 while not as long is known. */
  #madeIn(spanMs: number): number {
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
