import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interleaveByInterval, interleaveSmoothly } from '../../src/pattern/interleave.ts'
import { PatternError } from '../../src/pattern/pattern.ts'

describe('interleaveByInterval (FIG. 9)', () => {
  it('gives FIG. 10A for shares of 20, 40 and 40 per cent and five elements', () => {
    const shares = new Map([
      [0, 20],
      [1, 40],
      [2, 40]
    ])
    expect(interleaveByInterval(shares, 5).toString()).toBe('ABBCC')
  })

  it('puts the entries of a route identifierInterval apart', () => {
    const shares = new Map([
      [0, 50],
      [1, 50]
    ])
    expect(interleaveByInterval(shares, 8).toString()).toBe('ABABABAB')
  })

  it('gives FIG. 12 its weights', () => {
    const pattern = interleaveByInterval(
      new Map([
        [0, 30],
        [1, 70]
      ]),
      10
    )
    expect([pattern.length, pattern.weightOf(0), pattern.weightOf(1)]).toEqual([10, 0.3, 0.7])
  })

  it('removes the elements that stay empty', () => {
    // 3 x 33 % of ten elements are 3 x 3.3: one element stays empty.
    const shares = new Map([0, 1, 2].map(route => [route, 33]))
    expect(interleaveByInterval(shares, 10).length).toBe(9)
  })

  it('gives each route numIDs entries while there are free places', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (weights, patternSize) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          fc.pre(total > 0)
          const shares = new Map(weights.map((weight, route) => [route, (weight / total) * 100]))
          const numIDs = [...shares.values()].map(percent => Math.round((percent * patternSize) / 100))
          const wanted = numIDs.reduce((sum, count) => sum + count, 0)
          fc.pre(wanted > 0)
          const pattern = interleaveByInterval(shares, patternSize)
          expect(pattern.length).toBe(Math.min(wanted, patternSize))
          if (wanted > patternSize) return
          for (const [route, count] of numIDs.entries()) {
            expect(pattern.offsetsOf(route).length).toBe(count)
          }
        }
      )
    )
  })

  it('refuses shares that are worth no element', () => {
    expect(() => interleaveByInterval(new Map([[0, 0]]), 10)).toThrow(PatternError)
    expect(() => interleaveByInterval(new Map(), 10)).toThrow(PatternError)
  })
})

describe('interleaveSmoothly', () => {
  it('spreads FIG. 12 instead of sending runs', () => {
    const pattern = interleaveSmoothly(
      new Map([
        [0, 0.3],
        [1, 0.7]
      ]),
      10
    )
    expect(pattern.toString()).toMatch(/^B+A(B+A)+B*$/)
    expect(pattern.toString()).not.toContain('AA')
    expect(pattern.weightOf(0)).toBe(0.3)
  })

  it('keeps the count of every route in every prefix near its share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (weights, patternSize) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          const pattern = interleaveSmoothly(new Map(weights.entries()), patternSize)
          expect(pattern.length).toBe(patternSize)
          const counts = weights.map(() => 0)
          for (const [i, group] of pattern.elements.entries()) {
            counts[group[0]!]!++
            // Never a whole segment ahead of its share; behind it by as much as the others are ahead together.
            for (const [route, weight] of weights.entries()) {
              expect(counts[route]! - ((i + 1) * weight) / total).toBeLessThan(1 + 1e-6)
            }
          }
        }
      )
    )
  })

  it('leaves out routes without weight', () => {
    expect(
      interleaveSmoothly(
        new Map([
          [0, 0],
          [1, 2]
        ]),
        3
      ).toString()
    ).toBe('BBB')
    expect(() => interleaveSmoothly(new Map([[0, 0]]), 3)).toThrow(PatternError)
  })
})
