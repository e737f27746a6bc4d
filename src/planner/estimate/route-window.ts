import type { KnownRoute } from '../planner.ts'
import type { QueueTuning, Tuning, WindowTuning } from '../tuning.ts'
import type { TransitQueue } from './transit-queue.ts'

/** What the estimator knows of the route whose window is steered. */
export interface RouteView {
  /** Bytes a millisecond. */
  capacity: number
  rttMs: number
  /** Time from an order until the segment that it brings forth is here. */
  loopMs: number
  segmentMs: number
  lossWaitMs: number
  hasDelivered: boolean
  queue: TransitQueue
}

/**
 * How much one route may have under way: what its capacity needs over the loop, the target queue and the wait for
 * lost packets. A gain corrects it until the standing queue is the target. While the route is probed, the window
 * grows by what arrives. Pure.
 */
export class RouteWindow {
  readonly #segmentBytes: number
  readonly #tuning: WindowTuning
  readonly #queueTuning: QueueTuning
  #bytes: number
  #probing = true
  /** The capacity when it last grew by more than `growthRatio` while probing, and when that was. */
  #grown = { capacity: 0, atMs: 0 }
  #firstProbedMs = Number.POSITIVE_INFINITY
  #gain = 1
  #emptySinceMs: number | undefined
  /** The window before the drain that is going on. */
  #fullBytes: number | undefined
  /** When the drain ends, or the last one ended. */
  #drainedMs = Number.NEGATIVE_INFINITY

