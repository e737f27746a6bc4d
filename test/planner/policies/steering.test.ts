import { describe, expect, it } from 'vitest'
import type { PlannerEvent } from '../../../src/planner/planner.ts'
import type { SimulatedRoute } from '../../../src/simulation/index.ts'
import {
  bytesOver,
  goodput,
  hop,
  mbit,
  PAYLOAD_SHARE,
  type Script,
  Steered,
  statesOf,
  type Trial,
  trial
} from './trial.ts'

const MB = 1e6
const payload = (rate: number) => mbit(rate) * PAYLOAD_SHARE
const route = (rate: number, delayMs: number, more: Partial<SimulatedRoute> = {}): SimulatedRoute => ({
  hops: [hop(rate, delayMs)],
  ...more
})

function steered(
  policy: string,
  sizeBytes: number,
  routes: SimulatedRoute[],
  script: Script,
  more: Parameters<typeof trial>[3] = {}
): Trial {
  return trial(policy, sizeBytes, routes, { wrap: planner => new Steered(planner, script), ...more })
}

/** The share of a route in what came in the interval. */
function shareOf(run: Trial, of: number, fromMs: number, toMs: number): number {
  const all = run.result.routes.map(({ route }) => bytesOver(run, route, { fromMs, toMs }))
  return bytesOver(run, of, { fromMs, toMs }) / all.reduce((sum, bytes) => sum + bytes, 0)
}

const pinned = (pattern?: string): PlannerEvent => ({ type: 'pinned', ...(pattern ? { pattern } : {}) })
const aside = (route: number, isAside: boolean): PlannerEvent => ({ type: 'aside', route, isAside })
const paused = (isPaused: boolean): PlannerEvent => ({ type: 'paused', isPaused })

describe.each(['adaptive', 'fixed', 'proportional', 'min-rtt'])('a pinned pattern under %s', policy => {
  it('is kept from then on, whatever the routes could carry', () => {
    const run = steered(policy, 20 * MB, [route(20, 10), route(20, 10)], [[1_000, pinned('AAAB')]], {
      memoryBytes: 2 * MB
    })
    expect(run.result.completed).toBe(true)
    expect(shareOf(run, 0, 3_000, run.result.durationMs - 500)).toBeCloseTo(0.75, 1)
  })

  it('leaves the share of a route that dies to the others, and gives it back', () => {
    const routes = [
      route(20, 10),
      route(20, 10, { breakdowns: [{ fromMs: 3_000, toMs: 4_000 }] }),
      route(20, 10)
    ]
    const run = steered(policy, 40 * MB, routes, [[1_000, pinned('AAB')]], { memoryBytes: 2 * MB })
    expect(run.result.completed).toBe(true)
    expect(shareOf(run, 2, 2_000, 2_900)).toBeLessThan(0.05)
    const end = run.result.patterns.at(-1)!.pattern
    expect(end).toBe('AAB')
    expect(run.result.patterns.some(({ pattern }) => pattern === 'AAA' || pattern === 'AAC')).toBe(true)
  })
})

describe('adaptive, steered', () => {
  it('goes back to what the routes can carry when the pattern is unpinned', () => {
    const run = steered(
      'adaptive',
      30 * MB,
      [route(30, 10), route(10, 10)],
      [
        [1_000, pinned('AB')],
        [4_000, pinned()]
      ],
      { memoryBytes: MB }
    )
    expect(shareOf(run, 0, 2_000, 4_000)).toBeCloseTo(0.5, 1)
    const steady = { fromMs: 5_500, toMs: run.result.durationMs - 500 }
    expect(goodput(run, steady)).toBeGreaterThan(0.95 * payload(40))
  })

  it('pins under a synchronous cut-over', () => {
    const run = steered('adaptive', 20 * MB, [route(20, 10), route(20, 10)], [[1_000, pinned('AAAB')]], {
      cutover: 'sync',
      memoryBytes: MB
    })
    expect(shareOf(run, 0, 2_000, run.result.durationMs - 500)).toBeCloseTo(0.75, 1)
  })
})

describe.each(['adaptive', 'fixed', 'proportional', 'min-rtt'])(
  'a route that is set aside under %s',
  policy => {
    it('carries nothing soon after, nothing twice, and again once it is put back', () => {
      const run = steered(
        policy,
        40 * MB,
        [route(20, 10), route(20, 10)],
        [
          [2_000, aside(1, true)],
          [5_000, aside(1, false)]
        ],
        { memoryBytes: MB }
      )
      expect(run.result.completed).toBe(true)
      expect(statesOf(run, 1)).toEqual(['open', 'parked', 'open'])
      expect(bytesOver(run, 1, { fromMs: 3_000, toMs: 5_000 })).toBe(0)
      expect(goodput(run, { fromMs: 3_000, toMs: 5_000 })).toBeGreaterThan(0.9 * payload(20))
      expect(shareOf(run, 1, 6_500, run.result.durationMs - 500)).toBeGreaterThan(0.3)
      expect(run.result.duplicateBytes).toBeLessThan(200_000)
    })

    it('stays so when it comes back after it has died', () => {
      const routes = [route(20, 10), route(20, 10, { breakdowns: [{ fromMs: 3_000, toMs: 3_500 }] })]
      const run = steered(policy, 20 * MB, routes, [[2_000, aside(1, true)]])
      expect(run.result.completed).toBe(true)
      expect(bytesOver(run, 1, { fromMs: 4_500, toMs: Number.POSITIVE_INFINITY })).toBe(0)
    })
  }
)

describe.each(['adaptive', 'fixed', 'proportional', 'min-rtt'])('a pause under %s', policy => {
  it('orders nothing more, lets come what is under way, and goes on', () => {
    const run = steered(
      policy,
      10 * MB,
      [route(20, 10), route(20, 10)],
      [
        [1_000, paused(true)],
        [4_000, paused(false)]
      ],
      { memoryBytes: MB }
    )
    expect(run.result.completed).toBe(true)
    expect(goodput(run, { fromMs: 2_000, toMs: 4_000 })).toBe(0)
    expect(goodput(run, { fromMs: 4_500, toMs: run.result.durationMs - 200 })).toBeGreaterThan(
      0.85 * payload(40)
    )
    expect(statesOf(run, 0)).toEqual(['open'])
  })
})

describe('a rate that is changed by hand', () => {
  it('holds until another one does, or none', () => {
    const run = steered(
      'adaptive',
      20 * MB,
      [route(40, 10)],
      [
        [1_000, { type: 'limited', rateBytesPerSecond: MB }],
        [3_000, { type: 'limited', rateBytesPerSecond: 2 * MB }],
        [5_000, { type: 'limited' }]
      ]
    )
    expect(goodput(run, { fromMs: 1_500, toMs: 3_000 }) / MB).toBeCloseTo(1, 1)
    expect(goodput(run, { fromMs: 3_500, toMs: 5_000 }) / MB).toBeCloseTo(2, 1)
    expect(goodput(run, { fromMs: 5_500, toMs: run.result.durationMs - 200 })).toBeGreaterThan(
      0.9 * payload(40)
    )
  })
})
