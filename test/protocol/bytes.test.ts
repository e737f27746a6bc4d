import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, fromHex, toHex, utf8Length } from '../../src/protocol/bytes.ts'

const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 })

describe('bytes', () => {
  it('are put one after the other', () => {
    fc.assert(
      fc.property(parts, all => {
        expect([...concatBytes(all)]).toEqual(all.flatMap(part => [...part]))
      })
    )
  })

  it('are equal when each of them is', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
  })

  it('become hex digits in lower case, and come back from either case', () => {
    expect(toHex(Uint8Array.of(0, 10, 255))).toBe('000aff')
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes)
      })
    )
  })

  it.each(['0', '0g', 'abc', ' 00', '00\n', '-1'])('are not read out of %j', text => {
    expect(() => fromHex(text)).toThrow(RangeError)
  })

  it('of a text are counted without being made', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).byteLength)
      })
    )
    expect(utf8Length('a\ud800b')).toBe(5)
  })
})
