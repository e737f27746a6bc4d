import type { Extent } from '../../protocol/extent.ts'
import type { Ledger } from '../ledger.ts'
import { type PlannerInit, TICK_MS } from '../planner.ts'
import { isOverdue, type Lane, soonestRepair, Takings, type Track } from './lanes.ts'

/** How many of the last edges are remembered: at 40 heads a second, half a minute. */
const EDGES_KEPT = 1_200

/** Bytes that may be copied in all, and further ones as a share of all that has arrived. */
const COPIED_BYTES = 512 * 1024
const COPIED_SHARE = 0.05

/** Time in ms over which it is measured how fast the content is made. */
const MADE_RATE_MS = 3_000
/**
 * Segments are sent twice while a repair would take more of the latency than the second of these shares. That begins at the
 * first, so that it does not come and go.
 */
const TIGHT_SHARES = { begin: 1, end: 0.8 }
/** Where bringing a segment over the second fastest route takes more than this share of the latency, copies would only lengthen the queues. */
const HOPELESS_SHARE = 0.75
/** So much more than is sent the routes have to carry: as these are used more, it shows whether they carry more. */
const SPARE_RATIO = 1.17
/** The share that is sent twice changes by this much at least, for each change costs an order. */
const COPIED_STEP = 0.05

/** When each segment of a live content has to be here: so long after it was told that the content reaches to it. Pure. */
export class Deadlines {
  /** Undefined where segments are waited for. */
  readonly #latencyMs: number | undefined
  readonly #segmentBytes: number
  readonly #pace: PlannerInit['pace']
  #copiedBytes = 0
  #copiedShare = 0
  /** The edges, and when each was told: ascending. */
  readonly #edges: Array<{ seq: number; atMs: number }> = []

  constructor({ latencyMs, extent, pace }: PlannerInit) {
    this.#latencyMs = latencyMs
    this.#pace = pace
    this.#segmentBytes = extent.segmentBytes
  }

  /** The content is known to reach so far. */
  grown(extent: Extent, nowMs: number): void {
    this.#edges.push({ seq: extent.capped(Number.POSITIVE_INFINITY), atMs: nowMs })
    if (this.#edges.length > EDGES_KEPT) this.#edges.shift()
  }

  /**
   * The share of the segments that are to go over two of the lanes at once, 0 to 1: all that the lanes can carry where what
   * one of them loses could not be repaired in time.
   */
  copiedShare(lanes: readonly Lane[], nowMs: number): number {
    if (this.#latencyMs === undefined || lanes.length < 2) return 0
    const leftMs = this.#latencyMs - leastOneWayMs(lanes)
    const tightShare = this.#copiedShare > 0 ? TIGHT_SHARES.end : TIGHT_SHARES.begin
    const isTight = slowestRepairMs(lanes) > tightShare * leftMs
    const [, secondMs] = lanes.map(bringMs).sort((a, b) => a - b)
    const isHopeless = secondMs! > HOPELESS_SHARE * leftMs
    const share = isTight && !isHopeless ? Math.max(0, Math.min(1, this.#spareRatio(lanes, nowMs) - 1)) : 0
    const isChange = Math.abs(share - this.#copiedShare) >= COPIED_STEP || share === 0 || share === 1
    if (isChange) this.#copiedShare = share
    return this.#copiedShare
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
    if (this.#latencyMs === undefined) return []
    return [...tracks].map(([route, track]) => [
      route,
      this.#copiesOf(track, ledger, lanes, arrivedBytes, this.#latencyMs!, nowMs)
    ])
  }

  /** How many times the lanes can carry the content, as far as is known. */
  #spareRatio(lanes: readonly Lane[], nowMs: number): number {
    const madeBytesPerMs = this.#madeBytesPerMs(nowMs)
    // One route takes no segment twice.
    const rates = lanes.map(({ track }) => Math.min(madeBytesPerMs, track.estimator.bytesPerMs))
    const paceBytesPerMs = (this.#pace?.rateBytesPerSecond ?? Number.POSITIVE_INFINITY) / 1000
    const bytesPerMs = Math.min(
      paceBytesPerMs,
      rates.reduce((sum, rate) => sum + rate, 0)
    )
    return madeBytesPerMs > 0 ? bytesPerMs / (SPARE_RATIO * madeBytesPerMs) : 0
  }

  /** How fast the content has been made recently. */
  #madeBytesPerMs(nowMs: number): number {
    const first = this.#edges.find(({ atMs }) => nowMs - atMs <= MADE_RATE_MS)
    const last = this.#edges.at(-1)
    if (!first || !last || last === first) return 0
    return ((last.seq - first.seq) * this.#segmentBytes) / (nowMs - first.atMs)
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
    for (const [place, seq] of owed.entries()) {
      if (ledger.ownersOf(seq).length > 1) continue
      const edge = this.#edges.find(edge => seq < edge.seq)
      const leftMs = edge ? Math.max(0, edge.atMs + latencyMs - nowMs) : latencyMs
      const ownMs = ((place + 1) * this.#segmentBytes) / estimator.bytesPerMs
      const [lane, otherMs] = soonestRepair(others, taken, this.#segmentBytes)
      if (this.#copiedBytes > COPIED_BYTES + COPIED_SHARE * arrivedBytes) break
      if ((ownMs < leftMs / 2 && !isOverdue(track, nowMs)) || otherMs > leftMs) continue
      taken.add(lane, seq, true)
      this.#copiedBytes += this.#segmentBytes
      lane.backlogBytes += this.#segmentBytes
    }
    return taken
  }
}

/** The least time on the way from the source, in ms: the content is made so long before its edge is told here. */
function leastOneWayMs(lanes: readonly Lane[]): number {
  return Math.min(...lanes.map(({ track }) => track.estimator.rttMs)) / 2
}

/** How long it takes at most until a segment is here that one of the lanes loses, and another one brings then; in ms. */
function slowestRepairMs(lanes: readonly Lane[]): number {
  return Math.max(
    ...lanes.map(lane => {
      const { estimator } = lane.track
      const noticeMs = Math.max(
        estimator.tuning.silence.usualSegments * estimator.segmentMs,
        estimator.usualGapMs
      )
      const others = lanes.filter(other => other !== lane)
      return bringMs(lane) + noticeMs + TICK_MS + Math.min(...others.map(bringMs))
    })
  )
}

/** When a segment that is ordered now is here, in ms. */
function bringMs({ track: { estimator } }: Lane): number {
  return estimator.loopMs + estimator.queueMs
}
