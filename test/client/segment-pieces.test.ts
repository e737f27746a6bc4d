import { describe, expect, it } from 'vitest'
import { SegmentPieces, WrongPieceError } from '../../src/client/segment-pieces.ts'

const piece = (seq: number, payload: number[], more: boolean, sentAtUs = 7) => ({
  seq,
  sentAtUs,
  repair: false,
  more,
  payload: Uint8Array.from(payload)
})

describe('SegmentPieces', () => {
  it('hands a whole segment on as it is', () => {
    const whole = piece(3, [1, 2, 3, 4], false)
    expect(new SegmentPieces(4).add(whole)).toBe(whole)
  })

  it('puts a segment together, one after the other, each with the stamp of its first piece', () => {
    const pieces = new SegmentPieces(4)
    expect(pieces.add(piece(3, [1], true, 50))).toBeUndefined()
    expect(pieces.add(piece(3, [2, 3], true, 60))).toBeUndefined()
    const segment = pieces.add(piece(3, [4], false, 70))
    expect({ ...segment, payload: [...segment!.payload] }).toEqual({
      ...piece(3, [], false, 50),
      payload: [1, 2, 3, 4]
    })
    pieces.add(piece(5, [9], true))
    expect([...pieces.add(piece(5, [8], false))!.payload]).toEqual([9, 8])
  })

  it('refuses a piece of another segment, and more than a segment holds', () => {
    const pieces = new SegmentPieces(4)
    pieces.add(piece(3, [1], true))
    expect(() => pieces.add(piece(4, [2], false))).toThrow(WrongPieceError)
    expect(() => pieces.add(piece(3, [2, 3, 4, 5], true))).toThrow(WrongPieceError)
  })
})
