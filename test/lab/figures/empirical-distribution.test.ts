import { expect, test } from 'vitest'
import { empiricalDistribution } from '../../../src/lab/figures/empirical-distribution.ts'

test('begins at 0 and grows by the share of each value to 1', () => {
  const points = empiricalDistribution([3, 1, 2, 2])
  expect(points.map(({ x, y }) => [x, y])).toEqual([
    [1, 0],
    [1, 0.25],
    [2, 0.5],
    [2, 0.75],
    [3, 1]
  ])
})

test('has intervals around its shares, narrower with more values', () => {
  const widthAt = (count: number) => {
    const points = empiricalDistribution(Array.from({ length: count }, (_, index) => index))
    for (const { y, low, high } of points) {
      expect(low).toBeLessThanOrEqual(y)
      expect(high).toBeGreaterThanOrEqual(y)
    }
    const middle = points[count >> 1]!
    return middle.high! - middle.low!
  }
  // Of a share of a half the interval is 2 x 1.96 x sqrt(0.25 / count) wide.
  expect(widthAt(100)).toBeCloseTo(0.196, 1)
  expect(widthAt(400)).toBeCloseTo(0.098, 1)
})
