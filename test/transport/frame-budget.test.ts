import { describe, expect, it } from 'vitest'
import { Budget } from '../../src/transport/budget.ts'
import { FrameAbuseError, FrameBudget, type FrameHeader } from '../../src/transport/frame-budget.ts'
import { FRAME_LIMITS } from '../../src/transport/limits.ts'

const DATA: FrameHeader = { type: 0, flag: 0, streamID: 1, length: 100 }
const UPDATE: FrameHeader = { type: 1, flag: 0, streamID: 1, length: 100 }
const OPEN: FrameHeader = { ...UPDATE, flag: 1 }

/** How many of these frames are taken at once. */
function taken(budget: FrameBudget, header: FrameHeader, nowMs = 0): number {
  for (let count = 0; ; count++) {
    try {
      budget.take(header, nowMs)
    } catch (error) {
      expect(error).toBeInstanceOf(FrameAbuseError)
      return count
    }
  }
}

describe('Budget', () => {
  it('comes back with time, and no further than to what may be used at once', () => {
    const budget = new Budget({ most: 10, perSecond: 2 })
    expect(budget.use(10, 0)).toBe(0)
    expect(budget.isWhole(1_000)).toBe(false)
    expect(budget.use(4, 1_000)).toBe(-2)
    expect(budget.debtMs()).toBe(1_000)
    expect(budget.use(0, 100_000)).toBe(10)
    expect(budget.debtMs()).toBe(0)
  })

  it('keeps what was earned on top', () => {
    const budget = new Budget({ most: 1, perSecond: 1 })
    budget.earn(5)
    expect(budget.use(1, 100_000)).toBe(5)
  })
})

describe('the frames of a connection', () => {
  it('may carry any amount of data', () => {
    const budget = new FrameBudget()
    for (let count = 0; count < 100_000; count++) budget.take(DATA, 0)
  })

  it.each([
    ['pings', { type: 2, flag: 1, streamID: 0, length: 7 }],
    ['window updates', UPDATE],
    ['ends of streams', { ...UPDATE, flag: 4, length: 0 }],
    ['data without any', { ...DATA, length: 0 }]
  ])('may be so many %s', (_, header) => {
    const budget = new FrameBudget()
    expect(taken(budget, header)).toBe(FRAME_LIMITS.idleFrames.most)
    expect(taken(budget, header, 1_000)).toBe(FRAME_LIMITS.idleFrames.perSecond - 1)
  })

  it('may be as many window updates more as data was sent', () => {
    const budget = new FrameBudget()
    for (let count = 0; count < 5_000; count++) budget.sent()
    expect(taken(budget, UPDATE)).toBe(FRAME_LIMITS.idleFrames.most + 5_000)
  })

  it('may open so many streams, each of which may end and be reset', () => {
    const budget = new FrameBudget()
    expect(taken(budget, OPEN)).toBe(FRAME_LIMITS.opens.most)
    const ends = FRAME_LIMITS.opens.most * FRAME_LIMITS.idleFramesPerStream
    expect(taken(budget, UPDATE)).toBe(FRAME_LIMITS.idleFrames.most + ends)
    expect(taken(budget, OPEN, 1_000)).toBe(FRAME_LIMITS.opens.perSecond - 1)
  })

  it('have the flags that are known', () => {
    expect(taken(new FrameBudget(), { ...DATA, flag: 16 })).toBe(0)
  })
})
