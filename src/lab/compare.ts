import { ConfigurationError } from '../errors.ts'
import { idealTimeMs } from '../topology/capacity.ts'
import { disjointPaths, nameOf, type TopologyPath } from '../topology/paths.ts'
import type { Traces } from '../topology/timeline.ts'
import { type LiveContent, PAYLOAD_SHARE, type Topology } from '../topology/topology.ts'
import { runIp } from './command.ts'
import type { Emulation } from './emulation.ts'
import { type Means, type Measurement, measureTransfer, type ScriptName } from './measurement.ts'
import { HttpRelays } from './peers/http-relays.ts'
import { iperfPerRoute } from './peers/limits.ts'
import { type LiveMeans, LivePeer } from './peers/live-peer.ts'
import { clientAddress, routeAddressLines, sourceAddress } from './peers/route-addresses.ts'
import {
  aria2Transfer,
  curlTransfer,
  type ScriptFacts,
  scriptTransfer,
  staticSplitTransfer,
  type TransferTask
} from './peers/transfers.ts'
import { CONTENT_NAME } from './role-command.ts'

/** The most MPTCP subflows that the kernel uses: the first one and seven that it is told of. */
const MOST_SUBFLOWS = 8

/** An own script: any executable file. */
export interface Script {
  name: ScriptName
  path: string
}

export type Peer = Exclude<Means, 'anabranch' | ScriptName> | Script

/** What a means is called in reports. */
export function nameOfPeer(peer: Peer): Exclude<Means, 'anabranch'> {
  return typeof peer === 'string' ? peer : peer.name
}

/** The other means that carry the content of a topology. */
export function peersFor({ live }: Pick<Topology, 'live'>): readonly Exclude<Peer, Script>[] {
  return live ? ['srt', 'mptcp'] : ['single', 'aria2', 'mptcp', 'static']
}

/** Two limits on the rate that no means can exceed. */
export interface CapacityLimits {
  /** Goodput of iperf3 over each route alone, in bytes a second, with the links as at the beginning. */
  iperfBytesPerSecond: number[]
  /**
   * Payload capacity of each route alone, in bytes a second, at the beginning: the slowest link's
   * rate x 1448/1514.
   */
  payloadBytesPerSecond: number[]
}

export interface CompareOptions {
  emulation: Emulation
  traces: Traces
  idealMs: number
  contentDirectory: string
  contentHash: string
  /** Name of the relay over which the first subflow of MPTCP goes. Default: that of the route that is best alone. */
  firstRelay?: string
  signal: AbortSignal
  log(line: string): void
}

/** Fetches the lab's content by each of the other means, one after the other, over the same network. */
export async function comparePeers(peers: Peer[], options: CompareOptions): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const peer of peers) {
    if (options.signal.aborted) break
    options.log(`measuring ${nameOfPeer(peer)}`)
    measurements.push(await measurePeer(peer, options))
  }
  return measurements
}

/** Measures the two limits, with the links as at the beginning. */
export async function measureLimits(emulation: Emulation): Promise<CapacityLimits> {
  const { topology } = emulation
  const paths = disjointPaths(topology)
  await addRouteAddresses(emulation, paths)
  return {
    iperfBytesPerSecond: await iperfPerRoute(emulation, paths),
    payloadBytesPerSecond: paths.map(({ legs }) =>
      Math.min(
        ...legs.flat().map(({ link, direction }) => {
          const rate = emulation.links[link]![direction].rateBytesPerSecond
          return (rate ?? Number.POSITIVE_INFINITY) * PAYLOAD_SHARE
        })
      )
    )
  }
}

/** Index of the path that alone would carry the content in the least time. */
export function bestSinglePath(topology: Topology, traces: Traces, paths: TopologyPath[]): number {
  const times = paths.map(path => idealTimeMs(alongPath(topology, path), traces))
  return times.indexOf(Math.min(...times))
}

/** The topology with only the links of one path: all other links get endpoints that no node has. */
export function alongPath(topology: Topology, path: TopologyPath): Topology {
  const onPath = new Set(path.legs.flat().map(hop => hop.link))
  const links = topology.links.map((link, index) =>
    onPath.has(index) ? link : { ...link, endpoints: unused }
  )
  return { ...topology, links }
}

/** Endpoints that belong to no node: a link between them carries nothing. */
const unused: [string, string] = ['', '']

