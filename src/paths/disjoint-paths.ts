import { FlowNetwork, type SearchBudget } from './flow-network.ts'

/** A directed link over which the stream may flow, from the source's side to the client's. */
export interface PathEdge {
  from: string
  to: string
  /** The cost of the link, finite and not negative. */
  cost: number
}

/** A graph that tells its links when a search comes to them. */
export interface PathGraph {
  /** The links from a source or relay; several to one node count as the cheapest of them. */
  linksFrom(node: string): readonly PathEdge[]
  /** The least that a link to the client costs: the nearer to the truth, the less of the graph is looked at. Default: 0. */
  leastLastCost?: number
  /** The least that passing through a relay costs. Default: 0. */
  leastRelayCost?: number
  /**
   * The least that is left to pay behind a relay, where more is known of it; no link and relay together may cost less
   * than the difference between two relays. Default: `leastLastCost`.
   */
  leastBehind?(relay: string): number
}

export interface PathQuery {
  graph: PathGraph
  /** The nodes at which a path may begin; none of them is passed by another path. */
  sources: readonly string[]
  client: string
  /** How many paths are wanted, at least 1. */
  count: number
  /** The cost of passing through a relay. Default: 0 for each. */
  relayCost?(relay: string): number
  /**
   * More paths than these there cannot be, as the client can be reached from no more relays. Then no look at the whole
   * graph is taken for another path, and what the paths share are these relays. Default: not known.
   */
  mostPaths?: number | undefined
  /** What each further path of a source costs more than the one before: it spreads paths over the sources. Default: 0. */
  furtherCost?: number
  /** True where the graph is a part of another: what its paths share says nothing, and is not looked for. Default: false. */
  isPart?: boolean
  /** What may be looked at; once that is used up, the paths are those found until then. Default: all. */
  budget?: SearchBudget
}

export interface DisjointPath {
  source: string
  /** From the client's side: the first is dialed by the client, the last stands next to the source. */
  relays: string[]
  /** The costs of its links and relays. */
  cost: number
}

/**
 * The relays and links that every further path would have to share: a minimum cut between sources
 * and client.
 */
export interface SharedCut {
  /** One relay of each path found; all possible paths pass one of them. */
  relays: string[]
  /** Links (from, to) of the paths found that no set of as many disjoint paths can avoid. */
  links: [string, string][]
}

export interface DisjointPaths {
  /** The paths, cheapest first. */
  paths: DisjointPath[]
  /** Present when fewer paths exist than were wanted; names nothing where the search has given up. */
  shared?: SharedCut
  /** True where not all of the graph was looked at, so that there may be more paths. */
  hasGivenUp?: boolean
}

/** A graph of these links. Throws RangeError for a cost that is none. */
export function graphOf(edges: readonly PathEdge[]): PathGraph {
  for (const { from, to, cost } of edges) {
    if (!(cost >= 0) || cost === Number.POSITIVE_INFINITY)
      throw new RangeError(`The link ${from} - ${to} has the cost ${cost}`)
  }
  const linksOf = Map.groupBy(edges, ({ from }) => from)
  return { linksFrom: node => linksOf.get(node) ?? [] }
}

/**
 * Finds up to `count` paths from any of the sources that have no relay and no link in common, of minimal total cost, by
 * successive shortest paths with potentials (which is Bhandari's method without negative arcs) on a
 * graph where each relay is split into an arc of capacity one. A cheap single path may be given up
 * where that makes room for more paths. All sources hang on one node by as many arcs as paths are wanted, each dearer
 * than the one before. Of a large graph only that part is looked at over which a path could be as cheap as those found.
 */
export function findDisjointPaths(query: PathQuery): DisjointPaths {
  const graph = new SplitGraph(query)
  const { mostPaths = Number.POSITIVE_INFINITY } = query
  let found = 0
  while (found < Math.min(query.count, mostPaths) && graph.network.augment(graph.rootNode, graph.clientNode))
    found++
  const paths = graph.paths()
  if (found >= query.count) return { paths }
  const { isPart = false } = query
  if (found < mostPaths && (isPart || graph.network.hasGivenUp))
    return { paths, shared: { relays: [], links: [] }, hasGivenUp: true }
  const last = { relays: paths.map(({ relays }) => relays[0]!).sort(), links: [] }
  return { paths, shared: found === mostPaths ? last : graph.sharedCut() }
}

/** A relay's two nodes stand side by side; see SplitGraph. */
interface RelayNodes {
  entry: number
  exit: number
}

class SplitGraph {
  readonly network: FlowNetwork
  readonly rootNode = 0
  readonly clientNode = 1
  readonly #query: PathQuery
  readonly #sourceNodes: ReadonlyMap<string, number>
  readonly #relayNodes = new Map<string, RelayNodes>()
  /** By node: the relay or source that it stands for. */
  readonly #names: string[] = []
  readonly #links: { arc: number; from: string; to: string; cost: number }[] = []

