import { idealTimeMs, LONGEST_MS } from './capacity.ts'
import { FlowGraph } from './flow-graph.ts'
import { addNetwork, cutsOf, type Ends, stateKey } from './network-graph.ts'
import { networkSlices, type Slice, type Traces } from './timeline.ts'
import { clientsOf, ownRateOf, type Topology, wantedBytes } from './topology.ts'

/** How exactly the ideal time of several clients is found, in milliseconds. */
const EXACT_MS = 1
/** Share of the bytes that may be missing: sums are rounded. */
const ROUNDING = 1e-6

/**
 * Time in ms, since the first client's start, until every client can have what it wants at the earliest: the ideal time,
 * or that in which a live content is made or the client's player plays it. Infinity where it never can.
 */
export function leastTimeMs(topology: Topology, traces: Traces): number {
  const ownRate = ownRateOf(topology)
  if (ownRate !== undefined) return (topology.contentBytes / ownRate) * 1000
  const clients = clientsOf(topology)
  const timesMs = clients.map(({ name }) =>
    idealTimeMs(topology, traces, { client: name, areOthersThere: true })
  )
  const slowestMs = Math.max(...timesMs)
  return clients.length === 1 ? slowestMs : timeForAllMs(topology, traces, slowestMs)
}

/**
 * Time in ms, from `leastMs` on, in which the network carries to all clients together what they want, from the sources
 * and from clients that serve. As these may give what they do not have yet, it is a bound and may be out of reach.
 */
function timeForAllMs(topology: Topology, traces: Traces, leastMs: number): number {
  if (leastMs === Number.POSITIVE_INFINITY || carriesToAll(topology, traces, leastMs)) return leastMs
  let shortMs = leastMs
  let enoughMs = leastMs * 2
  while (!carriesToAll(topology, traces, enoughMs)) {
    if (enoughMs > LONGEST_MS) return Number.POSITIVE_INFINITY
    shortMs = enoughMs
    enoughMs *= 2
  }
  while (enoughMs - shortMs > EXACT_MS) {
    const middleMs = (shortMs + enoughMs) / 2
    if (carriesToAll(topology, traces, middleMs)) enoughMs = middleMs
    else shortMs = middleMs
  }
  return enoughMs
}

/** Whether the network carries to all clients what they want by then: as one flow through all of its states. */
function carriesToAll(topology: Topology, traces: Traces, untilMs: number): boolean {
  const clients = clientsOf(topology).map(({ name }) => name)
  const givers = topology.nodes.filter(({ role, serves }) => role === 'source' || serves)
  const ends: Ends = {
    givers: new Set(givers.map(({ name }) => name)),
    takers: new Set(clients),
    passers: new Set()
  }
  const bytes = wantedBytes(topology)
  const states = statesUntil(topology, traces, untilMs)
  return cutsOf(topology).every(overRelays => {
    const graph = new FlowGraph()
    for (const [prefix, { slice, seconds }] of states)
      addNetwork(graph, topology, slice, ends, { overRelays, prefix, seconds })
    for (const client of clients) graph.add(`${client} wants`, 'all want', bytes)
    return graph.maximumFlow('all', 'all want') >= bytes * clients.length * (1 - ROUNDING)
  })
}

/** The states that the network is in, and for how many seconds in all. */
function statesUntil(topology: Topology, traces: Traces, untilMs: number) {
  const states = new Map<string, { slice: Slice; seconds: number }>()
  for (const slice of networkSlices(topology, traces, untilMs)) {
    const key = stateKey(slice)
    const seconds = states.get(key)?.seconds ?? 0
    states.set(key, { slice, seconds: seconds + (slice.toMs - slice.fromMs) / 1000 })
  }
  return states
}
