import { describe, expect, test } from 'vitest'
import {
  aggregationBenefit,
  bufferNeed,
  delayIncrease,
  outOfOrderDelays,
  timeRatio
} from '../../../src/lab/design/aggregation.ts'

describe('aggregation benefit', () => {
  test('is 1 for the sum of the paths, and more where that is exceeded', () => {
    expect(aggregationBenefit({ together: 30, alone: [10, 20] })).toBe(1)
    expect(aggregationBenefit({ together: 35, alone: [10, 20] })).toBe(1.5)
  })

  test('is 0 for the best path, and between for a part of the others', () => {
    expect(aggregationBenefit({ together: 20, alone: [10, 20] })).toBe(0)
    expect(aggregationBenefit({ together: 25, alone: [10, 20] })).toBe(0.5)
    expect(aggregationBenefit({ together: 25, alone: [5, 20, 5] })).toBe(0.5)
  })

  test('below the best path is the share of it that is missing, down to -1', () => {
    expect(aggregationBenefit({ together: 15, alone: [10, 20] })).toBe(-0.25)
    expect(aggregationBenefit({ together: 0, alone: [10, 20] })).toBe(-1)
  })

  test('is not defined where no path brings anything, or only one does and is reached', () => {
    expect(aggregationBenefit({ together: 5, alone: [0, 0] })).toBeUndefined()
    expect(aggregationBenefit({ together: 20, alone: [20] })).toBeUndefined()
    expect(aggregationBenefit({ together: 10, alone: [20] })).toBe(-0.5)
  })
})

test('a time ratio above 1 is a gain', () => {
  expect(timeRatio(6, 4)).toBe(1.5)
})

test('a delay increase is the share by which a delay is above the least one', () => {
  expect(delayIncrease(50, 20)).toBe(1.5)
  expect(delayIncrease(20, 20)).toBe(0)
})

describe('out-of-order delay', () => {
  test('is the time until all before a segment have come', () => {
    const arrivals = [
      { seq: 0, atMs: 10 },
      { seq: 2, atMs: 20 },
      { seq: 3, atMs: 25 },
      { seq: 1, atMs: 40 },
      { seq: 4, atMs: 50 }
    ]
    expect([...outOfOrderDelays(arrivals)]).toEqual([
      [0, 0],
      [1, 0],
      [2, 20],
      [3, 15],
      [4, 0]
    ])
  })

  test('counts the first of several arrivals, and nothing behind a segment that never came', () => {
    const arrivals = [
      { seq: 6, atMs: 5 },
      { seq: 5, atMs: 30 },
      { seq: 5, atMs: 20 },
      { seq: 8, atMs: 25 }
    ]
    expect([...outOfOrderDelays(arrivals, 5)]).toEqual([
      [5, 0],
      [6, 15]
    ])
  })
})

test('the need of memory is twice all rates for the longest round trip', () => {
  const paths = [
    { rateBytesPerSecond: 12.5e6, roundTripMs: 20 },
    { rateBytesPerSecond: 12.5e6, roundTripMs: 100 }
  ]
  expect(bufferNeed(paths)).toBe(5e6)
})
