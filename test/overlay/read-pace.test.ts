import { describe, expect, it } from 'vitest'
import { ReadPace } from '../../src/overlay/read-pace.ts'

/** The pause after a second of reads at a rate, where each pause gathers what comes in it. */
function settledPauseMs(bytesPerMs: number): number {
  const pace = new ReadPace()
  let pauseMs = 2
  for (let nowMs = 0; nowMs < 1_000; nowMs += pauseMs) {
    pauseMs = Math.max(1, pace.pauseMs(pauseMs * bytesPerMs, nowMs))
  }
  return pauseMs
}

describe('the pause after a read', () => {
  it('is short for the first and for what comes now and then', () => {
    const pace = new ReadPace()
    expect(pace.pauseMs(200, 0)).toBe(2)
    for (let nowMs = 20; nowMs < 1_000; nowMs += 20) expect(pace.pauseMs(200, nowMs)).toBe(2)
  })

  it('gathers half a segment at the rate of late', () => {
    expect(settledPauseMs(3_750)).toBeCloseTo((16 * 1024) / 3_750, 0)
  })

  it('is bounded where that takes long, and short where it would gather next to nothing', () => {
    expect(settledPauseMs(1_250)).toBe(8)
    expect(settledPauseMs(100)).toBe(2)
  })

  it('is none after a read that was worth it', () => {
    expect(new ReadPace().pauseMs(16 * 1024, 0)).toBe(0)
  })

  it('is short again after a rest', () => {
    const pace = new ReadPace()
    for (let nowMs = 0; nowMs < 500; nowMs += 5) pace.pauseMs(10_000, nowMs)
    expect(pace.pauseMs(1_000, 500)).toBeGreaterThan(5)
    expect(pace.pauseMs(200, 1_500)).toBe(2)
  })
})
