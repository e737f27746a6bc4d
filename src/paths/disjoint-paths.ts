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
  source: string
  client: string
  /** How many paths are wanted, at least 1. */
  count: number
  /** The cost of passing through each relay; 0 for those not named. */
  relayCosts?: ReadonlyMap<string, number>
}

export interface DisjointPath {
  /** From the client's side: the first is dialed by the client, the last stands next to the source. */
  relays: string[]
  cost: number
}

/**
 * The relays and links that every further path would have to share: a minimum cut between source
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
 * Finds up to `count` paths that have no relay and no link in common, of minimal total cost, by
 * successive shortest paths with potentials (which is Bhandari's method without negative arcs) on a
 * graph where each relay is split into an arc of capacity one. A cheap single path may be given up
 * where that makes room for more paths.
 */
export function findDisjointPaths(query: PathQuery): DisjointPaths {
  const graph = new SplitGraph(query)
  let found = 0
  while (found < query.count && graph.network.augment(graph.sourceNode, graph.clientNode)) found++
  const paths = graph.paths()
  return found < query.count ? { paths, shared: graph.sharedCut() } : { paths }
}

class SplitGraph {
  readonly network = new FlowNetwork()
  readonly sourceNode: number
  readonly clientNode: number
  readonly #query: PathQuery
  readonly #relayNodes = new Map<string, { entry: number; exit: number }>()
  readonly #names: string[] = []
  readonly #links: { arc: number; from: string; to: string; cost: number }[] = []

  constructor(query: PathQuery) {
    this.#query = query
    this.sourceNode = this.#addNode(query.source)
    this.clientNode = this.#addNode(query.client)
    for (const edge of cheapestEdges(query)) {
      const arc = this.network.addArc(this.#exitOf(edge.from), this.#entryOf(edge.to), edge.cost)
      this.#links.push({ arc, ...edge })
    }
  }

  paths(): DisjointPath[] {
    const next = new Map<string, { to: string; cost: number }>()
    const first: { to: string; cost: number }[] = []
    for (const { arc, from, to, cost } of this.#links) {
      if (!this.network.carriesFlow(arc)) continue
      if (from === this.#query.source) first.push({ to, cost })
      else next.set(from, { to, cost })
    }
    return first.map(start => this.#follow(start, next)).sort(byCost)
  }

  sharedCut(): SharedCut {
    const { source, client } = this.#query
    const reachable = this.network.residualReach(this.sourceNode)
    const relays = new Set<string>()
    const links: [string, string][] = []
    for (const [name, { entry, exit }] of this.#relayNodes) {
      if (reachable.has(entry) && !reachable.has(exit)) relays.add(name)
    }
    for (const { arc, from, to } of this.#links) {
      if (!this.network.carriesFlow(arc)) continue
      const crosses = reachable.has(this.#exitOf(from)) && !reachable.has(this.#entryOf(to))
      if (from === source && to === client) links.push([from, to])
      else if (crosses) relays.add(to === client ? from : to)
      const inner = from !== source && to !== client
      // A full arc is in a minimum cut exactly when what it carries cannot be led around it.
      if (inner && !this.network.residualReach(this.#exitOf(from)).has(this.#entryOf(to)))
        links.push([from, to])
    }
    return { relays: [...relays].sort(), links }
  }

  #follow(
    start: { to: string; cost: number },
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
    return { relays: relays.reverse(), cost }
  }

  #addNode(name: string): number {
    return this.#names.push(name) - 1
  }

  #entryOf(name: string): number {
    if (name === this.#query.client) return this.clientNode
    return this.#relay(name).entry
  }

  #exitOf(name: string): number {
    if (name === this.#query.source) return this.sourceNode
    return this.#relay(name).exit
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
function cheapestEdges({ edges, source, client }: PathQuery): PathEdge[] {
  const cheapest = new Map<string, Map<string, PathEdge>>()
  for (const edge of edges) {
    if (!(edge.cost >= 0) || edge.cost === Number.POSITIVE_INFINITY) {
      throw new RangeError(`The link ${edge.from} - ${edge.to} has the cost ${edge.cost}`)
    }
    if (edge.from === edge.to || edge.to === source || edge.from === client) continue
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
