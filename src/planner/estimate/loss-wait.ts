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
/**
 * One wait may be for a packet that a full queue has dropped, and more under way would have the next one dropped, too: it
 * counts for so much only. So many within this time are for packets that the path loses in any case.
 */
const MAX_SINGLE_WAIT_MS = 30
const LOSSY_COUNT = 2
const LOSSY_MS = 2_000
/** Waits on hops before the last, told by relays, are beyond doubt; but a full queue may drop a few packets in a row. */
const HELD_COUNT = 2
const HELD_MS = 1_000
/** Each of them from the second on adds so much: all at once would overflow queues. */
const HELD_STEP_MS = 150
/**
 * A wait is remembered, fading, for about so long, and up to so many round trips, between these: a packet sent again is lost
 * as often, and a transport that always has more to send than it may finds its rate and keeps the queues short.
 */
const MEMORY_MS = 15_000
const MOST_ROUND_TRIPS = 3
const LEAST_MOST_MS = 60
const MAX_WAIT_MS = 400

interface Gap {
  ms: number
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
  readonly #waits = new Recent(LOSSY_COUNT, LOSSY_MS)
  readonly #held = new Recent(HELD_COUNT, HELD_MS)

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes
  }

  /**
   * `bytes` arrived `gapMs` after what came before and were under way for `longerMs` longer, on a route of `bytesPerMs`
   * with a round trip of `rttMs`.
   */
  add(
    bytes: number,
    gapMs: number,
    longerMs: number,
    bytesPerMs: number,
    rttMs: number,
    nowMs: number
  ): void {
    const leastGapMs = Math.max(LEAST_GAP_MS, (LEAST_GAP_SEGMENTS * this.#segmentBytes) / bytesPerMs)
    if (gapMs > leastGapMs && longerMs > WAITED_RATIO * gapMs)
      this.#gap = { ms: gapMs, endedMs: nowMs, bytes: 0, bytesPerMs }
    const gap = this.#gap
    if (gap === undefined) return
    gap.bytes += bytes
    const sinceMs = nowMs - gap.endedMs
    const bunchBytes = Math.max(BUNCH_SEGMENTS * this.#segmentBytes, BUNCH_RATIO * gap.ms * gap.bytesPerMs)
    if (sinceMs <= BUNCH_MS && gap.bytes >= bunchBytes)
      this.#learn(Math.max(this.at(nowMs), gap.ms), rttMs, nowMs)
    else if (sinceMs > BUNCH_MS && gap.bytes >= PACE_SEGMENTS * this.#segmentBytes) {
      const leastMs = Math.max(
        LEAST_PACED_GAP_MS,
        (LEAST_PACED_GAP_SEGMENTS * this.#segmentBytes) / gap.bytesPerMs
      )
      if (gap.ms > leastMs && gap.bytes >= PACE_RATIO * sinceMs * gap.bytesPerMs)
        this.#learn(this.at(nowMs) + gap.ms, rttMs, nowMs)
      else this.#gap = undefined
    }
  }

  /** A relay tells that what it got had waited for a packet that was lost on a hop before the last. */
  addHeld(rttMs: number, nowMs: number): void {
    if (!this.#held.add(nowMs)) return
    this.#raise(Math.min(mostMs(rttMs), this.at(nowMs) + HELD_STEP_MS), nowMs)
  }

  /** In ms. */
  at(nowMs: number): number {
    return this.#ms * Math.exp((this.#lastMs - nowMs) / MEMORY_MS)
  }

  #learn(ms: number, rttMs: number, nowMs: number): void {
    this.#gap = undefined
    const isLossy = this.#waits.add(nowMs)
    this.#raise(Math.min(isLossy ? mostMs(rttMs) : MAX_SINGLE_WAIT_MS, ms), nowMs)
  }

  #raise(ms: number, nowMs: number): void {
    this.#ms = Math.max(this.at(nowMs), ms)
    this.#lastMs = nowMs
  }
}

function mostMs(rttMs: number): number {
  return Math.min(MAX_WAIT_MS, Math.max(LEAST_MOST_MS, MOST_ROUND_TRIPS * rttMs))
}

/** Whether something has happened `count` times within `withinMs`. */
class Recent {
  readonly #count: number
  readonly #withinMs: number
  readonly #timesMs: number[] = []

  constructor(count: number, withinMs: number) {
    this.#count = count
    this.#withinMs = withinMs
  }

  /** Once more. */
  add(nowMs: number): boolean {
    this.#timesMs.push(nowMs)
    if (this.#timesMs.length > this.#count) this.#timesMs.shift()
    return this.#timesMs.length === this.#count && nowMs - this.#timesMs[0]! < this.#withinMs
  }
}
