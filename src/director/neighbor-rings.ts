import { MultiMap } from './multi-map.ts'
import { hashOf, mix, type Placed } from './neighbor-choice.ts'

/** Nodes that others may be told of, up to which everybody chooses among all of them. */
const ALL_AMONG = 256
/** The orders in which nodes stand in rings: what is near in one is far in the others, so that no region stands alone. */
const SALTS = [0x5bd1e995, 0x1b873593]
/** Most nodes of one crowd that one ring brings before others were looked at; see chooseNeighbors. */
const MOST_OF_CROWD = 4
const CROWD_SPAN = 2 ** 20

/**
 * Finds the few nodes among which a node chooses its neighbours, however many there are: those that stand near it in rings,
 * where crowds (nodes of one network or host) stand by a hash, and the nodes of a crowd side by side. Whom a node has near
 * it has the node near, too, so that a newcomer changes the choice of few.
 */
export class NeighborRings {
  /** Crowds to each side that are near. */
  readonly #reach: number
  readonly #relays = SALTS.map(salt => new Ring(salt))
  readonly #sources = SALTS.map(salt => new Ring(salt))
  /** All nodes that choose, whether or not others are told of them. */
  readonly #choosing = SALTS.map(salt => new Ring(salt))
  /** Who names a node as a neighbour. */
  readonly #namedBy = new MultiMap<string, string>()
  readonly #nodes = new Map<string, { node: Placed; isTold: boolean }>()
  #told = 0

  /** `limit`: the neighbours that a node has at most. */
  constructor(limit: number) {
    this.#reach = Math.ceil(limit / 2)
  }

