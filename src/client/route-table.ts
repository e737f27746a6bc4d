import { MAX_ROUTES } from '../pattern/pattern.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { routeId } from '../protocol/route-id.ts'

/** A path that a route may take, from the client's side, without client and source. */
export interface RoutePath {
  relays: PeerAddresses[]
  costMs?: number
}

/** One use of a path: a letter is never used twice in a transfer. */
export interface RouteEntry {
  route: number
  id: string
  path: RoutePath
  attempt: number
}

/** A path that failed is tried again after this, doubled each time. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 15_000

interface KnownPath {
  path: RoutePath
  attempts: number
  inUse: number | undefined
  retryAtMs: number
}

/** Which paths are on offer, which are in use under which letter, and when a failed one is tried again. Pure. */
export class RouteTable {
  readonly #known = new Map<string, KnownPath>()
  readonly #entries = new Map<number, RouteEntry>()
  readonly #maxRoutes: number
  #nextRoute = 0

  constructor(maxRoutes: number) {
    this.#maxRoutes = maxRoutes
  }

  get entries(): ReadonlyMap<number, RouteEntry> {
    return this.#entries
  }

  offer(path: RoutePath, nowMs: number): void {
    const id = routeId(path.relays.map(relay => relay.peerId))
    const known = this.#known.get(id)
    if (known) {
      known.path = path
      // Offered anew: whoever runs it says that it is back.
      if (known.inUse === undefined) known.retryAtMs = Math.min(known.retryAtMs, nowMs)
    } else this.#known.set(id, { path, attempts: 0, inUse: undefined, retryAtMs: nowMs })
  }

  /** Not on offer any more: it is not tried again; a route in use goes on while it can. */
  withdraw(id: string): void {
    this.#known.delete(id)
  }

  /** Paths to open now, each under a new letter. */
  due(nowMs: number): RouteEntry[] {
    const due: RouteEntry[] = []
    let used = [...this.#known.values()].filter(known => known.inUse !== undefined).length
    for (const [id, known] of this.#known) {
      if (used >= this.#maxRoutes || this.isUsedUp) break
      if (known.inUse !== undefined || known.retryAtMs > nowMs) continue
      const entry = { route: this.#nextRoute++, id, path: known.path, attempt: ++known.attempts }
      known.inUse = entry.route
      this.#entries.set(entry.route, entry)
      due.push(entry)
      used++
    }
    return due
  }

  /** No letter is left for another route. */
  get isUsedUp(): boolean {
    return this.#nextRoute >= MAX_ROUTES
  }

  closed(route: number, nowMs: number): void {
    const entry = this.#entries.get(route)
    const known = entry && this.#known.get(entry.id)
    if (!known || known.inUse !== route) return
    known.inUse = undefined
    known.retryAtMs = nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (known.attempts - 1))
  }

  relaysOf(route: number): string[] {
    return this.#entries.get(route)?.path.relays.map(relay => relay.peerId) ?? []
  }
}