  constructor(segmentBytes: number, { window, queue }: Tuning) {
    this.#segmentBytes = segmentBytes
    this.#tuning = window
    this.#queueTuning = queue
    this.#bytes = this.firstBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The window of a route of which nothing is known. */
  get firstBytes(): number {
    return firstWindowBytes(this.#segmentBytes, this.#tuning)
  }

  /** Whether the window is growing to find the route's capacity. */
  get probing(): boolean {
    return this.#probing
  }

  get isDraining(): boolean {
    return this.#fullBytes !== undefined
  }

  /** When the first probing ended since the route began or began anew; infinite before. */
  get firstProbedMs(): number {
    return this.#firstProbedMs
  }

  /** The test block came at this rate before any segment did: the first window may grow to what that rate carries. */
  trust(bytesPerMs: number, rttMs: number): void {
    const { trustedQueueMs, trustedWindows } = this.#tuning
    const trusted = Math.min((rttMs + trustedQueueMs) * bytesPerMs, trustedWindows * this.firstBytes)
    this.#bytes = Math.max(this.#bytes, trusted)
  }

  /** An earlier fetch has found what the route carries: the first window is what that needs. */
  know(known: KnownRoute): void {
    this.#bytes = knownWindowBytes(known, this.#segmentBytes, this.#tuning)
  }

  /** What was known is not so: the route begins like one of which nothing is known. */
  forget(): void {
    this.#bytes = this.firstBytes
  }

  /** The route is what it was before a gap: its window is at least the one of then. */
  regain(bytes: number): void {
    this.#bytes = Math.max(this.#bytes, bytes)
  }

  /** The route begins anew, with two segments a round trip. */
  restart(): void {
    this.#bytes = this.#tuning.leastSegments * this.#segmentBytes
    this.#firstProbedMs = Number.POSITIVE_INFINITY
    this.probe()
  }

  /** The route may carry more than its estimate: probing finds out how much. */
  probe(): void {
    this.#probing = true
    this.#grown = { capacity: 0, atMs: 0 }
    this.#fullBytes = undefined
    this.#emptySinceMs = undefined
  }

  /** The capacity is known. */
  endProbing(nowMs: number): void {
    this.#probing = false
    this.#firstProbedMs = Math.min(this.#firstProbedMs, nowMs)
    this.#gain = 1
  }

  /** `arrivedBytes` came since the last tick. `busy`: the route owes at least its window. */
  tick(nowMs: number, elapsedMs: number, busy: boolean, arrivedBytes: number, view: RouteView): void {
    const { targetQueueMs, emptyLoops, leastSegments } = this.#tuning
    const { noQueueMs, standingMs: standsMs } = this.#queueTuning
    const { loopMs, queue, segmentMs } = view
    queue.learnJitter()
    const targetMs = Math.max(targetQueueMs, segmentMs)
    const standingMs = queue.standing(nowMs - Math.max(standsMs, loopMs))
    // While draining, and for two loops after, an empty queue is our own doing: it is no reason to probe.
    const isDrained = nowMs - this.#drainedMs < 2 * loopMs + standsMs
    if (!busy || standingMs > noQueueMs || isDrained) this.#emptySinceMs = undefined
    else this.#emptySinceMs ??= nowMs
    if (this.#probing) {
      if (!this.#findsFull(nowMs, busy, arrivedBytes, targetMs, view)) return
      this.endProbing(nowMs)
    } else if (this.#emptySinceMs !== undefined && nowMs - this.#emptySinceMs > emptyLoops * loopMs) {
      this.probe()
      return
    }
    this.#learnGain(standingMs, targetMs, busy && !isDrained, elapsedMs, view)
    this.#approach(targetMs, view)
    this.#drain(nowMs, view)
    this.#bytes = Math.max(leastSegments * this.#segmentBytes, this.#bytes)
  }

  /** Lets the window grow while probing. Returns whether the route is full. */
  #findsFull(nowMs: number, busy: boolean, arrivedBytes: number, targetMs: number, view: RouteView): boolean {
    const { probingGain, growthRatio, growthLoops, leastGrowthMs } = this.#tuning
    const { capacity, loopMs, rttMs, queue } = view
    const most = Math.max(this.#bytes, probingGain * capacity * loopMs)
    this.#bytes = Math.min(most, this.#bytes + (busy ? arrivedBytes : 0))
    if (!busy || !view.hasDelivered || capacity > growthRatio * this.#grown.capacity)
      this.#grown = { capacity, atMs: nowMs }
    // A hop's transport may send in one burst a round trip, and that burst's queue does not mean that the route is full.
    const isQueued = queue.standing(nowMs - Math.max(this.#queueTuning.standingMs, rttMs)) >= targetMs
    return isQueued || nowMs - this.#grown.atMs > Math.max(leastGrowthMs, growthLoops * loopMs)
  }

  #learnGain(
    standingMs: number,
    targetMs: number,
    mayRise: boolean,
    elapsedMs: number,
    view: RouteView
  ): void {
    const { gainStep, minGain, maxGain } = this.#tuning
    // Bytes kept under way for lost packets stand in a queue until one is lost: that queue does not lower the gain.
    const sparedMs = this.#gain > 1 ? 0 : Math.min(view.lossWaitMs, Math.max(0, standingMs - targetMs))
    const error = Math.max(-1, Math.min(1, 1 - (standingMs - sparedMs) / targetMs))
    if (mayRise || error < 0) this.#gain *= 1 + gainStep * error * Math.min(1, elapsedMs / view.loopMs)
    this.#gain = Math.max(minGain, Math.min(maxGain, this.#gain))
  }

  /**
   * Brings the window nearer to what is needed, a share of the way, so that one odd sample does not empty the route.
   */
  #approach(targetMs: number, { capacity, loopMs, lossWaitMs, queue }: RouteView): void {
    const { tickAllowanceMs, approachShare } = this.#tuning
    const wantedMs = loopMs + tickAllowanceMs / 2 + targetMs + queue.jitterMs / 2
    // Bytes beyond (observed queue + loop) are not in the network: the sender's TCP is holding them. A larger window would
    // only let it overflow a router's queue later.
    const seenMs = loopMs + tickAllowanceMs + targetMs + queue.ms
    const needed = capacity * (Math.min(seenMs, wantedMs * this.#gain) + lossWaitMs)
    this.#bytes += (needed - this.#bytes) * approachShare
  }

  /**
   * Lets the queue run out now and then, so that the least transit stays known; then the window is what it was. This
   * costs a few ms of the route's time. The wait for lost packets stays under way: it would be missing at the next
   * loss.
   */
  #drain(nowMs: number, { capacity, rttMs, loopMs, lossWaitMs, queue }: RouteView): void {
    if (this.#fullBytes === undefined) {
      if (nowMs - queue.confirmedMs < this.#tuning.drainIntervalMs) return
      this.#fullBytes = this.#bytes
      this.#drainedMs = nowMs + loopMs
    }
    if (nowMs < this.#drainedMs) {
      this.#bytes = Math.min(this.#bytes, capacity * (rttMs + lossWaitMs))
      return
    }
    this.#bytes = this.#fullBytes
    this.#fullBytes = undefined
    queue.confirm(nowMs)
  }
}

function firstWindowBytes(segmentBytes: number, { leastFirstBytes, initialSegments }: WindowTuning): number {
  return Math.max(leastFirstBytes, initialSegments * segmentBytes)
}

/** The first window of a route whose rate is known: what the rate keeps under way, within bounds. */
export function knownWindowBytes(
  { rateBytesPerSecond, rttMs }: KnownRoute,
  segmentBytes: number,
  tuning: WindowTuning
): number {
  const neededBytes = (rateBytesPerSecond / 1000) * (rttMs + tuning.trustedQueueMs)
  const mostBytes = tuning.knownWindows * firstWindowBytes(segmentBytes, tuning)
  return Math.max(tuning.leastSegments * segmentBytes, Math.min(neededBytes, mostBytes))
}
