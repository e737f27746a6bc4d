import type { Tuning } from '../tuning.ts'
import type { TransitQueue } from './transit-queue.ts'

/** What is known of a route whose window is steered. */
export interface RouteView {
  /** Bytes a millisecond. */
  capacity: number
  rttMs: number
  /** From an order until the segment that it brings forth is here. */
  loopMs: number
  segmentMs: number
  lossWaitMs: number
  hasDelivered: boolean
  queue: TransitQueue
}

/**
 * How much one route may have under way: what its capacity needs over the loop, the target queue and the wait for lost
 * packets. A gain corrects it until the standing queue is the target. While the route is probed, the window grows by a
 * multiple of what arrives. Pure.
 */
export class RouteWindow {
  readonly #segmentBytes: number
  readonly #tuning: Tuning
  #bytes: number
  #probing = true
  /** While probing: the capacity when it last grew by more than this.#tuning.window.growthRatio, and when that was. */
  #grown = { capacity: 0, atMs: 0 }
  /** When the first probing ended, since the route began or began anew. */
  #settledMs = Number.POSITIVE_INFINITY
  #gain = 1
  #emptySinceMs: number | undefined
  /** While the queue is let run out: the window before. */
  #fullBytes: number | undefined
  /** Until when that goes on, or last did. */
  #drainedMs = Number.NEGATIVE_INFINITY

