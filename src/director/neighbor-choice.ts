export interface Neighborly {
  peerId: string
  role: 'source' | 'relay'
  /** The only peers that this node is linked to, as its operator says; absent: no opinion. */
  neighbors?: readonly string[]
}

/** Two nodes may be linked unless either one has a list of neighbours and neither list names the other. */
export function mayBeLinked(a: Neighborly, b: Neighborly): boolean {
  if (a.peerId === b.peerId || (a.role === 'source' && b.role === 'source')) return false
  if (a.neighbors?.includes(b.peerId) || b.neighbors?.includes(a.peerId)) return true
  return a.neighbors === undefined && b.neighbors === undefined
}

/**
 * Chooses the peers that a node is asked to measure: all that it may be linked to, up to `limit`.
 * If there are more, relays go first, and among them those that a hash of both ids ranks first, so
 * that two nodes mostly choose each other and the links spread evenly over all nodes.
 */
export function chooseNeighbors<T extends Neighborly>(
  of: Neighborly,
  nodes: readonly T[],
  limit: number
): T[] {
  const candidates = nodes.filter(node => mayBeLinked(of, node))
  if (candidates.length <= limit) return candidates
  const own = hash(of.peerId)
  return candidates
    .map(node => ({ node, rank: mix(own ^ hash(node.peerId)) + (node.role === 'relay' ? 0 : 2 ** 32) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ node }) => node)
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return (twice ^ (twice >>> 16)) >>> 0
}
