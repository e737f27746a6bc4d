import { describe, expect, it } from 'vitest'
import { LiveVerifier } from '../../src/client/live-verifier.ts'
import { GrowingTree } from '../../src/protocol/growing-tree.ts'
import { HASH_BYTES, hashSegment } from '../../src/protocol/merkle.ts'
import { HEAD_LEAVES_KEPT, type StreamHead } from '../../src/protocol/stream-head.ts'

const SEGMENT_BYTES = 8
const COUNT = 200

const segments = Array.from({ length: COUNT }, (_, seq) => new Uint8Array(SEGMENT_BYTES).fill(seq))
const leaves = Uint8Array.from(Buffer.concat(segments.map(hashSegment)))

function treeOf(count: number): GrowingTree {
  const tree = new GrowingTree()
  for (let seq = 0; seq < count; seq++) tree.push(leavesOf(seq, seq + 1))
  return tree
}

const leavesOf = (from: number, to: number) => leaves.subarray(from * HASH_BYTES, to * HASH_BYTES)

function head(from: number, count: number, parts: Partial<StreamHead> = {}): StreamHead {
  const rootHash = treeOf(count).rootHash()
  const bytes = count * SEGMENT_BYTES
  return { count, bytes, isEnded: false, atMs: 0, rootHash, leaves: leavesOf(from, count), ...parts }
}

describe('the verifier of a live content', () => {
  it('takes the segments whose hashes are in heads, and no others', () => {
    const verifier = new LiveVerifier({ firstSeq: 100, segmentBytes: SEGMENT_BYTES, lengths: undefined })
    verifier.grow(head(98, 103), 0)
    expect([99, 100, 102, 103].map(seq => verifier.knows(seq))).toEqual([false, true, true, false])
    expect(verifier.verify(101, segments[101]!)).toBe(true)
    expect(verifier.verify(101, segments[102]!)).toBe(false)
    expect(verifier.verify(103, segments[103]!)).toBe(false)
    verifier.forgetBelow(102)
    expect([101, 102].map(seq => verifier.knows(seq))).toEqual([false, true])
  })

  it('takes the hashes of a group that lead to the last head of the same route', () => {
    const verifier = new LiveVerifier({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, lengths: undefined })
    const proof = treeOf(150).groupProof(1)
    expect(verifier.learn(1, leavesOf(64, 128), proof, 0)).toBe(false)
    verifier.grow(head(150, 150), 0)
    verifier.grow(head(199, 200), 1)
    expect(verifier.learn(1, leavesOf(64, 128), proof, 1)).toBe(false)
    expect(verifier.learn(1, leavesOf(65, 129), proof, 0)).toBe(false)
    expect(verifier.learn(1, leavesOf(64, 128), proof, 0)).toBe(true)
    expect(verifier.verify(100, segments[100]!)).toBe(true)
    // The last group has not been whole by then.
    const tail = treeOf(150).groupProof(2)
    expect(verifier.learn(2, leavesOf(128, 150), tail, 0)).toBe(true)
    expect([149, 150].map(seq => verifier.knows(seq))).toEqual([true, false])
  })

  it('takes a last segment that is shorter once the end is known', () => {
    const verifier = new LiveVerifier({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, lengths: undefined })
    const last = segments[4]!.subarray(0, 3)
    const parts = { isEnded: true, bytes: 4 * SEGMENT_BYTES + 3 }
    const hashes = Uint8Array.from(Buffer.concat([leavesOf(0, 4), hashSegment(last)]))
    verifier.grow(head(0, 5, { ...parts, leaves: hashes }), 0)
    expect(verifier.verify(4, last)).toBe(true)
    expect(verifier.verify(4, segments[4]!)).toBe(false)
    expect(verifier.verify(3, segments[3]!)).toBe(true)
  })

  it('keeps the hashes of heads for so many segments ahead only', () => {
    const verifier = new LiveVerifier({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, lengths: undefined })
    const count = HEAD_LEAVES_KEPT + 50
    verifier.grow(head(0, 100, { count, leaves: leavesOf(0, 100) }), 0)
    expect(verifier.knows(HEAD_LEAVES_KEPT - 1)).toBe(true)
    expect(verifier.knows(HEAD_LEAVES_KEPT)).toBe(false)
  })
})