  /** `isTold`: whether others may be told of the node. A node has to be removed before it is put anew. */
  put(node: Placed, isTold: boolean): void {
    this.#nodes.set(node.peerId, { node, isTold })
    if (isTold) this.#told++
    for (const named of node.neighbors ?? []) this.#namedBy.add(named, node.peerId)
    if (node.neighbors !== undefined) return
    for (const ring of this.#choosing) ring.add(node)
    if (isTold) for (const ring of this.#toldRings(node)) ring.add(node)
  }

  remove(peerId: string): void {
    const known = this.#nodes.get(peerId)
    if (!known) return
    const { node, isTold } = known
    this.#nodes.delete(peerId)
    if (isTold) this.#told--
    for (const named of node.neighbors ?? []) this.#namedBy.delete(named, peerId)
    if (node.neighbors !== undefined) return
    for (const ring of this.#choosing) ring.remove(node)
    if (isTold) for (const ring of this.#toldRings(node)) ring.remove(node)
  }

  /** The peer ids of those among whom a node is to choose; undefined where these are all. */
  candidatesOf(node: Placed): Set<string> | undefined {
    if (this.#told <= ALL_AMONG) return undefined
    const found = new Set([...(node.neighbors ?? []), ...this.#namedBy.get(node.peerId)])
    if (node.neighbors !== undefined) return found
    const rings = node.role === 'source' ? this.#relays : [...this.#relays, ...this.#sources]
    for (const ring of rings) for (const peerId of ring.near(node, this.#reach)) found.add(peerId)
    return found
  }

  /** The peer ids of those who may have to choose anew since this node, which is put, has come or is to go; undefined where these are all. */
  choosersAround(peerId: string): Set<string> | undefined {
    if (this.#told <= ALL_AMONG) return undefined
    const { node, isTold } = this.#nodes.get(peerId)!
    const found = new Set([peerId, ...(node.neighbors ?? []), ...this.#namedBy.get(peerId)])
    if (node.neighbors !== undefined || !isTold) return found
    for (const [at, ring] of this.#toldRings(node).entries())
      for (const other of this.#choosing[at]!.within(ring.spanAround(node, this.#reach))) found.add(other)
    return found
  }

  #toldRings({ role }: Placed): Ring[] {
    return role === 'relay' ? this.#relays : this.#sources
  }
}

/** A part of a ring; where `from` is behind `to` it goes past the end. */
interface Span {
  from: number
  to: number
}

const ROUND = 2 ** 32 * CROWD_SPAN
const WHOLE: Span = { from: 0, to: ROUND }

interface Place {
  at: number
  peerId: string
}

/** Nodes in the order of their crowds' hashes, and within a crowd of their own. The last one stands next to the first one. */
class Ring {
  readonly #salt: number
  readonly #places: Place[] = []

  constructor(salt: number) {
    this.#salt = salt
  }

  add(node: Placed): void {
    const at = this.#placeOf(node)
    this.#places.splice(this.#firstFrom(at), 0, { at, peerId: node.peerId })
  }

  remove(node: Placed): void {
    const at = this.#placeOf(node)
    for (let index = this.#firstFrom(at); this.#places[index]?.at === at; index++) {
      if (this.#places[index]!.peerId !== node.peerId) continue
      this.#places.splice(index, 1)
      return
    }
  }

  /**
   * The nodes of so many crowds to each side, a few of each crowd, and the next nodes to each side of
   * whatever crowd.
   */
  near(node: Placed, crowds: number): string[] {
    const found: string[] = []
    for (const step of [1, -1]) {
      let ofCrowd = 0
      let crowd: number | undefined
      let seen = 0
      this.#walk(node, step, crowds, place => {
        const its = crowdAt(place.at)
        ofCrowd = its === crowd ? ofCrowd + 1 : 1
        crowd = its
        if (ofCrowd <= MOST_OF_CROWD || seen <= crowds) found.push(place.peerId)
        seen++
        return ofCrowd < MOST_OF_CROWD || seen <= crowds
      })
    }
    return found
  }

  /** From where to where the nodes stand that may have this one near. */
  spanAround(node: Placed, crowds: number): Span {
    const own = this.#placeOf(node)
    const ends = [-1, 1].map(step => {
      let last: number | undefined
      let visited = 0
      this.#walk(node, step, crowds + 1, place => {
        visited++
        last = place.at
        return false
      })
      return visited < crowds + 2 ? undefined : last
    })
    const [from, to] = ends
    if (from === undefined || to === undefined) return WHOLE
    const isWhole = distance(from, own) + distance(own, to) >= ROUND
    return isWhole ? WHOLE : { from, to }
  }

  within({ from, to }: Span): string[] {
    const start = this.#firstFrom(from)
    const end = this.#firstFrom(to + 0.5)
    const places =
      from <= to
        ? this.#places.slice(start, end)
        : [...this.#places.slice(start), ...this.#places.slice(0, end)]
    return places.map(({ peerId }) => peerId)
  }

  /**
   * Goes to one side as far as so many crowds reach, the node's own one included, and once around at
   * most. `visit` tells whether to look at more of the crowd; else the next crowd follows.
   */
  #walk(node: Placed, step: number, crowds: number, visit: (place: Place) => boolean): void {
    const count = this.#places.length
    const own = this.#placeOf(node)
    let index = step > 0 ? this.#firstFrom(own) : this.#firstFrom(own) - 1
    let left = crowds + 1
    let crowd: number | undefined
    for (let walked = 0; walked < count; ) {
      const place = this.#places[(index + count) % count]!
      if (crowdAt(place.at) !== crowd) {
        crowd = crowdAt(place.at)
        if (left-- === 0) return
      }
      let next = index + step
      if (!visit(place)) {
        const edge =
          step > 0 ? this.#firstFrom((crowd + 1) * CROWD_SPAN) : this.#firstFrom(crowd * CROWD_SPAN) - 1
        next = step > 0 ? edge + (index >= count ? count : 0) : edge - (index < 0 ? count : 0)
      }
      walked += Math.max(1, Math.abs(next - index))
      index = next
    }
  }

  /** The index of the first place at or behind a position. */
  #firstFrom(at: number): number {
    let [low, high] = [0, this.#places.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#places[middle]!.at < at) low = middle + 1
      else high = middle
    }
    return low
  }

  #placeOf(node: Placed): number {
    const crowd = node.network ?? node.host ?? node.peerId
    return mix(hashOf(crowd) ^ this.#salt) * CROWD_SPAN + (hashOf(node.peerId) % CROWD_SPAN)
  }
}

/** The way from one position on to another: once around to the same one. */
function distance(from: number, to: number): number {
  return to > from ? to - from : to - from + ROUND
}

function crowdAt(at: number): number {
  return Math.floor(at / CROWD_SPAN)
}
