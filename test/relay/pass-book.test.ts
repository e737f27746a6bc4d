import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { MAX_CLOCK_SKEW_MS, type Pass, signPass } from '../../src/protocol/pass.ts'
import { MAX_COUNTED_PASSES } from '../../src/relay/limits.ts'
import { PassBook } from '../../src/relay/pass-book.ts'
import { director, makePass, makeUse, NOW_MS, passDirector, signedPass } from '../protocol/passes.ts'

const { directors } = makeUse()

function take(book: PassBook, changes: Partial<Pass> = {}, nowMs = NOW_MS) {
  return book.take(signedPass(changes), 'client', 'source', nowMs)
}

function idOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number)
  return id
}

describe('the passes of a relay', () => {
  it('let their routes forward as much as they like where they set no limit, and are not counted', () => {
    const book = new PassBook('near', directors)
    const spend = take(book)
    expect(spend(1e15)).toBe(true)
    expect(book.size).toBe(0)
  })

  it('are refused where there is none, or where it is for another use', () => {
    const book = new PassBook('near', directors)
    expect(() => book.take(undefined, 'client', 'source', NOW_MS)).toThrow('there is none')
    expect(() => book.take(signedPass(), 'somebody', 'source', NOW_MS)).toThrow('another client')
    expect(() => new PassBook('other', directors).take(signedPass(), 'client', 'source', NOW_MS)).toThrow(
      'other relays'
    )
  })

  it('limit the bytes of all their routes together', () => {
    const book = new PassBook('near', directors)
    const [first, second] = [take(book, { maxBytes: 1_000 }), take(book, { maxBytes: 1_000 })]
    expect(first(600)).toBe(true)
    expect(second(399)).toBe(true)
    expect(second(1)).toBe(false)
    expect(first(1)).toBe(false)
    expect(() => take(book, { maxBytes: 1_000 })).toThrow('used up')
    expect(take(book, { maxBytes: 1_000, id: idOf(1) })(999)).toBe(true)
  })

  it('of two directors are counted apart, whatever their ids', async () => {
    const other = await passDirector()
    const book = new PassBook('near', new Map([...directors, [other.director, other.isSigned]]))
    expect(take(book, { maxBytes: 10 })(10)).toBe(false)
    const bytes = signPass(makePass({ maxBytes: 10 }), other)
    expect(book.take(bytes, 'client', 'source', NOW_MS)(9)).toBe(true)
  })

  it('are forgotten when they have expired, and no sooner', () => {
    const book = new PassBook('near', directors)
    const endMs = NOW_MS + 600_000 + MAX_CLOCK_SKEW_MS
    take(book, { maxBytes: 10 })
    take(book, { maxBytes: 10, id: idOf(1), expiresAtMs: NOW_MS + 900_000 }, endMs - 1)
    expect(book.size).toBe(2)
    take(book, { maxBytes: 10, id: idOf(2), expiresAtMs: NOW_MS + 900_000 }, endMs)
    expect(book.size).toBe(2)
  })

  it('are counted up to a limit, beyond which no other is taken', () => {
    const book = new PassBook('near', new Map([[director.director, () => true]]))
    const unsigned = { director: director.director, sign: () => new Uint8Array(64) }
    const takeNumber = (number: number) => {
      const bytes = signPass(makePass({ maxBytes: 10, id: idOf(number) }), unsigned)
      return book.take(bytes, 'client', 'source', NOW_MS)
    }
    for (let number = 0; number < MAX_COUNTED_PASSES; number++) takeNumber(number)
    expect(() => takeNumber(MAX_COUNTED_PASSES)).toThrow(
      expect.objectContaining({ wireStatus: WireStatus.refusedSessions })
    )
    expect(takeNumber(0)(1)).toBe(true)
  })
})
