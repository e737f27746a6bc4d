/** A gap longer than this, and than so many segments take, may be the wait for a lost packet ... */
const LEAST_GAP_MS = 20
const LEAST_GAP_SEGMENTS = 2
/** ... if what then comes has been under way longer than what came before, by this share of the gap: else nothing was sent; */
const WAITED_RATIO = 0.5
/** ... on the last hop, if so many segments and this share of what the gap would have brought then come within this time; */
const BUNCH_SEGMENTS = 3
const BUNCH_RATIO = 0.6
const BUNCH_MS = 10
/**
 * ... before it, if the gap is longer than this, and than so many segments take, and so many then come at this share of
 * the pace before. What is shorter may be a busy node.
 */
const LEAST_PACED_GAP_MS = 40
const LEAST_PACED_GAP_SEGMENTS = 6
const PACE_SEGMENTS = 4
const PACE_RATIO = 0.7
/** A wait is remembered, fading, for about so long and up to so much. */
const MEMORY_MS = 15_000
const MAX_WAIT_MS = 250
/** A packet lost while less than this stood in the route's queues was not lost because one of them was full. */
const LEAST_OVERFLOW_MS = 40
/** One lost while more stood there may have been: from then on no more than this share of it is to stand there ... */
const OVERFLOW_SHARE = 0.75
/** ... for so long; but packets lost although no more does, by about so much, show that the path loses them in any case, */
const OVERFLOW_MEMORY_MS = 20_000
const OVERFLOW_SLACK = 1.15
/** ... if so many are within this time. */
const LOSSY_COUNT = 3
const LOSSY_MS = 3_000

interface Gap {
  ms: number
  /** What stood in the route's queues before it. */
  queueMs: number
  endedMs: number
  /** Arrived since. */
  bytes: number
  /** Of the route, before it. */
  bytesPerMs: number
}

/**
 * How much has to be under way on a route, in ms of its time, so that it does not run dry while segments wait behind a lost
 * packet: nothing comes, then what was held up. On the last hop it comes at once, and the gap is the wait. From a hop
 * before it comes at the pace of the last one, and the gap is what was not under way behind the lost packet: so much is
 * added. A route that has become slower shows the gap, but neither after it. Pure.
 */
export class LossWait {
  readonly #segmentBytes: number
  #ms = 0
  #lastMs = 0
  #gap: Gap | undefined
  #mostQueueMs = Number.POSITIVE_INFINITY
  #overflowedMs = Number.NEGATIVE_INFINITY
  /** When the last packets were lost that no queue can have dropped. */
  readonly #lossesMs: number[] = []
  /** Until when packets are taken for lost whatever stands in the queues. */
  #lossyUntilMs = Number.NEGATIVE_INFINITY

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes
  }

  /**
   * `bytes` arrived `gapMs` after what came before, which had stood in queues for `queueMs`, and were under way for
   * `longerMs` longer, on a route of `bytesPerMs`.
   */
  add(
    bytes: number,
    gapMs: number,
    longerMs: number,
    queueMs: number,
    bytesPerMs: number,
    nowMs: number
  ): void {
    const leastGapMs = Math.max(LEAST_GAP_MS, (LEAST_GAP_SEGMENTS * this.#segmentBytes) / bytesPerMs)
    if (gapMs > leastGapMs && longerMs > WAITED_RATIO * gapMs)
      this.#gap = { ms: gapMs, queueMs, endedMs: nowMs, bytes: 0, bytesPerMs }
    const gap = this.#gap
    if (gap === undefined) return
    gap.bytes += bytes
    const sinceMs = nowMs - gap.endedMs
    const bunchBytes = Math.max(BUNCH_SEGMENTS * this.#segmentBytes, BUNCH_RATIO * gap.ms * gap.bytesPerMs)
    if (sinceMs <= BUNCH_MS && gap.bytes >= bunchBytes) this.#learn(gap, Math.max(this.at(nowMs), gap.ms), nowMs)
    else if (sinceMs > BUNCH_MS && gap.bytes >= PACE_SEGMENTS * this.#segmentBytes) {
      const leastMs = Math.max(
        LEAST_PACED_GAP_MS,
        (LEAST_PACED_GAP_SEGMENTS * this.#segmentBytes) / gap.bytesPerMs
      )
      if (gap.ms > leastMs && gap.bytes >= PACE_RATIO * sinceMs * gap.bytesPerMs)
        this.#learn(gap, this.at(nowMs) + gap.ms, nowMs)
      else this.#gap = undefined
    }
  }

  /** In ms. */
  at(nowMs: number): number {
    return this.#ms * Math.exp((this.#lastMs - nowMs) / MEMORY_MS)
  }

  /** How much may stand in the route's queues so that none of them overflows, as far as is known; in ms. */
  mostQueueMs(nowMs: number): number {
    return nowMs - this.#overflowedMs < OVERFLOW_MEMORY_MS ? this.#mostQueueMs : Number.POSITIVE_INFINITY
  }

  #learn({ queueMs }: Gap, ms: number, nowMs: number): void {
    this.#gap = undefined
    const canOverflow = queueMs >= Math.max(LEAST_OVERFLOW_MS, OVERFLOW_SLACK * this.#knownMostMs(nowMs))
    if (!canOverflow) {
      this.#lossesMs.push(nowMs)
      if (this.#lossesMs.length > LOSSY_COUNT) this.#lossesMs.shift()
      if (this.#lossesMs.length === LOSSY_COUNT && nowMs - this.#lossesMs[0]! < LOSSY_MS) {
        this.#lossyUntilMs = nowMs + OVERFLOW_MEMORY_MS
        this.#overflowedMs = Number.NEGATIVE_INFINITY
      }
    } else if (nowMs >= this.#lossyUntilMs) {
      this.#mostQueueMs = OVERFLOW_SHARE * queueMs
      this.#overflowedMs = nowMs
      return
    }
    this.#ms = Math.min(MAX_WAIT_MS, ms)
    this.#lastMs = nowMs
  }

  #knownMostMs(nowMs: number): number {
    const mostMs = this.mostQueueMs(nowMs)
    return mostMs === Number.POSITIVE_INFINITY ? 0 : mostMs
  }
}
