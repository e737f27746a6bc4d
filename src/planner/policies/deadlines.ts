import type { Extent } from '../../protocol/extent.ts'
import type { Ledger } from '../ledger.ts'
import type { PlannerInit } from '../planner.ts'
import { isOverdue, type Lane, soonestRepair, Takings, type Track } from './lanes.ts'

/** How many of the last edges are remembered: at 67 heads a second, half a minute. */
const EDGES_KEPT = 2_000

/** Bytes that may be copied in all, and further ones as a share of all that has arrived. */
const COPIED_BYTES = 512 * 1024
const COPIED_SHARE = 0.05

/** When each segment of a live content has to be here: so long after it was told that the content reaches to it. Pure. */
export class Deadlines {
  /** Undefined where segments are waited for. */
  latencyMs: number | undefined
  #extent: Extent
  #copiedBytes = 0
  /** The edges, and when each was told: ascending. */
  readonly #edges: Array<{ seq: number; atMs: number }> = []

  constructor({ latencyMs, extent }: PlannerInit) {
    this.latencyMs = latencyMs
    this.#extent = extent
  }

  /** The content is known to reach so far. */
  grown(extent: Extent, nowMs: number): void {
    this.#extent = extent
    this.#edges.push({ seq: extent.capped(Number.POSITIVE_INFINITY), atMs: nowMs })
    if (this.#edges.length > EDGES_KEPT) this.#edges.shift()
  }

  /**
   * What each route owes that would be here too late, by the lane over which a copy is still in time. Routes that carry less
   * than is made would only be slowed down by copies, of which there are few for what has arrived.
   */
  copies(
    tracks: ReadonlyMap<number, Track>,
    ledger: Ledger,
    lanes: readonly Lane[],
    arrivedBytes: number,
    nowMs: number
  ): Array<[route: number, Takings]> {
    const { latencyMs } = this
    if (latencyMs === undefined) return []
    return [...tracks].map(([route, track]) => [
      route,
      this.#copiesOf(track, ledger, lanes, arrivedBytes, latencyMs, nowMs)
    ])
  }

  #copiesOf(
    track: Track,
    ledger: Ledger,
    lanes: readonly Lane[],
    arrivedBytes: number,
    latencyMs: number,
    nowMs: number
  ): Takings {
    const { record, estimator } = track
    const taken = new Takings()
    const others = lanes.filter(lane => lane.track !== track && !isOverdue(lane.track, nowMs))
    if (others.length === 0) return taken
    const urgent = this.#edges.findLast(({ atMs }) => nowMs - atMs > latencyMs / 2)?.seq ?? 0
    const owed = [...ledger.owed(record.route)].filter(seq => seq < urgent).sort((a, b) => a - b)
    let ownBytes = 0
    for (const seq of owed) {
      const bytes = this.#extent.lengthOf(seq)
      ownBytes += bytes
      if (ledger.ownersOf(seq).length > 1) continue
      const edge = this.#edges.find(edge => seq < edge.seq)
      const leftMs = edge ? Math.max(0, edge.atMs + latencyMs - nowMs) : latencyMs
      const ownMs = ownBytes / estimator.bytesPerMs
      const [lane, otherMs] = soonestRepair(others, taken, bytes)
      if (this.#copiedBytes > COPIED_BYTES + COPIED_SHARE * arrivedBytes) break
      if ((ownMs < leftMs / 2 && !isOverdue(track, nowMs)) || otherMs > leftMs) continue
      taken.add(lane, seq, true)
      this.#copiedBytes += bytes
      lane.backlogBytes += bytes
    }
    return taken
  }
}
