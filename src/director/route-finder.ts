import {
  type DisjointPaths,
  findDisjointPaths,
  type PathEdge,
  type SharedCut
} from '../paths/disjoint-paths.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { DirectRoutes } from '../protocol/director-messages.ts'
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

/** A way from the client to a source. */
interface SourcePath {
  sourceId: string
  /** Peer ids from the client's side; none where the client dials the source itself. */
  relays: readonly string[]
}

export interface RouteQuery {
  content: ContentKey
  /** The only source to lead to; absent: any that holds the content. */
  sourceId?: string
  count: number
  /** The only relays that the client can reach; absent: it can reach all that are not restricted. */
  neighbors?: readonly ReachableRelay[]
  /** Routes that the asker uses already: kept as they are while they exist. */
  held?: readonly SourcePath[]
  /** True where routes may go over relays of one network or operator. Default: false. */
  sameNetwork?: boolean
  /** Whether routes may go straight to a source that has an address for the client, or have to. Default: never. */
  direct?: DirectRoutes
  /** Where the client stands: its routes begin at relays that have an address for it. */
  asker: Standpoint
}

export interface FoundRoute {
  sourceId: string
  /** The relays from the client's side: the first is dialed by the client. */
  relays: RegisteredNode[]
  /** Round trips plus penalties, in milliseconds. */
  costMs: number
}

export interface FoundHolder {
  source: RegisteredNode
  entry: CatalogEntry
}

export interface FoundRoutes {
  /** One that has the content under the name that was asked for stands first. */
  holders: FoundHolder[]
  /** The routes, cheapest first. */
  routes: FoundRoute[]
  /** Present when there are fewer routes than asked for. */
  shortfall?: Shortfall
}

/**
 * Answers a query from what the registry knows; undefined when nobody who may be named holds the content. Routes lead
 * to all holders, spread over them; to those whose connection stands, where any route does.
 */
export function findRoutes(
  registry: ReadonlyRegistry,
  query: RouteQuery,
  limits: DirectorLimits,
  nowMs: number
): FoundRoutes | undefined {
  const usable = holdersOf(registry, query).filter(({ sourceId }) => isUsable(registry, sourceId))
  if (usable.length === 0) return undefined
  const isHeld = ({ sourceId }: Holding) => query.held?.some(path => path.sourceId === sourceId) ?? false
  const isConnected = ({ sourceId }: Holding) => registry.node(sourceId)!.connected
  const holders = inOrder(usable, isConnected, isHeld).slice(0, limits.maxSourcesCompared)
  const topology = new Topology(registry, { ...query, count: Math.min(query.count, limits.maxRoutes) }, nowMs)
  const idsOf = (some: readonly Holding[]) => some.map(({ sourceId }) => sourceId)
  const connected = topology.routesTo(idsOf(holders.filter(isConnected)))
  const found = connected.routes.length > 0 ? connected : topology.routesTo(idsOf(holders))
  const { content } = query
  const named = inOrder(
    holders,
    ({ entry }) => 'name' in content && entry.name === content.name,
    ({ sourceId }) => found.routes.some(route => route.sourceId === sourceId)
  )
  return {
    ...found,
    holders: named.map(({ sourceId, entry }) => ({ source: registry.node(sourceId)!, entry }))
  }
}

/** Those first of which the first criterion holds, then the second one; otherwise they keep their order. */
function inOrder<T>(items: readonly T[], ...criteria: ((item: T) => boolean)[]): T[] {
  const rankOf = (item: T) => criteria.map(holds => (holds(item) ? '0' : '1')).join('')
  return items.toSorted((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) < rankOf(b) ? -1 : 1))
}

/**
 * Returns the holders of a content, whatever it is called there. The source that told a name first decides what the name
 * stands for, unless a certain source is wanted: sources with other bytes do not count.
 */
