import { clientsOf, type Direction, PAYLOAD_SHARE, type Topology, wantedBytes } from '../topology/topology.ts'

/**
 * Frame bytes that had come over each link by one time, in both directions, in the order of the
 * topology's links.
 */
export interface LinkCounts {
  atMs: number
  bytes: Record<Direction, number>[]
}

/**
 * The bytes that came to the clients, but from the director's own links, as TCP payload of full-size frames,
 * divided by the bytes that they fetch. `othersBytes` is the payload among them that is traffic of others.
 */
export function wireOverhead(topology: Topology, counts: LinkCounts[], othersBytes = 0): number {
  const bytes = wantedBytes(topology) * clientsOf(topology).length
  return (receivedBytes(topology, counts) * PAYLOAD_SHARE - othersBytes) / Math.max(1, bytes)
}

function receivedBytes(topology: Topology, counts: LinkCounts[]): number {
  const first = counts[0]
  const last = counts.at(-1)
  if (first === undefined || last === undefined) return 0
  const role = (name: string) => topology.nodes.find(node => node.name === name)!.role
  return topology.links.reduce((sum, { endpoints: [a, b] }, index) => {
    if ([a, b].some(name => role(name) === 'director')) return sum
    const came = (direction: Direction) => last.bytes[index]![direction] - first.bytes[index]![direction]
    return sum + (role(b) === 'client' ? came('down') : 0) + (role(a) === 'client' ? came('up') : 0)
  }, 0)
}