async function measurePeer(peer: Peer, options: CompareOptions): Promise<Measurement> {
  const { emulation, traces, idealMs, contentDirectory, contentHash, signal } = options
  const { topology } = emulation
  const paths = disjointPaths(topology)
  const mptcp = peer === 'mptcp'
  const first = mptcp ? paths.findIndex(({ nodes }) => nodes.includes(options.firstRelay ?? '')) : -1
  const best = first >= 0 ? first : bestSinglePath(topology, traces, paths)
  if (mptcp) await setUpMptcp(emulation, paths, best)
  if (topology.live && (peer === 'srt' || peer === 'mptcp'))
    return await measureLive(peer, topology.live, best, options)
  const addresses = typeof peer === 'object' ? await ownAddresses(emulation, paths) : NO_ADDRESSES
  const relays = await HttpRelays.start({ emulation, paths, contentDirectory, mptcp })
  try {
    return await measureTransfer(
      nameOfPeer(peer),
      {
        emulation,
        traces,
        idealMs,
        signal,
        changeNode: (node, action) => relays.changeNode(node, action)
      },
      stop => {
        const task: TransferTask = { emulation, contentHash, limitMs: 10 * idealMs + 60_000, signal: stop }
        const urls = paths.map((_, path) => relays.urlOf(path))
        if (typeof peer === 'object')
          return scriptTransfer(task, { path: peer.path, content: CONTENT_NAME, urls, ...addresses })
        if (peer === 'single') return curlTransfer(task, urls[best]!)
        if (peer === 'aria2') return aria2Transfer(task, urls)
        if (peer === 'static') return staticSplitTransfer(task, urls)
        return curlTransfer(task, `http://${sourceAddress(best)}:8080/${CONTENT_NAME}`, ['mptcpize', 'run'])
      }
    )
  } finally {
    await relays.stop()
  }
}

const NO_ADDRESSES = { sources: [], locals: [] }

/** Gives each route addresses of its own; without any where routes cannot have them. */
async function ownAddresses(
  emulation: Emulation,
  paths: TopologyPath[]
): Promise<Pick<ScriptFacts, 'sources' | 'locals'>> {
  try {
    await addRouteAddresses(emulation, paths)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return NO_ADDRESSES
  }
  const routes = [...paths.keys()]
  return { sources: routes.map(sourceAddress), locals: routes.map(clientAddress) }
}

async function measureLive(
  means: LiveMeans,
  live: LiveContent,
  best: number,
  { emulation, traces, idealMs, signal }: CompareOptions
): Promise<Measurement> {
  if (means === 'srt') await addRouteAddresses(emulation, disjointPaths(emulation.topology))
  const peer = await LivePeer.start(means, { emulation, live, route: best })
  try {
    return await measureTransfer(
      means,
      { emulation, traces, idealMs, signal, changeNode: (node, action) => peer.changeNode(node, action) },
      stop => peer.transfer(stop)
    )
  } finally {
    await peer.stop()
  }
}

/**
 * Sets MPTCP up: the first subflow goes over the best route, and its source tells the client of its
 * addresses on the others. A connection leads to one source, so that routes from others carry nothing.
 */
async function setUpMptcp(emulation: Emulation, paths: TopologyPath[], best: number): Promise<void> {
  const [from] = paths[best]!.nodes
  const source = emulation.namespaceOf(from!)
  const client = emulation.namespaceOf(nameOf(emulation.topology, 'client'))
  await addRouteAddresses(emulation, paths)
  const limits = `mptcp limits set subflow ${MOST_SUBFLOWS} add_addr_accepted ${MOST_SUBFLOWS}`
  await runIp(client, [limits])
  const others = [...paths.keys()]
    .filter(path => path !== best && paths[path]!.nodes[0] === from)
    .slice(0, MOST_SUBFLOWS - 1)
  await runIp(source, [
    limits,
    'mptcp endpoint flush',
    ...others.map(path => `mptcp endpoint add ${sourceAddress(path)} signal`)
  ])
}

async function addRouteAddresses(emulation: Emulation, paths: TopologyPath[]): Promise<void> {
  for (const [node, lines] of routeAddressLines(emulation.topology, paths)) {
    await runIp(emulation.namespaceOf(node), lines)
  }
}
