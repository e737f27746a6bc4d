import type { Relay } from '../protocol/route-messages.ts'
import { LossAttribution, type LossItem } from './diagnosis/loss-attribution.ts'
import { type BottleneckChange, SharedBottleneckDetector } from './diagnosis/shared-bottleneck.ts'
import type { OrderBook } from './order-book.ts'
import type { Decision, Planner, PlannerEvent, PlannerInit, RouteEstimate } from './planner.ts'
import { relayShare } from './relay-share.ts'

/**
 * Passes everything through to a planner, and watches for shared bottlenecks and lost efficiency. It decides nothing.
 * Pure.
 */
export class ObservedPlanner implements Planner {
  readonly name: string
  readonly #planner: Planner
  readonly #losses: LossAttribution
  readonly #bottlenecks = new SharedBottleneckDetector()
  readonly #onBottleneck: (change: BottleneckChange, nowMs: number) => void
  readonly #everShared = new Map<string, number[]>()

  /** `startedAtMs` is when the fetch began, before anything was known. */
  constructor(
    planner: Planner,
    init: PlannerInit,
    startedAtMs: number,
    onBottleneck: (change: BottleneckChange, nowMs: number) => void
  ) {
    this.name = planner.name
    this.#planner = planner
    this.#losses = new LossAttribution(init, startedAtMs)
    this.#onBottleneck = onBottleneck
  }

  /** Every group of routes that was ever seen to share a bottleneck. */
  get sharedBottlenecks(): number[][] {
    return [...this.#everShared.values()]
  }

  handle(event: PlannerEvent, nowMs: number): void {
    this.#losses.handle(event, nowMs)
    if (event.type === 'arrived') {
      this.#bottlenecks.arrived(event.route, event.bytes, nowMs - event.sentAtMs, nowMs)
    } else if (event.type === 'routeClosed') this.#bottlenecks.closed(event.route)
    this.#planner.handle(event, nowMs)
  }

  plan(nowMs: number): Decision {
    const decision = this.#planner.plan(nowMs)
    const estimates = this.#planner.estimates()
    this.#losses.tick(estimates, decision.horizon, nowMs)
    for (const change of this.#bottlenecks.tick(nowMs, lateOf(estimates), this.#losses.limited)) {
      if (change.shared) {
        this.#everShared.set(change.routes.join(), change.routes)
        this.#planner.sharing?.(change.routes, nowMs)
      }
      this.#losses.sharing(this.#bottlenecks.groups.flat())
      this.#onBottleneck(change, nowMs)
    }
    return decision
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    return this.#planner.estimates()
  }

  get orders(): OrderBook {
    return this.#planner.orders
  }

  /** Tells what the relays of an opened route allow it. */
  relays(route: number, relays: readonly Relay[]): void {
    const share = relayShare(relays)
    if (share !== undefined) this.#losses.limit(route, share)
  }

  /** Where efficiency was lost so far, the largest part first. */
  lossesSoFar(nowMs: number): LossItem[] {
    return this.#losses.soFar(nowMs)
  }

  /** The output has everything. Returns where lost efficiency went, the largest part first. */
  finish(nowMs: number): LossItem[] {
    return this.#losses.finish(nowMs)
  }
}

function lateOf(estimates: ReadonlyMap<number, RouteEstimate>): Set<number> {
  const late = [...estimates].filter(([, { state }]) => state === 'late' || state === 'parked')
  return new Set(late.map(([route]) => route))
}
