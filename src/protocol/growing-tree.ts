import { EMPTY_ROOT, groupCount, HASH_BYTES, HASH_GROUP_SEGMENTS, hashNode, merkleRoot } from './merkle.ts'

/** Hashes for which a list makes room at once. */
const LIST_STEP = 1024

/**
 * The Merkle tree over segments that come one by one (RFC 6962, as in merkle.ts). It keeps the hashes of whole groups and
 * what is above them, 64 bytes a group, and the leaves of the group that is not whole yet. Proofs lead to the root of the
 * tree as it is, or as it was when it had fewer segments.
 */
export class GrowingTree {
  /** The hashes of each level that cover whole subtrees, the groups first. */
  readonly #levels: HashList[] = [new HashList()]
  readonly #tail = new Uint8Array(HASH_GROUP_SEGMENTS * HASH_BYTES)
  #count = 0

  /** Segments in it. */
  get count(): number {
    return this.#count
  }

  /** The leaf hashes of the group that is not whole yet: a view, which the next `push` may change. */
  get tail(): Uint8Array {
    return this.#tail.subarray(0, (this.#count % HASH_GROUP_SEGMENTS) * HASH_BYTES)
  }

  push(leaf: Uint8Array): void {
    this.#tail.set(leaf, (this.#count % HASH_GROUP_SEGMENTS) * HASH_BYTES)
    this.#count++
    if (this.#count % HASH_GROUP_SEGMENTS !== 0) return
    let node = merkleRoot(this.#tail)
    for (let level = 0; ; level++) {
      this.#levels[level] ??= new HashList()
      const list = this.#levels[level]!
      list.push(node)
      if (list.end % 2 === 1) return
      node = hashNode(list.at(list.end - 2), node)
    }
  }

  /** The root over all segments. */
  rootHash(): Uint8Array {
    if (this.#count === 0) return EMPTY_ROOT
    return this.#edges(groupCount(this.#count), this.#tailRoot).at(-1)!
  }

  /** The root of a group's subtree; undefined where the group is not whole or was forgotten. */
  groupRoot(group: number): Uint8Array | undefined {
    const [groups] = this.#levels
    return group >= groups!.begin && group < groups!.end ? groups!.at(group) : undefined
  }

  /**
   * The sibling hashes from a group's subtree to the root of the first `count` segments, lowest first. `tailRoot`: the root
   * of the last group as it was then, where it was not whole. Throws RangeError where what it takes was forgotten.
   */
  groupProof(group: number, count = this.#count, tailRoot = this.#tailRoot): Uint8Array {
    const groups = groupCount(count)
    const edges = this.#edges(groups, count % HASH_GROUP_SEGMENTS === 0 ? undefined : tailRoot)
    const siblings: Uint8Array[] = []
    let index = group
    let level = 0
    for (let width = groups; width > 1; width = Math.ceil(width / 2)) {
      const sibling = index % 2 === 1 ? index - 1 : index + 1
      if (sibling < width)
        siblings.push(sibling === width - 1 ? edges[level]! : this.#levels[level]!.at(sibling))
      index = Math.floor(index / 2)
      level++
    }
    const proof = new Uint8Array(siblings.length * HASH_BYTES)
    for (const [at, sibling] of siblings.entries()) proof.set(sibling, at * HASH_BYTES)
    return proof
  }

  /** Forgets what only proofs of the groups below `group` take. */
  forgetBelow(group: number): void {
    let index = group
    for (const list of this.#levels) {
      list.forgetBelow(index - (index % 2))
      index = Math.floor(index / 2)
    }
  }

  get #tailRoot(): Uint8Array | undefined {
    return this.#count % HASH_GROUP_SEGMENTS === 0 ? undefined : merkleRoot(this.tail.slice())
  }

  /** The last node of each level in the tree of so many groups, from the groups to the root. */
  #edges(groups: number, tailRoot: Uint8Array | undefined): Uint8Array[] {
    let edge = tailRoot ?? this.#levels[0]!.at(groups - 1)
    const edges = [edge]
    let level = 0
    for (let width = groups; width > 1; width = Math.ceil(width / 2)) {
      if (width % 2 === 0) edge = hashNode(this.#levels[level]!.at(width - 2), edge)
      edges.push(edge)
      level++
    }
    return edges
  }
}

/** Hashes that are counted from 0, of which the first ones can be forgotten. */
class HashList {
  #bytes = new Uint8Array(0)
  /** The first that is kept, and the first that is not there yet. */
  begin = 0
  end = 0

  push(hash: Uint8Array): void {
    const at = (this.end - this.begin) * HASH_BYTES
    if (at === this.#bytes.byteLength) {
      const larger = new Uint8Array(2 * at + LIST_STEP * HASH_BYTES)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(hash, at)
    this.end++
  }

  at(index: number): Uint8Array {
    if (index < this.begin || index >= this.end) throw new RangeError(`the hash ${index} is not kept`)
    const at = (index - this.begin) * HASH_BYTES
    return this.#bytes.slice(at, at + HASH_BYTES)
  }

  /** Nothing moves before it is worth it. */
  forgetBelow(index: number): void {
    const dropped = Math.min(index, this.end) - this.begin
    if (dropped < LIST_STEP) return
    this.#bytes.copyWithin(0, dropped * HASH_BYTES, (this.end - this.begin) * HASH_BYTES)
    this.begin += dropped
  }
}
