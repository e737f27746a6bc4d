import type { KnownRoute, PlannerEvent, RouteState } from '../planner.ts'

/** Why a route that is set aside is parked, and why one that is put back is open. */
export const BY_HAND = 'by hand'

/** What every policy keeps of a route, in whatever state. */
export interface PolicyRoute {
  readonly route: number
  /** The source to which it leads. */
  readonly holder: string
  state: RouteState
  costMs: number | undefined
  /** Whether its source could be asked. */
  isAsked: boolean
  /** What an earlier fetch has learnt of it. */
  known: KnownRoute | undefined
  /** It carries nothing while a route that is no backup can. */
  readonly isBackup: boolean
  /** It carries what routes of lower prices cannot. */
  readonly price: number
  /** It is parked until it is put back, whatever it delivers. */
  isAside: boolean
  asideReason: string
  /** Measured round trip of control messages, in ms; 0 until known. */
  rttMs: number
  /** Payload bytes that arrived or were dropped on the way since the route opened: credit counts these. */
  receivedBytes: number
  /** The credit: bytes that the source may have sent since the route opened. */
  limitBytes: number
  /** Segments that were to be moved, but that the source had sent on the route. */
  kept: Set<number>
  /** Once it has closed: the first segment that its cursor cannot have passed. */
  passedBelow: number
  lastArrivalMs: number
  openedAtMs: number
}

/** What is kept of a route that is being opened from now on. */
export function newPolicyRoute(event: PlannerEvent & { type: 'routeAdded' }, nowMs: number): PolicyRoute {
  const { route, holder, costMs, known, backup = false, price = 1 } = event
  return {
    route,
    holder,
    costMs,
    known,
    isAsked: false,
    isBackup: backup,
    price,
    isAside: false,
    asideReason: BY_HAND,
    state: 'opening',
    rttMs: 0,
    receivedBytes: 0,
    limitBytes: 0,
    kept: new Set(),
    passedBelow: 0,
    lastArrivalMs: nowMs,
    openedAtMs: nowMs
  }
}
