import { type DisjointPaths, findDisjointPaths, type PathEdge } from '../paths/disjoint-paths.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import { hasAddressFor, type Standpoint } from './addresses-for.ts'
import type { CatalogEntry, ContentKey, Holding } from './content-index.ts'
import { type DirectorLimits, ROUTE_COSTS } from './limits.ts'
import type { ReadonlyRegistry, RegisteredNode } from './registry.ts'
import { explainShortfall, type Shortfall } from './shortfall.ts'
import type { Standing } from './standing.ts'

/** The client's node in the graph: no peer id has this form. */
const CLIENT = '(client)'

/** Most relays of a route. Longer routes cannot be opened: an open frame has no room for more hops. */
const MAX_RELAYS = DIRECTOR_WIRE_LIMITS.maxRelaysPerRoute

export interface ReachableRelay {
  peerId: string
  rttMs?: number
}

/** Routes that the asker uses already: kept as they are while they exist. */
export interface HeldRoutes {
  sourceId: string
  routes: readonly (readonly string[])[]
}

export interface RouteQuery {
  content: ContentKey
  /** The only source to lead to; absent: any that holds the content. */
  sourceId?: string
  count: number
  /** The only relays that the client can reach; absent: it can reach all that are not restricted. */
  neighbors?: readonly ReachableRelay[]
  held?: HeldRoutes
  /** True where routes may go over relays of one network or operator. Default: false. */
  sameNetwork?: boolean
  /** Where the client stands: its routes begin at relays that have an address for it. */
  asker: Standpoint
}

export interface FoundRoute {
  /** The relays from the client's side: the first is dialed by the client. */
  relays: RegisteredNode[]
  /** Round trips plus penalties, in milliseconds. */
  costMs: number
}

export interface FoundRoutes {
  source: RegisteredNode
  entry: CatalogEntry
  /** The routes, cheapest first. */
  routes: FoundRoute[]
  /** Present when there are fewer routes than asked for. */
  shortfall?: Shortfall
}

/**
 * Answers a query from what the registry knows; undefined when nobody who may be named holds the content. Of several
 * sources it prefers those to which a route leads, then those that are connected, then the held one,
 * then the one with most routes, then the one with the least total cost.
 */
export function findRoutes(
  registry: ReadonlyRegistry,
  query: RouteQuery,
  limits: DirectorLimits,
  nowMs: number
): FoundRoutes | undefined {
  const holders = holdersOf(registry, query).filter(({ sourceId }) => isUsable(registry, sourceId))
  const held = holders.find(({ sourceId }) => sourceId === query.held?.sourceId)
  const compared = connectedFirst(registry, holders).slice(0, limits.maxSourcesCompared)
  const topology = new Topology(registry, { ...query, count: Math.min(query.count, limits.maxRoutes) }, nowMs)
  const order = held ? [held, ...compared.filter(holder => holder !== held)] : compared
  let best: FoundRoutes | undefined
  for (const { sourceId, entry } of order) {
    const found = { entry, ...topology.routesTo(sourceId) }
    const isHeld = sourceId === held?.sourceId
    if (isHeld && found.source.connected && found.routes.length > 0) return found
    if (best === undefined || isBetter(found, best, held)) best = found
  }
  return best
}

/**
 * Returns the holders of a content. The source that told a name first decides what it stands for,
 * unless a certain source is wanted: sources with other bytes do not count.
 */
function holdersOf(registry: ReadonlyRegistry, { content, sourceId: wanted }: RouteQuery): Holding[] {
  const holders = registry.findContent(content)
  if (wanted !== undefined) return holders.filter(({ sourceId }) => sourceId === wanted)
  if ('rootHash' in content) return holders
  return holders.filter(({ entry }) => entry.rootHash === holders[0]!.entry.rootHash)
}

function connectedFirst(registry: ReadonlyRegistry, holders: readonly Holding[]): Holding[] {
  const isConnected = ({ sourceId }: Holding) => registry.node(sourceId)!.connected
  return [...holders.filter(isConnected), ...holders.filter(holder => !isConnected(holder))]
}

