import {
  type DisjointPaths,
  findDisjointPaths,
  type PathGraph,
  type SharedCut
} from '../paths/disjoint-paths.ts'
import type { SearchBudget } from '../paths/flow-network.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { CatalogEntry, ContentKey, Holding } from './content-index.ts'
import { type DirectorLimits, LINKS_PER_QUERY, ROUTE_COSTS } from './limits.ts'
import type { ReadonlyRegistry, RegisteredNode } from './registry.ts'
import type { Draw } from './relay-draw.ts'
import { isCrowdedOut, type Kept, keptBy, keptWherePathsMeet } from './relay-groups.ts'
import { CLIENT, RouteGraph, type RouteLimits, without } from './route-graph.ts'
import { explainShortfall, type Shortfall } from './shortfall.ts'

/** Most relays of a route. Longer routes cannot be opened: an open frame has no room for more hops. */
const MAX_RELAYS = DIRECTOR_WIRE_LIMITS.maxRelaysPerRoute

/** Relays that are drawn for each route that is wanted: among two the better one is taken. */
const DRAWN_PER_ROUTE = 2

/** What is to be looked at of a graph. */
type GraphView = (graph: PathGraph) => PathGraph
const ALL_OF_IT: GraphView = graph => graph

/** A way from the client to a source. */
interface SourcePath {
  sourceId: string
  /** Peer ids from the client's side; none where the client dials the source itself. */
  relays: readonly string[]
}

export interface RouteQuery extends Omit<RouteLimits, 'draw'> {
  content: ContentKey
  /** The only source to lead to; absent: any that holds the content. */
  sourceId?: string
  count: number
  /** Routes that the asker uses already: kept as they are while they exist. */
  held?: readonly SourcePath[]
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
  /**
   * On what they rest, as RegistryEffects names it: the peer ids of all who hold the content and of the
   * nodes whose links were looked at, networks, and the content's root hash. Absent where they rest on
   * all nodes.
   */
  restsOn?: ReadonlySet<string>
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
  const count = Math.min(query.count, limits.maxRoutes)
  const draw = drawOf(query, Math.ceil(count / holders.length))
  const topology = new Topology(registry, { ...query, count, draw }, nowMs)
  const idsOf = (some: readonly Holding[]) => some.map(({ sourceId }) => sourceId)
  const connected = topology.routesTo(idsOf(holders.filter(isConnected)))
  const found = connected.routes.length > 0 ? connected : topology.routesTo(idsOf(holders))
  const { content } = query
  const named = inOrder(
    holders,
    ({ entry }) => 'name' in content && entry.name === content.name,
    ({ sourceId }) => found.routes.some(route => route.sourceId === sourceId)
  )
  const restsOn = topology.restsOn(told(registry, query, holders))
  return {
    ...found,
    ...(restsOn ? { restsOn } : {}),
    holders: named.map(({ sourceId, entry }) => ({ source: registry.node(sourceId)!, entry }))
  }
}

/**
 * The draw of a client that wants so many routes to each source. Clients on the director's own host cannot be told apart,
 * and those that name the relays that they reach have chosen themselves: they draw nothing.
 */
function drawOf({ asker, content, neighbors }: RouteQuery, routes: number): Draw | undefined {
  if (asker.host === undefined || neighbors !== undefined) return undefined
  const what = 'name' in content ? content.name : content.rootHash
  return { seed: `${asker.host} ${what}`, count: DRAWN_PER_ROUTE * routes }
}