  constructor(segmentBytes: number, tuning: Tuning) {
    this.#segmentBytes = segmentBytes
    this.#tuning = tuning
    this.#bytes = this.firstBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Of a route of which nothing is known. */
  get firstBytes(): number {
    return Math.max(
      this.#tuning.window.leastFirstBytes,
      this.#tuning.window.initialSegments * this.#segmentBytes
    )
  }

  /** Still looking for the route's capacity. */
  get probing(): boolean {
    return this.#probing
  }

  /** The queue is being let run out. */
  get isDraining(): boolean {
    return this.#fullBytes !== undefined
  }

  /** When the first probing ended, since the route began or began anew; infinite before. */
  get settledMs(): number {
    return this.#settledMs
  }

  /** The test block says that the route is rid of so much a millisecond, before anything else has come. */
  trust(bytesPerMs: number, rttMs: number): void {
    const trusted = Math.min(
      (rttMs + this.#tuning.window.trustedQueueMs) * bytesPerMs,
      this.#tuning.window.trustedWindows * this.firstBytes
    )
    this.#bytes = Math.max(this.#bytes, trusted)
  }

  /** Is no less than before a silence that is over. */
  regain(bytes: number): void {
    this.#bytes = Math.max(this.#bytes, bytes)
  }

  /** The route begins anew, with two segments a round trip. */
  restart(): void {
    this.#bytes = this.#tuning.window.leastSegments * this.#segmentBytes
    this.#settledMs = Number.POSITIVE_INFINITY
    this.probe()
  }

  /** The route may carry more than is thought: how much is to be found out. */
  probe(): void {
    this.#probing = true
    this.#grown = { capacity: 0, atMs: 0 }
    this.#fullBytes = undefined
    this.#emptySinceMs = undefined
  }

  /** The capacity is known. */
  settle(nowMs: number): void {
    this.#probing = false
    this.#settledMs = Math.min(this.#settledMs, nowMs)
    this.#gain = 1
  }

  /** `arrivedBytes`: since the last tick. `busy`: the route has to carry as much as it may. */
  tick(nowMs: number, elapsedMs: number, busy: boolean, arrivedBytes: number, view: RouteView): void {
    const { loopMs, queue, segmentMs } = view
    queue.learnJitter()
    // Least queue that is to stand on the route, so that it never runs dry.
    const targetMs = Math.max(this.#tuning.window.targetQueueMs, segmentMs)
    const standingMs = queue.standing(nowMs - Math.max(this.#tuning.queue.standingMs, loopMs))
    // That there is no queue while it is let run out, and until another can have been seen, does not ask for more.
    const isDrained = nowMs - this.#drainedMs < 2 * loopMs + this.#tuning.queue.standingMs
    if (!busy || standingMs > this.#tuning.queue.noQueueMs || isDrained) this.#emptySinceMs = undefined
    else this.#emptySinceMs ??= nowMs
    if (this.#probing) {
      if (!this.#findsFull(nowMs, busy, arrivedBytes, targetMs, view)) return
      this.settle(nowMs)
    } else if (
      this.#emptySinceMs !== undefined &&
      nowMs - this.#emptySinceMs > this.#tuning.window.emptyLoops * loopMs
    ) {
      this.probe()
      return
    }
    this.#learnGain(standingMs, targetMs, busy && !isDrained, elapsedMs, view)
    this.#approach(targetMs, view)
    this.#drain(nowMs, view)
    this.#bytes = Math.max(this.#tuning.window.leastSegments * this.#segmentBytes, this.#bytes)
  }

  /** While probing: lets the window grow. Whether the route is full. */
  #findsFull(nowMs: number, busy: boolean, arrivedBytes: number, targetMs: number, view: RouteView): boolean {
    const { capacity, loopMs, rttMs, queue } = view
    const most = Math.max(this.#bytes, this.#tuning.window.probingGain * capacity * loopMs)
    this.#bytes = Math.min(most, this.#bytes + (busy ? arrivedBytes : 0))
    if (!busy || !view.hasDelivered || capacity > this.#tuning.window.growthRatio * this.#grown.capacity)
      this.#grown = { capacity, atMs: nowMs }
    // A hop's transport sends what it may once a round trip: the queue of such a burst is no sign that the route is full.
    const isQueued = queue.standing(nowMs - Math.max(this.#tuning.queue.standingMs, rttMs)) >= targetMs
    return (
      isQueued ||
      nowMs - this.#grown.atMs >
        Math.max(this.#tuning.window.leastGrowthMs, this.#tuning.window.growthLoops * loopMs)
    )
  }

  #learnGain(
    standingMs: number,
    targetMs: number,
    mayRise: boolean,
    elapsedMs: number,
    view: RouteView
  ): void {
    // What is under way for the sake of lost packets stands in a queue until one is lost.
    const sparedMs = this.#gain > 1 ? 0 : Math.min(view.lossWaitMs, Math.max(0, standingMs - targetMs))
    const error = Math.max(-1, Math.min(1, 1 - (standingMs - sparedMs) / targetMs))
    if (mayRise || error < 0)
      this.#gain *= 1 + this.#tuning.window.gainStep * error * Math.min(1, elapsedMs / view.loopMs)
    this.#gain = Math.max(this.#tuning.window.minGain, Math.min(this.#tuning.window.maxGain, this.#gain))
  }

  /** Brings the window nearer to what is needed, by a fifth a tick, so that one odd sample does not empty the route. */
  #approach(targetMs: number, { capacity, loopMs, lossWaitMs, queue }: RouteView): void {
    const inFlightMs = loopMs + this.#tuning.window.tickAllowanceMs / 2 + targetMs + queue.jitterMs / 2
    // What is not in the queue that is seen is not under way either, however large the window: the source's transport holds
    // it back, and a window above that would let it fill the queues until one overflows.
    const seenMs = loopMs + this.#tuning.window.tickAllowanceMs + targetMs + queue.ms
    const needed = capacity * (Math.min(seenMs, inFlightMs * this.#gain) + lossWaitMs)
    this.#bytes += (needed - this.#bytes) * this.#tuning.window.approachShare
  }

  /**
   * Now and then the queue is let run out, so that the least transit stays known; then the window is what it was. Costs a
   * few ms of the route's time. What is under way for the sake of lost packets stays: it would be missing when the next
   * one is.
   */
  #drain(nowMs: number, { capacity, rttMs, loopMs, lossWaitMs, queue }: RouteView): void {
    if (this.#fullBytes === undefined) {
      if (nowMs - queue.confirmedMs < this.#tuning.window.drainIntervalMs) return
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
