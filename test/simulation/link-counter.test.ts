import { describe, expect, it } from 'vitest'
import { LinkCounter } from '../../src/simulation/link-counter.ts'

const passage = { route: 0, hop: 1, direction: 'down' as const }

describe('LinkCounter', () => {
  it('spreads bytes evenly over the steps in which they came', () => {
    const counter = new LinkCounter(100)
    counter.passed({ ...passage, fromMs: 50, toMs: 250, wireBytes: 400 })
    counter.passed({ ...passage, fromMs: 210, toMs: 210, wireBytes: 7 })
    expect(counter.course(0, 1, 'down', 4)).toEqual([0, 100, 300, 407, 407])
  })

  it('keeps hops and directions apart', () => {
    const counter = new LinkCounter(100)
    counter.passed({ ...passage, fromMs: 0, toMs: 50, wireBytes: 10 })
    expect(counter.course(0, 1, 'up', 1)).toEqual([0, 0])
    expect(counter.course(0, 0, 'down', 1)).toEqual([0, 0])
  })
})
