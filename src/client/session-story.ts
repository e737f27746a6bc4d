import { routeName } from '../pattern/pattern.ts'
import type { RouteEstimate } from '../planner/planner.ts'
import type { DelayEvent } from './delay-watch.ts'
import type { FetchEvent, PublicRouteState, RouteProgress } from './fetch-events.ts'
import type { OutageEvent } from './outage.ts'
import type { RouteTable } from './route-table.ts'
import type { RouteStats, Transfer, TransferEvent } from './transfer.ts'
import type { Awaited } from './waiting-reason.ts'

/** What of the routes' paths is told. */
type TableView = Pick<RouteTable, 'relaysOf' | 'sourceOf' | 'uplinkOf'>

/**
 * Tells the events of a session as its user sees them: routes by their letters, times since the
 * start. Pure.
 */
export class SessionStory {
  readonly #startedAtMs: number
  readonly #table: TableView
  readonly #tell: (event: FetchEvent) => void
  /** The state last told of each route. */
  readonly #states = new Map<number, PublicRouteState>()
  /** What the relays let a route have, in bytes a second, where they have a limit. */
  readonly #limits = new Map<number, number>()
  /** The pattern that was applied last, as text. */
  pattern: string | undefined

  constructor(startedAtMs: number, table: TableView, tell: (event: FetchEvent) => void) {
    this.#startedAtMs = startedAtMs
    this.#table = table
    this.#tell = tell
  }

  /** The state last told of the route; undefined where none was told yet. */
  stateOf(route: number): PublicRouteState | undefined {
    return this.#states.get(route)
  }

  /** Begins the story of a route under this number, which another route may have had before. */
  begin(route: number): void {
    this.#states.delete(route)
    this.#limits.delete(route)
  }

  /** The relays of the route let it have no more than this. */
  limit(route: number, bytesPerSecond: number): void {
    this.#limits.set(route, bytesPerSecond)
  }

  routeState(route: number, state: PublicRouteState, reason: string): void {
    const before = this.#states.get(route)
    if (before === state || before === 'lost' || before === 'closed') return
    this.#states.set(route, state)
    this.#tell({ event: 'route', id: routeName(route), state, ...this.pathOf(route), reason })
  }

  transferred(event: TransferEvent, nowMs: number): void {
    const atMs = nowMs - this.#startedAtMs
    switch (event.type) {
      case 'pattern': {
        const { pattern, predicted, actual } = event
        this.pattern = pattern
        this.#tell({ event: 'pattern', pattern, predicted, actual, atMs })
        break
      }
      case 'reassigned': {
        const { segments, copy } = event
        const [from, to] = [routeName(event.from), routeName(event.to)]
        this.#tell({ event: 'reassigned', from, to, segments, copy, atMs })
        break
      }
      case 'state':
        this.routeState(event.route, event.state === 'closed' ? 'lost' : event.state, event.reason)
    }
  }

  source(peerId: string, state: 'joined' | 'left', reason: string, nowMs: number): void {
    this.#tell({ event: 'source', source: peerId, state, reason, atMs: this.#roundedMs(nowMs) })
  }

  outage(event: OutageEvent, missing: Awaited, nowMs: number): void {
    this.#tell(outageEvent(event, missing, this.#roundedMs(nowMs)))
  }

  /** Tells which bytes of a live content the output does without. Returns how many. */
  skipped(ranges: Array<{ from: number; to: number }>, nowMs: number): number {
    const bytes = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
    if (bytes > 0) this.#tell({ event: 'skipped', bytes, ranges, atMs: this.#roundedMs(nowMs) })
    return bytes
  }

  /** Tells that a live content which is waited for comes later than wanted, or no longer. */
  delayed({ delayMs, isOver }: DelayEvent, nowMs: number): void {
    this.#tell({ event: 'delayed', delayMs: Math.round(delayMs), isOver, atMs: this.#roundedMs(nowMs) })
  }

  /** Tells the progress: `bytes` counts what the output has taken. */
  progress(
    bytes: number,
    transfer: Pick<Transfer, 'heldBytes' | 'stats'>,
    estimates: ReadonlyMap<number, RouteEstimate>,
    nowMs: number
  ): void {
    const routes: Record<string, RouteProgress> = {}
    for (const [route, estimate] of estimates) {
      const limit = this.#limits.get(route)
      routes[routeName(route)] = {
        bytes: transfer.stats.get(route)?.bytes ?? 0,
        rateBytesPerSecond: Math.round(estimate.rateBytesPerSecond),
        rttMs: tenths(estimate.rttMs),
        queueMs: tenths(estimate.queueMs),
        lossWaitMs: tenths(estimate.lossWaitMs ?? 0),
        ...(limit === undefined ? {} : { limitBytesPerSecond: Math.round(limit) }),
        weight: estimate.weight,
        state: this.#states.get(route) ?? 'opening',
        ...this.#uplinkOf(route)
      }
    }
    const atMs = this.#roundedMs(nowMs)
    this.#tell({ event: 'progress', bytes, reorderBytes: transfer.heldBytes, atMs, routes })
  }

  /** The totals by letter, each with the path of the last route that had the letter. */
  totals(stats: ReadonlyMap<number, RouteStats>) {
    return Object.fromEntries(
      [...stats].map(([route, { bytes, segments, repairs }]) => [
        routeName(route),
        { bytes, segments, repairs, ...this.pathOf(route) }
      ])
    )
  }

  /** Where the last route that had this letter led. */
  pathOf(route: number): { relays: string[]; source: string; uplink?: string } {
    return {
      relays: this.#table.relaysOf(route),
      source: this.#table.sourceOf(route),
      ...this.#uplinkOf(route)
    }
  }

  #uplinkOf(route: number): { uplink?: string } {
    const uplink = this.#table.uplinkOf(route)
    return uplink === undefined ? {} : { uplink }
  }

  #roundedMs(nowMs: number): number {
    return Math.round(nowMs - this.#startedAtMs)
  }
}

/** The event of an outage as users see it; `atMs` counts from the start of the fetch. */
export function outageEvent(event: OutageEvent, missing: Awaited, atMs: number): FetchEvent {
  if (event.type === 'resumed') return { event: 'resumed', waitedMs: Math.round(event.waitedMs), atMs }
  const { reason, leftMs } = event
  const patience = Number.isFinite(leftMs) ? { leftMs: Math.round(leftMs) } : {}
  return { event: 'waiting', missing, reason, ...patience, atMs }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
