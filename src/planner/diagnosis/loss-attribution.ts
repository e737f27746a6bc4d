import { routeName } from '../../pattern/pattern.ts'
import type { Extent } from '../../protocol/extent.ts'
import { formatRate } from '../../units/units.ts'
import type { PlannerEvent, PlannerInit, RouteEstimate } from '../planner.ts'
import type { LossCause } from './loss-cause.ts'
import { describeLosses, type LossFacts } from './loss-text.ts'

export interface LossItem {
  cause: LossCause
  /** The loss in seconds: a part of the whole time, at the mean capacity. */
  seconds: number
  /** Share of the whole time, 0 to 1. */
  share: number
  text: string
}

/**
 * A route is at speed once its estimate grows by at most this ratio over a span, and it delivers AT_SPEED_SHARE of
 * it.
 */
const AT_SPEED_GROWTH = 1.05
/** Least share of its estimate that a route at speed delivers, 0 to 1; see AT_SPEED_GROWTH. */
const AT_SPEED_SHARE = 0.8
/** Length of the spans over which a route's start is judged, in ms. */
const AT_SPEED_SPAN_MS = 200
/** Longest time in ms that a start lasts: the rate that the route has by then counts as what it can carry. */
const MAX_START_MS = 3_000
/** Time in ms after a start whose mean estimate charges the start: the first estimates may be far off. */
const SETTLED_MS = 1_000
/** A route with a queue of less than this many ms could carry more. */
const EMPTY_QUEUE_MS = 3
/** A route whose estimate is at least this share of its relay's limit is bounded by it. */
const LIMIT_SHARE = 0.85
/** Causes of losses that are only a difference between the estimate and the bytes that came. */
const BY_ESTIMATE: LossCause[] = ['other', 'relayLimit', 'sharedBottleneck', 'credit']
/** Time between two ticks, in milliseconds, above which the process counts as stopped meanwhile. */
const SUSPENDED_MS = 1_000
/** Least loss that is told, in seconds. */
const LEAST_SECONDS = 0.005
/** Least loss that is told, as a share of the whole time. */
const LEAST_SHARE = 0.001

/**
 * The start of a route that is finding its rate, with the bytes that it has brought in all and in
 * the current span.
 */
interface Start {
  cause: 'startUp' | 'stalled'
  bytes: number
  spanFromMs: number
  spanBytes: number
  spanBytesPerSecond: number
}

/** A start that has ended but is not charged yet, as the first estimates may be far off. */
interface EndedStart {
  cause: 'startUp' | 'stalled'
  bytes: number
  tookMs: number
  /** Bytes that the route was estimated to carry since the start's end, over `estimatedMs`. */
  estimatedBytes: number
  estimatedMs: number
}

interface RouteAccount {
  /** Time from which on the route's capacity counts. */
  sinceMs: number
  /** The current start; undefined once the route is at speed. */
  start: Start | undefined
  ended: EndedStart | undefined
  freshBytes: number
  duplicateBytes: number
  estimate: RouteEstimate | undefined
  limitBytesPerSecond: number | undefined
  /** Time in ms at speed; `boundMs` is the part of it that the route was at its relay's limit. */
  speedMs: number
  boundMs: number
}

/**
 * Tells where lost efficiency went.
 *
 * The yardstick is the client's own estimate of what its open routes can carry, summed over the
 * time from the fetch's start to its end. A route whose rate is not known yet counts with the rate
 * that it reaches; a route that is parked or closed does not count. The loss is that capacity minus
 * the bytes that came for the first time; each tick's loss on each route goes to one cause. Divided
 * by the mean capacity the loss is a time: the routes would have carried the content at their
 * estimated rates, without a pause, in the time taken less all items together. An estimate that is
 * too low hides loss; what the links could really carry only the lab knows. Pure.
 */
export class LossAttribution {
  readonly #init: PlannerInit
  readonly #startedAtMs: number
  readonly #routes = new Map<number, RouteAccount>()
  readonly #received = new Set<number>()
  readonly #lost = new Map<LossCause, number>()
  readonly #idle = new Map<number, number>()
  readonly #shared = new Set<number>()
  readonly #facts: LossFacts = { firstByteMs: undefined, atSpeedMs: undefined, waitedMs: 0 }
  #freshBytes = 0
  #extent: Extent
  #next: number
  #nextAtLastTick: number
  #consumed: number
  #lastMs: number
  #limited = false
  /** Time in milliseconds in which nothing could come, whatever the routes could carry. */
  readonly #awayMs = { outage: 0, suspended: 0, paused: 0 }
  #isPaused = false

