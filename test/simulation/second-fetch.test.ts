import { describe, expect, it } from 'vitest'
import { RouteMemory } from '../../src/client/route-memory.ts'
import type { KnownRoute } from '../../src/planner/planner.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { type SimulatedRoute, simulate } from '../../src/simulation/index.ts'

const mbit = (rate: number) => rate * 125_000
const over = (...paths: Array<[rate: number, rttMs: number]>): SimulatedRoute[] =>
  paths.map(([rate, rttMs]) => ({ hops: [{ rateBytesPerSecond: mbit(rate), delayMs: rttMs / 2 }] }))

const ALIKE = over([30, 20], [30, 40], [30, 60])
const UNEVEN = over([50, 20], [10, 40], [2, 60])
const FAST_AND_FAR = over([100, 60], [100, 80], [100, 100])

/** Fetches a content; over connections of an earlier fetch where they are warm. */
function fetchOver(routes: SimulatedRoute[], sizeBytes: number, isWarm: boolean, memory?: RouteMemory) {
  return simulate({
    sizeBytes,
    segmentBytes: 32 * 1024,
    createPlanner: init => createPlanner('adaptive', init),
    routes: isWarm ? routes.map(route => ({ ...route, setUpRoundTrips: 0 })) : routes,
    slowStart: !isWarm,
    ...(memory ? { memory } : {})
  })
}

/** A memory that takes the rate of each route for some times what it was. Routes count in the order of their opening. */
class DistortedMemory extends RouteMemory {
  readonly recalled: KnownRoute[] = []
  readonly #factor: (route: number) => number

  constructor(factor: (route: number) => number) {
    super()
    this.#factor = factor
  }

  override recall(id: string, nowMs: number): KnownRoute | undefined {
    const known = super.recall(id, nowMs)
    if (!known) return undefined
    const factor = this.#factor(this.recalled.push(known) - 1)
    return { ...known, rateBytesPerSecond: factor * known.rateBytesPerSecond }
  }
}

/** What one fetch over these routes has learnt. */
function memoryOf(routes: SimulatedRoute[], factor: (route: number) => number = () => 1): DistortedMemory {
  const memory = new DistortedMemory(factor)
  fetchOver(routes, 20_000_000, false, memory)
  return memory
}

describe('a second fetch', () => {
  it('is told what the routes of the first one carry', () => {
    const memory = memoryOf(UNEVEN)
    fetchOver(UNEVEN, 1_000_000, true, memory)
    const rates = memory.recalled.map(({ rateBytesPerSecond }) => rateBytesPerSecond)
    for (const [route, rate] of [50, 10, 2].entries()) {
      expect(rates[route]! / mbit(rate)).toBeGreaterThan(0.85)
      expect(rates[route]! / mbit(rate)).toBeLessThan(1.1)
    }
  })

  it('learns nothing of routes whose capacity has not shown yet', () => {
    const memory = new RouteMemory()
    fetchOver(ALIKE, 100_000, false, memory)
    expect(memory.size).toBe(0)
  })

  it.each([
    ['a small content over far routes', FAST_AND_FAR, 3_000_000, 0.65],
    ['10 MB over far routes', FAST_AND_FAR, 10_000_000, 0.75],
    ['a small content over uneven routes', UNEVEN, 1_000_000, 0.9],
    ['a small content over routes that are alike', ALIKE, 1_000_000, 0.9],
    ['10 MB over routes that are alike', ALIKE, 10_000_000, 1]
  ])('of %s is faster with what the first one has learnt', (_, routes, sizeBytes, share) => {
    const without = fetchOver(routes, sizeBytes, true).durationMs
    expect(fetchOver(routes, sizeBytes, true, memoryOf(routes)).durationMs / without).toBeLessThan(share)
  })

  it.each([
    ['alike', ALIKE],
    ['uneven', UNEVEN],
    ['far', FAST_AND_FAR]
  ])('over routes that are %s is much faster than the first one, whose connections were new', (_, routes) => {
    const first = fetchOver(routes, 10_000_000, false).durationMs
    expect(fetchOver(routes, 10_000_000, true, memoryOf(routes)).durationMs / first).toBeLessThan(0.92)
  })

  const wrong: Array<[string, (route: number) => number]> = [
    ['ten times too high', () => 10],
    ['ten times too low', () => 0.1],
    ['ten times too high on one route', route => (route === 1 ? 10 : 1)],
    ['ten times too low on one route', route => (route === 0 ? 0.1 : 1)]
  ]
  it.each(wrong)('is little slower than without memory where that is %s', (_, factor) => {
    for (const routes of [ALIKE, UNEVEN, FAST_AND_FAR]) {
      for (const sizeBytes of [1_000_000, 3_000_000, 10_000_000]) {
        for (const isWarm of [false, true]) {
          const without = fetchOver(routes, sizeBytes, isWarm).durationMs
          const { completed, durationMs } = fetchOver(routes, sizeBytes, isWarm, memoryOf(routes, factor))
          expect(completed).toBe(true)
          // Only the first flight is too large or too small: what comes back corrects all that follows.
          expect(durationMs - without).toBeLessThan(330)
        }
      }
    }
  })
})
