import { describe, expect, it } from 'vitest'
import { Redundant } from '../../../../src/planner/policies/rules/redundant.ts'
import { chosen, subflowsOf } from './paths.ts'

describe('redundant', () => {
  it('sends each packet over all paths, as long as one of them has room', () => {
    const subflows = subflowsOf({ rttMs: 10, window: 3 }, { rttMs: 100, window: 1 })
    expect(chosen(new Redundant(), subflows, 9)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1]
    ])
  })
})
