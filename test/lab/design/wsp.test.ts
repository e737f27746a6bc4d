import { describe, expect, test } from 'vitest'
import { wspDesign } from '../../../src/lab/design/wsp.ts'

function nearestDistances(points: number[][]): number[] {
  const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, i) => value - b[i]!))
  return points.map((point, i) =>
    Math.min(...points.filter((_, j) => j !== i).map(other => distance(point, other)))
  )
}

describe('a space-filling design', () => {
  const published = wspDesign({ count: 253, dimensions: 8, seed: 1 })

  test('has the number of points that is asked for, in the unit cube', () => {
    expect(published.points).toHaveLength(253)
    expect(published.points.flat().every(value => value >= 0 && value < 1)).toBe(true)
  })

  test('of 253 points in eight dimensions keeps a distance of about 0.648, as the published one does', () => {
    expect(published.leastDistance).toBeCloseTo(0.648, 1)
    expect(Math.min(...nearestDistances(published.points))).toBeGreaterThan(published.leastDistance)
  })

  test('leaves no candidate that is farther from all points than they keep from one another', () => {
    // With all candidates known, as the points of a design that takes every one of them.
    const all = wspDesign({ count: 300, dimensions: 2, candidates: 300, seed: 5 }).points
    const { points, leastDistance } = wspDesign({ count: 20, dimensions: 2, candidates: 300, seed: 5 })
    const far = all.filter(candidate =>
      points.every(([x, y]) => Math.hypot(candidate[0]! - x!, candidate[1]! - y!) > leastDistance)
    )
    expect(far).toEqual([])
    expect(points.every(([x]) => all.some(([other]) => other === x))).toBe(true)
  })

  test('goes on with the nearest candidate that is left', () => {
    const all = wspDesign({ count: 300, dimensions: 2, candidates: 300, seed: 5 }).points
    const { points, leastDistance } = wspDesign({ count: 20, dimensions: 2, candidates: 300, seed: 5 })
    const away = (a: number[], b: number[]) => Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!)
    for (const [step, point] of points.slice(1).entries()) {
      const taken = points.slice(0, step + 1)
      const left = all.filter(candidate => taken.every(other => away(candidate, other) > leastDistance))
      const before = taken.at(-1)!
      expect(away(point, before)).toBeCloseTo(Math.min(...left.map(candidate => away(candidate, before))), 12)
    }
  })

  test('is the same for the same seed, and another for another', () => {
    const options = { count: 20, dimensions: 3, candidates: 500 }
    expect(wspDesign({ ...options, seed: 7 })).toEqual(wspDesign({ ...options, seed: 7 }))
    expect(wspDesign({ ...options, seed: 7 }).points).not.toEqual(wspDesign({ ...options, seed: 8 }).points)
  })

  test('cannot have more points than candidates', () => {
    expect(() => wspDesign({ count: 11, dimensions: 2, candidates: 10, seed: 1 })).toThrow(RangeError)
  })
})
