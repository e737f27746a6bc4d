import { describe, expect, it } from 'vitest'
import { LiveLengths } from '../../src/client/live-lengths.ts'
import { CorruptSegmentError, UnexpectedMessageError } from '../../src/client/transfer-errors.ts'
import { LENGTHS_AHEAD, MAX_LENGTHS_GAP, SegmentLengths } from '../../src/protocol/segment-lengths.ts'
import type { StreamHead } from '../../src/protocol/stream-head.ts'

const SEGMENT_BYTES = 100
const none = new Uint8Array(0)

function headOf(count: number, bytes: number, isEnded = false): StreamHead {
  return { count, bytes, isEnded, atMs: 0, rootHash: none, leaves: none }
}

/** Lengths from a segment on, with a head on route 0 that covers more. */
function knownFrom(firstSeq: number, ...heads: StreamHead[]): LiveLengths {
  const lengths = new LiveLengths(new SegmentLengths(firstSeq), SEGMENT_BYTES)
  for (const head of heads) lengths.headCame(0, head)
  return lengths
}

describe('the lengths of a live content', () => {
  it('let it reach as far as both they and the heads do', () => {
    const lengths = knownFrom(0, headOf(2, 30), headOf(4, 60))
    expect(lengths.edge).toEqual({ edgeSeq: 0 })
    lengths.take(0, { from: 0, atByte: 0, lengths: [30, 0, 5] }, 0)
    expect(lengths.edge).toEqual({ edgeSeq: 3 })
    lengths.headCame(0, headOf(4, 60, true))
    expect(lengths.edge).toEqual({ edgeSeq: 3 })
    expect(() => lengths.take(1, { from: 3, atByte: 35, lengths: [25] }, 0)).toThrow(UnexpectedMessageError)
    lengths.take(0, { from: 1, atByte: 30, lengths: [0, 5, 25] }, 0)
    expect(lengths.edge).toEqual({ endBytes: 60 })
  })

  it.each([
    ['are not as many bytes as the head says', { from: 0, atByte: 0, lengths: [30, 0, 31] }],
    ['call a segment empty, and another one longer', { from: 0, atByte: 0, lengths: [0, 40] }],
    ['are longer than any segment', { from: 0, atByte: 0, lengths: [101] }]
  ])('are a lie where they %s', (_, told) => {
    const lengths = knownFrom(0, headOf(1, 30), headOf(3, 60))
    expect(() => lengths.take(0, told, 0)).toThrow(CorruptSegmentError)
    expect(lengths.edge).toEqual({ edgeSeq: 0 })
  })

  it('are a lie where another route has told others, or a head has other bytes', () => {
    const lengths = knownFrom(5, headOf(5, 500), headOf(9, 700))
    lengths.take(0, { from: 5, atByte: 500, lengths: [50, 50] }, 5)
    lengths.headCame(1, headOf(9, 700))
    expect(() => lengths.take(1, { from: 5, atByte: 500, lengths: [50, 49] }, 5)).toThrow(CorruptSegmentError)
    expect(() => lengths.take(1, { from: 6, atByte: 551, lengths: [50] }, 5)).toThrow(CorruptSegmentError)
    expect(() => lengths.headCame(1, headOf(6, 549))).toThrow(CorruptSegmentError)
    lengths.headCame(1, headOf(6, 550))
  })

  it('are not taken of what no head of the route covers, or what lies too far ahead', () => {
    const far = LENGTHS_AHEAD + MAX_LENGTHS_GAP + 10
    const lengths = knownFrom(0, headOf(far, far))
    const told = { from: far - 2, atByte: far - 2, lengths: [1, 1] }
    expect(() => lengths.take(0, told, 0)).toThrow(UnexpectedMessageError)
    expect(() => lengths.take(0, { ...told, from: far - 1 }, 0)).toThrow(UnexpectedMessageError)
  })

  it('count what the source keeps no longer as one', () => {
    const table = new SegmentLengths(0)
    const lengths = new LiveLengths(table, SEGMENT_BYTES)
    lengths.headCame(0, headOf(2, 30))
    lengths.take(0, { from: 0, atByte: 0, lengths: [10, 20] }, 0)
    lengths.headCame(0, headOf(10, 1_030))
    lengths.take(0, { from: 8, atByte: 1_000, lengths: [10, 20] }, 2)
    expect(table.before(8) - table.before(2)).toBe(970)
    expect(lengths.edge).toEqual({ edgeSeq: 10 })
  })
})