/** The root hash of a content, and all who have told that they hold it, whether or not anybody can be led there. */
function told(registry: ReadonlyRegistry, { content }: RouteQuery, [first]: readonly Holding[]): string[] {
  const { rootHash } = first!.entry
  return [rootHash, ...registry.tellersOf(content), ...registry.tellersOf({ rootHash })]
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

class Topology {
  readonly #query: RouteQuery & RouteLimits
  readonly #graph: RouteGraph
  /** With routes that may share groups there are none. */
  readonly #mayShare: boolean
  readonly #likelyParts = new Map<string, PathGraph | undefined>()
  /** What all searches of the query may look at; absent in a small network. */
  readonly #budget: SearchBudget | undefined

  constructor(registry: ReadonlyRegistry, query: RouteQuery & RouteLimits, nowMs: number) {
    this.#query = query
    this.#graph = new RouteGraph(registry, query, nowMs)
    this.#mayShare = query.sameNetwork ?? false
    this.#budget = this.#graph.isLarge ? { linksLeft: LINKS_PER_QUERY } : undefined
  }

  /** Finds routes to these sources, some of which the query may hold. */
  routesTo(sourceIds: readonly string[]): Omit<FoundRoutes, 'holders'> {
    const { count } = this.#query
    const fresh = this.#solveApart(sourceIds, ALL_OF_IT, count)
    const held = this.#stillThere(sourceIds)
    const paths = held.length > 0 ? this.#keeping(held, sourceIds, fresh) : pathsOf(fresh)
    const routes = paths
      .filter(({ relays }) => relays.length <= MAX_RELAYS)
      .map(path => ({
        sourceId: path.sourceId,
        relays: path.relays.map(relay => this.#graph.relay(relay)!),
        costMs: this.#costOf(path)
      }))
      .sort((a, b) => a.costMs - b.costMs)
    if (fresh.shared === undefined) return { routes }
    const together = this.#mayShare ? fresh : this.#solve(sourceIds, ALL_OF_IT, count)
    const graph = this.#graph
    const shortfall = explainShortfall({
      found: routes.length,
      foundTogether: together.paths.length,
      wanted: count,
      isDirectOnly: this.#query.direct === 'only',
      hasRelays: () => graph.hasRelays,
      hasSourceLinks: () => sourceIds.some(source => graph.linksFrom(source).length > 0),
      hasClientLinks: () => graph.hasLinksToClient,
      hasGivenUp: fresh.hasGivenUp ?? together.hasGivenUp ?? false,
      shared: withoutClient(together.shared ?? fresh.shared)
    })
    return { routes, shortfall }
  }

  /** See FoundRoutes. Undefined where all nodes were looked at. */
  restsOn(told: readonly string[]): ReadonlySet<string> | undefined {
    const lookedAt = this.#graph.lookedAt
    return lookedAt && new Set([...told, ...lookedAt])
  }

  /** Looks where routes most likely are, and beyond only where these are too few. `viewOf` gives the graph to be used of one. */
  #solve(
    sources: readonly string[],
    viewOf: GraphView,
    count: number,
    relayCost = (relay: string) => this.#graph.relayCost(relay)
  ): DisjointPaths {
    const furtherCost = ROUTE_COSTS.furtherRouteMs
    const { mostPaths = Number.POSITIVE_INFINITY } = this.#graph
    const query = { sources, client: CLIENT, count, relayCost, furtherCost, mostPaths }
    const part = this.#likelyPart(sources)
    const near = part && findDisjointPaths({ ...query, graph: viewOf(part), isPart: true })
    if (near && near.paths.length >= Math.min(count, mostPaths)) return near
    const budget = this.#budget
    const far = findDisjointPaths({ ...query, graph: viewOf(this.#graph), ...(budget ? { budget } : {}) })
    return near && near.paths.length > far.paths.length ? { ...far, paths: near.paths } : far
  }

  #likelyPart(sources: readonly string[]): PathGraph | undefined {
    const key = sources.join()
    if (!this.#likelyParts.has(key))
      this.#likelyParts.set(key, this.#graph.likelyPart(sources, this.#query.count))
    return this.#likelyParts.get(key)
  }

  /**
   * Finds paths of which no two go over relays of one group. Most such paths at least cost is a hard
   * problem in general. So of paths that meet in a group the cheapest keeps it, the group's other
   * relays are left out, and the paths are looked for again: with routes of one relay nothing is lost
   * by that, and with longer ones little.
   */
  #solveApart(
    sources: readonly string[],
    viewOf: GraphView,
    count: number,
    relayCost?: (relay: string) => number
  ): DisjointPaths {
    const kept = new Map<string, readonly string[]>()
    const left: GraphView = graph => without(viewOf(graph), ({ to }) => this.#isAway(to, kept))
    for (;;) {
      const solved = this.#solve(sources, kept.size > 0 ? left : viewOf, count, relayCost)
      if (this.#mayShare) return solved
      const met = keptWherePathsMeet(relaysOf(pathsOf(solved)), id => this.#relay(id))
      if (met.size === 0) return solved
      for (const [group, relays] of met) kept.set(group, relays)
    }
  }

  /**
   * Finds the held routes and those that fit beside them; rearranges them, as little as can be,
   * only where that gives more routes, or leads to more sources.
   */
  #keeping(
    held: readonly SourcePath[],
    sources: readonly string[],
    fresh: DisjointPaths
  ): readonly SourcePath[] {
    const taken = new Set(held.flatMap(({ relays }) => relays))
    const heldLinks = new Set(held.flatMap(linkKeys))
    const away = this.#groupsKeptBy(held)
    const isFree = (node: string) => !taken.has(node) && !this.#isAway(node, away)
    const free: GraphView = graph =>
      without(graph, ({ from, to }) => !isFree(from) || !isFree(to) || heldLinks.has(linkKey(from, to)))
    const wanted = this.#query.count - held.length
    const added = wanted > 0 ? pathsOf(this.#solveApart(sources, free, wanted)) : []
    const kept = [...held, ...added]
    const isLess = (paths: readonly SourcePath[]) =>
      paths.length < fresh.paths.length || sourcesOf(paths) < sourcesOf(pathsOf(fresh))
    if (!isLess(kept)) return kept
    // What is held costs nothing here, so no cost can be left that is surely to pay.
    const biased: GraphView = graph => ({
      linksFrom: node =>
        graph
          .linksFrom(node)
          .map(link => (heldLinks.has(linkKey(link.from, link.to)) ? { ...link, cost: 0 } : link))
    })
    const relayCost = (relay: string) => (taken.has(relay) ? 0 : this.#graph.relayCost(relay))
    const rearranged = pathsOf(this.#solveApart(sources, biased, this.#query.count, relayCost))
    return rearranged.length >= fresh.paths.length ? rearranged : pathsOf(fresh)
  }

  #stillThere(sources: readonly string[]): SourcePath[] {
    const taken = new Set<string>()
    const routes: SourcePath[] = []
    for (const path of this.#query.held ?? []) {
      const { relays } = path
      if (routes.length === this.#query.count || !sources.includes(path.sourceId)) continue
      const nodes = relays.length > 0 ? relays : [path.sourceId]
      if (new Set(nodes).size < nodes.length || nodes.some(node => taken.has(node))) continue
      if (!relays.every(relay => this.#graph.relay(relay))) continue
      if (!linksOf(path).every(([from, to]) => this.#graph.linkCost(from, to) !== undefined)) continue
      const away = this.#groupsKeptBy(routes)
      if (relays.some(relay => this.#isAway(relay, away))) continue
      for (const node of nodes) taken.add(node)
      routes.push(path)
    }
    return routes
  }

  #groupsKeptBy(paths: readonly SourcePath[]): Kept {
    return this.#mayShare ? new Map() : keptBy(relaysOf(paths), id => this.#relay(id))
  }

  /** Tells whether a node of the graph is a relay of a group that others keep. */
  #isAway(node: string, kept: Kept): boolean {
    const relay = this.#graph.relay(node)
    return relay !== undefined && isCrowdedOut(relay, kept)
  }

  #relay(peerId: string): RegisteredNode {
    return this.#graph.relay(peerId)!
  }

  #costOf(path: SourcePath): number {
    const onTheWay = linksOf(path).reduce((sum, [from, to]) => sum + this.#graph.linkCost(from, to)!, 0)
    return path.relays.reduce((sum, relay) => sum + this.#graph.relayCost(relay), onTheWay)
  }
}

function isUsable(registry: ReadonlyRegistry, sourceId: string): boolean {
  return registry.node(sourceId)?.draining === false
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

function relaysOf(paths: readonly SourcePath[]): (readonly string[])[] {
  return paths.map(({ relays }) => relays)
}

/** The links of a path, each from the source's side to the client's. */
function linksOf({ relays, sourceId }: SourcePath): [from: string, to: string][] {
  const nodes = [CLIENT, ...relays, sourceId]
  return relays.concat(sourceId).map((node, at) => [node, nodes[at]!])
}

function linkKeys(path: SourcePath): string[] {
  return linksOf(path).map(([from, to]) => linkKey(from, to))
}

function linkKey(from: string, to: string): string {
  return `${from}>${to}`
}
