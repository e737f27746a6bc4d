import { FlowNetwork } from './flow-network.ts'

/** A directed link over which the stream may flow, from the source's side to the client's. */
export interface PathEdge {
  from: string
  to: string
  /** The cost of the link, finite and not negative. */
  cost: number
}

export interface PathQuery {
  edges: readonly PathEdge[]
  /** The nodes at which a path may begin; none of them is passed by another path. */
  sources: readonly string[]
  client: string
  /** How many paths are wanted, at least 1. */
  count: number
  /** The cost of passing through each relay; 0 for those not named. */
  relayCosts?: ReadonlyMap<string, number>
  /** What each further path of a source costs more than the one before: it spreads paths over the sources. Default: 0. */
  furtherCost?: number
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
  /** Present when fewer paths exist than were wanted. */
  shared?: SharedCut
}

/**
 * Finds up to `count` paths from any of the sources that have no relay and no link in common, of minimal total cost, by
 * successive shortest paths with potentials (which is Bhandari's method without negative arcs) on a
 * graph where each relay is split into an arc of capacity one. A cheap single path may be given up
 * where that makes room for more paths. All sources hang on one node by as many arcs as paths are wanted, each dearer
 * than the one before.
 */
export function findDisjointPaths(query: PathQuery): DisjointPaths {
  const graph = new SplitGraph(query)
  let found = 0
  while (found < query.count && graph.network.augment(graph.rootNode, graph.clientNode)) found++
  const paths = graph.paths()
  return found < query.count ? { paths, shared: graph.sharedCut() } : { paths }
}

class SplitGraph {
  readonly network = new FlowNetwork()
  readonly rootNode: number
  readonly clientNode: number
  readonly #query: PathQuery
  readonly #sourceNodes = new Map<string, number>()
  readonly #relayNodes = new Map<string, { entry: number; exit: number }>()
  readonly #names: string[] = []
  readonly #links: { arc: number; from: string; to: string; cost: number }[] = []

  constructor(query: PathQuery) {
    this.#query = query
    this.rootNode = this.#addNode('')
    for (const source of query.sources) {
      const node = this.#addNode(source)
      this.#sourceNodes.set(source, node)
      for (let path = 0; path < query.count; path++)
        this.network.addArc(this.rootNode, node, path * (query.furtherCost ?? 0))
    }
    this.clientNode = this.#addNode(query.client)
    for (const edge of cheapestEdges(query)) {
      const arc = this.network.addArc(this.#exitOf(edge.from), this.#entryOf(edge.to), edge.cost)
      this.#links.push({ arc, ...edge })
    }
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
      if (inner && !this.network.residualReach(this.#exitOf(from)).has(this.#entryOf(to)))
        links.push([from, to])
    }
    return { relays: [...relays].sort(), links }
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

  #relay(name: string): { entry: number; exit: number } {
    const known = this.#relayNodes.get(name)
    if (known) return known
    const nodes = { entry: this.#addNode(name), exit: this.#addNode(name) }
    this.#relayNodes.set(name, nodes)
    this.network.addArc(nodes.entry, nodes.exit, relayCost(this.#query, name))
    return nodes
  }
}

function relayCost(query: PathQuery, relay: string): number {
  return query.relayCosts?.get(relay) ?? 0
}

/** Each link once, at its lowest cost, without those that no path can use. */
function cheapestEdges({ edges, sources, client }: PathQuery): PathEdge[] {
  const cheapest = new Map<string, Map<string, PathEdge>>()
  for (const edge of edges) {
    if (!(edge.cost >= 0) || edge.cost === Number.POSITIVE_INFINITY) {
      throw new RangeError(`The link ${edge.from} - ${edge.to} has the cost ${edge.cost}`)
    }
    if (edge.from === edge.to || sources.includes(edge.to) || edge.from === client) continue
    const siblings = cheapest.get(edge.from) ?? new Map<string, PathEdge>()
    cheapest.set(edge.from, siblings)
    const known = siblings.get(edge.to)
    if (!known || edge.cost < known.cost) siblings.set(edge.to, edge)
  }
  return [...cheapest.values()].flatMap(siblings => [...siblings.values()])
}

function byCost(a: DisjointPath, b: DisjointPath): number {
  return a.cost - b.cost || a.relays.length - b.relays.length || (a.relays.join() < b.relays.join() ? -1 : 1)
}
