import { type Direction, PAYLOAD_SHARE, type Topology } from '../topology/topology.ts'

/**
 * Frame bytes that had come over each link by one time, in both directions, in the order of the
 * topology's links.
 */
export interface LinkCounts {
  atMs: number
  bytes: Record<Direction, number>[]
}

/**
 * The bytes that came to the client from relays and source, as TCP payload of full-size frames,
 * divided by the content's bytes.
 */
export function wireOverhead(topology: Topology, counts: LinkCounts[]): number {
  return (receivedBytes(topology, counts) * PAYLOAD_SHARE) / Math.max(1, topology.contentBytes)
}

function receivedBytes(topology: Topology, counts: LinkCounts[]): number {
  const first = counts[0]
  const last = counts.at(-1)
  if (first === undefined || last === undefined) return 0
  const role = (name: string) => topology.nodes.find(node => node.name === name)!.role
  return topology.links.reduce((sum, { endpoints: [a, b] }, index) => {
    if ([a, b].some(name => role(name) === 'director')) return sum
    const direction = role(b) === 'client' ? 'down' : role(a) === 'client' ? 'up' : undefined
    if (direction === undefined) return sum
    return sum + last.bytes[index]![direction] - first.bytes[index]![direction]
  }, 0)
}
