import { nameOf } from './paths.ts'
import { carries, type NetworkNow, networkSlices, type Traces } from './timeline.ts'
import { mayGoStraight, ownRateOf, PAYLOAD_SHARE, type Topology } from './topology.ts'

/** Rate of a link without a rate limit, in bytes a second: more than any machine emulates. */
const UNLIMITED_BYTES_PER_SECOND = 125e9
/** Longest time considered, in milliseconds; a content that is not through by then has no ideal time. */
const LONGEST_MS = 3_600_000

export interface CapacityStep {
  fromMs: number
  toMs: number
  payloadBytesPerSecond: number
}

/**
 * The most payload that all routes together carry from the sources to the client, over time. It is the
 * minimum cut of the network in each slice, so that routes that share a link, a router or a relay
 * count its capacity once. A link carries its rate x 1448/1514.
 */
export function* payloadCapacity(
  topology: Topology,
  traces: Traces,
  untilMs = LONGEST_MS
): Generator<CapacityStep> {
  const known = new Map<string, number>()
  for (const slice of networkSlices(topology, traces, untilMs)) {
    const key =
      slice.links.map(l => `${carries(l)} ${l.down.rateBytesPerSecond} ${l.up.rateBytesPerSecond}`).join() +
      [...slice.stopped].join()
    const payloadBytesPerSecond = known.get(key) ?? minimumCut(topology, slice)
    known.set(key, payloadBytesPerSecond)
    yield { fromMs: slice.fromMs, toMs: slice.toMs, payloadBytesPerSecond }
  }
}

/** Time in ms in which the payload capacity carries that many bytes; Infinity where it never does. */
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

/**
 * Time in ms until the content can be there at the earliest: the ideal time, or that in which a live
 * content is made or the client's player plays it.
 */
export function leastTimeMs(topology: Topology, traces: Traces): number {
  const rate = ownRateOf(topology)
  return rate === undefined ? idealTimeMs(topology, traces) : (topology.contentBytes / rate) * 1000
}

/**
 * All payload, in bytes a second, that the network in this state carries from source to client over
 * relays. Where source and client reach each other over routers alone, content has to leave that
 * way for a relay and come back. A link that it then passes twice in one direction counts twice, as
 * far as the cut without regard to relays allows.
 */
export function minimumCut(topology: Topology, now: NetworkNow): number {
  const all = cutOf(topology, now, false)
  return mayGoStraight(topology) ? all : Math.min(cutOf(topology, now, true), all)
}

/**
 * The minimum cut. With `overRelays`, content that has passed no relay yet is kept apart from
 * content that has, and only the latter may reach the client.
 */
function cutOf(topology: Topology, now: NetworkNow, overRelays: boolean): number {
  const graph = new FlowGraph()
  const roles = new Map(topology.nodes.map(({ name, role }) => [name, role]))
  const copiesOf = (name: string) =>
    overRelays && roles.get(name) === 'router' ? ['before', 'after'] : ['after']
  for (const { name, role, maxRateBytesPerSecond } of topology.nodes) {
    if (role === 'director' || now.stopped.has(name)) continue
    for (const copy of copiesOf(name))
      graph.add(
        `${name} ${copy} in`,
        `${name} ${copy} out`,
        maxRateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND
      )
  }
  const join = (from: string, to: string, rate = UNLIMITED_BYTES_PER_SECOND) => {
    for (const copy of copiesOf(from)) {
      const isBefore = overRelays && (copy === 'before' || roles.get(from) === 'source')
      if (isBefore && roles.get(to) === 'client') continue
      const toCopy = isBefore && roles.get(to) === 'router' ? 'before' : 'after'
      graph.add(`${from} ${copy} out`, `${to} ${toCopy} in`, rate * PAYLOAD_SHARE)
    }
  }
  topology.links.forEach(({ endpoints: [a, b] }, index) => {
    const { down, up } = now.links[index]!
    if (!carries(now.links[index]!)) return
    join(a, b, down.rateBytesPerSecond)
    join(b, a, up.rateBytesPerSecond)
  })
  for (const { name, role } of topology.nodes)
    if (role === 'source' && !now.stopped.has(name))
      graph.add('all', `${name} after in`, UNLIMITED_BYTES_PER_SECOND)
  return graph.maximumFlow('all', `${nameOf(topology, 'client')} after out`)
}

/** Computes a maximum flow by shortest augmenting paths (Edmonds and Karp). */
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
        // Rounding leaves tiny rests of capacity; following them would take for ever.
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
