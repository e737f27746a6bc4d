import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSameData } from '../../../src/planner/record/same-data.ts'

describe('isSameData', () => {
  it('says the same of JSON as Node does', () => {
    const json = () => fc.jsonValue().map(value => JSON.parse(JSON.stringify(value)))
    fc.assert(
      fc.property(json(), json(), (a, b) => {
        expect(isSameData(a, b)).toBe(isDeepStrictEqual(a, b))
        expect(isSameData(a, structuredClone(a))).toBe(true)
      })
    )
  })

  it.each([
    [{ a: 1, b: [2, null] }, { b: [2, null], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, {}, false],
    ['1', 1, false]
  ])('of %j and %j says %s', (a, b, same) => {
    expect(isSameData(a, b)).toBe(same)
    expect(isSameData(b, a)).toBe(same)
  })
})
