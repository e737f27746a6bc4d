import { type IntervalMeasure, predictCutOver } from '../../pattern/cut-over.ts'
import { interleaveByInterval } from '../../pattern/interleave.ts'
import { FixedPolicy } from './fixed.ts'
import type { ArrivedEvent } from './policy-core.ts'
import type { PolicyRoute } from './policy-route.ts'

/** The patent's predetermined interval between two patterns, in ms. */
const INTERVAL_MS = 1_000
/** `secondsInFuture` of FIG. 8: how far ahead of the present the cut-over is predicted, in seconds. */
const SECONDS_IN_FUTURE = 0.25
/** `patternSize` of FIG. 9, in elements: the larger it is, the finer the shares are. */
const PATTERN_SIZE = 100

interface Interval {
  bytes: number
  segments: number
  lastSeqNum: number
}

/**
 * `proportional`: FIG. 8 and 9 of the patent to the letter. Each interval the shares of bytes received become the
 * weights of the next pattern, if the previous pattern has been executed at least once, the interval has passed, and
 * no connection has ended. The baseline that the default policy is measured against.
 */
export class ProportionalPolicy extends FixedPolicy {
  override readonly name = 'proportional'
  readonly #intervals = new Map<number, Interval>()
  #intervalStartMs: number | undefined
  /** The segment from which on the pattern in force has been executed once. */
  #executedAt = 0
  #joined: number[] = []
  /** Whether a route has ended that brought something in this interval. */
  #hasEnded = false

  protected override onRouteOpened(record: PolicyRoute): void {
    if (this.current && !this.current.routes.includes(record.route)) this.#joined.push(record.route)
  }

  protected override onRouteClosed(record: PolicyRoute): void {
    if (this.#intervals.has(record.route)) this.#hasEnded = true
  }

  protected override onArrived(
    record: PolicyRoute,
    event: ArrivedEvent,
    fresh: boolean,
    nowMs: number
  ): void {
    super.onArrived(record, event, fresh, nowMs)
    const interval = this.#intervals.get(record.route) ?? { bytes: 0, segments: 0, lastSeqNum: 0 }
    interval.bytes += event.bytes
    interval.segments++
    interval.lastSeqNum = event.seq
    this.#intervals.set(record.route, interval)
  }

  protected override revise(nowMs: number): void {
    this.#intervalStartMs ??= nowMs
    const elapsedMs = nowMs - this.#intervalStartMs
    // (1) executed at least once, (2) the interval has elapsed, (3) no connection has terminated in it.
    if (this.pinned || elapsedMs < INTERVAL_MS || this.ledger.next < this.#executedAt) return
    const shares = this.#shares()
    if (shares.size === 0 || this.#hasEnded) {
      this.#startInterval(nowMs)
      return
    }
    const pattern = interleaveByInterval(
      new Map([...shares].map(([route, share]) => [route, share * 100])),
      PATTERN_SIZE
    )
    const from = predictCutOver(this.#measures(shares, elapsedMs), SECONDS_IN_FUTURE, PATTERN_SIZE)
    this.#executedAt = this.usePattern(from, pattern) + pattern.length
    this.#startInterval(nowMs)
  }

  #startInterval(nowMs: number): void {
    this.#intervalStartMs = nowMs
    this.#intervals.clear()
    this.#hasEnded = false
  }

  /** `mIntervalPct`, 0 to 1. A route that has just joined (FIG. 10B) starts with an equal share. */
  #shares(): Map<number, number> {
    let totalBytes = 0
    for (const { bytes } of this.#intervals.values()) totalBytes += bytes
    const shares = new Map([...this.#intervals].map(([route, { bytes }]) => [route, bytes / totalBytes]))
    const open = this.openRoutes()
    const joined = this.#joined.filter(route => open.includes(route))
    this.#joined = []
    if (shares.size === 0) return shares
    const equal = 1 / (shares.size + joined.length)
    for (const [route, share] of shares) shares.set(route, share * (1 - equal * joined.length))
    for (const route of joined) shares.set(route, equal)
    return shares
  }

  *#measures(shares: ReadonlyMap<number, number>, elapsedMs: number): Generator<IntervalMeasure> {
    for (const [route, { segments, lastSeqNum }] of this.#intervals) {
      yield { blocksPerSecond: (segments / elapsedMs) * 1000, share: shares.get(route)!, lastSeqNum }
    }
  }
}
