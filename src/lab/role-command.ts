import { fileURLToPath } from 'node:url'
import { nameOf, neighborsOf } from '../topology/paths.ts'
import type { Topology, TopologyNode } from '../topology/topology.ts'
import { nodeAddress } from './wiring.ts'

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
  /** Directory that the source offers. */
  contentDirectory: string
}

/** Multiaddr of a node, peer id included. */
export function multiaddrOf(nodes: LabNodes, name: string): string {
  return `/ip4/${nodeAddress(nodes.topology, name)}/tcp/${PORT}/p2p/${nodes.peerIds.get(name)!}`
}

/** Command line that starts a daemon role: relay, source or director. */
export function daemonCommand(nodes: LabNodes, node: TopologyNode): string[] {
  const { topology } = nodes
  const argv = [PROGRAM, node.role, 'start', '--json', '--home', nodes.homeOf(node.name)]
  argv.push('--listen', `/ip4/${nodeAddress(topology, node.name)}/tcp/${PORT}`)
  if (node.role !== 'director') {
    argv.push('--director', directorAddress(nodes))
    for (const neighbor of neighborsOf(topology, node.name))
      argv.push('--neighbor', multiaddrOf(nodes, neighbor))
  }
  if (node.role === 'source') {
    argv.push('--dir', nodes.contentDirectory)
    if (topology.segmentBytes !== undefined) argv.push('--segment-size', `${topology.segmentBytes}B`)
  }
  if (node.maxRateBytesPerSecond !== undefined)
    argv.push('--max-rate', `${node.maxRateBytesPerSecond * 8}bit`)
  return [...argv, ...node.args]
}

/** Command line of the fetch that is measured. */
export function fetchCommand(nodes: LabNodes, output: string): string[] {
  const { client } = nodes.topology
  return [
    ...[PROGRAM, 'client', 'fetch', CONTENT_NAME, '--json', '-o', output],
    ...clientFlags(nodes),
    ...(client.policy === undefined ? [] : ['--policy', client.policy]),
    ...(client.routes === undefined ? [] : ['--routes', String(client.routes)]),
    ...client.args
  ]
}

/** Command line that asks the director for the content's routes. */
export function routesCommand(nodes: LabNodes): string[] {
  return [PROGRAM, 'client', 'routes', CONTENT_NAME, '--json', ...clientFlags(nodes)]
}

function clientFlags(nodes: LabNodes): string[] {
  const client = nameOf(nodes.topology, 'client')
  const neighbors = neighborsOf(nodes.topology, client)
  return [
    ...['--director', directorAddress(nodes)],
    ...neighbors.flatMap(neighbor => ['--neighbor', multiaddrOf(nodes, neighbor)])
  ]
}

function directorAddress(nodes: LabNodes): string {
  return multiaddrOf(nodes, nameOf(nodes.topology, 'director'))
}
