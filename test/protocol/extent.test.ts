import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segmentCount } from '../../src/protocol/content-record.ts'
import { Extent, extentOf } from '../../src/protocol/extent.ts'
import { SegmentLengths } from '../../src/protocol/segment-lengths.ts'

const contents = fc.record({
  sizeBytes: fc.nat({ max: 600 }),
  segmentBytes: fc.integer({ min: 1, max: 300 })
})
const seqs = fc.nat({ max: 620 })

/** The content, byte by byte: the segment that each belongs to. */
const bytesOf = ({ sizeBytes, segmentBytes }: { sizeBytes: number; segmentBytes: number }) =>
  Array.from({ length: sizeBytes }, (_, at) => Math.floor(at / segmentBytes))

describe('an extent', () => {
  it('that grows reaches to its edge and has no last segment, until its end is known', () => {
    const growing = new Extent({ firstSeq: 2, segmentBytes: 10, edgeSeq: 5 })
    expect([1, 2, 4, 5].map(seq => growing.has(seq))).toEqual([false, true, true, false])
    expect(growing.endsBy(5)).toBe(false)
    expect(growing.capped(100)).toBe(5)
    expect(growing.lengthOf(4)).toBe(10)
    expect(growing.grownTo({ edgeSeq: 8 }).has(7)).toBe(true)
    const ended = growing.grownTo({ endBytes: 53 })
    expect(ended).toMatchObject({ firstSeq: 2, endSeq: 6, lastSeq: 5, edgeSeq: undefined })
    expect(ended.lengthOf(5)).toBe(3)
  })

  it('of a whole content holds every segment, the last one shorter', () => {
    fc.assert(
      fc.property(contents, content => {
        const extent = extentOf(content)
        const bytes = bytesOf(content)
        for (let seq = 0; seq < segmentCount(content); seq++) {
          expect(extent.has(seq)).toBe(true)
          expect(extent.lengthOf(seq)).toBe(bytes.filter(of => of === seq).length)
        }
        expect(extent).toMatchObject({
          firstSeq: 0,
          endSeq: segmentCount(content),
          endBytes: content.sizeBytes
        })
        expect(extent.lengthOf(segmentCount(content))).toBe(0)
      })
    )
  })

  it('of a part counts the bytes of that part and of what is before it', () => {
    fc.assert(
      fc.property(contents, seqs, seqs, seqs, seqs, (content, firstSeq, endSeq, from, to) => {
        const extent = extentOf(content, firstSeq, endSeq)
        const bytes = bytesOf(content).filter(of => of < endSeq)
        const end = bytes.length === 0 ? 0 : bytes.at(-1)! + 1
        expect(extent.endSeq).toBe(end)
        expect(extent.lastSeq).toBe(end - 1)
        expect(extent.has(from)).toBe(from >= firstSeq && from < end)
        expect(extent.endsBy(from)).toBe(from >= end)
        expect(extent.capped(from)).toBe(Math.min(from, end))
        expect(extent.bytesBetween(from, to)).toBe(bytes.filter(of => of >= from && of < to).length)
      })
    )
  })

  it('adds up segments wherever they lie', () => {
    const some = fc.uniqueArray(seqs, { maxLength: 50 })
    fc.assert(
      fc.property(contents, some, (content, some) => {
        const extent = extentOf(content)
        const held = some.filter(seq => extent.has(seq))
        const bytes = held.reduce((sum, seq) => sum + extent.lengthOf(seq), 0)
        expect(extent.bytesOf(held.length, held.includes(extent.lastSeq))).toBe(bytes)
      })
    )
  })

  it('whose end is not known yet is never over, and has no last segment', () => {
    fc.assert(
      fc.property(seqs, fc.integer({ min: 1, max: 300 }), seqs, (firstSeq, segmentBytes, seq) => {
        const extent = new Extent({ firstSeq, segmentBytes })
        expect(extent.endSeq).toBeUndefined()
        expect(extent.has(seq)).toBe(seq >= firstSeq)
        expect(extent.endsBy(seq)).toBe(false)
        expect(extent.capped(seq)).toBe(seq)
        expect(extent.lengthOf(seq)).toBe(segmentBytes)
        expect(extent.bytesOf(seq, [seq].includes(extent.lastSeq))).toBe(seq * segmentBytes)
      })
    )
  })

  it('of segments that differ in size knows the bytes between any two, forgets the first, and skips the empty ones', () => {
    const lengthsOf = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })), {
      maxLength: 3_000
    })
    fc.assert(
      fc.property(lengthsOf, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0 }), (all, firstSeq, at) => {
        const lengths = new SegmentLengths(firstSeq)
        const none = new Extent({ firstSeq, segmentBytes: 300, edgeSeq: firstSeq, lengths })
        for (const bytes of all) lengths.push(bytes)
        const endSeq = firstSeq + all.length
        const sizeBytes = all.reduce((sum, bytes) => sum + bytes, 0)
        const extent = none.grownTo({ endBytes: sizeBytes })
        expect(extent.endSeq).toBe(endSeq)
        expect(extent.bytesBetween(0, endSeq + 10)).toBe(sizeBytes)
        const middle = firstSeq + (at % (all.length + 1))
        lengths.forgetBelow(middle)
        expect(extent.bytesBetween(0, middle) + extent.bytesBetween(middle, endSeq)).toBe(sizeBytes)
        for (const [index, bytes] of all.entries()) {
          const seq = firstSeq + index
          if (seq >= middle) expect(extent.lengthOf(seq)).toBe(bytes)
          expect(extent.isEmpty(seq)).toBe(bytes === 0 && seq >= lengths.begin)
        }
        expect(none.isEmpty(firstSeq)).toBe(false)
        expect(extent.isEmpty(endSeq)).toBe(false)
      }),
      { numRuns: 50 }
    )
  })
})
