import { sha256, startSha256 } from '#sha256'
import { equalBytes } from './bytes.ts'
import type { RunningHash } from './running-hash.ts'

/** Bytes of one SHA-256 hash. */
export const HASH_BYTES = 32

/**
 * Leaves are proven in aligned groups of this many segments: at 32 KiB a segment, one proof of about 13 hashes covers
 * 2 MiB, so proofs cost 0.1 % of the wire, and a client can check a segment as soon as its group's hashes are there.
 * A power of two, so that every group is a subtree of the RFC 6962 tree.
 */
export const HASH_GROUP_SEGMENTS = 64

/** RFC 6962, section 2.1: the root of the tree without leaves is the hash of the empty string. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

const LEAF_PREFIX = Uint8Array.of(0x00)
const NODE_PREFIX = 0x01

/** The values that a client needs to trust the leaf hashes of one group. */
export interface GroupClaim {
  rootHash: Uint8Array
  segmentCount: number
  group: number
  leaves: Uint8Array
  proof: Uint8Array
}

/**
 * The Merkle tree of RFC 6962, section 2.1, over the leaf hashes of a content's segments (see hashSegment).
 * Keeps every level from the groups upwards, so that a proof is a copy of about log2(groups) hashes.
 */
export class MerkleTree {
  readonly rootHash: Uint8Array
  readonly #leaves: Uint8Array
  readonly #upperLevels: Uint8Array
  readonly #groups: number