  constructor(init: PlannerInit, startedAtMs: number) {
    this.#init = init
    this.#startedAtMs = startedAtMs
    this.#lastMs = startedAtMs
    this.#extent = init.extent
    this.#next = init.extent.firstSeq
    this.#nextAtLastTick = init.extent.firstSeq
    this.#consumed = init.extent.firstSeq
  }

  /** Whether the memory limit held the horizon back at the last tick. */
  get limited(): boolean {
    return this.#limited
  }

  handle(event: PlannerEvent, nowMs: number): void {
    if (event.type === 'routeAdded') this.#add(event.route, nowMs)
    else if (event.type === 'routeClosed') this.#close(event.route)
    else if (event.type === 'consumed') this.#consumed = event.seq
    else if (event.type === 'extentGrew') this.#extent = this.#extent.grownTo(event)
    else if (event.type === 'paused') this.#isPaused = event.isPaused
    else if (event.type === 'passed') this.#pass(event.seq)
    else if (event.type === 'arrived') this.#arrived(event.route, event.seq, event.bytes, nowMs)
  }

  /** Takes the rate that the route's relays allow it, the least of their limits. */
  limit(route: number, bytesPerSecond: number): void {
    const account = this.#routes.get(route)
    if (account) account.limitBytesPerSecond = bytesPerSecond
  }

  /** Takes the routes that are seen to share a bottleneck from now on. */
  sharing(routes: readonly number[]): void {
    this.#shared.clear()
    for (const route of routes) this.#shared.add(route)
  }

