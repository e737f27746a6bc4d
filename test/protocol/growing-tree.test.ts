import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes } from '../../src/protocol/bytes.ts'
import { GrowingTree } from '../../src/protocol/growing-tree.ts'
import {
  groupCount,
  groupSegmentCount,
  HASH_BYTES,
  HASH_GROUP_SEGMENTS,
  hashSegment,
  MerkleTree,
  merkleRoot,
  verifyGroup
} from '../../src/protocol/merkle.ts'

/** Leaf hashes of so many segments that differ. */
const LEAVES = Uint8Array.from(
  Buffer.concat(
    Array.from({ length: 9 * HASH_GROUP_SEGMENTS }, (_, seq) => hashSegment(Uint8Array.of(seq, seq >> 8)))
  )
)

function leavesOf(count: number): Uint8Array {
  return LEAVES.subarray(0, count * HASH_BYTES)
}

function grown(count: number): GrowingTree {
  const tree = new GrowingTree()
  for (let seq = 0; seq < count; seq++) tree.push(LEAVES.subarray(seq * HASH_BYTES, (seq + 1) * HASH_BYTES))
  return tree
}

const counts = fc.integer({ min: 1, max: 9 * HASH_GROUP_SEGMENTS })

describe('a growing tree', () => {
  it('has the root of the finished tree at every size', () => {
    fc.assert(
      fc.property(counts, count => {
        expect(equalBytes(grown(count).rootHash(), new MerkleTree(leavesOf(count)).rootHash)).toBe(true)
      })
    )
    expect(equalBytes(grown(0).rootHash(), merkleRoot(new Uint8Array(0)))).toBe(true)
  })

  it('proves any group under the root of any size that it had', () => {
    fc.assert(
      fc.property(counts, counts, fc.nat(), (one, other, any) => {
        const [count, now] = [Math.min(one, other), Math.max(one, other)]
        const group = any % groupCount(count)
        const last = groupCount(count) - 1
        const tail = leavesOf(count).subarray(last * HASH_GROUP_SEGMENTS * HASH_BYTES)
        const from = group * HASH_GROUP_SEGMENTS
        const leaves = LEAVES.subarray(
          from * HASH_BYTES,
          (from + groupSegmentCount(count, group)) * HASH_BYTES
        )
        const proof = grown(now).groupProof(group, count, merkleRoot(tail))
        const { rootHash } = new MerkleTree(leavesOf(count))
        expect(verifyGroup({ rootHash, segmentCount: count, group, leaves, proof })).toBe(true)
      })
    )
  })

  it('still proves what it was not told to forget', () => {
    const groups = 3_000
    const tree = new GrowingTree()
    const leaf = LEAVES.subarray(0, HASH_BYTES)
    for (let seq = 0; seq < groups * HASH_GROUP_SEGMENTS; seq++) tree.push(leaf)
    const [root, proofs] = [tree.rootHash(), [2_501, 2_999].map(group => tree.groupProof(group))]
    tree.forgetBelow(2_500)
    expect(tree.rootHash()).toEqual(root)
    expect([2_501, 2_999].map(group => tree.groupProof(group))).toEqual(proofs)
    expect(() => tree.groupProof(100)).toThrow(RangeError)
    expect(tree.groupRoot(100)).toBeUndefined()
  })
})
