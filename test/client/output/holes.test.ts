import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Holes } from '../../../src/client/output/holes.ts'

describe('holes', () => {
  it('are the ranges that were added; those that touch are one', () => {
    const holes = new Holes()
    for (const [from, to] of [
      [1, 3],
      [3, 4],
      [5, 5],
      [7, 9]
    ])
      holes.add(from!, to!)
    expect(holes.ranges).toEqual([
      { from: 1, to: 4 },
      { from: 7, to: 9 }
    ])
  })

  it('are few however many are added, cover all of them, and begin and end with one', () => {
    const gaps = fc.array(fc.record({ gap: fc.nat(20), length: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 3000
    })
    fc.assert(
      fc.property(gaps, steps => {
        const holes = new Holes()
        const added: { from: number; to: number }[] = []
        let at = 0
        for (const { gap, length } of steps) {
          added.push({ from: at + gap, to: at + gap + length })
          holes.add(at + gap, at + gap + length)
          at += gap + length
        }
        const { ranges } = holes
        expect(ranges.length).toBeLessThanOrEqual(256)
        expect(ranges[0]!.from).toBe(added[0]!.from)
        expect(ranges.at(-1)!.to).toBe(at)
        for (const { from, to } of added) {
          expect(ranges.some(range => range.from <= from && to <= range.to)).toBe(true)
        }
      }),
      { numRuns: 20 }
    )
  })
})
