import { routeName } from '../pattern/pattern.ts'
import type { Planner, SteeringEvent } from '../planner/planner.ts'
import type { LiveFlow } from './live-flow.ts'
import type { RouteInUse } from './route-in-use.ts'
import type { SessionStory } from './session-story.ts'
import type { StallMeter } from './stall-meter.ts'
import type { Transfer } from './transfer.ts'

/** The parts of a session that are steered, or shown. */
export interface SteeredParts {
  planner: Pick<Planner, 'handle' | 'estimates'>
  transfer: Pick<Transfer, 'stats'>
  story: Pick<SessionStory, 'stateOf' | 'pathOf' | 'pattern'>
  stalls: Pick<StallMeter, 'rested'>
  live: LiveFlow | undefined
  /** The routes in use, by their numbers. */
  routes: ReadonlyMap<number, RouteInUse>
}

/** A route of a running fetch, as it is shown to people. */
export interface ShownRoute {
  /** Its letter. */
  id: string
  /** Peer ids, the nearest first. */
  relays: string[]
  /** Peer id. */
  source: string
  /** Name of the client's uplink by which the route goes; absent where the system chooses one. */
  uplink?: string
  state: string
  /** It was parked by hand. */
  isParked: boolean
  /** Share of the content that the pattern in force gives to it, 0 to 1. */
  weight: number
  rateBytesPerSecond: number
  rttMs: number
  /** Bytes that have come over it. */
  bytes: number
}

/** Does what somebody wants by hand of a session that runs, and shows its routes. Pure. */
export class SessionSteering {
  readonly #parts: SteeredParts
  /** The ids of paths that are parked. */
  readonly #parked = new Set<string>()
  isPaused = false

  constructor(parts: SteeredParts) {
    this.#parts = parts
  }

  /** A planner's event that needs nothing more. */
  steer(event: SteeringEvent & { type: 'pinned' | 'limited' }, nowMs: number): void {
    this.#parts.planner.handle(event, nowMs)
  }

  /** Nothing more is ordered while the session is paused, and what is under way comes. */
  pause(isPaused: boolean, nowMs: number): void {
    if (this.isPaused && !isPaused) this.#parts.stalls.rested(nowMs)
    this.isPaused = isPaused
    this.#parts.planner.handle({ type: 'paused', isPaused }, nowMs)
  }

  /** Routes over the path carry nothing while they are parked, nor those that open over it later. */
  park(pathId: string, isParked: boolean, nowMs: number): void {
    if (isParked) this.#parked.add(pathId)
    else this.#parked.delete(pathId)
    for (const [route, { entry }] of this.#parts.routes) {
      if (entry.id === pathId) this.#parts.planner.handle({ type: 'aside', route, isAside: isParked }, nowMs)
    }
  }

  /** A route over the path is being opened. */
  opening(route: number, pathId: string, nowMs: number): void {
    if (this.#parked.has(pathId)) this.#parts.planner.handle({ type: 'aside', route, isAside: true }, nowMs)
  }

  /** Of a live content: from now on this is the latency; see SearchRequest. */
  setLatency(latencyMs: number | undefined, nowMs: number): void {
    this.#parts.live?.setLatency(latencyMs)
    this.#parts.planner.handle(
      { type: 'latencyChanged', ...(latencyMs === undefined ? {} : { latencyMs }) },
      nowMs
    )
  }

  /** The id of the path of each route in use, by the route's letter. */
  get pathIds(): Map<string, string> {
    return new Map([...this.#parts.routes].map(([route, { entry }]) => [routeName(route), entry.id]))
  }

  /** The pattern that was applied last, as text. */
  get pattern(): string | undefined {
    return this.#parts.story.pattern
  }

  /** Every route that there was, by its letter, as it is now. */
  show(): ShownRoute[] {
    const { planner, story, transfer, routes } = this.#parts
    return [...planner.estimates()].map(([route, { weight, rateBytesPerSecond, rttMs }]) => ({
      id: routeName(route),
      ...story.pathOf(route),
      state: story.stateOf(route) ?? 'opening',
      isParked: this.#parked.has(routes.get(route)?.entry.id ?? ''),
      weight,
      rateBytesPerSecond: Math.round(rateBytesPerSecond),
      rttMs: Math.round(rttMs * 10) / 10,
      bytes: transfer.stats.get(route)?.bytes ?? 0
    }))
  }
}
