import type { KnownRoute } from '../planner.ts'
import { BULK, type Tuning } from '../tuning.ts'
import { LossWait } from './loss-wait.ts'
import { type RouteView, RouteWindow } from './route-window.ts'
import { TransitQueue } from './transit-queue.ts'

interface Arrival {
  atMs: number
  bytes: number
}

/** What a route was taken for at some time. */
interface Strength {
  capacity: number
  windowBytes: number
}

/**
 * Capacity, queue and window of one route, from what arrives on it.
 *
 * Capacity is the delivery rate while there is a queue; without one the route may carry more, and samples only raise
 * the estimate (app-limited samples never lower it). It is the only judge of a route's rate, apart from the share
 * that the route was given. Queue, wait and window have classes of their own. Pure.
 */
export class RouteEstimator {
  readonly tuning: Tuning
  readonly #segmentBytes: number
  readonly #arrivals: Arrival[] = []
  #rttMs = Number.POSITIVE_INFINITY
  readonly #queue: TransitQueue
  readonly #window: RouteWindow
  /** Transit of the segment that arrived last. */
  #transitMs = Number.POSITIVE_INFINITY
  /** The longest recent gap, fading. */
  #gapMs = 0
  /** What an earlier fetch has learnt of the route, until its own segments or test block say more. */
  #known: KnownRoute | undefined
  readonly #lossWait: LossWait
  #lossWaitMs = 0
  /** Bytes a millisecond. */
  #capacity = 0
  #hasDelivered = false
  /** How long samples have been averaged since probing last ended, in ms. */
  #knownForMs = 0
  /** Deviating samples in a row. */
  #deviations = 0
  /** The rate has just fallen, and too few segments have come since for a sample. */
  #hasFallen = false
  #arrivedBytes = 0
  #lastTickMs = 0
  /** What it was taken for when it last delivered at its pace. */
  #beforeGap: Strength | undefined
  /** The most that it was taken for recently, and when. */
  #best: (Strength & { atMs: number }) | undefined
  /** The comeback looked for: `beganMs` is the end of the first long gap, `sinceMs` that of the last one. */
  #comeback: { before: Strength; beganMs: number; sinceMs: number; bytes: number } | undefined

  constructor(segmentBytes: number, rttMs: number, tuning: Tuning = BULK, known?: KnownRoute) {
    this.tuning = tuning
    this.#segmentBytes = segmentBytes
    this.#queue = new TransitQueue(tuning.queue)
    this.#lossWait = new LossWait(segmentBytes, tuning.lossWait)
    this.#window = new RouteWindow(segmentBytes, tuning)
    this.addRtt(rttMs)
    // The first round trips replace this guess: the first window in one round trip, never more.
    this.#capacity = this.#window.bytes / Math.max(tuning.capacity.leastRttMs, rttMs)
    this.#known = known
    if (!known) return
    this.#window.know(known)
    this.#capacity = known.rateBytesPerSecond / 1000
  }

  /** Least round trip of a small message, in ms. */
  get rttMs(): number {
    return this.#rttMs
  }

  /** The recent queue, smoothed, in ms. */
  get queueMs(): number {
    return this.#queue.ms
  }

