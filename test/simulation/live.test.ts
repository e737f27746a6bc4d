import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../src/planner/policies/index.ts'
import {
  createRandom,
  type Scenario,
  type SimulatedRoute,
  type SimulationResult,
  simulate
} from '../../src/simulation/index.ts'
import { randomRoutes } from './random-scenario.ts'

const mbit = (rate: number) => rate * 125_000
const route = (rate: number, delayMs: number, more: Partial<SimulatedRoute> = {}): SimulatedRoute => ({
  hops: [{ rateBytesPerSecond: mbit(rate), delayMs }],
  ...more
})
const lossy = (rate: number, delayMs: number, loss: number): SimulatedRoute => ({
  hops: [{ rateBytesPerSecond: mbit(rate), delayMs, loss }]
})

/** A stream of so many seconds at 8 Mbit/s. */
function live(seconds: number, routes: SimulatedRoute[], latencyMs?: number, more: Partial<Scenario> = {}) {
  const rateBytesPerSecond = mbit(8)
  return simulate({
    sizeBytes: seconds * rateBytesPerSecond + 321,
    segmentBytes: 8 * 1024,
    createPlanner: init => createPlanner('adaptive', init),
    live: { rateBytesPerSecond, ...(latencyMs === undefined ? {} : { latencyMs }) },
    routes,
    ...more
  })
}

/** The delay in ms below which a share of the delays lies. */
function percentile(delays: SimulationResult['delays'], share: number): number {
  const sorted = delays.map(({ delayMs }) => delayMs).sort((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))]!
}

/** Frames of all lengths up to the largest, with rests of some length between them. */
function randomLengths(random: () => number, mostBytes: number): number[] {
  const lengths: number[] = []
  const count = 1 + Math.floor(400 * random())
  while (lengths.length < count) {
    const frames = 1 + Math.floor(50 * random())
    const isRest = random() < 0.3
    for (let i = 0; i < frames; i++) lengths.push(isRest ? 0 : Math.floor((mostBytes + 1) * random() ** 3))
  }
  return lengths
}

/** Histories for each policy. */
const HISTORIES = 60
const TIMED_HISTORIES = 30

describe('a live content, simulated', () => {
  it.each(['adaptive', 'fixed', 'proportional'])(
    'leaves exactly once and in order in random histories of routes and of what is made, by %s',
    policy => {
      let leftOut = 0
      for (let seed = 1; seed <= HISTORIES; seed++) {
        const random = createRandom(seed)
        const segmentBytes = Math.floor(200 * 80 ** random())
        const latencyMs = policy === 'adaptive' && random() < 0.5 ? 100 + 1_000 * random() : undefined
        const { completed, skippedBytes } = simulate({
          sizeBytes: Math.floor(segmentBytes * 400 * random()) + 1,
          segmentBytes,
          memoryBytes: Math.floor(segmentBytes * (2 + 200 * random())),
          seed,
          routes: randomRoutes(random, { outages: true, changes: true, comebacks: 3 }),
          createPlanner: init => createPlanner(policy, init),
          live: {
            rateBytesPerSecond: 20_000 * 50 ** random(),
            ...(latencyMs === undefined ? {} : { latencyMs })
          },
          maxMs: 900_000
        })
        expect(completed, `seed ${seed}`).toBe(true)
        if (latencyMs === undefined) expect(skippedBytes).toBe(0)
        else if (skippedBytes > 0) leftOut++
      }
      if (policy === 'adaptive') expect(leftOut).toBeGreaterThan(HISTORIES / 10)
    }
  )

  it.each(['adaptive', 'fixed', 'proportional'])(
    'leaves exactly once and in order where it is divided by time, by %s',
    policy => {
      let leftOut = 0
      for (let seed = 1; seed <= TIMED_HISTORIES; seed++) {
        const random = createRandom(1_000 + seed)
        const segmentBytes = Math.floor(200 * 80 ** random())
        const latencyMs = policy === 'adaptive' && random() < 0.5 ? 100 + 1_000 * random() : undefined
        const lengths = randomLengths(random, segmentBytes)
        const { completed, skippedBytes } = simulate({
          sizeBytes: lengths.reduce((sum, bytes) => sum + bytes, 0),
          segmentBytes,
          memoryBytes: Math.floor(segmentBytes * (2 + 200 * random())),
          seed,
          routes: randomRoutes(random, { outages: true, changes: true, comebacks: 3 }),
          createPlanner: init => createPlanner(policy, init),
          live: {
            rateBytesPerSecond: 0,
            frames: { frameMs: Math.floor(5 * 20 ** random()), lengths },
            ...(latencyMs === undefined ? {} : { latencyMs })
          },
          maxMs: 900_000
        })
        expect(completed, `seed ${seed}`).toBe(true)
        if (latencyMs === undefined) expect(skippedBytes).toBe(0)
        else if (skippedBytes > 0) leftOut++
      }
      if (policy === 'adaptive') expect(leftOut).toBeGreaterThan(TIMED_HISTORIES / 20)
    }
  )

  it('is there half a round trip, a head and a segment after it was made', () => {
    const { completed, delays, duplicateBytes } = live(20, [route(10, 20), route(10, 20)])
    expect(completed).toBe(true)
    // Heads are told each 15 ms, and segments take 7 ms at this rate.
    expect(percentile(delays.slice(200), 0.5)).toBeLessThan(20 + 15 + 7)
    expect(percentile(delays.slice(200), 0.999)).toBeLessThan(80)
    expect(duplicateBytes).toBe(0)
  })

  it('is not taken for late because nothing was made', () => {
    const slow = { live: { rateBytesPerSecond: mbit(0.2) }, sizeBytes: 20 * mbit(0.2) }
    const { completed, states } = live(20, [route(10, 20), route(10, 20)], undefined, slow)
    expect(completed).toBe(true)
    expect(states.filter(({ state }) => state === 'late')).toEqual([])
  })

  it('arrives in time over routes of which one goes silent and one loses packets', () => {
    const routes = [
      route(10, 20),
      route(8, 20, { outages: [{ fromMs: 10_000, toMs: 13_000 }] }),
      lossy(4, 20, 0.02)
    ]
    const { completed, delays, skippedBytes } = live(60, routes, 800)
    expect(completed).toBe(true)
    expect(skippedBytes).toBe(0)
    expect(percentile(delays, 0.999)).toBeLessThan(800)
  })

  it('goes on near its edge after an outage of all routes, and says what it has left out', () => {
    const outages = [{ fromMs: 5_000, toMs: 8_000 }]
    const { completed, delays, skippedBytes } = live(
      20,
      [route(10, 20, { outages }), route(10, 20, { outages })],
      800
    )
    expect(completed).toBe(true)
    expect(skippedBytes).toBeGreaterThan(mbit(8))
    expect(skippedBytes).toBeLessThan(3.5 * mbit(8))
    expect(percentile(delays, 1)).toBeLessThan(1_000)
  })

  it('comes in full after an outage of all routes where it is waited for', () => {
    const outages = [{ fromMs: 5_000, toMs: 8_000 }]
    const { completed, skippedBytes } = live(20, [route(10, 20, { outages }), route(10, 20, { outages })])
    expect(completed).toBe(true)
    expect(skippedBytes).toBe(0)
  })
})
