import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  buildUpperLevels,
  EMPTY_ROOT,
  groupCount,
  groupProof,
  HASH_GROUP_SEGMENTS,
  hashSegment,
  MerkleAccumulator,
  MerkleTree,
  merkleRoot,
  proofPositions,
  SegmentHasher,
  upperHashCount,
  verifyGroup
} from '../../src/protocol/merkle.ts'

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** RFC 6962, section 2.1, word by word: split at the largest power of two below n. */
function naiveRoot(leaves: Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return Buffer.from(leaves[0]!)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

/** RFC 6962, section 2.1.1's PATH, stopped at the subtree of the group. */
function naiveProof(leaves: Uint8Array[], firstLeaf: number): Buffer[] {
  if (leaves.length <= HASH_GROUP_SEGMENTS) return []
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  const left = leaves.slice(0, split)
  const right = leaves.slice(split)
  return firstLeaf < split
    ? [...naiveProof(left, firstLeaf), naiveRoot(right)]
    : [...naiveProof(right, firstLeaf - split), naiveRoot(left)]
}

function makeLeaves(count: number, salt = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => sha256(Buffer.from(`${salt}/${index}`)))
}

const counts = fc.oneof(
  fc.integer({ min: 1, max: 1200 }),
  fc.constantFrom(1, 2, 63, 64, 65, 127, 128, 129, 192, 193, 256, 257, 1024, 1025)
)

describe('merkle tree', () => {
  it('matches the known root hashes of RFC 6962 test vectors', () => {
    const inputs = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f'
    ]
    const leaves = inputs.map(hex => hashSegment(Buffer.from(hex, 'hex')))
    const rootOf = (count: number) =>
      Buffer.from(merkleRoot(Buffer.concat(leaves.slice(0, count)))).toString('hex')
    expect(Buffer.from(EMPTY_ROOT).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    )
    expect(rootOf(1)).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
    expect(rootOf(2)).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125')
    expect(rootOf(7)).toBe('ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c')
    expect(rootOf(8)).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
  })

  it('has the root and the proofs of the definition, and they verify', () => {
    fc.assert(
      fc.property(counts, fc.nat(), (count, pick) => {
        const leaves = makeLeaves(count)
        const tree = new MerkleTree(Buffer.concat(leaves))
        expect(Buffer.from(tree.rootHash)).toEqual(naiveRoot(leaves))
        expect(Buffer.from(merkleRoot(Buffer.concat(leaves)))).toEqual(naiveRoot(leaves))
        const group = pick % groupCount(count)
        const proof = tree.groupProof(group)
        expect(Buffer.from(proof)).toEqual(Buffer.concat(naiveProof(leaves, group * HASH_GROUP_SEGMENTS)))
        expect(groupProof(Buffer.concat(leaves), group)).toEqual(proof)
        const claim = {
          rootHash: tree.rootHash,
          segmentCount: count,
          group,
          leaves: tree.groupLeaves(group),
          proof
        }
        expect(verifyGroup(claim)).toBe(true)
      }),
      { numRuns: 60 }
    )
  })

  it('refuses a group once any byte, the group number or the length differs', () => {
    fc.assert(
      fc.property(counts, fc.nat(), fc.nat(), (count, pick, where) => {
        const tree = new MerkleTree(Buffer.concat(makeLeaves(count)))
        const group = pick % groupCount(count)
        const leaves = Uint8Array.from(tree.groupLeaves(group))
        const proof = tree.groupProof(group)
        const claim = { rootHash: tree.rootHash, segmentCount: count, group, leaves, proof }
        const flipped = (bytes: Uint8Array) => {
          const copy = Uint8Array.from(bytes)
          copy[where % copy.length]! ^= 1 << (where % 8)
          return copy
        }
        expect(verifyGroup({ ...claim, leaves: flipped(leaves) })).toBe(false)
        expect(verifyGroup({ ...claim, rootHash: flipped(tree.rootHash) })).toBe(false)
        if (proof.length > 0) expect(verifyGroup({ ...claim, proof: flipped(proof) })).toBe(false)
        if (proof.length > 0) expect(verifyGroup({ ...claim, proof: proof.subarray(32) })).toBe(false)
        expect(verifyGroup({ ...claim, proof: Buffer.concat([proof, proof, tree.rootHash]) })).toBe(false)
        expect(verifyGroup({ ...claim, leaves: leaves.subarray(32) })).toBe(false)
        expect(verifyGroup({ ...claim, group: group + 1 })).toBe(false)
        expect(verifyGroup({ ...claim, group: -1 })).toBe(false)
        expect(verifyGroup({ ...claim, group: 0.5 })).toBe(false)
      }),
      { numRuns: 60 }
    )
  })

  it('accumulates leaf by leaf to the same root', () => {
    const leaves = makeLeaves(300)
    const accumulator = new MerkleAccumulator()
    for (let count = 0; count <= 300; count++) {
      expect(Buffer.from(accumulator.rootHash())).toEqual(
        Buffer.from(merkleRoot(Buffer.concat(leaves.slice(0, count))))
      )
      if (count < 300) accumulator.push(leaves[count]!)
    }
  })

  it('hashes a stream segment by segment, however it is cut into pieces', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 60 }), (chunks, segmentBytes) => {
        const leaves: Uint8Array[] = []
        const hasher = new SegmentHasher(segmentBytes, leaf => leaves.push(leaf))
        for (const chunk of chunks) hasher.update(chunk)
        hasher.end()
        const whole = Buffer.concat(chunks)
        const expected: Uint8Array[] = []
        for (let start = 0; start < whole.length; start += segmentBytes) {
          expected.push(hashSegment(whole.subarray(start, start + segmentBytes)))
        }
        expect(leaves).toEqual(expected)
      })
    )
  })

  it('counts the upper levels that it builds', () => {
    for (let groups = 0; groups < 70; groups++) {
      const upper = buildUpperLevels(Buffer.concat(makeLeaves(groups)))
      expect(upper.length / 32).toBe(upperHashCount(groups))
      for (let group = 0; group < groups; group++) {
        for (const position of proofPositions(groups, group))
          expect(position).toBeLessThan(upperHashCount(groups))
      }
    }
  })
})
