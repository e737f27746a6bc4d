import { findDisjointPaths } from '../director/disjoint-paths.ts'
import { type NetworkNow, networkSlices, type Traces } from './timeline.ts'
import { type Direction, findLink, PAYLOAD_SHARE, type Topology } from './topology.ts'

/** Stands for a link without a rate: more than any machine emulates. */
const UNLIMITED_BYTES_PER_SECOND = 125e9
/** Nothing of interest takes longer; a content that is not through by then has no ideal time. */
const LONGEST_MS = 3_600_000

/** A way from source to client over relays, as the emulation knows it. */
export interface TopologyPath {
  /** Node names, the source first, the client last. */
  nodes: string[]
  hops: { link: number; direction: Direction }[]
  /** Sum of the hops' one-way delays at the start. */
  delayMs: number
}

export interface CapacityStep {
  fromMs: number
  toMs: number
  payloadBytesPerSecond: number
}

/**
 * The most payload that all routes together carry from source to client, over time: the minimum cut of the network in
 * each slice, so that routes that share a link or a relay count its capacity once. A link carries rate x 1448/1514.
 */
export function* payloadCapacity(
  topology: Topology,
  traces: Traces,
  untilMs = LONGEST_MS
): Generator<CapacityStep> {
  const known = new Map<string, number>()
  for (const slice of networkSlices(topology, traces, untilMs)) {
    const key =
      slice.links.map(l => `${l.blackHole} ${l.down.rateBytesPerSecond} ${l.up.rateBytesPerSecond}`).join() +
      [...slice.stopped].join()
    const payloadBytesPerSecond = known.get(key) ?? minimumCut(topology, slice)
    known.set(key, payloadBytesPerSecond)
    yield { fromMs: slice.fromMs, toMs: slice.toMs, payloadBytesPerSecond }
  }
}

/** Time in which the payload capacity carries that many bytes, in ms; Infinity where it never does. */
export function idealTimeMs(topology: Topology, traces: Traces, bytes = topology.contentBytes): number {
  let left = bytes
  if (left <= 0) return 0
  for (const { fromMs, toMs, payloadBytesPerSecond } of payloadCapacity(topology, traces)) {
    const carried = (payloadBytesPerSecond * (toMs - fromMs)) / 1000
    if (carried >= left) return fromMs + (left / payloadBytesPerSecond) * 1000
    left -= carried
  }
  return Number.POSITIVE_INFINITY
}

/** All payload in bytes a second that the network in this state carries from source to client. */
export function minimumCut(topology: Topology, now: NetworkNow): number {
  const graph = new FlowGraph()
  for (const node of topology.nodes) {
    if (node.role === 'director' || now.stopped.has(node.name)) continue
    const capacity =
      node.role === 'relay'
        ? (node.maxRateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND)
        : UNLIMITED_BYTES_PER_SECOND
    graph.add(`${node.name} in`, `${node.name} out`, capacity)
  }
  topology.links.forEach(({ endpoints: [a, b] }, index) => {
    const link = now.links[index]!
    if (link.blackHole) return
    const payload = (rate: number | undefined) => (rate ?? UNLIMITED_BYTES_PER_SECOND) * PAYLOAD_SHARE
    graph.add(`${a} out`, `${b} in`, payload(link.down.rateBytesPerSecond))
    graph.add(`${b} out`, `${a} in`, payload(link.up.rateBytesPerSecond))
  })
  return graph.maximumFlow(`${nameOf(topology, 'source')} in`, `${nameOf(topology, 'client')} out`)
}

/**
 * Node-disjoint ways from source to client over relays, as many as there are, of least total delay, quickest first. The
 * means of comparison use one connection over each.
 */
export function disjointPaths(topology: Topology): TopologyPath[] {
  const source = nameOf(topology, 'source')
  const client = nameOf(topology, 'client')
  const director = nameOf(topology, 'director')
  const edges = topology.links.flatMap(({ endpoints: [a, b], down, up }) => [
    { from: a, to: b, cost: down.delayMs },
    { from: b, to: a, cost: up.delayMs }
  ])
  const carrying = edges.filter(
    ({ from, to }) =>
      from !== director &&
      to !== director &&
      to !== source &&
      from !== client &&
      !(from === source && to === client)
  )
  const { paths } = findDisjointPaths({ edges: carrying, source, client, count: topology.nodes.length })
  return paths.map(({ relays, cost }) => {
    const nodes = [source, ...relays.toReversed(), client]
    return { nodes, hops: hopsAlong(topology, nodes), delayMs: cost }
  })
}