function holdersOf(registry: ReadonlyRegistry, { content, sourceId: wanted }: RouteQuery): Holding[] {
  const told = registry.findContent(content)
  if (wanted !== undefined) return told.filter(({ sourceId }) => sourceId === wanted)
  const [first] = told
  if ('rootHash' in content || !first) return told
  const { rootHash } = first.entry
  const named = told.filter(({ entry }) => entry.rootHash === rootHash)
  const isNamed = ({ sourceId }: Holding) => named.some(holding => holding.sourceId === sourceId)
  return [...named, ...registry.findContent({ rootHash }).filter(holding => !isNamed(holding))]
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

  /** Finds routes to these sources, some of which the query may hold. */
  routesTo(sourceIds: readonly string[]): Omit<FoundRoutes, 'holders'> {
    const direct = this.#query.direct ?? 'never'
    const sourceEdges = sourceIds.flatMap(sourceId => this.#linksFrom(sourceId))
    const overRelays = [...sourceEdges, ...this.#relayEdges, ...this.#clientEdges]
    const straight = direct === 'never' ? [] : this.#straightTo(sourceIds)
    const edges = direct === 'only' ? straight : [...straight, ...overRelays]
    const { count } = this.#query
    const fresh = this.#solveApart(sourceIds, edges, count)
    const links: LinkCosts = new Map(edges.map(edge => [linkKey(edge.from, edge.to), edge.cost]))
    const held = this.#stillThere(sourceIds, links)
    const paths = held.length > 0 ? this.#keeping(held, sourceIds, edges, fresh) : pathsOf(fresh)
    const routes = paths
      .filter(({ relays }) => relays.length <= MAX_RELAYS)
      .map(path => ({
        sourceId: path.sourceId,
        relays: path.relays.map(relay => this.#relays.get(relay)!),
        costMs: this.#costOf(path, links)
      }))
      .sort((a, b) => a.costMs - b.costMs)
    if (fresh.shared === undefined) return { routes }
    const together = this.#solve(sourceIds, edges, count)
    const shortfall = explainShortfall({
      found: routes.length,
      foundTogether: together.paths.length,
      wanted: count,
      isDirectOnly: direct === 'only',
      relayCount: this.#relays.size,
      sourceLinkCount: sourceEdges.length,
      clientLinkCount: this.#clientEdges.length,
      shared: withoutClient(together.shared ?? fresh.shared)
    })
    return { routes, shortfall }
  }

  #solve(
    sources: readonly string[],
    edges: readonly PathEdge[],
    count: number,
    relayCosts = this.#relayCosts
  ): DisjointPaths {
    const furtherCost = ROUTE_COSTS.furtherRouteMs
    return findDisjointPaths({ edges, sources, client: CLIENT, count, relayCosts, furtherCost })
  }

  /**
   * Finds paths of which no two go over relays of one group. Most such paths at least cost is a hard
   * problem in general. So of paths that meet in a group the cheapest keeps it, the group's other
   * relays are left out, and the paths are looked for again: with routes of one relay nothing is lost
   * by that, and with longer ones little.
   */
  #solveApart(
    sources: readonly string[],
    edges: readonly PathEdge[],
    count: number,
    relayCosts = this.#relayCosts
  ): DisjointPaths {
    let left = edges
    for (;;) {
      const solved = this.#solve(sources, left, count, relayCosts)
      const out = this.#groups.crowdedOut(solved.paths.map(({ relays }) => relays))
      if (out.size === 0) return solved
      left = left.filter(({ from, to }) => !out.has(from) && !out.has(to))
    }
  }

  /**
   * Finds the held routes and those that fit beside them; rearranges them, as little as can be,
   * only where that gives more routes, or leads to more sources.
   */
  #keeping(
    held: readonly SourcePath[],
    sources: readonly string[],
    edges: readonly PathEdge[],
    fresh: DisjointPaths
  ): readonly SourcePath[] {
    const taken = new Set(held.flatMap(({ relays }) => relays))
    const heldLinks = new Set(held.flatMap(linkKeys))
    const away = this.#groups.besides(held.map(({ relays }) => relays))
    const isFree = (node: string) => !taken.has(node) && !away.has(node)
    const free = edges.filter(
      edge => isFree(edge.from) && isFree(edge.to) && !heldLinks.has(linkKey(edge.from, edge.to))
    )
    const wanted = this.#query.count - held.length
    const added = wanted > 0 ? pathsOf(this.#solveApart(sources, free, wanted)) : []
    const kept = [...held, ...added]
    const isLess = (paths: readonly SourcePath[]) =>
      paths.length < fresh.paths.length || sourcesOf(paths) < sourcesOf(pathsOf(fresh))
    if (!isLess(kept)) return kept
    const biased = edges.map(edge =>
      heldLinks.has(linkKey(edge.from, edge.to)) ? { ...edge, cost: 0 } : edge
    )
    const costs = new Map([...this.#relayCosts].filter(([relay]) => !taken.has(relay)))
    const rearranged = pathsOf(this.#solveApart(sources, biased, this.#query.count, costs))
    return rearranged.length >= fresh.paths.length ? rearranged : pathsOf(fresh)
  }

  #stillThere(sources: readonly string[], links: LinkCosts): SourcePath[] {
    const taken = new Set<string>()
    const routes: SourcePath[] = []
    for (const path of this.#query.held ?? []) {
      const { relays } = path
      if (routes.length === this.#query.count || !sources.includes(path.sourceId)) continue
      const nodes = relays.length > 0 ? relays : [path.sourceId]
      if (new Set(nodes).size < nodes.length || nodes.some(node => taken.has(node))) continue
      if (!linkKeys(path).every(key => links.has(key))) continue
      const away = this.#groups.besides(routes.map(({ relays }) => relays))
      if (relays.some(relay => away.has(relay))) continue
      for (const node of nodes) taken.add(node)
      routes.push(path)
    }
    return routes
  }

  /** The links from sources that the client can dial itself. */
  #straightTo(sources: readonly string[]): PathEdge[] {
    const { asker } = this.#query
    return sources
      .filter(source => hasAddressFor(asker, this.#registry.node(source)!.whereabouts))
      .map(from => ({ from, to: CLIENT, cost: ROUTE_COSTS.unknownClientRttMs }))
  }

  #costOf(path: SourcePath, links: LinkCosts): number {
    const onTheWay = linkKeys(path).reduce((sum, key) => sum + links.get(key)!, 0)
    return path.relays.reduce((sum, relay) => sum + this.#relayCosts.get(relay)!, onTheWay)
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
  const named = new Set([
    ...(held ?? []).flatMap(({ relays }) => relays),
    ...(neighbors ?? []).map(({ peerId }) => peerId)
  ])
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

function pathsOf({ paths }: DisjointPaths): SourcePath[] {
  return paths.map(({ source, relays }) => ({ sourceId: source, relays }))
}

/** Number of the sources to which the paths lead. */
function sourcesOf(paths: readonly SourcePath[]): number {
  return new Set(paths.map(({ sourceId }) => sourceId)).size
}

/** What routes share but the links to the client: it is no node that has a name. */
function withoutClient({ relays, links }: SharedCut): SharedCut {
  return { relays, links: links.filter(([, to]) => to !== CLIENT) }
}

function linkKeys({ relays, sourceId }: SourcePath): string[] {
  const nodes = [CLIENT, ...relays, sourceId]
  return relays.concat(sourceId).map((node, at) => linkKey(node, nodes[at]!))
}

function linkKey(from: string, to: string): string {
  return `${from}>${to}`
}
