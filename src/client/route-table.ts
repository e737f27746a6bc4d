import { MAX_ROUTES } from '../pattern/pattern.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { routeId } from '../protocol/route-id.ts'
import { placesLeft, shareOut, type UplinkShare } from './uplink-shares.ts'

/** A relay of a path, with the words that the director tells of it. */
export interface PathRelay extends PeerAddresses {
  labels?: string[]
}

/** A path that a route may take: all of its nodes but the client. */
export interface RoutePath {
  /** From the client's side; none where the client dials the source itself. */
  relays: PathRelay[]
  source: PeerAddresses
  costMs?: number
  /** Name of the client's uplink by which the first hop is dialled; absent: the system chooses one. */
  uplink?: string
  /** It carries something only while no route that is no backup can. */
  isBackup?: boolean
  /** What a byte over it costs, by that of others: it carries what cheaper routes cannot. Default: 1. */
  price?: number
  /** The client's newest pass for these relays; absent where the director issues none. */
  pass?: Uint8Array<ArrayBuffer>
}

/** One try of a path, under a letter that no other route has at the time. */
export interface RouteEntry {
  route: number
  id: string
  path: RoutePath
}

/** Wait before a failed path is tried again, in milliseconds; it doubles with each failure in a row. */
const FIRST_RETRY_MS = 1_000
/** The longest wait between two tries of a path while another route delivers, in milliseconds. */
const LAST_RETRY_MS = 300_000
/** The number of failures in a row after which the wait is the longest. */
const LAST_TRY = 1 + Math.ceil(Math.log2(LAST_RETRY_MS / FIRST_RETRY_MS))
/** The longest wait between two tries of a path while none delivers, in milliseconds. */
const ROUTELESS_RETRY_MS = 2_000
/** The longest wait between two routes that open in the place of one that brings nothing, in milliseconds. */
const LAST_REPLACEMENT_MS = 16_000
/** Routes over one path at once: one that brings nothing, one whose opening went out over a dead connection, and a third. */
const MAX_OVER_PATH = 3
/** Time in milliseconds after which an open route has proved its path: failures before it no longer count. */
const PROVEN_MS = 10_000

interface KnownPath {
  path: RoutePath
  /** Number of tries since the path was last proven. */
  tries: number
  /** The routes over the path: one, or up to MAX_OVER_PATH while others are opened beside it. */
  routes: number[]
  /** Time of the last failure; undefined when the next try is due at once. */
  failedAtMs: number | undefined
  /** Time before which a relay of the path refuses it. */
  refusedUntilMs: number
  /** Number of routes that have opened beside others since one over the path last brought something. */
  replacements: number
  /** Time before which no route is opened beside another. */
  besideFromMs: number
}

/**
 * Keeps which paths are on offer, which are in use under which letter, and when a failed one is
 * tried again. Pure.
 */
export class RouteTable {
  readonly #known = new Map<string, KnownPath>()
  readonly #entries = new Map<number, RouteEntry>()
  readonly #openedAtMs = new Map<number, number>()
  #maxRoutes: number
  readonly #isNamed: (route: number) => boolean
  /** Letters that no route has: those that were never used, and behind them the others, longest unused first. */
  readonly #unused: number[] = Array.from({ length: MAX_ROUTES }, (_, route) => route)

  /** `isNamed` says whether orders that the source may still follow name a letter: such a letter is not free. */
  constructor(maxRoutes: number, isNamed: (route: number) => boolean) {
    this.#maxRoutes = maxRoutes
    this.#isNamed = isNamed
  }

  /**
   * Adds a path that the director names, or names again. The director's word means that the path
   * exists now, so it is tried at once, unless it is refused for some time.
   */
  offer(path: RoutePath): void {
    const id = idOf(path)
    const known = this.#known.get(id)
    if (known) {
      known.path = path
      known.failedAtMs = undefined
    } else this.#known.set(id, newPath(path))
  }

  /** Allows for one route more. */
  addPlace(): void {
    this.#maxRoutes++
  }

  /** Takes the addresses and the pass that the director gives now for a path that is on offer. */
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

  /** The ids of the paths on offer, by the source to which they lead. */
  get sources(): Map<string, string[]> {
    const sources = new Map<string, string[]>()
    for (const [id, { path }] of this.#known) {
      const { peerId } = path.source
      sources.set(peerId, [...(sources.get(peerId) ?? []), id])
    }
    return sources
  }

