import { describe, expect, it } from 'vitest'
import type { RecordedDecision } from '../../../src/planner/record/recording.ts'
import { PolicyTally } from '../../../src/planner/record/replay-summary.ts'

const nothing: RecordedDecision = {
  patterns: [],
  reassignments: [],
  credits: [],
  horizon: 0,
  states: [],
  probes: []
}
const weighing = (...weights: number[]) =>
  new Map(weights.map((weight, route) => [route, { weight, rateBytesPerSecond: weight * 100 }]))

describe('PolicyTally', () => {
  it('counts patterns, reassignments, the segments in them and setbacks', () => {
    const tally = new PolicyTally('p')
    const move = { id: 1, fromRoute: 0, toRoute: 1, copy: false, ranges: [{ from: 4, to: 7 }] }
    tally.add(
      {
        ...nothing,
        patterns: [{ version: 1, from: 0, pattern: 'AB' }],
        reassignments: [move, { ...move, id: 2, copy: true }],
        states: [
          { route: 0, state: 'late', reason: '' },
          { route: 0, state: 'open', reason: '' },
          { route: 1, state: 'parked', reason: '' }
        ]
      },
      weighing(),
      0
    )
    expect(tally.summary()).toMatchObject({
      policy: 'p',
      patterns: 1,
      reassignments: 2,
      movedSegments: 3,
      copiedSegments: 3,
      setbacks: 2
    })
  })

  it('averages weights and rates over each slice', () => {
    const tally = new PolicyTally('p')
    for (const atMs of [0, 20, 40]) tally.add(nothing, weighing(0.8, 0.2), atMs)
    tally.add(nothing, weighing(0.4, 0.6), 60)
    tally.add(nothing, weighing(0.1, 0.9), 130)
    const { slices } = tally.summary()
    expect(slices).toHaveLength(2)
    expect(slices[0]).toMatchObject({ fromMs: 0, toMs: 100 })
    expect(slices[0]!.weights[0]).toBeCloseTo(0.7)
    expect(slices[0]!.ratesBytesPerSecond[1]).toBeCloseTo(30)
    expect(slices[1]).toMatchObject({ fromMs: 100, toMs: 130, weights: { 0: 0.1, 1: 0.9 } })
  })

  it('keeps few slices of a long transfer, without losing any of it', () => {
    const tally = new PolicyTally('p')
    for (let atMs = 0; atMs <= 600_000; atMs += 1_000) tally.add(nothing, weighing(0.25, 0.75), atMs)
    const { slices } = tally.summary()
    expect(slices.length).toBeGreaterThan(10)
    expect(slices.length).toBeLessThanOrEqual(24)
    expect(slices[0]!.fromMs).toBe(0)
    expect(slices.at(-1)!.toMs).toBe(600_000)
    for (const { weights } of slices) expect(weights[1]).toBeCloseTo(0.75)
  })

  it('leaves out slices in which nothing was planned', () => {
    const tally = new PolicyTally('p')
    tally.add(nothing, weighing(1), 0)
    tally.add(nothing, weighing(1), 1_000)
    expect(tally.summary().slices.map(({ fromMs }) => fromMs)).toEqual([0, 1_000])
  })
})
