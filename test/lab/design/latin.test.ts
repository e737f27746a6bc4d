import { expect, test } from 'vitest'
import { latinHypercube } from '../../../src/lab/design/latin.ts'

test('each stratum of each dimension has one point', () => {
  const points = latinHypercube(40, 5, 3)
  for (let dimension = 0; dimension < 5; dimension++) {
    const strata = points.map(point => Math.floor(point[dimension]! * 40))
    expect(strata.toSorted((a, b) => a - b)).toEqual([...Array(40).keys()])
  }
})

test('the dimensions are not in step, and the seed decides', () => {
  const points = latinHypercube(40, 2, 3)
  expect(points.some(([x, y]) => Math.floor(x! * 40) !== Math.floor(y! * 40))).toBe(true)
  expect(latinHypercube(40, 2, 3)).toEqual(points)
  expect(latinHypercube(40, 2, 4)).not.toEqual(points)
})