  /** Counts the losses since the last tick; to be called after each plan. */
  tick(estimates: ReadonlyMap<number, RouteEstimate>, horizon: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    const extent = this.#extent
    const { memoryBytes } = this.#init
    const memorySegments = Math.max(1, Math.floor(memoryBytes / extent.segmentBytes))
    const isEnding = extent.endsBy(horizon)
    this.#limited = !isEnding && horizon >= this.#consumed + memorySegments
    if (this.#received.size > 0 && this.#next === this.#nextAtLastTick) this.#facts.waitedMs += elapsedMs
    this.#nextAtLastTick = this.#next
    const away = this.#awayCause(estimates, elapsedMs)
    if (away) {
      this.#awayMs[away] += elapsedMs
      this.#beginAnew(estimates, nowMs)
      return
    }
    for (const [route, estimate] of estimates) {
      const account = this.#routes.get(route)
      if (account) this.#account(route, account, estimate, isEnding, elapsedMs, nowMs)
    }
  }

  /** Ends the count, as the output has everything. Returns the losses, the largest first. */
  finish(nowMs: number): LossItem[] {
    const elapsedMs = nowMs - this.#lastMs
    for (const account of this.#routes.values()) {
      const { start, estimate } = account
      this.#settle(account)
      if (estimate?.state === 'open') {
        if (start && start.bytes > 0) this.#endStart(account, start, nowMs)
        else if (!start) this.#count('output', bytesIn(elapsedMs, estimate))
      }
      this.#charge(account)
    }
    return this.#items(nowMs - this.#startedAtMs)
  }

  /** The losses so far, the largest first; what routes at their start have lost is not counted yet. */
  soFar(nowMs: number): LossItem[] {
    return this.#items(nowMs - this.#startedAtMs)
  }

  #add(route: number, nowMs: number): void {
    // The first routes count from the fetch's start, as finding them is a part of their start.
    const sinceMs = this.#facts.firstByteMs === undefined ? this.#startedAtMs : nowMs
    this.#routes.set(route, {
      sinceMs,
      start: freshStart('startUp', nowMs),
      ended: undefined,
      freshBytes: 0,
      duplicateBytes: 0,
      estimate: undefined,
      limitBytesPerSecond: undefined,
      speedMs: 0,
      boundMs: 0
    })
  }

  #close(route: number): void {
    // All routes close once everything is here, and such a close says nothing about a route.
    if (this.#extent.endsBy(this.#next)) return
    const account = this.#routes.get(route)
    if (!account) return
    this.#settle(account)
    this.#charge(account)
    this.#routes.delete(route)
  }

  #arrived(route: number, seq: number, bytes: number, nowMs: number): void {
    this.#facts.firstByteMs ??= nowMs - this.#startedAtMs
    const account = this.#routes.get(route)
    if (seq < this.#next || this.#received.has(seq)) {
      if (account) account.duplicateBytes += bytes
      return
    }
    this.#freshBytes += bytes
    this.#received.add(seq)
    this.#advance()
    if (account) account.freshBytes += bytes
  }

  #advance(): void {
    while (this.#received.delete(this.#next) || this.#extent.isEmpty(this.#next)) this.#next++
  }

  #pass(seq: number): void {
    for (; this.#next < seq; this.#next++) this.#received.delete(this.#next)
    this.#advance()
  }

  #account(
    route: number,
    account: RouteAccount,
    estimate: RouteEstimate,
    isEnding: boolean,
    elapsedMs: number,
    nowMs: number
  ): void {
    account.estimate = estimate
    if (estimate.state === 'parked') {
      this.#startAgain(account, nowMs)
      return
    }
    if (estimate.state === 'opening' || estimate.state === 'closed') return
    if (account.start) {
      this.#followStart(account, account.start, estimate, nowMs)
      return
    }
    const { freshBytes, duplicateBytes } = account
    account.freshBytes = 0
    account.duplicateBytes = 0
    const isBound =
      estimate.rateBytesPerSecond >= LIMIT_SHARE * (account.limitBytesPerSecond ?? Number.POSITIVE_INFINITY)
    account.speedMs += elapsedMs
    this.#learn(account, estimate, elapsedMs)
    if (isBound) account.boundMs += elapsedMs
    const cause = this.#causeOf(route, estimate, freshBytes + duplicateBytes > 0, isEnding, isBound)
    const lostBytes = bytesIn(elapsedMs, estimate) - freshBytes - duplicateBytes
    this.#count(cause, lostBytes)
    this.#count('duplicates', duplicateBytes)
    if (cause === 'idle') this.#idle.set(route, (this.#idle.get(route) ?? 0) + lostBytes)
  }

  /** The reason why nothing could come since the last tick; undefined where something could. */
  #awayCause(
    estimates: ReadonlyMap<number, RouteEstimate>,
    elapsedMs: number
  ): 'outage' | 'suspended' | 'paused' | undefined {
    if (elapsedMs > SUSPENDED_MS) return 'suspended'
    if (this.#isPaused) return 'paused'
    const isUnderWay = this.#facts.firstByteMs !== undefined && !this.#extent.endsBy(this.#next)
    const delivers = [...estimates.values()].some(({ state }) => state === 'open' || state === 'late')
    return isUnderWay && !delivers ? 'outage' : undefined
  }

  /** Forgets the time until now: no route is charged for it, and each route finds its rate again. */
  #beginAnew(estimates: ReadonlyMap<number, RouteEstimate>, nowMs: number): void {
    for (const [route, account] of this.#routes) {
      account.estimate = estimates.get(route) ?? account.estimate
      this.#startAgain(account, nowMs)
    }
  }

  #startAgain(account: RouteAccount, nowMs: number): void {
    this.#settle(account)
    this.#charge(account)
    account.sinceMs = nowMs
    account.start = freshStart('stalled', nowMs)
  }

  #causeOf(
    route: number,
    { state, outstandingBytes, windowBytes, queueMs }: RouteEstimate,
    delivers: boolean,
    isEnding: boolean,
    isBound: boolean
  ): LossCause {
    if (state === 'late') return 'stalled'
    if (this.#extent.endsBy(this.#next)) return 'output'
    const isHungry = outstandingBytes === 0 || (outstandingBytes < windowBytes && queueMs < EMPTY_QUEUE_MS)
    if (isHungry && this.#limited) {
      return this.#next - this.#consumed > this.#received.size ? 'output' : 'reorder'
    }
    if (isHungry && isEnding) return 'end'
    if (isHungry && !delivers) return 'idle'
    if (this.#shared.has(route)) return 'sharedBottleneck'
    if (isBound) return 'relayLimit'
    return queueMs < EMPTY_QUEUE_MS && outstandingBytes >= windowBytes ? 'credit' : 'other'
  }

  #followStart(account: RouteAccount, start: Start, estimate: RouteEstimate, nowMs: number): void {
    start.bytes += account.freshBytes
    start.spanBytes += account.freshBytes
    this.#settle(account)
    const rate = estimate.rateBytesPerSecond
    const spanMs = nowMs - start.spanFromMs
    if (spanMs < AT_SPEED_SPAN_MS) return
    const isSteady = rate <= AT_SPEED_GROWTH * start.spanBytesPerSecond
    const isFast = start.spanBytes >= AT_SPEED_SHARE * bytesIn(spanMs, estimate)
    const isOld = nowMs - account.sinceMs > MAX_START_MS && estimate.weight > 0
    if ((isSteady && isFast) || isOld) this.#endStart(account, start, nowMs)
    start.spanFromMs = nowMs
    start.spanBytes = 0
    start.spanBytesPerSecond = rate
  }

  #endStart(account: RouteAccount, start: Start, nowMs: number): void {
    const { cause, bytes } = start
    account.start = undefined
    account.ended = { cause, bytes, tookMs: nowMs - account.sinceMs, estimatedBytes: 0, estimatedMs: 0 }
    const hasBeenAway = Object.values(this.#awayMs).some(ms => ms > 0)
    if (start.cause === 'startUp' && !hasBeenAway) this.#facts.atSpeedMs = nowMs - this.#startedAtMs
  }

  #learn(account: RouteAccount, estimate: RouteEstimate, elapsedMs: number): void {
    const { ended } = account
    if (!ended) return
    ended.estimatedBytes += bytesIn(elapsedMs, estimate)
    ended.estimatedMs += elapsedMs
    if (ended.estimatedMs >= SETTLED_MS) this.#charge(account)
  }

  /**
   * Charges a start with the bytes that the route could have carried meanwhile, less those that it
   * did carry.
   */
  #charge(account: RouteAccount): void {
    const { ended, estimate } = account
    account.ended = undefined
    if (!ended) return
    const { cause, bytes, tookMs, estimatedBytes, estimatedMs } = ended
    const couldBytes = estimatedMs > 0 ? (estimatedBytes / estimatedMs) * tookMs : bytesIn(tookMs, estimate!)
    this.#count(cause, couldBytes - bytes)
  }

  /** Counts duplicate bytes that came while the route was not measured, and starts counting afresh. */
  #settle(account: RouteAccount): void {
    this.#count('duplicates', account.duplicateBytes)
    account.freshBytes = 0
    account.duplicateBytes = 0
  }

  #count(cause: LossCause, bytes: number): void {
    this.#lost.set(cause, (this.#lost.get(cause) ?? 0) + bytes)
  }

  #items(totalMs: number): LossItem[] {
    const lost = withoutSurplus(this.#lost)
    const bounds = this.#bounds()
    if (bounds.length > 0) lost.set('relayLimit', lost.get('relayLimit') ?? 0)
    const losses = [...lost]
    const capacityBytes = losses.reduce((sum, [, bytes]) => sum + bytes, this.#freshBytes)
    const { outage, suspended, paused } = this.#awayMs
    const presentMs = totalMs - outage - suspended - paused
    const times = [
      ...losses.map(
        ([cause, bytes]) => [cause, bytes > 0 ? (bytes / capacityBytes) * presentMs : 0] as const
      ),
      ['outage', outage] as const,
      ['suspended', suspended] as const,
      ['paused', paused] as const
    ]
    return times
      .map(([cause, lostMs]) => {
        return { cause, seconds: lostMs / 1000, share: lostMs / totalMs, text: this.#text(cause, bounds) }
      })
      .filter(
        ({ cause, seconds, share }) =>
          (cause === 'relayLimit' && bounds.length > 0) || (seconds >= LEAST_SECONDS && share >= LEAST_SHARE)
      )
      .sort((a, b) => b.seconds - a.seconds)
  }

  /** The routes that were at their relay's limit for most of their time at speed, each with that limit. */
  #bounds(): string[] {
    return [...this.#routes]
      .filter(([, { boundMs, speedMs }]) => boundMs > speedMs / 2)
      .map(([route, { limitBytesPerSecond }]) => `${routeName(route)} at ${formatRate(limitBytesPerSecond!)}`)
  }

  #text(cause: LossCause, bounds: string[]): string {
    const idle = [...this.#idle].sort((a, b) => b[1] - a[1]).map(([route]) => routeName(route))
    const shared = [...this.#shared].map(routeName)
    return describeLosses(cause, { ...this.#facts, idle, shared, bounds })
  }
}

/**
 * Spends the surplus of causes under which more came than was estimated. It first makes up for
 * losses that are only a matter of estimates. The remaining surplus was capacity that nobody knew
 * of, and is no loss.
 */
function withoutSurplus(counted: ReadonlyMap<LossCause, number>): Map<LossCause, number> {
  let surplus = 0
  const lost = new Map<LossCause, number>()
  for (const [cause, bytes] of counted) {
    surplus -= Math.min(0, bytes)
    lost.set(cause, Math.max(0, bytes))
  }
  for (const cause of BY_ESTIMATE) {
    const bytes = lost.get(cause) ?? 0
    lost.set(cause, Math.max(0, bytes - surplus))
    surplus = Math.max(0, surplus - bytes)
  }
  return lost
}

function bytesIn(elapsedMs: number, { rateBytesPerSecond }: RouteEstimate): number {
  return (rateBytesPerSecond * elapsedMs) / 1000
}

function freshStart(cause: Start['cause'], nowMs: number): Start {
  return { cause, bytes: 0, spanFromMs: nowMs, spanBytes: 0, spanBytesPerSecond: 0 }
}
