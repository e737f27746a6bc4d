import { describe, expect, it } from 'vitest'
import { MAX_ROUTES } from '../../src/pattern/pattern.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { type Interval, simulate } from '../../src/simulation/index.ts'

const RATE_BYTES_PER_SECOND = 20_000
const HOUR_MS = 3_600_000

/** A relay that breaks down for half a second, again and again, each time after it has run for `upMs`. */
function flaps(upMs: number, untilMs: number): Interval[] {
  const breakdowns: Interval[] = []
  for (let fromMs = upMs; fromMs < untilMs; fromMs += upMs + 500) {
    breakdowns.push({ fromMs, toMs: fromMs + 500 })
  }
  return breakdowns
}

describe('a long transfer over routes that open and die again and again', () => {
  // The last relays run so shortly that some routes die before the source can answer an order.
  it.each<[string, number, number[]]>([
    ['one route beside three good ones', 0.6, [11_000]],
    ['four routes', 0.2, [2_900, 3_000, 3_100, 3_300]],
    ['four routes that die within a second', 0.1, [400, 410, 430, 450]]
  ])('always finds letters, and brings each segment once: %s', { timeout: 60_000 }, (_, hours, upsMs) => {
    const routes = Array.from({ length: 4 }, (_, i) => ({
      hops: [{ rateBytesPerSecond: RATE_BYTES_PER_SECOND, delayMs: 20 }],
      ...(upsMs[i] === undefined ? {} : { breakdowns: flaps(upsMs[i], hours * HOUR_MS) })
    }))
    const { completed, failure, states } = simulate({
      sizeBytes: Math.floor(hours * 3_600 * 0.9 * RATE_BYTES_PER_SECOND * (4 - upsMs.length / 2)),
      segmentBytes: 4_096,
      memoryBytes: 400_000,
      routes,
      createPlanner: init => createPlanner('adaptive', init),
      maxMs: 10 * HOUR_MS,
      seriesStepMs: HOUR_MS
    })
    expect([completed, failure]).toEqual([true, undefined])
    expect(states.filter(({ state }) => state === 'closed').length).toBeGreaterThan(3 * MAX_ROUTES)
  })
})
