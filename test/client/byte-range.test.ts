import { describe, expect, it } from 'vitest'
import { bytesWithin, extentAround, RangeOutsideError, rangeWithin } from '../../src/client/byte-range.ts'
import { ExitCode, UsageError } from '../../src/errors.ts'
import type { ContentRecord } from '../../src/protocol/content-record.ts'

const record: ContentRecord = {
  name: 'x',
  sizeBytes: 1050,
  segmentBytes: 100,
  rootHash: new Uint8Array(32),
  sourcePeerId: 'source'
}

describe('the range that is meant', () => {
  it('ends where the content does, and has a byte at least', () => {
    expect(rangeWithin({ start: 0 }, record)).toEqual({ start: 0, end: 1050 })
    expect(rangeWithin({ start: 7, end: 8 }, record)).toEqual({ start: 7, end: 8 })
    expect(rangeWithin({ start: 1049, end: 9999 }, record)).toEqual({ start: 1049, end: 1050 })
    for (const wish of [{ start: 1050 }, { start: 2000, end: 3000 }, { start: 5, end: 5 }, { last: 0 }])
      expect(() => rangeWithin(wish, record)).toThrow(RangeOutsideError)
    expect(() => rangeWithin({ last: 5 }, { ...record, sizeBytes: 0 })).toThrow(RangeOutsideError)
  })

  it('can be counted from the end', () => {
    expect(rangeWithin({ last: 50 }, record)).toEqual({ start: 1000, end: 1050 })
    expect(rangeWithin({ last: 5000 }, record)).toEqual({ start: 0, end: 1050 })
  })

  it('is none of a live content', () => {
    expect(() => rangeWithin({ start: 0 }, { ...record, startedAtMs: 1 })).toThrow(UsageError)
  })

  it('is a mistake of the user where it lies outside', () => {
    expect(new RangeOutsideError('x', 3)).toMatchObject({ code: 'ERR_USAGE', exitCode: ExitCode.usage })
  })
})

describe('the segments around a range', () => {
  it('are those that hold its bytes, and no others', () => {
    const around = (start: number, end: number) => {
      const { firstSeq, endSeq, endBytes } = extentAround({ start, end }, record)
      return [firstSeq, endSeq, endBytes]
    }
    expect(around(0, 1)).toEqual([0, 1, 100])
    expect(around(99, 101)).toEqual([0, 2, 200])
    expect(around(100, 200)).toEqual([1, 2, 200])
    expect(around(1049, 1050)).toEqual([10, 11, 1050])
  })

  it('hold so many of its bytes', () => {
    const range = { start: 150, end: 320 }
    expect([0, 100, 200, 300, 400].map(from => bytesWithin(range, from, from + 100))).toEqual([
      0, 50, 100, 20, 0
    ])
  })
})
