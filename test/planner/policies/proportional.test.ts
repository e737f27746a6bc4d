import { describe, expect, it } from 'vitest'
import type { Pattern } from '../../../src/pattern/pattern.ts'
import type { Decision } from '../../../src/planner/planner.ts'
import { ProportionalPolicy } from '../../../src/planner/policies/proportional.ts'
import { extentOf } from '../../../src/protocol/extent.ts'
import { hop, trial } from './trial.ts'

const SEGMENT_BYTES = 1_000
const SEGMENTS = 100_000
const INIT = {
  extent: extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: SEGMENTS * SEGMENT_BYTES }),
  // No cut-over lies before the horizon here, as windows are larger than this.
  memoryBytes: 80 * SEGMENT_BYTES
}

/** The policy with routes A and B open at time 0 and its first pattern, `AB`, given. */
function running(): ProportionalPolicy {
  const policy = new ProportionalPolicy(INIT)
  for (const route of [0, 1]) policy.handle({ type: 'routeAdded', holder: 'source', route }, 0)
  for (const route of [0, 1]) policy.handle({ type: 'routeOpened', route, rttMs: 10 }, 0)
  expect(patternsOf(policy.plan(0))).toEqual(['AB from 0'])
  return policy
}

/** Segments `from` up to `to` arrive, each on the route that `routeOf` names. */
function deliver(
  policy: ProportionalPolicy,
  from: number,
  to: number,
  atMs: number,
  routeOf: (seq: number) => number
) {
  for (let seq = from; seq < to; seq++) {
    policy.plan(atMs)
    policy.handle({ type: 'arrived', route: routeOf(seq), seq, bytes: SEGMENT_BYTES, sentAtMs: atMs }, atMs)
    policy.handle({ type: 'consumed', seq: seq + 1 }, atMs)
  }
}

const patternsOf = ({ patterns }: Decision) => patterns.map(({ from, pattern }) => `${pattern} from ${from}`)
const count = (pattern: Pattern, route: number) => pattern.offsetsOf(route).length
const threeToOne = (seq: number) => (seq % 4 === 3 ? 1 : 0)

describe('proportional', () => {
  it('makes the shares of bytes received the weights of the next pattern (FIG. 9)', () => {
    const policy = running()
    deliver(policy, 0, 400, 500, threeToOne)
    const [planned] = policy.plan(1_000).patterns
    expect([count(planned!.pattern, 0), count(planned!.pattern, 1)]).toEqual([75, 25])
  })

  it('predicts the cut-over from rates, shares and the last numbers, in whole patterns (FIG. 8)', () => {
    const policy = running()
    deliver(policy, 0, 400, 500, threeToOne)
    // A: 300 a second for 0.25 s by a share of 0.75, from 398: 498; B: 100 by 0.25, from 399: 499. Rounded up: 500.
    expect(policy.plan(1_000).patterns[0]!.from).toBe(500)
  })

  it('puts the cut-over where no cursor can be, if that is later than predicted', () => {
    const policy = new ProportionalPolicy({ ...INIT, memoryBytes: 200 * SEGMENT_BYTES })
    for (const route of [0, 1]) policy.handle({ type: 'routeAdded', holder: 'source', route }, 0)
    for (const route of [0, 1]) policy.handle({ type: 'routeOpened', route, rttMs: 10 }, 0)
    policy.plan(0)
    deliver(policy, 0, 400, 500, threeToOne)
    expect(policy.plan(1_000).patterns[0]!.from).toBe(600)
  })

  it('changes nothing before the interval has passed', () => {
    const policy = running()
    deliver(policy, 0, 400, 500, threeToOne)
    expect(policy.plan(980).patterns).toEqual([])
    expect(policy.plan(1_000).patterns).toHaveLength(1)
  })

  it('changes nothing before the pattern in force has been executed once', () => {
    const policy = running()
    deliver(policy, 0, 400, 500, threeToOne)
    expect(policy.plan(1_000).patterns[0]!.from).toBe(500)
    // It ends at 600. The interval has passed long since.
    deliver(policy, 400, 599, 1_500, threeToOne)
    expect(policy.plan(2_500).patterns).toEqual([])
    deliver(policy, 599, 600, 2_550, threeToOne)
    expect(policy.plan(2_560).patterns).toHaveLength(1)
  })

  it('changes no weights in an interval in which a connection has ended', () => {
    const policy = running()
    deliver(policy, 0, 400, 500, threeToOne)
    policy.handle({ type: 'routeClosed', route: 1, reason: 'the relay broke down' }, 700)
    // Only the closed route is replaced, at once (FIG. 10B).
    expect(patternsOf(policy.plan(720))).toEqual(['AA from 479'])
    expect(policy.plan(1_000).patterns).toEqual([])
    deliver(policy, 400, 800, 1_200, () => 0)
    expect(policy.plan(1_980).patterns).toEqual([])
    expect(policy.plan(2_000).patterns.map(({ pattern }) => count(pattern, 0))).toEqual([100])
  })

  it('does not take what a route brought for what another has brought that has its letter since', () => {
    const policy = running()
    deliver(policy, 0, 400, 500, threeToOne)
    policy.handle({ type: 'routeClosed', route: 1, reason: 'the relay broke down' }, 700)
    expect(patternsOf(policy.plan(720))).toEqual(['AA from 479'])
    policy.handle({ type: 'routeAdded', holder: 'source', route: 1 }, 800)
    policy.handle({ type: 'routeOpened', route: 1, rttMs: 10 }, 900)
    expect(policy.plan(1_000).patterns).toEqual([])
  })

  it('gives a route that has joined an equal share (FIG. 10B)', () => {
    const policy = running()
    policy.handle({ type: 'routeAdded', holder: 'source', route: 2 }, 100)
    policy.handle({ type: 'routeOpened', route: 2, rttMs: 10 }, 200)
    deliver(policy, 0, 400, 500, seq => seq % 2)
    const [planned] = policy.plan(1_000).patterns
    for (const route of [0, 1, 2]) expect(count(planned!.pattern, route)).toBe(33)
  })

  it('changes nothing when nothing has arrived', () => {
    const policy = running()
    expect(policy.plan(1_000).patterns).toEqual([])
    expect(policy.plan(5_000).patterns).toEqual([])
  })

  it('carries by the share of each route once it has learnt it', () => {
    const run = trial('proportional', 40e6, [{ hops: [hop(30, 10)] }, { hops: [hop(10, 10)] }], {
      memoryBytes: 512 * 1024 * 1024
    })
    expect(run.result.completed).toBe(true)
    const [thick, thin] = run.result.routes
    expect(thick!.bytes / thin!.bytes).toBeGreaterThan(1.2)
  })

  it('never leaves a hole, whatever its predictions', () => {
    const routes = [{ hops: [hop(40, 5)] }, { hops: [hop(40, 60)] }]
    const { patterns, completed } = trial('proportional', 30e6, routes).result
    expect(completed).toBe(true)
    expect(patterns.length).toBeGreaterThan(1)
    for (const { predicted, actual } of patterns) expect(actual).toBe(predicted)
  })
})
