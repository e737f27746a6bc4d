import type { FetchEvent, PublicRouteState, RouteProgress } from '../client/fetch-events.ts'
import { RateHistory } from '../client/rate-history.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { ACTIVITY_LIMITS } from './limits.ts'

/** A content as a person sees it that is being fetched. */
export interface ContentSnapshot {
  /** Root hash in hex digits. */
  id: string
  name: string
  /** Absent where the content is live. */
  sizeBytes?: number
  /** How many fetches of it run at once. */
  reads: number
  /** What all of its routes have brought in the last second. */
  rateBytesPerSecond: number
  /** By their ways, so that a relay's route stands where it stood. */
  routes: RouteSnapshot[]
}

/** A route of all fetches of a content together. Peers are named as people see them. */
export interface RouteSnapshot {
  /** From the client on; none on the direct way. */
  relays: string[]
  source: string
  /** Name of the client's uplink by which the route goes; absent where the system chooses one. */
  uplink?: string
  state: PublicRouteState
  /** Share of what is asked for that the route gets, 0 to 1, as the mean of the fetches. */
  weight: number
  /** The least round trip of a small message in milliseconds; absent until it was measured. */
  rttMs?: number
  /** What it has brought in each of the last seconds at most a minute ago, in bytes a second; the latest last. */
  rates: number[]
}

type RoutePath = Pick<Extract<FetchEvent, { event: 'route' }>, 'relays' | 'source' | 'uplink'>

/** What is kept of a route by all fetches. */
interface RouteTotal extends RoutePath {
  bytes: number
  rttMs: number | undefined
}

/** What is known of one fetch. */
interface Read {
  /** The keys of its routes, by letters. */
  readonly keys: Map<string, string>
  routes: Readonly<Record<string, RouteProgress>>
}

/** Of several states of one route the first one of these counts. */
const STATES: readonly PublicRouteState[] = ['open', 'late', 'opening', 'parked', 'lost', 'closed']

/** What the fetches of one content tell, folded into one picture. Pure. */
export class ContentActivity {
  readonly #content: Pick<ContentSnapshot, 'id' | 'name' | 'sizeBytes'>
  readonly #reads = new Set<Read>()
  readonly #routes = new Map<string, RouteTotal>()
  readonly #history = new RateHistory(ACTIVITY_LIMITS.historySlots)
  #endedAtMs = 0

  constructor(content: Pick<ContentSnapshot, 'id' | 'name' | 'sizeBytes'>) {
    this.#content = content
  }

  /** Begins a fetch; `follow` gets its events, and `end` is called once after the last one. */
  begin(): { follow(event: FetchEvent, nowMs: number): void; end(nowMs: number): void } {
    const read: Read = { keys: new Map(), routes: {} }
    this.#reads.add(read)
    return {
      follow: (event, nowMs) => {
        if (event.event === 'route') this.#learn(read, event)
        if (event.event === 'progress') this.#count(read, event.routes, nowMs)
      },
      end: nowMs => {
        this.#reads.delete(read)
        this.#endedAtMs = nowMs
      }
    }
  }

  /** Whether nothing has been fetched for so long that nobody need see it any more. */
  isOver(nowMs: number): boolean {
    return this.#reads.size === 0 && nowMs - this.#endedAtMs >= ACTIVITY_LIMITS.lingerMs
  }

  snapshot(nowMs: number): ContentSnapshot {
    this.#sample(nowMs)
    const routes = [...this.#routes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, route]) => this.#routeSnapshot(key, route))
    return {
      ...this.#content,
      reads: this.#reads.size,
      rateBytesPerSecond: routes.reduce((sum, { rates }) => sum + (rates.at(-1) ?? 0), 0),
      routes
    }
  }

  #learn({ keys }: Read, { id, relays, source, uplink }: RoutePath & { id: string }): void {
    const key = JSON.stringify([relays, source, uplink])
    keys.set(id, key)
    if (!this.#routes.has(key)) this.#routes.set(key, { relays, source, uplink, bytes: 0, rttMs: undefined })
  }

  #count(read: Read, routes: Read['routes'], nowMs: number): void {
    for (const [letter, { bytes, rttMs }] of Object.entries(routes)) {
      const total = this.#routes.get(read.keys.get(letter) ?? '')
      if (!total) continue
      total.bytes += bytes - (read.routes[letter]?.bytes ?? 0)
      if (rttMs > 0) total.rttMs = rttMs
    }
    read.routes = routes
    this.#sample(nowMs)
  }

  /** Takes a sample where one is due, and forgets routes that no fetch has and that show nothing. */
  #sample(nowMs: number): void {
    this.#history.follow(Object.fromEntries(this.#routes), nowMs)
    const used = new Set([...this.#reads].flatMap(({ keys }) => [...keys.values()]))
    for (const key of this.#routes.keys())
      if (!used.has(key) && this.#history.of(key).every(rate => rate === 0)) this.#routes.delete(key)
  }

  #routeSnapshot(key: string, { relays, source, uplink, rttMs }: RouteTotal): RouteSnapshot {
    const told = [...this.#reads].filter(({ routes }) => Object.keys(routes).length > 0)
    const uses = told.flatMap(({ keys, routes }) =>
      Object.entries(routes).flatMap(([letter, route]) => (keys.get(letter) === key ? [route] : []))
    )
    const isAwaited = [...this.#reads].some(({ keys }) => [...keys.values()].includes(key))
    const weight = uses.reduce((sum, use) => sum + use.weight, 0) / Math.max(1, told.length)
    const unused = isAwaited ? 'opening' : 'closed'
    return {
      relays: relays.map(shortPeer),
      source: shortPeer(source),
      ...(uplink === undefined ? {} : { uplink }),
      state: STATES.find(state => uses.some(use => use.state === state)) ?? unused,
      weight: Math.round(weight * 1_000) / 1_000,
      ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }),
      rates: this.#history.of(key).map(Math.round)
    }
  }
}
