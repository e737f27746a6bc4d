import { interleaveSmoothly } from '../../pattern/interleave.ts'
import type { Pattern } from '../../pattern/pattern.ts'
import type { PlannerInit } from '../planner.ts'
import { withoutBackups } from './backups.ts'
import { withHeirs } from './heirs.ts'
import { type ArrivedEvent, PolicyCore } from './policy-core.ts'
import type { PolicyRoute } from './policy-route.ts'

/** The window of every route, in bytes: enough for 200 Mbit/s at 80 ms. It is not adapted. */
const WINDOW_BYTES = 2 * 1024 * 1024

/**
 * `fixed`: the given pattern from the first segment to the last; without one, all routes in turn. Only when a route
 * closes do the others take over its elements, in turn. The base of policies that keep a far horizon.
 */
export class FixedPolicy extends PolicyCore {
  readonly name: string = 'fixed'
  readonly #given: Pattern | undefined
  readonly #arrivals = new Map<number, { bytes: number; sinceMs: number }>()
  protected current: Pattern | undefined
  /** What was wanted by hand has changed since the last pattern. */
  #isSteered = false

  constructor(init: PlannerInit, given?: Pattern) {
    super(init)
    this.#given = given
  }

  protected override decide(nowMs: number): void {
    if (this.livingRoutes().length === 0) return
    this.#keepPatternAlive()
    this.grantTo(this.farthestHorizon())
    this.adoptOrphans()
    for (const record of this.routes.values())
      if (record.state !== 'closed') this.credit(record, WINDOW_BYTES)
    this.revise(nowMs)
  }

  protected override onSteered(): void {
    this.#isSteered = true
  }

  protected override onRouteAdded(record: PolicyRoute): void {
    this.#arrivals.delete(record.route)
  }

  /** Policies that change the pattern while it runs do so here. */
  protected revise(_nowMs: number): void {}

  protected override measures(record: PolicyRoute) {
    const arrivals = this.#arrivals.get(record.route)
    const elapsedMs = Math.max(1, record.lastArrivalMs - (arrivals?.sinceMs ?? record.lastArrivalMs))
    return {
      rateBytesPerSecond: arrivals ? (arrivals.bytes / elapsedMs) * 1000 : 0,
      queueMs: 0,
      windowBytes: WINDOW_BYTES
    }
  }

  protected override onArrived(
    record: PolicyRoute,
    event: ArrivedEvent,
    _fresh: boolean,
    nowMs: number
  ): void {
    const arrivals = this.#arrivals.get(record.route)
    if (!arrivals || nowMs - arrivals.sinceMs > 2_000)
      this.#arrivals.set(record.route, { bytes: event.bytes, sinceMs: nowMs })
    else arrivals.bytes += event.bytes
  }

  /** The routes that a pattern may name: all that are not closed, and backups only where there are no others. */
  protected livingRoutes(): number[] {
    return this.#inStates(state => state !== 'closed')
  }

  /** Orders the first pattern, and a new one when the current one names a closed route (FIG. 10B). */
  #keepPatternAlive(): void {
    const living = this.livingRoutes()
    const wanted = this.pinned ?? this.#given
    if (!this.current) {
      this.usePattern(this.extent.firstSeq, withHeirs(wanted ?? equalShares(living), living, living))
      return
    }
    // A route that is tried again may never open: a pattern for each try would go on without end.
    const open = this.openRoutes()
    if (open.length === 0) return
    const base = this.#isSteered ? (wanted ?? equalShares(open)) : (this.pinned ?? this.current)
    // Whoever has pinned a pattern gets it back with its routes.
    const pattern = withHeirs(base, this.pinned ? open : living, open)
    this.#isSteered = false
    if (!pattern.equals(this.current)) this.usePattern(this.ledger.next, pattern)
  }

  protected openRoutes(): number[] {
    return this.#inStates(state => state === 'open')
  }

  #inStates(fits: (state: PolicyRoute['state']) => boolean): number[] {
    const found = [...this.routes.values()].filter(({ state, isAside }) => fits(state) && !isAside)
    return withoutBackups(found).map(({ route }) => route)
  }

  /** Orders the pattern as setPattern does. */
  protected usePattern(from: number, pattern: Pattern): number {
    this.current = pattern
    return this.setPattern(from, pattern)
  }

  /** Gives what closed routes owed to the open ones, in turn. */
  protected adoptOrphans(): void {
    const open = this.openRoutes()
    if (open.length === 0 || this.orphans.length === 0) return
    const shares = new Map<number, number[]>(open.map(route => [route, []]))
    for (const [i, seq] of this.orphans.entries()) shares.get(open[i % open.length]!)!.push(seq)
    for (const [route, seqs] of shares) this.adopt(seqs, route)
    this.orphans = []
  }
}

function equalShares(routes: readonly number[]): Pattern {
  return interleaveSmoothly(new Map(routes.map(route => [route, 1])), routes.length)
}
