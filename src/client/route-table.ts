import { MAX_ROUTES } from '../pattern/pattern.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { routeId } from '../protocol/route-id.ts'

/** A path that a route may take: all of its nodes but the client. */
export interface RoutePath {
  /** From the client's side; none where the client dials the source itself. */
  relays: PeerAddresses[]
  source: PeerAddresses
  costMs?: number
}

/** One try of a path, under a letter that no other try has at the time. */
export interface RouteEntry {
  route: number
  id: string
  path: RoutePath
}

/** Wait before a failed path is tried again, in milliseconds; it doubles with each failure in a row. */
const FIRST_RETRY_MS = 1_000
/** The longest wait between two tries of a path while another route is open, in milliseconds. */
const LAST_RETRY_MS = 300_000
/** The longest wait between two tries of a path while no route is open, in milliseconds. */
const ROUTELESS_RETRY_MS = 2_000
/** Time in milliseconds after which an open route has proved its path: failures before it no longer count. */
const PROVEN_MS = 10_000

const ALL_LETTERS: readonly number[] = Array.from({ length: MAX_ROUTES }, (_, route) => route)

interface KnownPath {
  path: RoutePath
  /** Number of tries since the path was last proven. */
  tries: number
  inUse: number | undefined
  /** Time of the last failure; undefined when the next try is due at once. */
  failedAtMs: number | undefined
}

/**
 * Keeps which paths are on offer, which are in use under which letter, and when a failed one is
 * tried again. Pure.
 */
export class RouteTable {
  readonly #known = new Map<string, KnownPath>()
  readonly #entries = new Map<number, RouteEntry>()
  readonly #openedAtMs = new Map<number, number>()
  readonly #maxRoutes: number
  /** Letters that are free, in the order in which they are given out. */
  readonly #free: number[]

  /** `letters` are the numbers to give out, in this order. Default: all numbers, ascending. */
  constructor(maxRoutes: number, letters: readonly number[] = ALL_LETTERS) {
    this.#maxRoutes = maxRoutes
    this.#free = [...letters]
  }

  /**
   * Adds a path that the director names, or names again. The director's word means that the path
   * exists now, so it is tried at once.
   */
  offer(path: RoutePath): void {
    const id = idOf(path)
    const known = this.#known.get(id)
    if (known) {
      known.path = path
      known.failedAtMs = undefined
    } else this.#known.set(id, { path, tries: 0, inUse: undefined, failedAtMs: undefined })
  }

  /** Takes the addresses that the director names now for a path that is on offer. */
  readdress(path: RoutePath): void {
    const known = this.#known.get(idOf(path))
    if (known) known.path = path
  }

  /** Takes a path off offer, so that it is not tried again. A route in use goes on while it can. */
  withdraw(id: string): void {
    this.#known.delete(id)
  }

  /** The ids of the paths on offer. */
  get ids(): string[] {
    return [...this.#known.keys()]
  }

  /** Takes the paths that are due now, each with a letter of its own. */
  due(nowMs: number): RouteEntry[] {
    const due: RouteEntry[] = []
    const isRouteless = this.#openedAtMs.size === 0
    let used = [...this.#known.values()].filter(known => known.inUse !== undefined).length
    for (const [id, known] of this.#known) {
      if (used >= this.#maxRoutes || this.isUsedUp) break
      if (known.inUse !== undefined || nowMs < retryAtMs(known, isRouteless)) continue
      const entry = { route: this.#free.shift()!, id, path: known.path }
      known.inUse = entry.route
      known.tries++
      this.#entries.set(entry.route, entry)
      due.push(entry)
      used++
    }
    return due
  }

  /** Whether no letter is left for another route. */
  get isUsedUp(): boolean {
    return this.#free.length === 0
  }

  opened(route: number, nowMs: number): void {
    this.#openedAtMs.set(route, nowMs)
  }

  /**
   * Records that a try has ended. `isUnused` says that its letter stands in no order that the
   * source may still follow. Then a route that never opened gives its letter back, behind all
   * letters that are free.
   */
  closed(route: number, nowMs: number, isUnused: boolean): void {
    const entry = this.#entries.get(route)
    if (!entry) return
    const openedAtMs = this.#openedAtMs.get(route)
    this.#openedAtMs.delete(route)
    if (openedAtMs === undefined && isUnused) this.#free.push(route)
    const known = this.#known.get(entry.id)
    if (known?.inUse !== route) return
    if (openedAtMs !== undefined && nowMs - openedAtMs >= PROVEN_MS) known.tries = 1
    known.inUse = undefined
    known.failedAtMs = nowMs
  }

  relaysOf(route: number): string[] {
    return this.#entries.get(route)?.path.relays.map(relay => relay.peerId) ?? []
  }
}

/** The id of a path; see routeId. */
export function idOf({ relays, source }: RoutePath): string {
  return routeId({ relays: relays.map(relay => relay.peerId), source: source.peerId })
}

/** The nodes of a path in the order in which a route goes over them: the client dials the first. */
export function hopsOf({ relays, source }: RoutePath): PeerAddresses[] {
  return [...relays, source]
}

function retryAtMs({ tries, failedAtMs }: KnownPath, isRouteless: boolean): number {
  if (failedAtMs === undefined) return Number.NEGATIVE_INFINITY
  const longestMs = isRouteless ? ROUTELESS_RETRY_MS : LAST_RETRY_MS
  return failedAtMs + Math.min(longestMs, FIRST_RETRY_MS * 2 ** (tries - 1))
}