/** The cost of each link, by `linkKey`. */
type LinkCosts = ReadonlyMap<string, number>

/** A relay, and the cost of passing it in milliseconds. */
type RelayCost = readonly [relay: RegisteredNode, costMs: number]

/** Relays of one network among which an answer chooses. */
const MAX_RELAYS_OF_NETWORK = 8

/** A label of this form names the operator of a node, who may have others. */
const OPERATOR_LABEL = /^operator=/

class Topology {
  readonly #registry: ReadonlyRegistry
  readonly #query: RouteQuery
  readonly #relays: Map<string, RegisteredNode>
  readonly #relayEdges: PathEdge[] = []
  readonly #clientEdges: PathEdge[]
  readonly #relayCosts: Map<string, number>
  readonly #groups: RelayGroups

  constructor(registry: ReadonlyRegistry, query: RouteQuery, nowMs: number) {
    this.#registry = registry
    this.#query = query
    const all = registry.offeredNodes().filter(node => node.role === 'relay' && !node.draining)
    const costs = all.map(
      relay => [relay, passingCostMs(relay, registry.standingOf(relay.peerId, nowMs))] as const
    )
    const usable = query.sameNetwork ? costs : withoutCrowds(costs, query)
    this.#relays = new Map(usable.map(([relay]) => [relay.peerId, relay]))
    this.#relayCosts = new Map(usable.map(([{ peerId }, costMs]) => [peerId, costMs]))
    this.#groups = new RelayGroups(query.sameNetwork ? [] : [...this.#relays.values()])
    for (const from of this.#relays.keys()) this.#relayEdges.push(...this.#linksFrom(from))
    this.#clientEdges = this.#reachable().map(({ peerId, rttMs }) => ({
      from: peerId,
      to: CLIENT,
      cost: rttMs ?? ROUTE_COSTS.unknownClientRttMs
    }))
  }

  routesTo(sourceId: string): Omit<FoundRoutes, 'entry'> {
    const sourceEdges = this.#linksFrom(sourceId)
    const edges = [...sourceEdges, ...this.#relayEdges, ...this.#clientEdges]
    const fresh = this.#solveApart(sourceId, edges, this.#query.count)
    const links: LinkCosts = new Map(edges.map(edge => [linkKey(edge.from, edge.to), edge.cost]))
    const held = this.#query.held?.sourceId === sourceId ? this.#stillThere(sourceId, links) : []
    const paths = held.length > 0 ? this.#keeping(held, sourceId, edges, fresh) : fresh.paths
    const routes = paths
      .filter(({ relays }) => relays.length <= MAX_RELAYS)
      .map(({ relays }) => ({
        relays: relays.map(relay => this.#relays.get(relay)!),
        costMs: this.#costOf(relays, sourceId, links)
      }))
      .sort((a, b) => a.costMs - b.costMs)
    const source = this.#registry.node(sourceId)!
    if (fresh.shared === undefined) return { source, routes }
    const together = this.#solve(sourceId, edges, this.#query.count)
    const shortfall = explainShortfall({
      found: routes.length,
      foundTogether: together.paths.length,
      wanted: this.#query.count,
      relayCount: this.#relays.size,
      sourceLinkCount: sourceEdges.length,
      clientLinkCount: this.#clientEdges.length,
      shared: together.shared ?? fresh.shared
    })
    return { source, routes, shortfall }
  }

  #solve(
    source: string,
    edges: readonly PathEdge[],
    count: number,
    relayCosts = this.#relayCosts
  ): DisjointPaths {
    return findDisjointPaths({ edges, source, client: CLIENT, count, relayCosts })
  }

  /**
   * Finds paths of which no two go over relays of one group. Most such paths at least cost is a hard
   * problem in general. So of paths that meet in a group the cheapest keeps it, the group's other
   * relays are left out, and the paths are looked for again: with routes of one relay nothing is lost
   * by that, and with longer ones little.
   */
  #solveApart(
    source: string,
    edges: readonly PathEdge[],
    count: number,
    relayCosts = this.#relayCosts
  ): DisjointPaths {
    let left = edges
    for (;;) {
      const solved = this.#solve(source, left, count, relayCosts)
      const out = this.#groups.crowdedOut(solved.paths.map(({ relays }) => relays))
      if (out.size === 0) return solved
      left = left.filter(({ from, to }) => !out.has(from) && !out.has(to))
    }
  }

  /**
   * Finds the held routes and those that fit beside them; rearranges them, as little as can be,
   * only where that gives more routes.
   */
  #keeping(
    held: readonly (readonly string[])[],
    sourceId: string,
    edges: readonly PathEdge[],
    fresh: DisjointPaths
  ): { relays: readonly string[] }[] {
    const taken = new Set(held.flat())
    const away = this.#groups.besides(held)
    const isFree = (node: string) => !taken.has(node) && !away.has(node)
    const free = edges.filter(edge => isFree(edge.from) && isFree(edge.to))
    const wanted = this.#query.count - held.length
    const added = wanted > 0 ? this.#solveApart(sourceId, free, wanted).paths : []
    const kept = [...held.map(relays => ({ relays })), ...added]
    if (kept.length >= fresh.paths.length) return kept
    const heldLinks = new Set(held.flatMap(relays => linkKeys(relays, sourceId)))
    const biased = edges.map(edge =>
      heldLinks.has(linkKey(edge.from, edge.to)) ? { ...edge, cost: 0 } : edge
    )
    const costs = new Map([...this.#relayCosts].filter(([relay]) => !taken.has(relay)))
    const rearranged = this.#solveApart(sourceId, biased, this.#query.count, costs).paths
    return rearranged.length >= fresh.paths.length ? rearranged : fresh.paths
  }

  #stillThere(sourceId: string, links: LinkCosts): (readonly string[])[] {
    const taken = new Set<string>()
    const routes: (readonly string[])[] = []
    for (const relays of this.#query.held?.routes ?? []) {
      if (routes.length === this.#query.count || relays.length === 0) continue
      if (new Set(relays).size < relays.length || relays.some(relay => taken.has(relay))) continue
      if (!linkKeys(relays, sourceId).every(key => links.has(key))) continue
      const away = this.#groups.besides(routes)
      if (relays.some(relay => away.has(relay))) continue
      for (const relay of relays) taken.add(relay)
      routes.push(relays)
    }
    return routes
  }

  #costOf(relays: readonly string[], sourceId: string, links: LinkCosts): number {
    const onTheWay = linkKeys(relays, sourceId).reduce((sum, key) => sum + links.get(key)!, 0)
    return relays.reduce((sum, relay) => sum + this.#relayCosts.get(relay)!, onTheWay)
  }

  #linksFrom(from: string): PathEdge[] {
    const peers = this.#registry
      .linkedTo(from)
      .filter(to => this.#relays.has(to))
      .sort()
    return peers.map(to => ({ from, to, cost: this.#rttMs(from, to) }))
  }

  #rttMs(from: string, to: string): number {
    const rttMs = this.#registry.linkRttMs(from, to)!
    return this.#registry.hasMeasured(from, to) ? rttMs : Math.max(rttMs, ROUTE_COSTS.unconfirmedRttMs)
  }

  #reachable(): ReachableRelay[] {
    const { asker } = this.#query
    const open = [...this.#relays.values()].filter(
      ({ restricted, whereabouts }) => !restricted && hasAddressFor(asker, whereabouts)
    )
    if (this.#query.neighbors === undefined) return open.map(({ peerId }) => ({ peerId }))
    const named = new Map(this.#query.neighbors.map(neighbor => [neighbor.peerId, neighbor]))
    return open.flatMap(({ peerId }) => named.get(peerId) ?? [])
  }
}

/**
 * Leaves few relays of each network, as only one route of an answer goes over them, and a thousand
 * would hold up every answer: those first that the client uses or can reach, then those that cost least.
 */
function withoutCrowds(relays: readonly RelayCost[], { held, neighbors }: RouteQuery): RelayCost[] {
  const named = new Set([...(held?.routes ?? []).flat(), ...(neighbors ?? []).map(({ peerId }) => peerId)])
  const isNamed = ([{ peerId }]: RelayCost) => Number(named.has(peerId))
  const byNetwork = Map.groupBy(relays, ([{ network, peerId }]) => network ?? peerId)
  return [...byNetwork.values()].flatMap(those =>
    those.length <= MAX_RELAYS_OF_NETWORK
      ? those
      : those.sort((a, b) => isNamed(b) - isNamed(a) || a[1] - b[1]).slice(0, MAX_RELAYS_OF_NETWORK)
  )
}

/** Which relays are in one network, or have one operator. */
class RelayGroups {
  readonly #groupsOf = new Map<string, readonly string[]>()
  readonly #members = new Map<string, string[]>()

  constructor(relays: readonly RegisteredNode[]) {
    for (const { peerId, network, labels } of relays) {
      const groups = [...(network ? [network] : []), ...labels.filter(label => OPERATOR_LABEL.test(label))]
      this.#groupsOf.set(peerId, groups)
      for (const group of groups) {
        const members = this.#members.get(group) ?? []
        members.push(peerId)
        this.#members.set(group, members)
      }
    }
  }

  /** Returns the relays in groups of these paths but those that the first path of each group goes over. */
  besides(paths: readonly (readonly string[])[]): Set<string> {
    return this.#allBut([...this.#pathsOf(paths)].map(([group, [first]]) => [group, first!]))
  }

  /** Returns the same for those groups only in which paths meet. */
  crowdedOut(paths: readonly (readonly string[])[]): Set<string> {
    const met = [...this.#pathsOf(paths)].filter(([, those]) => those.length > 1)
    return this.#allBut(met.map(([group, [first]]) => [group, first!]))
  }

  #pathsOf(paths: readonly (readonly string[])[]): Map<string, (readonly string[])[]> {
    const pathsOf = new Map<string, (readonly string[])[]>()
    for (const relays of paths) {
      for (const group of new Set(relays.flatMap(relay => this.#groupsOf.get(relay) ?? [])))
        pathsOf.set(group, [...(pathsOf.get(group) ?? []), relays])
    }
    return pathsOf
  }

  #allBut(kept: readonly [group: string, relays: readonly string[]][]): Set<string> {
    return new Set(
      kept.flatMap(([group, relays]) => this.#members.get(group)!.filter(member => !relays.includes(member)))
    )
  }
}

function isUsable(registry: ReadonlyRegistry, sourceId: string): boolean {
  return registry.node(sourceId)?.draining === false
}

function passingCostMs({ load }: RegisteredNode, { blame }: Standing): number {
  const { relayPenaltyMs, fullLoadPenaltyMs, complaintPenaltyMs } = ROUTE_COSTS
  return relayPenaltyMs + load * fullLoadPenaltyMs + blame * complaintPenaltyMs
}

function isBetter(a: FoundRoutes, b: FoundRoutes, held: Holding | undefined): boolean {
  const [ranksOfA, ranksOfB] = [ranksOf(a, held), ranksOf(b, held)]
  const at = ranksOfA.findIndex((rank, index) => rank !== ranksOfB[index])
  return at >= 0 && ranksOfA[at]! > ranksOfB[at]!
}

/** Returns the criteria by which answers compare, the most important first; more is better. */
function ranksOf({ source, routes }: FoundRoutes, held: Holding | undefined): number[] {
  const isHeld = source.peerId === held?.sourceId
  const totalMs = routes.reduce((sum, route) => sum + route.costMs, 0)
  return [Number(routes.length > 0), Number(source.connected), Number(isHeld), routes.length, -totalMs]
}

function linkKeys(relays: readonly string[], sourceId: string): string[] {
  const nodes = [CLIENT, ...relays, sourceId]
  return relays.concat(sourceId).map((node, at) => linkKey(node, nodes[at]!))
}

function linkKey(from: string, to: string): string {
  return `${from}>${to}`
}
