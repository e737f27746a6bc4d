import { describe, expect, it } from 'vitest'
import { LossWait } from '../../src/client/loss-wait.ts'

const SEGMENT_BYTES = 32 * 1024
/** Bytes a millisecond: a segment takes 6.55 ms. */
const RATE = 5_000

/** Segments that arrive so many ms after one another. */
function waitOf(gapsMs: number[], rate = RATE): { wait: LossWait; nowMs: number } {
  const wait = new LossWait(SEGMENT_BYTES)
  let nowMs = 0
  for (const gapMs of gapsMs) {
    nowMs += gapMs
    wait.add(SEGMENT_BYTES, gapMs, rate, nowMs)
  }
  return { wait, nowMs }
}

const bunchOf = (segments: number) => Array<number>(segments - 1).fill(0)

describe('LossWait', () => {
  it('is the gap after which all that was held up comes at once', () => {
    const { wait, nowMs } = waitOf([7, 7, 60, ...bunchOf(9), 7])
    expect(wait.at(nowMs)).toBeCloseTo(60, 0)
  })

  it('is none while segments come at their pace, or after a gap slowly, be it that a part comes at once', () => {
    for (const gaps of [
      [7, 7, 7, 7],
      [60, 20, 20, 20, 20],
      [60, ...bunchOf(3), 20, 20, ...bunchOf(3)]
    ]) {
      const { wait, nowMs } = waitOf(gaps)
      expect(wait.at(nowMs)).toBe(0)
    }
  })

  it('is none on a route so slow that its segments come that far apart anyway', () => {
    const { wait, nowMs } = waitOf([60, ...bunchOf(2), 60, ...bunchOf(3)], RATE / 10)
    expect(wait.at(nowMs)).toBe(0)
  })

  it('keeps the longest of late, fading, and is never above 100 ms', () => {
    const { wait, nowMs } = waitOf([90, ...bunchOf(14), 40, ...bunchOf(6)])
    expect(wait.at(nowMs)).toBeGreaterThan(80)
    expect(wait.at(nowMs + 10_000)).toBeLessThan(10)
    const long = waitOf([500, ...bunchOf(76)])
    expect(long.wait.at(long.nowMs)).toBe(100)
    expect(long.wait.at(long.nowMs + 4_000)).toBeLessThan(50)
  })
})
