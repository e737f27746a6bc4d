import { FlowGraph } from './flow-graph.ts'
import { addNetwork, cutsOf, type Ends, stateKey } from './network-graph.ts'
import { nameOf } from './paths.ts'
import { type NetworkNow, networkSlices, type Traces } from './timeline.ts'
import { type Topology, wantedBytes } from './topology.ts'

/** Longest time considered, in milliseconds; a content that is not through by then has no ideal time. */
export const LONGEST_MS = 3_600_000

export interface CapacityStep {
  fromMs: number
  toMs: number
  payloadBytesPerSecond: number
}

/** Whose content is meant. */
export interface Fetching {
  /** Name of the client. Default: the first one. */
  client?: string
  /** Whether other clients that serve lead content on to it. Default: false. */
  areOthersThere?: boolean
}

/**
 * The most payload that all routes together carry from the sources to a client, over time. It is the
 * minimum cut of the network in each slice, so that routes that share a link, a router or a relay
 * count its capacity once. A link carries its rate x 1448/1514.
 */
export function* payloadCapacity(
  topology: Topology,
  traces: Traces,
  untilMs = LONGEST_MS,
  fetching: Fetching = {}
): Generator<CapacityStep> {
  const known = new Map<string, number>()
  for (const slice of networkSlices(topology, traces, untilMs)) {
    const key = stateKey(slice)
    const payloadBytesPerSecond = known.get(key) ?? minimumCut(topology, slice, fetching)
    known.set(key, payloadBytesPerSecond)
    yield { fromMs: slice.fromMs, toMs: slice.toMs, payloadBytesPerSecond }
  }
}

/**
 * Time in ms, since the first client's start, in which the payload capacity carries to a client what it wants; Infinity
 * where it never does.
 */
export function idealTimeMs(topology: Topology, traces: Traces, fetching: Fetching = {}): number {
  let left = wantedBytes(topology)
  if (left <= 0) return 0
  for (const step of payloadCapacity(topology, traces, LONGEST_MS, fetching)) {
    const { fromMs, toMs, payloadBytesPerSecond } = step
    const carried = (payloadBytesPerSecond * (toMs - fromMs)) / 1000
    if (carried >= left) return fromMs + (left / payloadBytesPerSecond) * 1000
    left -= carried
  }
  return Number.POSITIVE_INFINITY
}

/**
 * All payload, in bytes a second, that the network in this state carries from the sources to a client over
 * relays. Where source and client reach each other over routers alone, content has to leave that
 * way for a relay and come back. A link that it then passes twice in one direction counts twice, as
 * far as the cut without regard to relays allows.
 */
export function minimumCut(
  topology: Topology,
  now: NetworkNow,
  { client = nameOf(topology, 'client'), areOthersThere = false }: Fetching = {}
): number {
  const serving = topology.nodes.filter(({ name, serves }) => serves && name !== client)
  const ends: Ends = {
    givers: new Set(topology.nodes.filter(({ role }) => role === 'source').map(({ name }) => name)),
    takers: new Set([client]),
    passers: new Set(areOthersThere ? serving.map(({ name }) => name) : [])
  }
  return Math.min(
    ...cutsOf(topology).map(overRelays => {
      const graph = new FlowGraph()
      addNetwork(graph, topology, now, ends, { overRelays })
      return graph.maximumFlow('all', `${client} wants`)
    })
  )
}