  constructor(query: PathQuery) {
    this.#query = query
    this.#names.push('', query.client)
    this.#sourceNodes = new Map(query.sources.map(source => [source, this.#addNode(source)]))
    const addArcs = (node: number) => this.#addArcs(node)
    this.network = new FlowNetwork({ addArcs, leastLeft: node => this.#leastLeft(node) }, query.budget)
  }

  paths(): DisjointPath[] {
    const next = new Map<string, { to: string; cost: number }>()
    const first: { source: string; to: string; cost: number }[] = []
    for (const { arc, from, to, cost } of this.#links) {
      if (!this.network.carriesFlow(arc)) continue
      if (this.#sourceNodes.has(from)) first.push({ source: from, to, cost })
      else next.set(from, { to, cost })
    }
    return first.map(start => this.#follow(start, next)).sort(byCost)
  }

  sharedCut(): SharedCut {
    const { client } = this.#query
    const reachable = this.network.residualReach(this.rootNode)
    const relays = new Set<string>()
    const links: [string, string][] = []
    for (const [name, { entry, exit }] of this.#relayNodes) {
      if (reachable.has(entry) && !reachable.has(exit)) relays.add(name)
    }
    for (const { arc, from, to } of this.#links) {
      if (!this.network.carriesFlow(arc)) continue
      const crosses = reachable.has(this.#exitOf(from)) && !reachable.has(this.#entryOf(to))
      const isFirst = this.#sourceNodes.has(from)
      if (isFirst && to === client) links.push([from, to])
      else if (crosses) relays.add(to === client ? from : to)
      const inner = !isFirst && to !== client
      // A full arc is in a minimum cut exactly when what it carries cannot be led around it.
      if (inner && !this.#leadsOn(this.#exitOf(from), this.#entryOf(to))) links.push([from, to])
    }
    return { relays: [...relays].sort(), links }
  }

  #leadsOn(from: number, to: number): boolean {
    return this.network.residualReach(from, to).has(to)
  }

  #follow(
    start: { source: string; to: string; cost: number },
    next: Map<string, { to: string; cost: number }>
  ): DisjointPath {
    const relays: string[] = []
    let cost = start.cost
    let at = start.to
    while (at !== this.#query.client) {
      relays.push(at)
      const step = next.get(at)!
      cost += step.cost + relayCost(this.#query, at)
      at = step.to
    }
    return { source: start.source, relays: relays.reverse(), cost }
  }

  #addArcs(node: number): void {
    if (node === this.rootNode) this.#addFirstArcs()
    else if (this.#isEntry(node)) {
      const relay = this.#names[node]!
      this.network.addArc(node, node + 1, relayCost(this.#query, relay))
    } else if (node !== this.clientNode) {
      for (const edge of cheapestEdges(this.#query, this.#sourceNodes, this.#names[node]!)) {
        const arc = this.network.addArc(node, this.#entryOf(edge.to), edge.cost)
        this.#links.push({ arc, ...edge })
      }
    }
  }

  #addFirstArcs(): void {
    const { count, furtherCost = 0 } = this.#query
    for (const node of this.#sourceNodes.values())
      for (let path = 0; path < count; path++) this.network.addArc(this.rootNode, node, path * furtherCost)
  }

  #leastLeft(node: number): number {
    if (node === this.clientNode) return 0
    const { graph } = this.#query
    const { leastLastCost = 0, leastRelayCost = 0 } = graph
    const first = 2 + this.#sourceNodes.size
    if (node < first) return leastLastCost
    const behind = graph.leastBehind?.(this.#names[node]!) ?? leastLastCost
    return this.#isEntry(node) ? leastRelayCost + behind : behind
  }

  /** The nodes behind root, client and sources are entries and exits of relays by turns. */
  #isEntry(node: number): boolean {
    const first = 2 + this.#sourceNodes.size
    return node >= first && (node - first) % 2 === 0
  }

  #addNode(name: string): number {
    return this.#names.push(name) - 1
  }

  #entryOf(name: string): number {
    if (name === this.#query.client) return this.clientNode
    return this.#relay(name).entry
  }

  #exitOf(name: string): number {
    return this.#sourceNodes.get(name) ?? this.#relay(name).exit
  }

  #relay(name: string): RelayNodes {
    const known = this.#relayNodes.get(name)
    if (known) return known
    const nodes = { entry: this.#addNode(name), exit: this.#addNode(name) }
    this.#relayNodes.set(name, nodes)
    return nodes
  }
}

function relayCost(query: PathQuery, relay: string): number {
  return query.relayCost?.(relay) ?? 0
}

/** Each link from a node once, at its lowest cost, without those that no path can use. */
function cheapestEdges(
  { graph }: PathQuery,
  sources: ReadonlyMap<string, number>,
  from: string
): Iterable<PathEdge> {
  const cheapest = new Map<string, PathEdge>()
  for (const edge of graph.linksFrom(from)) {
    const { to, cost } = edge
    if (to === from || sources.has(to)) continue
    const known = cheapest.get(to)
    if (!known || cost < known.cost) cheapest.set(to, edge)
  }
  return cheapest.values()
}

function byCost(a: DisjointPath, b: DisjointPath): number {
  return a.cost - b.cost || a.relays.length - b.relays.length || (a.relays.join() < b.relays.join() ? -1 : 1)
}