  /** The capacity. */
  get bytesPerMs(): number {
    return this.#capacity
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  /** The longest gap of the last seconds, fading, in ms; at most `maxUsualGapMs` or `usualGapRoundTrips`. */
  get usualGapMs(): number {
    const { maxUsualGapMs, usualGapRoundTrips } = this.tuning.memory
    return Math.min(Math.max(maxUsualGapMs, usualGapRoundTrips * this.#rttMs), this.#gapMs)
  }

  /** The wait for lost packets, in ms: no credit comes back meanwhile, and no hop may run dry. */
  get lossWaitMs(): number {
    return this.#lossWaitMs
  }

  /** How far transits lie apart beyond what a busy route shows anyway; in ms. */
  get jitterMs(): number {
    return this.#queue.jitterMs
  }

  /** Whether a segment has arrived: until then the capacity is a guess. */
  get hasDelivered(): boolean {
    return this.#hasDelivered
  }

  /** Whether the capacity is what the route was found to carry: until its first probing has ended it may be more. */
  get isMeasured(): boolean {
    return Number.isFinite(this.#window.firstProbedMs)
  }

  /** Whether a long gap ended not long ago, so that the capacity may be what it has made of it. */
  isReturning(nowMs: number): boolean {
    return this.#comeback !== undefined && nowMs - this.#comeback.beganMs <= this.tuning.memory.comebackMs
  }

  /** Whether the window is growing to find the route's capacity. */
  get probing(): boolean {
    return this.#window.probing
  }

  /** Time that one segment takes at the route's capacity, in ms. */
  get segmentMs(): number {
    return this.#segmentBytes / this.#capacity
  }

  /** Time from an order until the segment that it brings forth is here, without a queue, in ms. */
  get loopMs(): number {
    return this.#rttMs + 2 * this.segmentMs
  }

  /** The round trip where it turns bytes into a guess of the rate. */
  get #leastRttMs(): number {
    return Math.max(this.tuning.capacity.leastRttMs, this.#rttMs)
  }

  /** A small message took `rttMs` for its round trip. */
  addRtt(rttMs: number): void {
    this.#rttMs = Math.min(this.#rttMs, Math.max(1, rttMs))
  }

  /**
   * A test block of `bytes` took `spreadMs` to arrive. While few segments have arrived recently it replaces the
   * estimate; otherwise it can only raise it. Where the rate is known from an earlier fetch the block only checks it.
   */
  addBlockSample(bytes: number, spreadMs: number): void {
    if (this.#known && !this.#hasDelivered) {
      if (this.#isConfirmed(bytes, spreadMs)) return
      this.#known = undefined
      this.#window.forget()
    }
    const bytesPerMs =
      bytes / Math.max(1, spreadMs - Math.min(this.tuning.samples.blockNoiseMs, spreadMs / 2))
    const sample = Math.min(this.#window.firstBytes / this.#leastRttMs, bytesPerMs)
    if (this.#arrivals.length <= this.tuning.samples.leastSegments || sample > this.#capacity)
      this.#capacity = sample
    if (!this.#hasDelivered) this.#window.trust(bytesPerMs, this.#rttMs)
  }

  /** Whether a test block that took `spreadMs` may have come at the rate that is known, as far as a small block tells. */
  #isConfirmed(bytes: number, spreadMs: number): boolean {
    const { blockNoiseMs } = this.tuning.samples
    const knownMs = bytes / this.#capacity
    const isFaster = knownMs > blockNoiseMs / 2 && spreadMs < knownMs / 4
    return !isFaster && spreadMs <= 2 * knownMs + blockNoiseMs
  }

  /** A segment of `bytes` has arrived; `sentAtMs` is the source's stamp. */
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
    // Until its own rate has stopped growing the route's transport pauses after each burst: such gaps are no waits.
    if (nowMs - this.#window.firstProbedMs > this.tuning.lossWait.settlingLoops * this.loopMs) {
      const paceBytesPerMs = Math.max(this.#capacity, this.#beforeGap?.capacity ?? 0)
      // A long queue before the gap was a full one: it dropped the packet, and more under way would have more dropped.
      const isFull = beforeMs > this.#lossWaitMs + this.tuning.lossWait.fullQueueMs
      if (!isFull || gapMs <= this.tuning.memory.longGapMs)
        this.#lossWait.add(bytes, gapMs, longerMs, paceBytesPerMs, this.#rttMs, nowMs)
    }
    this.#watchComeback(bytes, nowMs, gapMs)
    this.#arrivals.push({ atMs: nowMs, bytes })
    this.#arrivedBytes += bytes
  }

  /** A relay tells that segments waited for a packet that was lost on a hop before the last. */
  addHeld(nowMs: number): void {
    this.#lossWait.addHeld(this.#rttMs, nowMs)
  }

  /** Segments that the route owed were needed no more: that less arrives says nothing of its rate. */
  skipped(): void {
    this.#arrivals.length = 0
  }

  /** `backlogBytes` is what the route has to carry: a route that has nothing to carry is not slow. */
  tick(nowMs: number, backlogBytes: number): void {
    // In a record that was changed, time may go back.
    const elapsedMs = Math.max(0, Math.min(this.tuning.capacity.mostTickMs, nowMs - this.#lastTickMs))
    this.#lastTickMs = nowMs
    this.#lossWaitMs = this.#lossWait.at(nowMs)
    const busy = backlogBytes >= this.windowBytes
    if (backlogBytes === 0) {
      this.#arrivals.length = 0
      this.#queue.fade()
    }
    const sample = this.#sample(nowMs)
    if (this.#hasFallen && busy && !this.probing && this.#arrivals.length < this.tuning.samples.leastSegments)
      this.#boundByArrivals(nowMs)
    else if (sample !== undefined) this.#learn(sample, elapsedMs)
    const wasProbing = this.probing
    this.#watchSurge(nowMs)
    this.#window.tick(nowMs, elapsedMs, busy, this.#arrivedBytes, this.#view())
    if (wasProbing && !this.probing) this.#knownForMs = 0
    this.#arrivedBytes = 0
    this.#remember(nowMs)
  }

  /** Keeps what the route is taken for while it delivers at its pace, for the time after a long gap. */
  #remember(nowMs: number): void {
    if (this.#comeback && nowMs - this.#comeback.sinceMs > this.tuning.memory.comebackMs)
      this.#comeback = undefined
    const lastMs = this.#arrivals.at(-1)?.atMs
    if (this.#comeback || lastMs === undefined) return
    const segmentMs = this.#segmentBytes / Math.max(this.#capacity, this.#beforeGap?.capacity ?? 0)
    if (nowMs - lastMs > 2 * segmentMs + this.tuning.window.tickAllowanceMs / 2) return
    this.#beforeGap = { capacity: this.#capacity, windowBytes: this.windowBytes }
    this.#rememberBest(nowMs)
  }

  /** Keeps the most that the route was taken for, once the samples have corrected what probing found. */
  #rememberBest(nowMs: number): void {
    const { bestMemoryMs, bestRatio } = this.tuning.memory
    if (this.probing || this.#knownForMs < this.tuning.capacity.smoothingMs || this.#window.isDraining) return
    const best = this.#best
    if (best && nowMs - best.atMs < bestMemoryMs && this.#capacity < bestRatio * best.capacity) return
    this.#best = { capacity: this.#capacity, windowBytes: this.windowBytes, atMs: nowMs }
  }

  /**
   * The route was parked: it begins with two segments a round trip, or with what it carried before if that was less.
   * What its silence has made of the estimate does not count.
   */
  restart(): void {
    this.#arrivals.length = 0
    this.#window.restart()
    const before = this.#beforeGap?.capacity ?? this.#capacity
    this.#capacity = Math.min(before, this.windowBytes / this.#leastRttMs)
    this.#deviations = 0
    this.#queue.clear()
    this.#beforeGap = undefined
    this.#comeback = undefined
  }

  /**
   * A long gap lowers the capacity, for the route may have become slow. If segments then come at the old pace, it has
   * not: the route is taken for what it was before the gap.
   */
  #watchComeback(bytes: number, nowMs: number, gapMs: number): void {
    const { comebackMs, longGapMs, comebackRatio, comebackSegments } = this.tuning.memory
    if (this.#comeback && nowMs - this.#comeback.sinceMs > comebackMs) this.#comeback = undefined
    if (this.#comeback === undefined) {
      if (gapMs <= longGapMs || this.#beforeGap === undefined) return
      this.#comeback = { before: this.#beforeGap, beganMs: nowMs, sinceMs: nowMs, bytes: 0 }
      return
    }
    // Trickles between long gaps, as in a transport's pause to measure the path, count as one.
    if (gapMs > longGapMs) {
      this.#comeback.sinceMs = nowMs
      this.#comeback.bytes = 0
    }
    const { before, sinceMs } = this.#comeback
    this.#comeback.bytes += bytes
    const leastBytes = comebackRatio * before.capacity * (nowMs - sinceMs)
    if (this.#comeback.bytes < Math.max(leastBytes, comebackSegments * this.#segmentBytes)) return
    this.#comeback = undefined
    this.#regain(before)
  }

  /** The route is again what it was then. */
  #regain({ capacity, windowBytes }: Strength): void {
    this.#arrivals.length = 0
    this.#deviations = 0
    this.#hasFallen = false
    this.#capacity = Math.max(this.#capacity, capacity)
    this.#window.regain(windowBytes)
  }

  /** The recent delivery rate, in bytes a ms; undefined while too little has arrived. */
  #sample(nowMs: number): number | undefined {
    const {
      mostSpanMs,
      leastSpanMs,
      leastSegments,
      bunchRatio,
      silentSegments,
      silentMs,
      fewSegmentsMs,
      burstMs
    } = this.tuning.samples
    const arrivals = this.#arrivals
    const spanMs = Math.min(mostSpanMs, Math.max(leastSpanMs, leastSegments * this.segmentMs))
    while (arrivals.length > 3 && arrivals[1]!.atMs < nowMs - spanMs) arrivals.shift()
    const last = arrivals.at(-1)
    if (!last || arrivals.length < 3) return undefined
    // Segments that came at once with the first one were sent before it: the sample begins behind them.
    const bunchMs = bunchRatio * this.segmentMs
    let begin = 0
    while (begin < arrivals.length - 3 && arrivals[begin + 1]!.atMs - arrivals[begin]!.atMs < bunchMs) begin++
    const first = arrivals[begin]!
    // Time without arrivals counts once it is longer than one more segment would take.
    const untilMs = Math.max(last.atMs, nowMs - silentSegments * this.segmentMs - silentMs)
    if (untilMs <= first.atMs) return undefined
    let bytes = 0
    for (let i = begin + 1; i < arrivals.length; i++) bytes += arrivals[i]!.bytes
    const leastMs = arrivals.length < leastSegments ? fewSegmentsMs : burstMs
    return bytes / Math.max(leastMs, untilMs - first.atMs)
  }

  /**
   * A surge: a route that empties its queue at a multiple of its capacity has become faster. It is taken for what it
   * was at its best recently if it is about as fast as that; otherwise it is probed at once.
   */
  #watchSurge(nowMs: number): void {
    const { surgeSegments, surgeRatio } = this.tuning.capacity
    const last = this.#arrivals.slice(-surgeSegments)
    const isQueueEmpty = (this.#queue.lastMs ?? Number.POSITIVE_INFINITY) <= this.tuning.queue.noQueueMs
    if (last.length < surgeSegments || !isQueueEmpty) return
    const bytes = (surgeSegments - 1) * this.#segmentBytes
    const spanMs = Math.max(1, nowMs - last[0]!.atMs)
    const best = this.#best
    const isLess = best && (this.probing || this.#capacity < this.tuning.memory.comebackRatio * best.capacity)
    if (
      isLess &&
      this.windowBytes < best.windowBytes &&
      bytes > this.tuning.memory.comebackRatio * best.capacity * spanMs
    ) {
      this.#regain(best)
      this.#window.endProbing(nowMs)
      return
    }
    const rate = bytes / Math.max(this.tuning.samples.fewSegmentsMs, spanMs)
    if (this.probing || rate < surgeRatio * this.#capacity) return
    this.#capacity = rate
    this.#arrivals.splice(0, this.#arrivals.length - surgeSegments)
    this.#deviations = 0
    this.#window.probe()
  }

  /** After a fall the capacity is at most what has arrived since, and one segment more. */
  #boundByArrivals(nowMs: number): void {
    const first = this.#arrivals[0]
    if (!first || nowMs - first.atMs < this.tuning.capacity.boundAfterMs) return
    let bytes = this.#segmentBytes - first.bytes
    for (const arrival of this.#arrivals) bytes += arrival.bytes
    this.#capacity = Math.min(this.#capacity, bytes / (nowMs - first.atMs))
  }

  /** Takes a sample into the estimate. */
  #learn(sample: number, elapsedMs: number): void {
    const {
      keptRatio,
      raise,
      changeRatio,
      changeSamples,
      jitterMsPerSample,
      mostJump,
      leastSmoothingMs,
      smoothingMs
    } = this.tuning.capacity
    const queued = this.queueMs > this.tuning.queue.noQueueMs
    if (this.probing) {
      this.#capacity = Math.max(this.#capacity, sample)
      return
    }
    if (!queued) {
      this.#deviations = 0
      // The route brought all that it was given without a queue, so it may carry more.
      const isKept = sample > this.#capacity * keptRatio
      if (isKept)
        this.#capacity = Math.max(this.#capacity, sample) * (1 + raise * Math.min(1, elapsedMs / this.loopMs))
      return
    }
    if (this.#arrivals.length >= this.tuning.samples.leastSegments) this.#hasFallen = false
    const deviates = Math.abs(sample / this.#capacity - 1) > changeRatio
    this.#deviations = deviates ? this.#deviations + 1 : 0
    if (this.#deviations >= changeSamples + this.jitterMs / jitterMsPerSample) {
      // Segments that arrived before the change say nothing of the rate after it.
      if (sample < this.#capacity) {
        this.#arrivals.splice(0, this.#arrivals.length - 2)
        this.#hasFallen = true
      }
      // A hop that lets go of what it held back delivers faster than the route can, for a moment.
      this.#capacity = Math.min(sample, mostJump * this.#capacity)
      this.#deviations = 0
    } else {
      this.#knownForMs += elapsedMs
      // Just after probing little is known, and its highest sample has to be corrected soon.
      const overMs = Math.max(leastSmoothingMs, Math.min(smoothingMs, this.#knownForMs))
      this.#capacity += (sample - this.#capacity) * Math.min(1, elapsedMs / overMs)
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
