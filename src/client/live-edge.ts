import { RecentMin } from '../planner/estimate/recent-min.ts'
import type { Extent } from '../protocol/extent.ts'
import { HASH_BYTES } from '../protocol/merkle.ts'
import type { StreamHead } from '../protocol/stream-head.ts'
import type { OutageEvent } from './outage.ts'

/** Milliseconds for which the least time of heads on their way is remembered: clocks drift apart. */
const CLOCK_MEMORY_MS = 300_000
/** A source tells a head within so many milliseconds after it has made the first segment that is new in it. */
const HEAD_SPAN_MS = 50
/** Milliseconds after which it is told that a source has nothing new. */
const TELL_AFTER_MS = 3_000
/** Milliseconds without any head after which nothing is heard of the source: it tells one every 5 s at least. */
const UNHEARD_MS = 12_000

/** What a session has to know of a live content. */
export interface LiveInit {
  /** How long after it was made a segment has to be with the output, in milliseconds. Default: it is waited for. */
  latencyMs?: number
  /** Present where the content is divided by time: when it began by its source's clock, and its frames, in milliseconds. */
  frames?: { startedAtMs: number; frameMs: number } | undefined
  /** What is not there in time is waited for all the same, and the delay is told. Default: it is left out. */
  isComplete?: boolean
}

/** Segments from `from` up to `to`, made between the two times of the source's clock. */
interface Made {
  from: number
  to: number
  fromMs: number
  toMs: number
}

/** Follows the edge of a live content: when its segments were made, and whether there are new ones. Pure. */
export class LiveEdge {
  #latencyMs: number | undefined
  readonly #frames: LiveInit['frames']
  /** Least milliseconds by which the client's clock was ahead of a head's time when that came. */
  readonly #aheadMs = new RecentMin(CLOCK_MEMORY_MS, 0)
  /** Ascending; what is too late is left out. */
  readonly #made: Made[] = []
  #count: number
  #countMs: number | undefined
  #grewMs: number
  #heardMs: number
  /** Since when there is nothing new; undefined while this was not told. */
  #idleSinceMs: number | undefined

  constructor({ latencyMs, frames }: LiveInit, extent: Extent, nowMs: number) {
    this.#latencyMs = latencyMs
    this.#frames = frames
    this.#count = extent.firstSeq
    this.#grewMs = nowMs
    this.#heardMs = nowMs
  }

  /**
   * From now on this is the latency; `next` is the first segment that has not come. When segments were made was not kept
   * while they were waited for: they are as young as can be.
   */
  setLatency(latencyMs: number | undefined, next: number): void {
    const atMs = this.#countMs
    const isNew = this.#latencyMs === undefined && latencyMs !== undefined
    if (isNew && atMs !== undefined && next < this.#count)
      this.#made.push({ from: next, to: this.#count, fromMs: atMs, toMs: atMs })
    if (latencyMs === undefined) this.#made.length = 0
    this.#latencyMs = latencyMs
  }

  /** A head has come. */
  heard({ count, atMs, leaves }: StreamHead, nowMs: number): void {
    this.#heardMs = nowMs
    this.#aheadMs.add(nowMs - atMs, nowMs)
    if (count > this.#count) {
      this.#grewMs = nowMs
      // Nothing is known of when those before the first head were made: they are as young as can be.
      const fromMs = this.#countMs ?? atMs
      // Those whose leaves are in the head are new in it: the source has made them just before.
      const freshFrom = Math.max(this.#count, count - leaves.byteLength / HASH_BYTES)
      const freshMs = freshFrom < count ? Math.max(fromMs, atMs - HEAD_SPAN_MS) : atMs
      this.#add({ from: this.#count, to: freshFrom, fromMs, toMs: freshMs })
      this.#add({ from: freshFrom, to: count, fromMs: freshMs, toMs: atMs })
      this.#count = count
    }
    if (count >= this.#count) this.#countMs = Math.max(atMs, this.#countMs ?? atMs)
  }

  #add(made: Made): void {
    if (this.#latencyMs !== undefined && !this.#frames && made.to > made.from) this.#made.push(made)
  }

  /** The first segment that is not too late. `oneWayMs`: the least time on the way from the source. */
  lateBelow(nowMs: number, oneWayMs: number): number {
    if (this.#latencyMs === undefined || !Number.isFinite(oneWayMs)) return 0
    // By the source's clock, what was made before this is too late.
    const oldestMs = nowMs - this.#aheadMs.value + oneWayMs - this.#latencyMs
    if (this.#frames) {
      const { startedAtMs, frameMs } = this.#frames
      return Math.max(0, Math.min(this.#count, Math.floor((oldestMs - startedAtMs) / frameMs)))
    }
    let late = 0
    for (let made = this.#made[0]; made && oldestMs > made.fromMs; made = this.#made[0]) {
      const { from, to, fromMs, toMs } = made
      const isWhole = oldestMs >= toMs
      late = isWhole ? to : from + Math.floor(((oldestMs - fromMs) / (toMs - fromMs)) * (to - from))
      if (!isWhole) break
      this.#made.shift()
    }
    return late
  }

  /** How long after it was made `next`, which is not here, could be, in ms; 0 while it is not known to be made. */
  delayMs(next: number, nowMs: number, oneWayMs: number): number {
    const madeMs = this.#madeMs(next)
    if (madeMs === undefined || !Number.isFinite(oneWayMs)) return 0
    return Math.max(0, nowMs - this.#aheadMs.value + oneWayMs - madeMs)
  }

  /** When `next` was made by the source's clock; undefined where it is not known to be. Those before it are forgotten. */
  #madeMs(next: number): number | undefined {
    if (this.#frames) {
      const { startedAtMs, frameMs } = this.#frames
      return next < this.#count ? startedAtMs + (next + 1) * frameMs : undefined
    }
    while (this.#made[0] && this.#made[0].to <= next) this.#made.shift()
    const [made] = this.#made
    if (!made) return undefined
    const { from, to, fromMs, toMs } = made
    return fromMs + ((Math.max(from, next) - from) / (to - from)) * (toMs - fromMs)
  }

  /** Whether nothing is heard of the source. */
  isUnheard(nowMs: number): boolean {
    return nowMs - this.#heardMs > UNHEARD_MS
  }

  /** Returns what is to be told of a source that has nothing new, or has again. `hasAll`: all that there is has come. */
  step(hasAll: boolean, nowMs: number): OutageEvent | undefined {
    const isIdle = nowMs - this.#grewMs > TELL_AFTER_MS
    if (hasAll && this.#idleSinceMs === undefined && isIdle && !this.isUnheard(nowMs)) {
      this.#idleSinceMs = this.#grewMs
      return {
        type: 'waiting',
        reason: 'the source is there and gets no input',
        leftMs: Number.POSITIVE_INFINITY
      }
    }
    if (this.#idleSinceMs === undefined || isIdle) return undefined
    const waitedMs = this.#grewMs - this.#idleSinceMs
    this.#idleSinceMs = undefined
    return { type: 'resumed', waitedMs }
  }
}
