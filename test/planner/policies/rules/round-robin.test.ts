import { describe, expect, it } from 'vitest'
import { RoundRobin } from '../../../../src/planner/policies/rules/round-robin.ts'
import { chosen, subflowsOf } from './paths.ts'

describe('round-robin', () => {
  it('takes the paths in turn, whatever their round trips', () => {
    const subflows = subflowsOf({ rttMs: 10, window: 9 }, { rttMs: 50, window: 9 }, { rttMs: 100, window: 9 })
    expect(chosen(new RoundRobin(), subflows, 7)).toEqual([[0], [1], [2], [0], [1], [2], [0]])
  })

  it('passes over a path whose window is full, so that with enough to send all windows become full', () => {
    const subflows = subflowsOf({ rttMs: 10, window: 4 }, { rttMs: 50, window: 1 }, { rttMs: 100, window: 2 })
    expect(chosen(new RoundRobin(), subflows, 20)).toEqual([[0], [1], [2], [0], [2], [0], [0]])
  })

  it('goes on behind the path that had the last turn', () => {
    const rule = new RoundRobin()
    const fresh = () => subflowsOf({ rttMs: 10, window: 9 }, { rttMs: 50, window: 9 })
    expect(chosen(rule, fresh(), 1)).toEqual([[0]])
    expect(chosen(rule, fresh(), 2)).toEqual([[1], [0]])
  })
})
