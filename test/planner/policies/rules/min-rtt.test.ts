import { describe, expect, it } from 'vitest'
import { MinRtt } from '../../../../src/planner/policies/rules/min-rtt.ts'
import { chosen, completionMs, subflowsOf } from './paths.ts'

describe('min-rtt', () => {
  it('fills the window of the path with the least round trip, and only then that of the next one', () => {
    const subflows = subflowsOf({ rttMs: 10, window: 3 }, { rttMs: 100, window: 2 })
    expect(chosen(new MinRtt(), subflows, 10)).toEqual([[0], [0], [0], [1], [1]])
  })

  it('goes on with the least round trip as soon as its window has room', () => {
    const subflows = subflowsOf({ rttMs: 10, window: 3, underWay: 2 }, { rttMs: 100, window: 5 })
    expect(chosen(new MinRtt(), subflows, 3)).toEqual([[0], [1], [1]])
  })

  it('has the last packets wait for a slow path', () => {
    expect(
      completionMs(new MinRtt(), 4, [
        { rttMs: 10, window: 2 },
        { rttMs: 100, window: 2 }
      ])
    ).toBe(100)
  })
})
