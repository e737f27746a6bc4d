import { expect, it } from 'vitest'
import { firstFlight } from '../../../src/planner/policies/first-flight.ts'
import { BULK } from '../../../src/planner/tuning.ts'
import { mbit, SEGMENT_BYTES } from './trial.ts'

const flightOver = (routes: Array<[rate: number, rttMs: number]>, mostSegments = 1_000) => {
  const known = routes.map(([rate, rttMs], route) => ({
    route,
    known: { rateBytesPerSecond: mbit(rate), rttMs }
  }))
  const flight = firstFlight(known, SEGMENT_BYTES, mostSegments, BULK)
  return { flight, counts: routes.map((_, route) => flight.filter(each => each === route).length) }
}

it('gives each route what it brings until the farthest one delivers', () => {
  const { counts } = flightOver([
    [30, 20],
    [30, 60]
  ])
  // The near one's first window is smaller than what it could bring in 100 ms; the far one has 60 ms.
  expect(counts).toEqual([9, 6])
})

it('gives the first segments to the routes that bring them first', () => {
  const { flight } = flightOver([
    [20, 60],
    [20, 20]
  ])
  expect(flight.slice(0, 3)).toEqual([1, 1, 1])
  expect(flight).toContain(0)
})

it('gives nothing to a route that one segment would hold up', () => {
  const { counts } = flightOver([
    [50, 20],
    [2, 40]
  ])
  expect(counts[0]).toBeGreaterThan(5)
  expect(counts[1]).toBe(0)
})

it('gives something where all routes are slow', () => {
  const { counts } = flightOver([
    [0.1, 20],
    [0.2, 20]
  ])
  expect(counts).toEqual([1, 2])
})

it('orders no more than there is, and not without a bound whatever the rate', () => {
  expect(flightOver([[100, 40]], 3).flight).toHaveLength(3)
  const { knownWindows, initialSegments } = BULK.window
  expect(flightOver([[1e6, 40]]).flight).toHaveLength(knownWindows * initialSegments)
})
