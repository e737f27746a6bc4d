import { describe, expect, it } from 'vitest'
import { lossesOf, NO_TRANSFER, together } from '../../src/client/fetch-totals.ts'

describe('the totals of a fetch', () => {
  it('of several transfers are sums, by letter, and the longest stall of all', () => {
    const route = { bytes: 10, segments: 1, repairs: 0, relays: ['r1'], source: 'S' }
    const one = {
      ...NO_TRANSFER,
      longestStallMs: 7,
      duplicateBytes: 1,
      wireBytes: 20,
      routes: { A: route },
      sharedBottlenecks: [['A', 'B']]
    }
    const other = {
      ...one,
      longestStallMs: 3,
      routes: { A: { ...route, relays: ['r3'] }, B: { ...route, relays: ['r2'] } }
    }
    expect(together(together(NO_TRANSFER, one), other)).toEqual({
      ...NO_TRANSFER,
      longestStallMs: 7,
      duplicateBytes: 2,
      wireBytes: 40,
      routes: {
        A: { bytes: 20, segments: 2, repairs: 0, relays: ['r3'], source: 'S' },
        B: { bytes: 10, segments: 1, repairs: 0, relays: ['r2'], source: 'S' }
      },
      sharedBottlenecks: [['A', 'B']]
    })
  })

  it('have losses as shares of the whole time, the largest first', () => {
    const losses = [
      { cause: 'startUp', seconds: 1, share: 0.5, text: 'a' },
      { cause: 'output', seconds: 2, share: 1, text: 'b' }
    ] as const
    expect(lossesOf(losses, 4)).toMatchObject([
      { text: 'b', share: 0.5 },
      { text: 'a', share: 0.25 }
    ])
  })
})
