/** How many of the last edges are remembered: at 40 heads a second, half a minute. */
const EDGES_KEPT = 1_200

/** When each segment of a live content has to be here: so long after it was told that the content reaches to it. Pure. */
export class Deadlines {
  readonly #latencyMs: number
  /** The edges, and when each was told: ascending. */
  readonly #edges: Array<{ seq: number; atMs: number }> = []

  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs
  }

  /** The content reaches to segment `edge`, which is not a part of it yet. */
  grown(edge: number, nowMs: number): void {
    this.#edges.push({ seq: edge, atMs: nowMs })
    if (this.#edges.length > EDGES_KEPT) this.#edges.shift()
  }

  /** The first segment that has more than half of its time left. */
  before(nowMs: number): number {
    const young = this.#edges.findLast(({ atMs }) => nowMs - atMs > this.#latencyMs / 2)
    return young?.seq ?? 0
  }

  /** Milliseconds until segment `seq` has to be here; 0 for one that is too late, or older than is remembered. */
  leftMs(seq: number, nowMs: number): number {
    const edge = this.#edges.find(edge => seq < edge.seq)
    return edge ? Math.max(0, edge.atMs + this.#latencyMs - nowMs) : this.#latencyMs
  }
}
