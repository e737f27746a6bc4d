import { describe, expect, it } from 'vitest'
import { PacketScheduler } from '../../../src/planner/policies/packet-scheduler.ts'
import { extentOf } from '../../../src/protocol/extent.ts'
import type { SimulatedRoute } from '../../../src/simulation/index.ts'
import {
  bytesOver,
  goodput,
  hop,
  mbit,
  PAYLOAD_SHARE,
  SEGMENT_BYTES,
  statesOf,
  type Trial,
  trial
} from './trial.ts'

const SCHEDULERS = ['round-robin', 'min-rtt', 'blest', 'ecf', 'redundant']
const MB = 1e6
const payload = (rate: number) => mbit(rate) * PAYLOAD_SHARE
const FAST: SimulatedRoute = { hops: [hop(40, 5)] }
const SLOW: SimulatedRoute = { hops: [hop(8, 50)] }

/** How often each segment came. */
function arrivalsOf({ trace }: Trial): number[] {
  const counts: number[] = []
  for (const { seq } of trace.arrivals) counts[seq] = (counts[seq] ?? 0) + 1
  return counts
}

const onceEach = (bytes: number) => Array.from({ length: Math.ceil(bytes / SEGMENT_BYTES) }, () => 1)

describe.each(SCHEDULERS)('%s', policy => {
  it('brings every segment over two unequal routes, once unless that is its rule', () => {
    const run = trial(policy, 20 * MB, [FAST, SLOW])
    expect(run.result.completed).toBe(true)
    if (policy === 'redundant') expect(arrivalsOf(run).every(count => count >= 1)).toBe(true)
    else expect(arrivalsOf(run)).toEqual(onceEach(20 * MB))
    expect(bytesOver(run, 1, { fromMs: 0, toMs: 60_000 })).toBeGreaterThan(MB)
  })

  it('goes on over the other route when one dies', () => {
    const run = trial(policy, 20 * MB, [FAST, { ...SLOW, diesAtMs: 1_500 }])
    expect(run.result.completed).toBe(true)
    expect(Object.keys(arrivalsOf(run)).length).toBe(onceEach(20 * MB).length)
  })

  it('sends what a silent route owes over others, and nothing more over it', () => {
    const outages = [{ fromMs: 1_500, toMs: Number.POSITIVE_INFINITY }]
    const run = trial(policy, 20 * MB, [FAST, { ...SLOW, outages }])
    expect(run.result.completed).toBe(true)
    expect(statesOf(run, 1)).toContain('late')
    expect(bytesOver(run, 1, { fromMs: 2_000, toMs: 60_000 })).toBe(0)
    expect(run.result.longestStallMs).toBeLessThan(1_500)
  })
})

describe.each(SCHEDULERS.filter(name => name !== 'redundant'))('%s, with much to send', policy => {
  it('uses all that two routes carry', () => {
    const run = trial(policy, 30 * MB, [FAST, SLOW])
    const steady = { fromMs: 2_000, toMs: run.result.durationMs - 1_000 }
    expect(goodput(run, steady)).toBeGreaterThan(0.93 * payload(48))
  })
})

describe('packet schedulers', () => {
  it('use a route again that was silent for a while', () => {
    const outages = [{ fromMs: 1_500, toMs: 3_000 }]
    const run = trial('min-rtt', 40 * MB, [FAST, { ...SLOW, outages }])
    expect(statesOf(run, 1).slice(0, 3)).toEqual(['open', 'late', 'open'])
    expect(bytesOver(run, 1, { fromMs: 4_500, toMs: run.result.durationMs })).toBeGreaterThan(MB)
  })

  it('differ in their rule alone: with one route they are the same', () => {
    const ends = SCHEDULERS.map(policy => trial(policy, 5 * MB, [FAST]).result.durationMs)
    expect(new Set(ends).size).toBe(1)
  })

  it('differ where memory is short beside a slow route: those that wait are not held up by it', () => {
    const routes = [{ hops: [hop(40, 5)] }, { hops: [hop(4, 100)] }]
    const run = (policy: string) => trial(policy, 30 * MB, routes, { memoryBytes: 2 ** 20 }).result
    const [inTurn, minRtt, blest, ecf] = ['round-robin', 'min-rtt', 'blest', 'ecf'].map(run)
    expect(minRtt!.durationMs).toBeLessThan(0.8 * inTurn!.durationMs)
    for (const waiting of [blest!, ecf!]) {
      expect(waiting.durationMs).toBeLessThan(0.85 * minRtt!.durationMs)
      expect(waiting.longestStallMs).toBeLessThan(0.5 * minRtt!.longestStallMs)
    }
  })

  it('give out no more than there is room for, whatever the rule says', () => {
    const extent = extentOf({ segmentBytes: 1_000, sizeBytes: 1e6 })
    const policy = new PacketScheduler('greedy', { extent, memoryBytes: 1e6 }, { next: () => [0] })
    policy.handle({ type: 'routeAdded', holder: 'source', route: 0 }, 0)
    expect(policy.plan(0).horizon).toBe(0)
    policy.handle({ type: 'routeOpened', route: 0, rttMs: 10 }, 10)
    const { horizon } = policy.plan(10)
    expect(horizon).toBeGreaterThan(0)
    expect(horizon).toBeLessThan(200)
  })
})