  /** `leaves`: the leaf hashes in order, 32 bytes each. Kept, not copied. */
  constructor(leaves: Uint8Array) {
    const segmentCount = leaves.length / HASH_BYTES
    this.#leaves = leaves
    this.#groups = groupCount(segmentCount)
    const groupRoots = new Uint8Array(this.#groups * HASH_BYTES)
    for (let group = 0; group < this.#groups; group++) {
      groupRoots.set(foldLevel(this.groupLeaves(group)), group * HASH_BYTES)
    }
    this.#upperLevels = buildUpperLevels(groupRoots)
    this.rootHash = segmentCount === 0 ? EMPTY_ROOT : this.#upperLevels.slice(-HASH_BYTES)
  }

  /** The leaf hashes of one group: 64 of them, fewer in the last group. A view. */
  groupLeaves(group: number): Uint8Array {
    const start = group * HASH_GROUP_SEGMENTS * HASH_BYTES
    return this.#leaves.subarray(start, start + HASH_GROUP_SEGMENTS * HASH_BYTES)
  }

  /** The sibling hashes from the group's subtree up to the root, lowest first. */
  groupProof(group: number): Uint8Array {
    const positions = proofPositions(this.#groups, group)
    const proof = new Uint8Array(positions.length * HASH_BYTES)
    positions.forEach((position, index) => {
      proof.set(
        this.#upperLevels.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES),
        index * HASH_BYTES
      )
    })
    return proof
  }
}

/** The root over `leaves` (n * 32 bytes); EMPTY_ROOT for none. */
export function merkleRoot(leaves: Uint8Array): Uint8Array {
  return leaves.length === 0 ? EMPTY_ROOT : foldLevel(leaves)
}

/** As MerkleTree.groupProof, for one proof only: to make many, build a MerkleTree once. */
export function groupProof(leaves: Uint8Array, group: number): Uint8Array {
  return new MerkleTree(leaves).groupProof(group)
}

/** Tells whether the leaf hashes of a group are those under `rootHash`. Never throws, whatever the bytes. */
export function verifyGroup({ rootHash, segmentCount, group, leaves, proof }: GroupClaim): boolean {
  if (!Number.isSafeInteger(group) || group < 0 || group >= groupCount(segmentCount)) return false
  if (leaves.length !== groupSegmentCount(segmentCount, group) * HASH_BYTES) return false
  let node = foldLevel(leaves)
  let index = group
  let offset = 0
  for (let width = groupCount(segmentCount); width > 1; width = Math.ceil(width / 2)) {
    const isRight = index % 2 === 1
    if (isRight || index + 1 < width) {
      if (offset + HASH_BYTES > proof.length) return false
      const sibling = proof.subarray(offset, offset + HASH_BYTES)
      node = isRight ? hashNode(sibling, node) : hashNode(node, sibling)
      offset += HASH_BYTES
    }
    index = Math.floor(index / 2)
  }
  return offset === proof.length && equalBytes(node, rootHash)
}

/** The leaf hash of a segment: SHA-256 of 0x00 and the segment's bytes. */
export function hashSegment(segment: Uint8Array): Uint8Array {
  return startLeaf().update(segment).digest()
}

/** How many groups `segmentCount` segments make. */
export function groupCount(segmentCount: number): number {
  return Math.ceil(segmentCount / HASH_GROUP_SEGMENTS)
}

/** How many segments are in this group: 64, fewer in the last one. */
export function groupSegmentCount(segmentCount: number, group: number): number {
  return Math.min(HASH_GROUP_SEGMENTS, segmentCount - group * HASH_GROUP_SEGMENTS)
}

/** All levels from the group roots up to the root, lowest first, one after the other; nothing for no groups. */
export function buildUpperLevels(groupRoots: Uint8Array): Uint8Array {
  if (groupRoots.length === 0) return groupRoots
  const levels = [groupRoots]
  for (let level = groupRoots; level.length > HASH_BYTES; levels.push(level)) level = parentLevel(level)
  const all = new Uint8Array(levels.reduce((sum, level) => sum + level.length, 0))
  let offset = 0
  for (const level of levels) {
    all.set(level, offset)
    offset += level.length
  }
  return all
}

/** How many hashes buildUpperLevels makes of this many groups. */
export function upperHashCount(groups: number): number {
  if (groups === 0) return 0
  let count = 1
  for (let width = groups; width > 1; width = Math.ceil(width / 2)) count += width
  return count
}

/** Which hashes of buildUpperLevels (counted from 0) make up the proof of a group, lowest first. */
export function proofPositions(groups: number, group: number): number[] {
  const positions: number[] = []
  let levelStart = 0
  let index = group
  for (let width = groups; width > 1; width = Math.ceil(width / 2)) {
    const sibling = index % 2 === 1 ? index - 1 : index + 1
    if (sibling < width) positions.push(levelStart + sibling)
    levelStart += width
    index = Math.floor(index / 2)
  }
  return positions
}

/**
 * The root of a tree whose leaves come one by one, in memory of log2(leaves) hashes.
 */
export class MerkleAccumulator {
  /** Roots of complete subtrees, largest first; sizes are the binary digits of #count. */
  readonly #stack: Uint8Array[] = []
  #count = 0

  push(leaf: Uint8Array): void {
    let node = leaf
    for (let bits = this.#count; bits % 2 === 1; bits = Math.floor(bits / 2)) {
      node = hashNode(this.#stack.pop()!, node)
    }
    this.#stack.push(node)
    this.#count++
  }

  /** The root over all leaves pushed so far. */
  rootHash(): Uint8Array {
    let node = this.#stack.at(-1)
    if (node === undefined) return EMPTY_ROOT
    for (let i = this.#stack.length - 2; i >= 0; i--) node = hashNode(this.#stack[i]!, node)
    return node
  }
}

/** Cuts a stream of bytes into segments and gives the leaf hash of each segment; see hashSegment. */
export class SegmentHasher {
  readonly #segmentBytes: number
  readonly #onLeaf: (leaf: Uint8Array) => void
  #hash = startLeaf()
  #filledBytes = 0

  constructor(segmentBytes: number, onLeaf: (leaf: Uint8Array) => void) {
    this.#segmentBytes = segmentBytes
    this.#onLeaf = onLeaf
  }

  update(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0; ) {
      const part = rest.subarray(0, this.#segmentBytes - this.#filledBytes)
      this.#hash.update(part)
      this.#filledBytes += part.length
      rest = rest.subarray(part.length)
      if (this.#filledBytes === this.#segmentBytes) this.#close()
    }
  }

  /** The stream has ended: the last segment may be a short one. */
  end(): void {
    if (this.#filledBytes > 0) this.#close()
  }

  #close(): void {
    this.#onLeaf(this.#hash.digest())
    this.#hash = startLeaf()
    this.#filledBytes = 0
  }
}

function startLeaf(): RunningHash {
  return startSha256().update(LEAF_PREFIX)
}

function foldLevel(leaves: Uint8Array): Uint8Array {
  let level = leaves
  while (level.length > HASH_BYTES) level = parentLevel(level)
  return level
}

/**
 * Returns the next level: pairs are hashed, and an odd last node moves up unchanged. The tree is
 * that of RFC 6962, built from below.
 */
function parentLevel(level: Uint8Array): Uint8Array {
  const width = level.length / HASH_BYTES
  const parents = new Uint8Array(Math.ceil(width / 2) * HASH_BYTES)
  for (let i = 0; i + 1 < width; i += 2) {
    const left = level.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)
    const right = level.subarray((i + 1) * HASH_BYTES, (i + 2) * HASH_BYTES)
    parents.set(hashNode(left, right), (i / 2) * HASH_BYTES)
  }
  if (width % 2 === 1) parents.set(level.subarray((width - 1) * HASH_BYTES), parents.length - HASH_BYTES)
  return parents
}

/** The hash of an inner node. */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + 2 * HASH_BYTES)
  input[0] = NODE_PREFIX
  input.set(left, 1)
  input.set(right, 1 + HASH_BYTES)
  return sha256(input)
}
