import { BULK, type Tuning } from '../tuning.ts'
import { LossWait } from './loss-wait.ts'
import { type RouteView, RouteWindow } from './route-window.ts'
import { TransitQueue } from './transit-queue.ts'

interface Arrival {
  atMs: number
  bytes: number
}

/** What a route was thought to carry while it delivered. */
interface Strength {
  capacity: number
  windowBytes: number
}

/**
 * Capacity, queue and window of one route, from what arrives on it.
 *
 * Capacity is the delivery rate while there is a queue; without one the route may carry more, and samples only ever raise
 * the estimate (app-limited samples never lower it). The queue is the transit (source's stamp to arrival) above the least
 * transit seen, so the nodes' clocks need not agree. The window is what has to be in flight for the capacity, plus the
 * target queue and the wait for lost packets; while there is no queue although credit is used up, it grows by a multiple of
 * what arrives. Pure.
 */
export class RouteEstimator {
  readonly tuning: Tuning
  readonly #segmentBytes: number
  readonly #arrivals: Arrival[] = []
  #rttMs = Number.POSITIVE_INFINITY
  readonly #queue: TransitQueue
  readonly #window: RouteWindow
  /** Of what arrived last. */
  #transitMs = Number.POSITIVE_INFINITY
  #gapMs = 0
  readonly #lossWait: LossWait
  #lossWaitMs = 0
  /** Bytes a millisecond. */
  #capacity = 0
  #hasDelivered = false
  /** How long samples have been averaged since probing last ended, in ms. */
  #knownForMs = 0
  #deviations = 0
  #changed = false
  #arrivedBytes = 0
  #lastTickMs = 0
  #delivering: Strength | undefined
  /** The most that it was taken for of late. */
  #best: (Strength & { atMs: number }) | undefined
  #comeback: { before: Strength; beganMs: number; sinceMs: number; bytes: number } | undefined

  constructor(segmentBytes: number, rttMs: number, tuning: Tuning = BULK) {
    this.tuning = tuning
    this.#segmentBytes = segmentBytes
    this.#queue = new TransitQueue(tuning.queue)
    this.#lossWait = new LossWait(segmentBytes, tuning.lossWait)
    this.#window = new RouteWindow(segmentBytes, tuning)
    this.addRtt(rttMs)
    // A guess that the first round trips replace: the first window in one round trip, never more.
    this.#capacity = this.#window.bytes / Math.max(tuning.capacity.leastRttMs, rttMs)
  }

  /** Least round trip of a small message, in ms. */
  get rttMs(): number {
    return this.#rttMs
  }

  get queueMs(): number {
    return this.#queue.ms
  }