/** The links of a way, named by its nodes, with the direction in which each is passed. */
export function hopsAlong(topology: Pick<Topology, 'links'>, nodes: string[]): TopologyPath['hops'] {
  return nodes.slice(1).flatMap((node, index) => {
    const link = findLink(topology, nodes[index]!, node)
    if (link < 0) return []
    return [
      { link, direction: topology.links[link]!.endpoints[1] === node ? ('down' as const) : ('up' as const) }
    ]
  })
}

/** Least total one-way delay (hops break ties); undefined where there is none. */
export function shortestPath(
  topology: Pick<Topology, 'links'>,
  from: string,
  to: string
): TopologyPath | undefined {
  const HOP_COST_MS = 1e-6
  const best = new Map<string, TopologyPath & { cost: number }>([
    [from, { nodes: [from], hops: [], delayMs: 0, cost: 0 }]
  ])
  const settled = new Set<string>()
  for (;;) {
    const next = [...best.entries()]
      .filter(([name]) => !settled.has(name))
      .toSorted((a, b) => a[1].cost - b[1].cost)[0]
    if (next === undefined) return undefined
    const [name, { cost, ...path }] = next
    if (name === to) return path
    settled.add(name)
    topology.links.forEach(({ endpoints, down, up }, link) => {
      const end = endpoints.indexOf(name)
      if (end < 0) return
      const neighbor = endpoints[1 - end]!
      const delayMs = (end === 0 ? down : up).delayMs
      const candidate = cost + delayMs + HOP_COST_MS
      if (candidate >= (best.get(neighbor)?.cost ?? Number.POSITIVE_INFINITY)) return
      best.set(neighbor, {
        nodes: [...path.nodes, neighbor],
        hops: [...path.hops, { link, direction: end === 0 ? 'down' : 'up' }],
        delayMs: path.delayMs + delayMs,
        cost: candidate
      })
    })
  }
}

/** Name of the only node with a role. */
export function nameOf(topology: Pick<Topology, 'nodes'>, role: 'source' | 'client' | 'director'): string {
  return topology.nodes.find(node => node.role === role)!.name
}

/** Maximum flow by shortest augmenting paths (Edmonds and Karp). */
class FlowGraph {
  readonly #residual = new Map<string, Map<string, number>>()

  add(from: string, to: string, capacity: number): void {
    this.#push(from, to, capacity)
    this.#push(to, from, 0)
  }

  maximumFlow(source: string, sink: string): number {
    let total = 0
    for (;;) {
      const path = this.#augmentingPath(source, sink)
      if (path === undefined) return total
      const flow = Math.min(...path.map(([from, to]) => this.#residual.get(from)!.get(to)!))
      for (const [from, to] of path) {
        this.#push(from, to, -flow)
        this.#push(to, from, flow)
      }
      total += flow
    }
  }

  #push(from: string, to: string, capacity: number): void {
    const edges = this.#residual.get(from) ?? new Map<string, number>()
    this.#residual.set(from, edges.set(to, (edges.get(to) ?? 0) + capacity))
  }

  #augmentingPath(source: string, sink: string): [string, string][] | undefined {
    const cameFrom = new Map<string, string>()
    const queue = [source]
    for (const at of queue) {
      for (const [next, capacity] of this.#residual.get(at) ?? []) {
        // Rounding leaves crumbs of capacity; following them would take for ever.
        if (capacity < 1e-3 || next === source || cameFrom.has(next)) continue
        cameFrom.set(next, at)
        if (next !== sink) queue.push(next)
      }
    }
    if (!cameFrom.has(sink)) return undefined
    const path: [string, string][] = []
    for (let at = sink; at !== source; at = cameFrom.get(at)!) path.unshift([cameFrom.get(at)!, at])
    return path
  }
}
