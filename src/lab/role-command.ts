import { fileURLToPath } from 'node:url'
import { addressesFor } from '../topology/addresses.ts'
import { nameOf, neighborsOf } from '../topology/paths.ts'
import type { NodeAddress, Topology, TopologyNode } from '../topology/topology.ts'

/** Port on which every role of a lab listens, as each has an address of its own. */
const PORT = 4001
/** The program that the lab runs its roles by: the compiled one, as a user would. */
const PROGRAM = fileURLToPath(new URL('../../dist/bin/anabranch.js', import.meta.url))

/** Name under which the lab's content is offered and asked for. */
export const CONTENT_NAME = 'content.bin'

/** The facts of a lab that the roles' command lines need. */
export interface LabNodes {
  topology: Topology
  /** Peer id of each node, by name. */
  peerIds: ReadonlyMap<string, string>
  /** Directory of one node: its identity and caches. */
  homeOf(node: string): string
  /** Directory that the sources offer. */
  contentDirectory: string
}

/**
 * How one node is told of another: by an address that it can connect to, peer id included, else by
 * the peer id alone.
 */
export function peerFor(nodes: LabNodes, name: string, teller: string): string {
  const peerId = nodes.peerIds.get(name)!
  const [address] = addressesFor(nodes.topology, name, teller)
  return address === undefined ? peerId : `${multiaddrOf(address)}/p2p/${peerId}`
}

function multiaddrOf({ family, ip }: NodeAddress): string {
  return `/ip${family}/${ip}/tcp/${PORT}`
}

/** Command line that starts a daemon role: relay, source or director. */
export function daemonCommand(nodes: LabNodes, node: TopologyNode): string[] {
  const { topology } = nodes
  const isLive = node.role === 'source' && topology.live !== undefined
  const command = isLive ? ['publish', CONTENT_NAME] : ['start']
  const argv = [PROGRAM, node.role, ...command, '--json', '--home', nodes.homeOf(node.name)]
  argv.push(...listenFlags(node))
  if (node.role !== 'director') {
    argv.push('--director', directorFor(nodes, node.name))
    for (const neighbor of neighborsOf(topology, node.name))
      argv.push('--neighbor', peerFor(nodes, neighbor, node.name))
  }
  if (node.role === 'source') {
    if (!isLive) argv.push('--dir', nodes.contentDirectory)
    if (topology.segmentBytes !== undefined) argv.push('--segment-size', `${topology.segmentBytes}B`)
  }
  if (node.maxRateBytesPerSecond !== undefined)
    argv.push('--max-rate', `${node.maxRateBytesPerSecond * 8}bit`)
  return [...argv, ...node.args]
}

/** Command line of the fetch of one client. One that serves is known by the peer id of its home. */
export function fetchCommand(nodes: LabNodes, node: TopologyNode, output: string): string[] {
  const { client, live, range } = nodes.topology
  return [
    ...[PROGRAM, 'client', 'fetch', CONTENT_NAME, '--json', '-o', output],
    ...clientFlags(nodes, node.name),
    ...(node.serves ? ['--serve', '--home', nodes.homeOf(node.name), ...listenFlags(node)] : []),
    ...(range ? ['--range', `${range.start}-${range.end - 1}`] : []),
    ...(client.policy === undefined ? [] : ['--policy', client.policy]),
    ...(client.cutover === undefined ? [] : ['--cutover', client.cutover]),
    ...(client.fair === undefined ? [] : ['--fair', client.fair]),
    ...(client.routes === undefined ? [] : ['--routes', String(client.routes)]),
    ...(live ? ['--start', live.start] : []),
    ...(live?.latencyMs === undefined ? [] : ['--latency', `${live.latencyMs}ms`]),
    ...client.args
  ]
}

/** Command line of the gateway that the client's player reads from. */
export function gatewayCommand(nodes: LabNodes, client: string): string[] {
  const { routes, args } = nodes.topology.client
  return [
    ...[PROGRAM, 'client', 'gateway', '--json'],
    ...clientFlags(nodes, client),
    ...(routes === undefined ? [] : ['--routes', String(routes)]),
    ...args
  ]
}

/** Command line by which a client asks the director for the content's routes. */
export function routesCommand(nodes: LabNodes, client: string): string[] {
  return [PROGRAM, 'client', 'routes', CONTENT_NAME, '--json', ...clientFlags(nodes, client)]
}

function listenFlags({ addresses }: TopologyNode): string[] {
  return addresses.flatMap(address => ['--listen', multiaddrOf(address)])
}

function clientFlags(nodes: LabNodes, client: string): string[] {
  const neighbors = neighborsOf(nodes.topology, client)
  return [
    ...['--director', directorFor(nodes, client)],
    ...(nodes.topology.client.direct ? ['--direct', nodes.topology.client.direct] : []),
    ...neighbors.flatMap(neighbor => ['--neighbor', peerFor(nodes, neighbor, client)])
  ]
}

function directorFor(nodes: LabNodes, teller: string): string {
  return peerFor(nodes, nameOf(nodes.topology, 'director'), teller)
}
