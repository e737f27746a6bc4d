import { type RouteSpeaker, speaksRoutes } from './route-version.ts'

export interface Neighborly extends RouteSpeaker {
  peerId: string
  role: 'source' | 'relay'
  /** The only peers that this node is linked to, as its operator says; absent: no opinion. */
  neighbors?: readonly string[]
}

/**
 * Two nodes of the director's route protocol may be linked unless either one has a list of neighbours
 * and neither list names the other.
 */
export function mayBeLinked(a: Neighborly, b: Neighborly): boolean {
  if (a.peerId === b.peerId || (a.role === 'source' && b.role === 'source')) return false
  if (!speaksRoutes(a) || !speaksRoutes(b)) return false
  if (a.neighbors?.includes(b.peerId) || b.neighbors?.includes(a.peerId)) return true
  return a.neighbors === undefined && b.neighbors === undefined
}

/** Of the places for neighbours, one in so many goes to nodes of one network at most, while others want them. */
const CROWD_DIVISOR = 8

/** A node with where it stands: its network where that is known, and the host from which it has come. */
export interface Placed extends Neighborly {
  host?: string
  network?: string
}

/**
 * Chooses the peers that a node is asked to measure: all that it may be linked to, up to `limit`.
 * If there are more, relays go first, and among them those that a hash of both ids ranks first, so
 * that two nodes mostly choose each other and the links spread evenly over all nodes. Half of the
 * places go to those that are kept as long as there are any, so that newcomers do not cut what
 * works. Nodes of one network, or of one host where the network is not public, get few of the
 * places while others want them: many identities cost their owner nothing.
 */
export function chooseNeighbors<T extends Placed>(
  of: Neighborly,
  nodes: readonly T[],
  limit: number,
  isKept: (peerId: string) => boolean
): T[] {
  const candidates = nodes.filter(node => mayBeLinked(of, node))
  if (candidates.length <= limit) return candidates
  const ranked = rank(of, candidates)
  const chosen = new Set<T>()
  const crowds = new Map<string, number>()
  const take = (from: readonly T[], upTo: number, mostOfCrowd: number) => {
    for (const node of from) {
      if (chosen.size >= upTo) return
      const crowd = node.network ?? node.host ?? node.peerId
      const taken = crowds.get(crowd) ?? 0
      if (chosen.has(node) || taken >= mostOfCrowd) continue
      chosen.add(node)
      crowds.set(crowd, taken + 1)
    }
  }
  const mostOfCrowd = Math.max(1, Math.floor(limit / CROWD_DIVISOR))
  const kept = ranked.filter(({ peerId }) => isKept(peerId))
  take(kept, Math.ceil(limit / 2), mostOfCrowd)
  take(ranked, limit, mostOfCrowd)
  take(ranked, limit, limit)
  return ranked.filter(node => chosen.has(node))
}

/** Sorts relays before sources, and each of these by the hash of both ids. */
function rank<T extends Neighborly>(of: Neighborly, candidates: readonly T[]): T[] {
  const own = idHashOf(of)
  const count = candidates.length
  // Numbers that hold rank and place are sorted far faster than objects, and a director ranks often.
  const keys = new Float64Array(count)
  for (const [at, node] of candidates.entries()) {
    const place = mix(own ^ idHashOf(node)) + (node.role === 'relay' ? 0 : 2 ** 32)
    keys[at] = place * count + at
  }
  return Array.from(keys.sort(), key => candidates[key % count]!)
}

/** FNV-1a, 32 bits. */
export function hashOf(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

export function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return (twice ^ (twice >>> 16)) >>> 0
}

const hashes = new WeakMap<Neighborly, number>()

/** The hash of a node's id, which is kept: a director ranks often. */
function idHashOf(node: Neighborly): number {
  const known = hashes.get(node)
  if (known !== undefined) return known
  const value = hashOf(node.peerId)
  hashes.set(node, value)
  return value
}