  /**
   * Takes the paths that are due now, each with a letter of its own. While nothing delivers no wait is
   * long. Of the places for routes each uplink has some of its own; see shareOut.
   */
  due(nowMs: number, isDelivering: boolean): RouteEntry[] {
    const due: RouteEntry[] = []
    for (const [id, known] of this.#known) {
      if (known.routes.length > 0 || nowMs < retryAtMs(known, isDelivering)) continue
      const shares = this.#shares()
      const own = shares.get(known.path.uplink)!
      if (own.inUse >= own.places && placesLeft(shares, this.#maxRoutes) < 1) continue
      const entry = this.#begin(id, known)
      if (!entry) break
      known.tries++
      due.push(entry)
    }
    return due
  }

  /** Takes the paths over which another route is to be opened now, as all that they have are lost. */
  dueBeside(nowMs: number, lost: ReadonlySet<number>): RouteEntry[] {
    return [...this.#known].flatMap(([id, known]) => {
      const { routes } = known
      if (routes.length === 0 || routes.length >= MAX_OVER_PATH) return []
      if (!routes.every(route => lost.has(route))) return []
      if (nowMs < Math.max(known.refusedUntilMs, known.besideFromMs)) return []
      return this.#begin(id, known) ?? []
    })
  }

  /** The other routes over the path of this one. */
  othersOver(route: number): number[] {
    const id = this.#entries.get(route)?.id
    const routes = id === undefined ? undefined : this.#known.get(id)?.routes
    return routes?.includes(route) ? routes.filter(other => other !== route) : []
  }

  /** The route has brought something: the next one in its place need not wait. */
  brought(route: number): void {
    const known = this.#known.get(this.#entries.get(route)?.id ?? '')
    if (known?.routes.includes(route)) known.replacements = 0
  }

  /**
   * The routes that have to end so that an uplink which has joined gets its places: the last ones of
   * the uplinks with more routes than places of their own.
   */
  surplus(): number[] {
    const shares = this.#shares()
    const surplus: number[] = []
    for (const { routes, path } of [...this.#known.values()].reverse()) {
      if (placesLeft(shares, this.#maxRoutes) >= 0) break
      const share = shares.get(path.uplink)!
      if (routes.length === 0 || share.inUse <= share.places) continue
      share.inUse--
      surplus.push(...routes)
    }
    return surplus
  }

  #shares(): Map<string | undefined, UplinkShare> {
    return shareOut(
      [...this.#known.values()].map(({ path, routes, failedAtMs }) => ({
        uplink: path.uplink,
        isBackup: path.isBackup === true,
        isInUse: routes.length > 0,
        hasFailed: failedAtMs !== undefined
      })),
      this.#maxRoutes
    )
  }

  /** Whether no letter is free for another route. */
  get isUsedUp(): boolean {
    return this.#unused.every(this.#isNamed)
  }

  opened(route: number, nowMs: number): void {
    this.#openedAtMs.set(route, nowMs)
    const known = this.#known.get(this.#entries.get(route)?.id ?? '')
    if (known?.routes.includes(route)) {
      known.besideFromMs = nowMs + Math.min(LAST_REPLACEMENT_MS, FIRST_RETRY_MS * 2 ** known.replacements)
      known.replacements++
    }
  }

  /**
   * Records that a route has ended. Its letter is free again once no orders name it. `retryAfterMs`: how long its path
   * will be refused, where a node of the path has told. `hasLied`: it brought what nobody honest can have sent, and waits
   * as one that has failed many times.
   */
  closed(
    route: number,
    nowMs: number,
    { hasLied = false, retryAfterMs = 0 }: { hasLied?: boolean; retryAfterMs?: number } = {}
  ): void {
    const entry = this.#entries.get(route)
    if (!entry) return
    const openedAtMs = this.#openedAtMs.get(route)
    this.#openedAtMs.delete(route)
    this.#unused.push(route)
    const known = this.#known.get(entry.id)
    if (!known?.routes.includes(route)) return
    if (hasLied) known.tries = LAST_TRY
    else if (openedAtMs !== undefined && nowMs - openedAtMs >= PROVEN_MS) known.tries = 1
    known.routes = known.routes.filter(other => other !== route)
    known.failedAtMs = nowMs
    known.refusedUntilMs = nowMs + retryAfterMs
    known.besideFromMs = Math.max(known.besideFromMs, nowMs + FIRST_RETRY_MS)
  }

  /** The relays of the last route that had this letter. */
  relaysOf(route: number): string[] {
    return this.#entries.get(route)?.path.relays.map(relay => relay.peerId) ?? []
  }

  /** Peer id of the source to which the last route that had this letter leads. */
  sourceOf(route: number): string {
    return this.#entries.get(route)?.path.source.peerId ?? ''
  }

  /** The uplink of the last route that had this letter; undefined where the system has chosen it. */
  uplinkOf(route: number): string | undefined {
    return this.#entries.get(route)?.path.uplink
  }

  /** Begins a route over the path; undefined where no letter is free. */
  #begin(id: string, known: KnownPath): RouteEntry | undefined {
    const route = this.#takeLetter(id)
    if (route === undefined) return undefined
    const entry = { route, id, path: known.path }
    known.routes.push(route)
    this.#entries.set(route, entry)
    return entry
  }

  /**
   * Takes a free letter for a route over the path: of those that the path was the last to have, the last one; else one
   * that was never used; else the one that has been unused for longest. So for people a path keeps its letter.
   */
  #takeLetter(id: string): number | undefined {
    const free = this.#unused.filter(route => !this.#isNamed(route))
    const letter = free.findLast(route => this.#entries.get(route)?.id === id) ?? free[0]
    if (letter !== undefined) this.#unused.splice(this.#unused.indexOf(letter), 1)
    return letter
  }
}

/** The id of a path: that of routeId, behind the name of its uplink where it has one. */
export function idOf({ relays, source, uplink }: RoutePath): string {
  const id = routeId({ relays: relays.map(relay => relay.peerId), source: source.peerId })
  return uplink === undefined ? id : `${uplink} ${id}`
}

/** The nodes of a path in the order in which a route goes over them: the client dials the first. */
export function hopsOf({ relays, source }: RoutePath): PeerAddresses[] {
  return [...relays, source]
}

function newPath(path: RoutePath): KnownPath {
  return {
    path,
    tries: 0,
    routes: [],
    failedAtMs: undefined,
    refusedUntilMs: Number.NEGATIVE_INFINITY,
    replacements: 0,
    besideFromMs: Number.NEGATIVE_INFINITY
  }
}

function retryAtMs({ tries, failedAtMs, refusedUntilMs }: KnownPath, isDelivering: boolean): number {
  if (failedAtMs === undefined) return refusedUntilMs
  const longestMs = isDelivering ? LAST_RETRY_MS : ROUTELESS_RETRY_MS
  return Math.max(refusedUntilMs, failedAtMs + Math.min(longestMs, FIRST_RETRY_MS * 2 ** (tries - 1)))
}
