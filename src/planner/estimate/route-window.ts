import { MIN_STANDING_MS, type TransitQueue } from './transit-queue.ts'

/** Segments that a route may have in flight before anything is known of it. */
export const INITIAL_SEGMENTS = 6
/** The first window may be what the test block says that a route is rid of in a round trip and this, up to a multiple. */
const TRUSTED_QUEUE_MS = 60
const TRUSTED_WINDOWS = 2
/** Standing queue that a busy route is steered to: enough that it never runs dry, little enough to leave soon. */
export const TARGET_QUEUE_MS = 15
/** Below this a queue is noise: what arrived may be less than the route could carry. */
export const NO_QUEUE_MS = 6
/** How long the least transit may go unconfirmed. */
const DRAIN_INTERVAL_MS = 8_000
/** While probing the window grows by what arrives to at most so many times what the rate seen so far keeps in flight. */
const PROBING_GAIN = 1.7
/** Probing ends when a queue stands, or when for so long the capacity has not grown by more than this: a transport is full. */
const GROWTH_RATIO = 1.05
const GROWTH_LOOPS = 3
const LEAST_GROWTH_MS = 200
/** Orders wait for the next tick of the client, half of one on average. */
export const TICK_ALLOWANCE_MS = 20
/** Bounds of the correction that the standing queue makes to the window. */
const MIN_GAIN = 0.85
const MAX_GAIN = 3

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
  #bytes: number
  #probing = true
  /** While probing: the capacity when it last grew by more than GROWTH_RATIO, and when that was. */
  #grown = { capacity: 0, atMs: 0 }
  /** When the first probing ended, since the route began or began anew. */
  #settledMs = Number.POSITIVE_INFINITY
  #gain = 1
  #emptySinceMs: number | undefined
  /** While the queue is let run out: the window before. */
  #fullBytes: number | undefined
  /** Until when that goes on, or last did. */
  #drainedMs = Number.NEGATIVE_INFINITY

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes
    this.#bytes = this.firstBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Of a route of which nothing is known. */
  get firstBytes(): number {
    return Math.max(64 * 1024, INITIAL_SEGMENTS * this.#segmentBytes)
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
    const trusted = Math.min((rttMs + TRUSTED_QUEUE_MS) * bytesPerMs, TRUSTED_WINDOWS * this.firstBytes)
    this.#bytes = Math.max(this.#bytes, trusted)
  }

  /** Is no less than before a silence that is over. */
  regain(bytes: number): void {
    this.#bytes = Math.max(this.#bytes, bytes)
  }

  /** The route begins anew, with two segments a round trip. */
  restart(): void {
    this.#bytes = 2 * this.#segmentBytes
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
    const targetMs = Math.max(TARGET_QUEUE_MS, segmentMs)
    const standingMs = queue.standing(nowMs - Math.max(MIN_STANDING_MS, loopMs))
    // That there is no queue while it is let run out, and until another can have been seen, does not ask for more.
    const isDrained = nowMs - this.#drainedMs < 2 * loopMs + MIN_STANDING_MS
    if (!busy || standingMs > NO_QUEUE_MS || isDrained) this.#emptySinceMs = undefined
    else this.#emptySinceMs ??= nowMs
    if (this.#probing) {
      if (!this.#findsFull(nowMs, busy, arrivedBytes, targetMs, view)) return
      this.settle(nowMs)
    } else if (this.#emptySinceMs !== undefined && nowMs - this.#emptySinceMs > 2 * loopMs) {
      this.probe()
      return
    }
    this.#learnGain(standingMs, targetMs, busy && !isDrained, elapsedMs, view)
    this.#approach(targetMs, view)
    this.#drain(nowMs, view)
    this.#bytes = Math.max(2 * this.#segmentBytes, this.#bytes)
  }

  /** While probing: lets the window grow. Whether the route is full. */
  #findsFull(nowMs: number, busy: boolean, arrivedBytes: number, targetMs: number, view: RouteView): boolean {
    const { capacity, loopMs, rttMs, queue } = view
    const most = Math.max(this.#bytes, PROBING_GAIN * capacity * loopMs)
    this.#bytes = Math.min(most, this.#bytes + (busy ? arrivedBytes : 0))
    if (!busy || !view.hasDelivered || capacity > GROWTH_RATIO * this.#grown.capacity)
      this.#grown = { capacity, atMs: nowMs }
    // A hop's transport sends what it may once a round trip: the queue of such a burst is no sign that the route is full.
    const isQueued = queue.standing(nowMs - Math.max(MIN_STANDING_MS, rttMs)) >= targetMs
    return isQueued || nowMs - this.#grown.atMs > Math.max(LEAST_GROWTH_MS, GROWTH_LOOPS * loopMs)
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
    if (mayRise || error < 0) this.#gain *= 1 + 0.2 * error * Math.min(1, elapsedMs / view.loopMs)
    this.#gain = Math.max(MIN_GAIN, Math.min(MAX_GAIN, this.#gain))
  }

  /** Brings the window nearer to what is needed, by a fifth a tick, so that one odd sample does not empty the route. */
  #approach(targetMs: number, { capacity, loopMs, lossWaitMs, queue }: RouteView): void {
    const inFlightMs = loopMs + TICK_ALLOWANCE_MS / 2 + targetMs + queue.jitterMs / 2
    // What is not in the queue that is seen is not under way either, however large the window: the source's transport holds
    // it back, and a window above that would let it fill the queues until one overflows.
    const seenMs = loopMs + TICK_ALLOWANCE_MS + targetMs + queue.ms
    const needed = capacity * (Math.min(seenMs, inFlightMs * this.#gain) + lossWaitMs)
    this.#bytes += (needed - this.#bytes) * 0.2
  }

  /**
   * Now and then the queue is let run out, so that the least transit stays known; then the window is what it was. Costs a
   * few ms of the route's time. What is under way for the sake of lost packets stays: it would be missing when the next
   * one is.
   */
  #drain(nowMs: number, { capacity, rttMs, loopMs, lossWaitMs, queue }: RouteView): void {
    if (this.#fullBytes === undefined) {
      if (nowMs - queue.confirmedMs < DRAIN_INTERVAL_MS) return
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
