import { describe, expect, it } from 'vitest'
import { EarliestCompletionFirst } from '../../../../src/planner/policies/rules/ecf.ts'
import { completionMs, type Path, pendingOf, subflowsOf } from './paths.ts'

const FAST: Path = { rttMs: 10, window: 10, underWay: 10 }

describe('ecf', () => {
  it('has four packets there in two fast round trips of 10 ms, and not in a slow one of 100 ms', () => {
    const paths = [
      { rttMs: 10, window: 2 },
      { rttMs: 100, window: 2 }
    ]
    expect(completionMs(new EarliestCompletionFirst(), 4, paths)).toBe(20)
  })

  it('uses a slow path beside a fast one that is full while there is much to send, and no longer near the end', () => {
    const rule = new EarliestCompletionFirst()
    const subflows = subflowsOf(FAST, { rttMs: 100, window: 10 })
    // (1 + 90 / 10) x 10 ms = 100 ms = RTT of the slow path.
    expect(rule.next(subflows, pendingOf(90))).toEqual([1])
    expect(rule.next(subflows, pendingOf(89))).toEqual([])
  })

  it('never waits for a path that has room', () => {
    const subflows = subflowsOf({ ...FAST, underWay: 9 }, { rttMs: 100, window: 10 })
    expect(new EarliestCompletionFirst().next(subflows, pendingOf(1))).toEqual([0])
  })

  it('goes on waiting until the slower path is better by a quarter', () => {
    const slow = (rttMs: number) => subflowsOf(FAST, { rttMs, window: 10 })
    // Waiting takes (1 + 15 / 10) x 10 ms = 25 ms.
    const rule = new EarliestCompletionFirst()
    expect(rule.next(slow(22), pendingOf(15))).toEqual([1])
    expect(rule.next(slow(26), pendingOf(15))).toEqual([])
    expect(rule.next(slow(22), pendingOf(15))).toEqual([])
    expect(rule.next(slow(20), pendingOf(15))).toEqual([1])
    expect(rule.next(slow(22), pendingOf(15))).toEqual([1])
  })

  it('allows for the deviation of the round trips, by the larger one', () => {
    const slow = { rttMs: 22, window: 10 }
    const steady = subflowsOf(FAST, slow)
    const unsteady = subflowsOf({ ...FAST, deviationMs: 4 }, { ...slow, deviationMs: 2 })
    expect(new EarliestCompletionFirst().next(steady, pendingOf(15))).toEqual([1])
    expect(new EarliestCompletionFirst().next(unsteady, pendingOf(15))).toEqual([])
  })

  it('uses the slower path all the same where that is done before the fast one would be', () => {
    // Waiting takes 20 ms, which is less than 18 + 5 ms; the slow path needs 18 ms, less than 2 x 10 + 5 ms.
    const subflows = subflowsOf(FAST, { rttMs: 18, window: 10, deviationMs: 5 })
    expect(new EarliestCompletionFirst().next(subflows, pendingOf(4))).toEqual([1])
  })
})
