import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholePercents } from '../../src/units/whole-percents.ts'

describe('whole percents', () => {
  it('add up to 100 where the shares add up to 1', () => {
    expect(wholePercents([1 / 3, 1 / 3, 1 / 3])).toEqual([34, 33, 33])
    expect(wholePercents([0.505, 0.495])).toEqual([51, 49])
    expect(wholePercents([0.125, 0.375, 0.5])).toEqual([13, 37, 50])
  })

  it('are those of each share where nothing has to be rounded', () => {
    expect(wholePercents([0.25, 0.75])).toEqual([25, 75])
    expect(wholePercents([])).toEqual([])
  })

  it('are off by less than one each, for any shares', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 16 })
    fc.assert(
      fc.property(shares, given => {
        const whole = wholePercents(given)
        const total = given.reduce((all, share) => all + share, 0)
        expect(Math.abs(whole.reduce((all, part) => all + part, 0) - total * 100)).toBeLessThanOrEqual(
          0.500001
        )
        for (const [at, part] of whole.entries())
          expect(Math.abs(part - given[at]! * 100)).toBeLessThanOrEqual(1)
      })
    )
  })
})
