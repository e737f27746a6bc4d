import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_PATTERN_ELEMENTS,
  Pattern,
  PatternError,
  routeIndex,
  routeName
} from '../../src/pattern/pattern.ts'

const groups = fc.array(fc.uniqueArray(fc.nat(51), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 30
})

describe('Pattern', () => {
  it('reads FIG. 6: two of five segments on A, one on B, two on C', () => {
    const pattern = Pattern.parse('AABCCAABCC')
    expect(pattern.length).toBe(10)
    expect(pattern.offsetsOf(0)).toEqual([0, 1, 5, 6])
    expect(pattern.offsetsOf(1)).toEqual([2, 7])
    expect(pattern.offsetsOf(2)).toEqual([3, 4, 8, 9])
    expect(pattern.weightOf(0)).toBe(0.4)
    expect(pattern.weightOf(1)).toBe(0.2)
  })

  it('reads FIG. 12: three segments on A, seven on B', () => {
    const pattern = Pattern.parse('AAABBBBBBB')
    expect(pattern.routes).toEqual([0, 1])
    expect(pattern.weightOf(0)).toBe(0.3)
    expect(pattern.weightOf(1)).toBe(0.7)
  })

  it('reads a group as one element that names several routes', () => {
    const pattern = Pattern.parse('A[BA]B')
    expect(pattern.elements).toEqual([[0], [0, 1], [1]])
    expect(pattern.offsetsOf(1)).toEqual([1, 2])
  })

  it('reads what it writes', () => {
    fc.assert(
      fc.property(groups, elements => {
        const pattern = new Pattern(elements)
        expect(Pattern.parse(pattern.toString()).elements).toEqual(pattern.elements)
        expect(Pattern.parse(pattern.toString()).equals(pattern)).toBe(true)
      })
    )
  })

  it.each(['', '[]', 'A[', 'A]', '[A[B]]', 'A B', 'A1', '[A', 'é', 'AB\0'])('refuses %j', text => {
    expect(() => Pattern.parse(text)).toThrow(PatternError)
  })

  it('throws nothing but PatternError, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-C[\]]{0,12}$/)), text => {
        try {
          Pattern.parse(text)
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError)
        }
      })
    )
  })

  it('bounds the number of elements', () => {
    expect(Pattern.parse('A'.repeat(MAX_PATTERN_ELEMENTS)).length).toBe(MAX_PATTERN_ELEMENTS)
    expect(() => Pattern.parse('A'.repeat(MAX_PATTERN_ELEMENTS + 1))).toThrow(PatternError)
  })

  it('names 52 routes by the letters A to Z and a to z', () => {
    expect([0, 25, 26, 51].map(routeName)).toEqual(['A', 'Z', 'a', 'z'])
    for (let route = 0; route < 52; route++) expect(routeIndex(routeName(route))).toBe(route)
    expect(() => routeName(52)).toThrow(PatternError)
    expect(() => routeName(-1)).toThrow(PatternError)
    expect(() => new Pattern([[52]])).toThrow(PatternError)
  })
})

describe('Pattern.fold', () => {
  it('gives a segment every route that one of its elements named', () => {
    expect(Pattern.parse('AABB').fold(2).toString()).toBe('AB')
    // AA BA AB: three segments until the grouping repeats.
    expect(Pattern.parse('AAB').fold(2).toString()).toBe('A[AB][AB]')
    expect(Pattern.parse('AB').fold(2).toString()).toBe('[AB]')
  })

  it('names for each segment the routes of its elements in the endless pattern', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 12 }), (elements, count) => {
        const pattern = new Pattern(elements)
        const folded = pattern.fold(count)
        for (let segment = 0; segment < 3 * elements.length; segment++) {
          const named = new Set<number>()
          for (let i = segment * count; i < (segment + 1) * count; i++) {
            for (const route of elements[i % elements.length]!) named.add(route)
          }
          expect(folded.elements[segment % folded.length]).toEqual([...named].sort((a, b) => a - b))
        }
      })
    )
  })

  it('refuses a count that is no positive whole number', () => {
    for (const count of [0, -1, 1.5, Number.NaN]) {
      expect(() => Pattern.parse('AB').fold(count)).toThrow(PatternError)
    }
  })
})
