import { describe, expect, it } from 'vitest'
import { Pattern } from '../../../src/pattern/pattern.ts'
import type { Decision } from '../../../src/planner/planner.ts'
import { FixedPolicy } from '../../../src/planner/policies/fixed.ts'
import { extentOf } from '../../../src/protocol/extent.ts'
import { hop, trial } from './trial.ts'

const INIT = { extent: extentOf({ segmentBytes: 1_000, sizeBytes: 100_000 }), memoryBytes: 30_000 }

function policyOf(routes: number, pattern?: string): FixedPolicy {
  const policy = new FixedPolicy(INIT, pattern === undefined ? undefined : Pattern.parse(pattern))
  for (let route = 0; route < routes; route++)
    policy.handle({ type: 'routeAdded', holder: 'source', route }, 0)
  return policy
}

function open(policy: FixedPolicy, routes: number): void {
  for (let route = 0; route < routes; route++) policy.handle({ type: 'routeOpened', route, rttMs: 10 }, 10)
}

const patternsOf = ({ patterns }: Decision) => patterns.map(({ from, pattern }) => `${pattern} from ${from}`)

describe('fixed', () => {
  it('takes all routes in turn when no pattern is given', () => {
    expect(patternsOf(policyOf(3).plan(0))).toEqual(['ABC from 0'])
  })

  it('keeps the given pattern to the end', () => {
    const policy = policyOf(2, 'AAAB')
    expect(patternsOf(policy.plan(0))).toEqual(['AAAB from 0'])
    open(policy, 2)
    for (let seq = 0; seq < 100; seq++) {
      const route = seq % 4 === 3 ? 1 : 0
      policy.handle({ type: 'arrived', route, seq, bytes: 1_000, sentAtMs: seq }, seq + 20)
      policy.handle({ type: 'consumed', seq: seq + 1 }, seq + 20)
      expect(patternsOf(policy.plan(seq + 20))).toEqual([])
    }
  })

  it('keeps a group of routes, for redundancy', () => {
    expect(patternsOf(policyOf(2, 'A[AB]').plan(0))).toEqual(['A[AB] from 0'])
  })

  it('grants what the memory holds, and more as the output takes it', () => {
    const policy = policyOf(1)
    expect(policy.plan(0).horizon).toBe(30)
    open(policy, 1)
    for (let seq = 0; seq < 10; seq++) {
      policy.handle({ type: 'arrived', route: 0, seq, bytes: 1_000, sentAtMs: 0 }, 30)
    }
    expect(policy.plan(30).horizon).toBe(30)
    policy.handle({ type: 'consumed', seq: 10 }, 40)
    expect(policy.plan(40).horizon).toBe(40)
  })

  it('gives the elements and the segments of a route that has closed to the others, in turn (FIG. 10B)', () => {
    const policy = policyOf(3, 'ABCB')
    policy.plan(0)
    open(policy, 3)
    policy.plan(10)
    policy.handle({ type: 'routeClosed', route: 1, reason: 'the relay broke down' }, 20)
    const { patterns, reassignments } = policy.plan(20)
    expect(patternsOf({ patterns } as Decision)).toEqual(['AACC from 30'])
    const moved = reassignments.flatMap(({ toRoute, ranges }) => ranges.map(range => [toRoute, range.from]))
    // B owed 1, 3, 5, ...: every other one goes to A, the rest to C.
    expect(moved.slice(0, 3)).toEqual([
      [0, 1],
      [0, 5],
      [0, 9]
    ])
    expect(moved.filter(([route]) => route === 2).length).toBe(moved.length - 8)
    expect(moved.length).toBe(15)
  })

  it('names a closed route in no later pattern', () => {
    const policy = policyOf(2, 'AB')
    policy.handle({ type: 'routeClosed', route: 0, reason: 'refused' }, 0)
    expect(patternsOf(policy.plan(0))).toEqual(['BB from 0'])
  })

  it('makes no pattern for each route that is tried while none is open, but one for that which opens', () => {
    const policy = policyOf(1)
    policy.plan(0)
    for (let route = 0; route < 5; route++) {
      policy.handle({ type: 'routeClosed', route, reason: 'refused' }, 10)
      policy.handle({ type: 'routeAdded', holder: 'source', route: route + 1 }, 20)
      expect(patternsOf(policy.plan(20))).toEqual([])
    }
    policy.handle({ type: 'routeOpened', route: 5, rttMs: 10 }, 30)
    expect(patternsOf(policy.plan(30))).toEqual(['F from 30'])
  })

  it('counts what a source drops that another route owed under the letter', () => {
    const policy = policyOf(2, 'AB')
    policy.plan(0)
    open(policy, 2)
    policy.handle({ type: 'patternApplied', route: 0, version: 1, from: 0 }, 20)
    policy.handle({ type: 'routeClosed', route: 1, reason: 'the relay broke down' }, 30)
    policy.plan(30)
    policy.handle({ type: 'patternApplied', route: 0, version: 2, from: 0 }, 40)
    policy.handle({ type: 'routeAdded', holder: 'source', route: 1 }, 50)
    policy.handle({ type: 'routeOpened', route: 1, rttMs: 10 }, 60)
    const limit = () => policy.plan(70).credits.find(({ route }) => route === 1)!.limitBytes
    const before = limit()
    policy.handle({ type: 'dropped', route: 1, bytes: 3_000, ranges: [] }, 80)
    expect(limit()).toBe(before + 3_000)
  })

  it('drops orders between two routes that have closed, so that they do not name their letters for ever', () => {
    const policy = policyOf(1)
    policy.plan(0)
    for (let route = 0; route < 5; route++) {
      policy.handle({ type: 'routeOpened', route, rttMs: 10 }, 10)
      policy.plan(10)
      policy.handle({ type: 'routeClosed', route, reason: 'the relay broke down' }, 15)
      policy.handle({ type: 'routeAdded', holder: 'source', route: route + 1 }, 20)
    }
    expect([...policy.orders.unanswered.values()]).toEqual([])
  })

  it('orders an orphan once, also when a pattern has given it to a route that had closed', () => {
    const policy = policyOf(2, 'AB')
    policy.plan(0)
    open(policy, 2)
    policy.handle({ type: 'routeClosed', route: 0, reason: 'the relay broke down' }, 20)
    policy.plan(20)
    policy.handle({ type: 'routeClosed', route: 1, reason: 'the relay broke down' }, 30)
    policy.handle({ type: 'patternApplied', route: 0, version: 2, from: 0 }, 40)
    policy.handle({ type: 'routeAdded', holder: 'source', route: 2 }, 50)
    policy.handle({ type: 'routeOpened', route: 2, rttMs: 10 }, 60)
    expect(policy.plan(60).reassignments.map(({ ranges }) => ranges)).toEqual([[{ from: 0, to: 30 }]])
  })

  it('decides nothing while there is no route', () => {
    expect(policyOf(0).plan(0)).toMatchObject({ patterns: [], credits: [], horizon: 0 })
  })

  it('carries a content over routes that die', () => {
    const { result } = trial('fixed', 5e6, [
      { hops: [hop(20, 10)] },
      { hops: [hop(20, 20)], diesAtMs: 1_000 }
    ])
    expect(result.completed).toBe(true)
    expect(result.patterns.map(({ pattern }) => pattern)).toEqual(['AB', 'AA'])
  })

  it('gives away however many segments a route turns out not to bring', () => {
    const segments = 150_000
    const extent = extentOf({ segmentBytes: 1, sizeBytes: segments })
    const policy = new FixedPolicy({ extent, memoryBytes: segments }, Pattern.parse('A'))
    for (const route of [0, 1]) policy.handle({ type: 'routeAdded', holder: 'source', route }, 0)
    policy.plan(0)
    open(policy, 2)
    const ranges = [{ from: 0, to: segments }]
    policy.handle({ type: 'dropped', route: 0, bytes: segments, ranges }, 20)
    const given = policy.plan(20).reassignments.flatMap(reassignment => reassignment.ranges)
    expect(given.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(segments)
  })
})