  get bytesPerMs(): number {
    return this.#capacity
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  /** The longest gap between arrivals of the last seconds, fading; at most this.tuning.memory.maxUsualGapMs. */
  get usualGapMs(): number {
    return Math.min(this.tuning.memory.maxUsualGapMs, this.#gapMs)
  }

  /** How long segments wait for a lost packet: meanwhile no credit comes back, and the hop before it must not run dry; in ms. */
  get lossWaitMs(): number {
    return this.#lossWaitMs
  }

  /** How far transits lie apart beyond what a busy route shows anyway; in ms. */
  get jitterMs(): number {
    return this.#queue.jitterMs
  }

  /** Something has arrived on it: until then its capacity is a guess. */
  get hasDelivered(): boolean {
    return this.#hasDelivered
  }

  /** A silence has ended not long ago, and its capacity may be what that has made of it. */
  isReturning(nowMs: number): boolean {
    return this.#comeback !== undefined && nowMs - this.#comeback.beganMs <= this.tuning.memory.comebackMs
  }

  /** Still looking for the route's capacity. */
  get probing(): boolean {
    return this.#window.probing
  }

  /** Time that one segment takes at the route's capacity, in ms. */
  get segmentMs(): number {
    return this.#segmentBytes / this.#capacity
  }

  /** From an order to the source until the segment that it brings forth is here, when there is no queue; in ms. */
  get loopMs(): number {
    return this.#rttMs + 2 * this.segmentMs
  }

  addRtt(rttMs: number): void {
    this.#rttMs = Math.min(this.#rttMs, Math.max(1, rttMs))
  }

  /**
   * A test block of `bytes` took `spreadMs` to arrive. Says more than the first guess; later, on a route that carries
   * nothing, it can only raise the estimate.
   */
  addBulkSample(bytes: number, spreadMs: number): void {
    const bytesPerMs =
      bytes / Math.max(1, spreadMs - Math.min(this.tuning.samples.blockNoiseMs, spreadMs / 2))
    const sample = Math.min(
      this.#window.firstBytes / Math.max(this.tuning.capacity.leastRttMs, this.#rttMs),
      bytesPerMs
    )
    if (this.#arrivals.length <= this.tuning.samples.leastSegments || sample > this.#capacity)
      this.#capacity = sample
    if (!this.#hasDelivered) this.#window.trust(bytesPerMs, this.#rttMs)
  }

  addArrival(bytes: number, sentAtMs: number, nowMs: number): void {
    this.#hasDelivered = true
    const transitMs = nowMs - sentAtMs
    const beforeMs = this.#queue.lastMs ?? 0
    this.#queue.add(transitMs, nowMs, 2 * this.tuning.queue.standingMs + this.loopMs)
    const lastMs = this.#arrivals.at(-1)?.atMs ?? nowMs
    const gapMs = nowMs - lastMs
    this.#gapMs = Math.max(gapMs, this.#gapMs * Math.exp(-gapMs / this.tuning.memory.gapMemoryMs))
    const longerMs = transitMs - this.#transitMs
    this.#transitMs = transitMs
    // While its own rate still grows the route's transport pauses after each burst.
    if (nowMs - this.#window.settledMs > this.tuning.lossWait.settlingLoops * this.loopMs) {
      const paceBytesPerMs = Math.max(this.#capacity, this.#delivering?.capacity ?? 0)
      // Behind a long queue a packet was dropped by it, and more under way would have more dropped.
      const isFull = beforeMs > this.#lossWaitMs + this.tuning.lossWait.fullQueueMs
      if (!isFull || gapMs <= this.tuning.memory.longGapMs)
        this.#lossWait.add(bytes, gapMs, longerMs, paceBytesPerMs, this.#rttMs, nowMs)
    }
    this.#watchComeback(bytes, nowMs, gapMs)
    this.#arrivals.push({ atMs: nowMs, bytes })
    this.#arrivedBytes += bytes
  }

  /** What a relay got at once had waited for a lost packet. */
  addHeld(nowMs: number): void {
    this.#lossWait.addHeld(this.#rttMs, nowMs)
  }

  /** What the route had to carry was needed no more: that less arrives says nothing of its rate. */
  skipped(): void {
    this.#arrivals.length = 0
  }

  /** `backlogBytes`: what the route has to carry. With nothing to carry, silence says nothing. */
  tick(nowMs: number, backlogBytes: number): void {
    const elapsedMs = Math.min(this.tuning.capacity.mostTickMs, nowMs - this.#lastTickMs)
    this.#lastTickMs = nowMs
    this.#lossWaitMs = this.#lossWait.at(nowMs)
    const busy = backlogBytes >= this.windowBytes
    if (backlogBytes === 0) {
      this.#arrivals.length = 0
      this.#queue.fade()
    }
    const sample = this.#sample(nowMs)
    if (this.#changed && busy && !this.probing && this.#arrivals.length < this.tuning.samples.leastSegments)
      this.#boundByArrivals(nowMs)
    else if (sample !== undefined) this.#learn(sample, elapsedMs)
    const wasProbing = this.probing
    this.#watchSurge(nowMs)
    this.#window.tick(nowMs, elapsedMs, busy, this.#arrivedBytes, this.#view())
    if (wasProbing && !this.probing) this.#knownForMs = 0
    this.#arrivedBytes = 0
    this.#remember(nowMs)
  }

  /** Keeps what the route is taken for while it delivers at its pace, as it stands before a silence. */
  #remember(nowMs: number): void {
    if (this.#comeback && nowMs - this.#comeback.sinceMs > this.tuning.memory.comebackMs)
      this.#comeback = undefined
    const lastMs = this.#arrivals.at(-1)?.atMs
    if (this.#comeback || lastMs === undefined) return
    const segmentMs = this.#segmentBytes / Math.max(this.#capacity, this.#delivering?.capacity ?? 0)
    if (nowMs - lastMs > 2 * segmentMs + this.tuning.window.tickAllowanceMs / 2) return
    this.#delivering = { capacity: this.#capacity, windowBytes: this.windowBytes }
    this.#rememberBest(nowMs)
  }

  /** Once what the probing has found is settled. */
  #rememberBest(nowMs: number): void {
    if (this.probing || this.#knownForMs < this.tuning.capacity.smoothingMs || this.#window.isDraining) return
    const best = this.#best
    if (
      best &&
      nowMs - best.atMs < this.tuning.memory.bestMemoryMs &&
      this.#capacity < this.tuning.memory.bestRatio * best.capacity
    )
      return
    this.#best = { capacity: this.#capacity, windowBytes: this.windowBytes, atMs: nowMs }
  }

  /**
   * The route has stalled: it begins with two segments a round trip, or with what it carried before if that was less. What
   * its silence has made of the estimate does not count.
   */
  restart(): void {
    this.#arrivals.length = 0
    this.#window.restart()
    const before = this.#delivering?.capacity ?? this.#capacity
    this.#capacity = Math.min(
      before,
      this.windowBytes / Math.max(this.tuning.capacity.leastRttMs, this.#rttMs)
    )
    this.#deviations = 0
    this.#queue.clear()
    this.#delivering = undefined
    this.#comeback = undefined
  }

  /**
   * Silence lowers the capacity, for it may be one of the route. If then all comes at the old rate, it was not: the route is
   * taken for what it was before.
   */
  #watchComeback(bytes: number, nowMs: number, gapMs: number): void {
    if (this.#comeback && nowMs - this.#comeback.sinceMs > this.tuning.memory.comebackMs)
      this.#comeback = undefined
    if (this.#comeback === undefined) {
      if (gapMs <= this.tuning.memory.longGapMs || this.#delivering === undefined) return
      this.#comeback = { before: this.#delivering, beganMs: nowMs, sinceMs: nowMs, bytes: 0 }
      return
    }
    // Trickles between silences, as while a transport probes for the least round trip, belong to them.
    if (gapMs > this.tuning.memory.longGapMs) {
      this.#comeback.sinceMs = nowMs
      this.#comeback.bytes = 0
    }
    const { before, sinceMs } = this.#comeback
    this.#comeback.bytes += bytes
    const leastBytes = this.tuning.memory.comebackRatio * before.capacity * (nowMs - sinceMs)
    if (this.#comeback.bytes < Math.max(leastBytes, this.tuning.memory.comebackSegments * this.#segmentBytes))
      return
    this.#comeback = undefined
    this.#regain(before)
  }

  /** The route is again what it was. */
  #regain({ capacity, windowBytes }: Strength): void {
    this.#arrivals.length = 0
    this.#deviations = 0
    this.#changed = false
    this.#capacity = Math.max(this.#capacity, capacity)
    this.#window.regain(windowBytes)
  }

  #sample(nowMs: number): number | undefined {
    const arrivals = this.#arrivals
    const spanMs = Math.min(
      this.tuning.samples.mostSpanMs,
      Math.max(this.tuning.samples.leastSpanMs, this.tuning.samples.leastSegments * this.segmentMs)
    )
    while (arrivals.length > 3 && arrivals[1]!.atMs < nowMs - spanMs) arrivals.shift()
    const last = arrivals.at(-1)
    if (!last || arrivals.length < 3) return undefined
    // What came at once with the first came in the time before it.
    const bunchMs = this.tuning.samples.bunchRatio * this.segmentMs
    let begin = 0
    while (begin < arrivals.length - 3 && arrivals[begin + 1]!.atMs - arrivals[begin]!.atMs < bunchMs) begin++
    const first = arrivals[begin]!
    // Silence counts once it is longer than the time that one more segment would take.
    const untilMs = Math.max(
      last.atMs,
      nowMs - this.tuning.samples.silentSegments * this.segmentMs - this.tuning.samples.silentMs
    )
    if (untilMs <= first.atMs) return undefined
    let bytes = 0
    for (let i = begin + 1; i < arrivals.length; i++) bytes += arrivals[i]!.bytes
    const leastMs =
      arrivals.length < this.tuning.samples.leastSegments
        ? this.tuning.samples.fewSegmentsMs
        : this.tuning.samples.burstMs
    return bytes / Math.max(leastMs, untilMs - first.atMs)
  }

  /**
   * A slow route that empties its queue at a multiple of its rate has become faster. It is taken for what it was at its best
   * of late if it is about as fast; else how fast it is has to be found out at once.
   */
  #watchSurge(nowMs: number): void {
    const last = this.#arrivals.slice(-this.tuning.capacity.surgeSegments)
    const isQueueEmpty = (this.#queue.lastMs ?? Number.POSITIVE_INFINITY) <= this.tuning.queue.noQueueMs
    if (last.length < this.tuning.capacity.surgeSegments || !isQueueEmpty) return
    const bytes = (this.tuning.capacity.surgeSegments - 1) * this.#segmentBytes
    const spanMs = Math.max(1, nowMs - last[0]!.atMs)
    const best = this.#best
    const isLess = best && (this.probing || this.#capacity < this.tuning.memory.comebackRatio * best.capacity)
    if (
      isLess &&
      this.windowBytes < best.windowBytes &&
      bytes > this.tuning.memory.comebackRatio * best.capacity * spanMs
    ) {
      this.#regain(best)
      this.#window.settle(nowMs)
      return
    }
    const rate = bytes / Math.max(this.tuning.samples.fewSegmentsMs, spanMs)
    if (this.probing || rate < this.tuning.capacity.surgeRatio * this.#capacity) return
    this.#capacity = rate
    this.#arrivals.splice(0, this.#arrivals.length - this.tuning.capacity.surgeSegments)
    this.#deviations = 0
    this.#window.probe()
  }

  /** After a change: what has arrived since, and one segment more, is the most that the new rate can be. */
  #boundByArrivals(nowMs: number): void {
    const first = this.#arrivals[0]
    if (!first || nowMs - first.atMs < this.tuning.capacity.boundAfterMs) return
    let bytes = this.#segmentBytes - first.bytes
    for (const arrival of this.#arrivals) bytes += arrival.bytes
    this.#capacity = Math.min(this.#capacity, bytes / (nowMs - first.atMs))
  }

  #learn(sample: number, elapsedMs: number): void {
    const queued = this.queueMs > this.tuning.queue.noQueueMs
    if (this.probing) {
      this.#capacity = Math.max(this.#capacity, sample)
      return
    }
    if (!queued) {
      this.#deviations = 0
      // All that it was given came through without a queue: it may carry more.
      const isKept = sample > this.#capacity * this.tuning.capacity.keptRatio
      if (isKept)
        this.#capacity =
          Math.max(this.#capacity, sample) *
          (1 + this.tuning.capacity.raise * Math.min(1, elapsedMs / this.loopMs))
      return
    }
    if (this.#arrivals.length >= this.tuning.samples.leastSegments) this.#changed = false
    const deviates = Math.abs(sample / this.#capacity - 1) > this.tuning.capacity.changeRatio
    this.#deviations = deviates ? this.#deviations + 1 : 0
    if (
      this.#deviations >=
      this.tuning.capacity.changeSamples + this.jitterMs / this.tuning.capacity.jitterMsPerSample
    ) {
      // What arrived before the change says nothing of the rate after it.
      if (sample < this.#capacity) {
        this.#arrivals.splice(0, this.#arrivals.length - 2)
        this.#changed = true
      }
      // A hop that lets go of what it held back delivers faster than the route can, for a moment.
      this.#capacity = Math.min(sample, this.tuning.capacity.mostJump * this.#capacity)
      this.#deviations = 0
    } else {
      this.#knownForMs += elapsedMs
      // At first the mean of what has been seen: the highest sample of the probing is soon corrected.
      const smoothingMs = Math.max(
        this.tuning.capacity.leastSmoothingMs,
        Math.min(this.tuning.capacity.smoothingMs, this.#knownForMs)
      )
      this.#capacity += (sample - this.#capacity) * Math.min(1, elapsedMs / smoothingMs)
    }
  }

  #view(): RouteView {
    return {
      capacity: this.#capacity,
      rttMs: this.#rttMs,
      loopMs: this.loopMs,
      segmentMs: this.segmentMs,
      lossWaitMs: this.#lossWaitMs,
      hasDelivered: this.#hasDelivered,
      queue: this.#queue
    }
  }
}
