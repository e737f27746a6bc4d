import { describe, expect, it } from 'vitest'
import type { Planner, PlannerInit } from '../../src/planner/planner.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { createRandom, type Random, type Scenario, simulate } from '../../src/simulation/index.ts'
import { ChaoticPolicy } from './chaotic-policy.ts'
import { randomRoutes } from './random-scenario.ts'

/** Histories for each policy: 1,000 together. */
const HISTORIES = 250
/** Histories that once failed. 295: a source that started anew counted a pattern's elements from another segment. */
const FAILED_ONCE = [295]

type CreatePolicy = (init: PlannerInit, random: Random) => Planner

/** A history that is the same for the same seed. `simulate` itself checks each segment, order and count. */
function scenarioOf(seed: number, createPolicy: CreatePolicy): Scenario {
  const random = createRandom(seed)
  const segmentBytes = Math.floor(200 * 80 ** random())
  const memoryBytes = Math.floor(segmentBytes * (2 + 200 * random()))
  return {
    sizeBytes: Math.floor(segmentBytes * 400 * random()),
    segmentBytes,
    memoryBytes,
    seed,
    routes: randomRoutes(random, { outages: true, changes: true, comebacks: true }),
    createPlanner: init => createPolicy(init, random),
    maxMs: 900_000,
    ...(random() < 0.2
      ? { sink: { rateBytesPerSecond: 100_000 + random() * 1e6, pauses: [{ fromMs: 500, toMs: 2_500 }] } }
      : {})
  }
}

describe('random histories of route deaths, comebacks, joins, pattern changes and reassignments', () => {
  it.each<[string, CreatePolicy]>([
    ['fixed', init => createPlanner('fixed', init)],
    ['proportional', init => createPlanner('proportional', init)],
    ['adaptive', init => createPlanner('adaptive', init)],
    ['chaotic', (init, random) => new ChaoticPolicy(init, random)]
  ])('%s: each segment leaves exactly once and in order', { timeout: 120_000 }, (policy, createPolicy) => {
    let comebacks = 0
    for (const seed of [...Array.from({ length: HISTORIES }, (_, i) => i + 1), ...FAILED_ONCE]) {
      try {
        const scenario = scenarioOf(seed, createPolicy)
        const { completed, states } = simulate(scenario)
        expect(completed).toBe(true)
        const opened = new Set(states.filter(({ state }) => state === 'open').map(({ route }) => route))
        if (opened.size > scenario.routes.length) comebacks++
      } catch (error) {
        throw new Error(`policy ${policy}, seed ${seed}: ${(error as Error).message}`, { cause: error })
      }
    }
    // Each route that opens again has a number of its own.
    expect(comebacks).toBeGreaterThan(HISTORIES / 10)
  })
})
