import { describe, expect, it } from 'vitest'
import { SegmentVerifier } from '../../src/client/verifier.ts'
import type { ContentRecord } from '../../src/protocol/content-record.ts'
import { HASH_GROUP_SEGMENTS, hashSegment, MerkleTree } from '../../src/protocol/merkle.ts'

const SEGMENTS = 150
const SEGMENT_BYTES = 8
const segment = (seq: number) => new Uint8Array(SEGMENT_BYTES).fill(seq % 251)
const tree = new MerkleTree(
  Uint8Array.from(Array.from({ length: SEGMENTS }, (_, seq) => [...hashSegment(segment(seq))]).flat())
)
const record: ContentRecord = {
  name: 'x',
  sizeBytes: SEGMENTS * SEGMENT_BYTES,
  segmentBytes: SEGMENT_BYTES,
  rootHash: tree.rootHash,
  sourcePeerId: 'p'
}

function learned(...groups: number[]): SegmentVerifier {
  const verifier = new SegmentVerifier(record)
  for (const group of groups) {
    expect(verifier.learn(group, tree.groupLeaves(group), tree.groupProof(group))).toBe(true)
  }
  return verifier
}

describe('SegmentVerifier', () => {
  it('takes the segments that the root promises, of every group', () => {
    const verifier = learned(0, 1, 2)
    for (let seq = 0; seq < SEGMENTS; seq++) expect(verifier.verify(seq, segment(seq))).toBe(true)
  })

  it('refuses a segment that is longer or shorter than the record says, though the root promises it', () => {
    for (const sizeBytes of [record.sizeBytes - 1, record.sizeBytes - SEGMENT_BYTES + 1]) {
      const verifier = new SegmentVerifier({ ...record, sizeBytes })
      expect(verifier.learn(2, tree.groupLeaves(2), tree.groupProof(2))).toBe(true)
      expect(verifier.verify(SEGMENTS - 2, segment(SEGMENTS - 2))).toBe(true)
      expect(verifier.verify(SEGMENTS - 1, segment(SEGMENTS - 1))).toBe(false)
    }
  })

  it('refuses other bytes, the bytes of another segment, and cut-off ones', () => {
    const verifier = learned(0)
    expect(verifier.verify(3, segment(4))).toBe(false)
    expect(verifier.verify(3, segment(3).subarray(1))).toBe(false)
    expect(verifier.verify(3, new Uint8Array(0))).toBe(false)
  })

  it('refuses segments whose hashes were never given', () => {
    expect(learned(0).verify(HASH_GROUP_SEGMENTS, segment(HASH_GROUP_SEGMENTS))).toBe(false)
  })

  it('refuses hashes that do not lead to the root, and keeps those that it has', () => {
    const verifier = learned(0)
    const forged = tree.groupLeaves(1).slice()
    forged[5]! ^= 1
    expect(verifier.learn(1, forged, tree.groupProof(1))).toBe(false)
    expect(verifier.learn(1, tree.groupLeaves(1), tree.groupProof(0))).toBe(false)
    expect(verifier.learn(7, tree.groupLeaves(1), tree.groupProof(1))).toBe(false)
    expect(verifier.learn(0, forged, new Uint8Array(0))).toBe(true)
    expect(verifier.verify(0, segment(0))).toBe(true)
  })

  it('keeps its own copy of the hashes', () => {
    const verifier = new SegmentVerifier(record)
    const leaves = tree.groupLeaves(0).slice()
    verifier.learn(0, leaves, tree.groupProof(0))
    leaves.fill(0)
    expect(verifier.verify(0, segment(0))).toBe(true)
  })

  it('forgets groups that lie wholly below', () => {
    const verifier = learned(0, 1)
    verifier.forgetBelow(HASH_GROUP_SEGMENTS + 1)
    expect(verifier.verify(0, segment(0))).toBe(false)
    expect(verifier.verify(HASH_GROUP_SEGMENTS, segment(HASH_GROUP_SEGMENTS))).toBe(true)
  })
})
