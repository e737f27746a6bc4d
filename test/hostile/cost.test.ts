import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { type SimulatedRoute, simulate } from '../../src/simulation/index.ts'

/** The most that a relay which says nothing wrong, but carries nothing, may cost a fetch. */
const MAX_COST_MS = 1_000
const TURNS_AT_MS = 2_000

const mbit = (rate: number) => rate * 125_000
/** A route over one relay whose own hop has this rate and delay, both before and after it turns. */
function route(rates: [number, number], delaysMs: [number, number], more: Partial<SimulatedRoute> = {}) {
  const step = ([before, after]: [number, number]) => [
    { fromMs: 0, value: before },
    { fromMs: TURNS_AT_MS, value: after }
  ]
  const far = { rateBytesPerSecond: mbit(1_000), delayMs: 2 }
  return { hops: [far, { rateBytesPerSecond: step(rates), delayMs: step(delaysMs) }], ...more }
}
const steady = (rate: number, delayMs: number, more: Partial<SimulatedRoute> = {}) =>
  route([mbit(rate), mbit(rate)], [delayMs, delayMs], more)

const HONEST = [steady(20, 15), steady(20, 25)]

function durationMs(routes: SimulatedRoute[], sizeBytes: number): number {
  const createPlannerOf = (init: Parameters<typeof createPlanner>[1]) => createPlanner('adaptive', init)
  return simulate({ sizeBytes, segmentBytes: 64 * 1024, createPlanner: createPlannerOf, routes }).durationMs
}

describe.each([20e6, 100e6])('a fetch of %i bytes over two honest relays of 20 Mbit/s', sizeBytes => {
  it.each([20, 100])('loses little to a third relay of %i Mbit/s that carries nothing', rate => {
    const without = durationMs(HONEST, sizeBytes)
    const cost = (liar: SimulatedRoute) => durationMs([...HONEST, liar], sizeBytes) - without
    expect(cost(steady(rate, 10, { withholdsAtMs: 0 }))).toBeLessThan(MAX_COST_MS)
    expect(cost(steady(rate, 3_000))).toBeLessThan(MAX_COST_MS)
  })

  it.each([20, 100])(
    'loses little to one of %i Mbit/s that stops carrying, against one that leaves',
    rate => {
      const left = durationMs([...HONEST, steady(rate, 10, { diesAtMs: TURNS_AT_MS })], sizeBytes)
      const cost = (liar: SimulatedRoute) => durationMs([...HONEST, liar], sizeBytes) - left
      expect(cost(steady(rate, 10, { withholdsAtMs: TURNS_AT_MS }))).toBeLessThan(MAX_COST_MS)
      expect(cost(route([mbit(rate), mbit(rate)], [10, 3_010]))).toBeLessThan(MAX_COST_MS)
      expect(cost(route([mbit(rate), 1], [10, 10]))).toBeLessThan(MAX_COST_MS)
    }
  )
})
