import { describe, expect, it } from 'vitest'
import { LossWait } from '../../../src/planner/estimate/loss-wait.ts'

const SEGMENT_BYTES = 32 * 1024
/** Bytes a millisecond: a segment takes 6.55 ms. */
const RATE = 5_000
const PACE_MS = 6.55
const RTT_MS = 200

/** Segments that arrive so many ms after one another; those after a gap were under way for longer by as much. */
function waitOf(
  gapsMs: number[],
  { rate = RATE, longer = 1, rttMs = RTT_MS } = {}
): { wait: LossWait; nowMs: number } {
  const wait = new LossWait(SEGMENT_BYTES)
  let nowMs = 0
  for (const gapMs of gapsMs) {
    nowMs += gapMs
    wait.add(SEGMENT_BYTES, gapMs, longer * (gapMs - PACE_MS), rate, rttMs, nowMs)
  }
  return { wait, nowMs }
}

const bunchOf = (segments: number) => Array<number>(segments - 1).fill(0)
const paced = (segments: number) => Array<number>(segments - 1).fill(PACE_MS)
/** Waits so short that they count for little, but so many that the path must be losing packets. */
const LOSSY_WAIT_MS = 25
const LOSSY = [LOSSY_WAIT_MS, ...bunchOf(4)]

describe('LossWait', () => {
  it('is the gap after which all that was held up comes at once', () => {
    const { wait, nowMs } = waitOf([...LOSSY, 60, ...bunchOf(9), 7])
    expect(wait.at(nowMs)).toBeCloseTo(60, 0)
  })

  it('is the gap after which it comes at the pace of the last hop, for it waited before that', () => {
    const { wait, nowMs } = waitOf([...LOSSY, 60, ...paced(10)])
    expect(wait.at(nowMs)).toBeCloseTo(LOSSY_WAIT_MS + 60, -1)
  })

  it('grows by a gap that is left although as much was under way, unless all comes at once', () => {
    const before = [...LOSSY, 60, ...paced(10)]
    const hidden = waitOf([...before, 50, ...paced(10)])
    expect(hidden.wait.at(hidden.nowMs)).toBeCloseTo(LOSSY_WAIT_MS + 110, -1)
    const seen = waitOf([...before, 50, ...bunchOf(9)])
    expect(seen.wait.at(seen.nowMs)).toBeCloseTo(LOSSY_WAIT_MS + 60, -1)
  })

  it('is none while segments come at their pace, or after a gap slowly, be it that a part comes at once', () => {
    for (const gaps of [
      [7, 7, 7, 7],
      [60, 20, 20, 20, 20],
      [60, 20, 20, 20, 20, ...paced(10)],
      [80, ...bunchOf(4), 80, ...bunchOf(4), 80, ...bunchOf(4)]
    ]) {
      const { wait, nowMs } = waitOf(gaps)
      expect(wait.at(nowMs)).toBe(0)
    }
  })

  it('is none after a gap of few segments at the pace of the last hop: a busy node makes such', () => {
    for (const [gapMs, rate] of [
      [35, RATE],
      [90, RATE / 3]
    ] as const) {
      const { wait, nowMs } = waitOf([gapMs, ...Array<number>(9).fill(SEGMENT_BYTES / rate)], { rate })
      expect(wait.at(nowMs)).toBe(0)
    }
  })

  it('is none when nothing was sent meanwhile', () => {
    const { wait, nowMs } = waitOf([60, ...paced(10), 60, ...bunchOf(9)], { longer: 0.2 })
    expect(wait.at(nowMs)).toBe(0)
  })

  it('is none on a route so slow that its segments come that far apart anyway', () => {
    const { wait, nowMs } = waitOf([60, ...bunchOf(2), 60, ...bunchOf(3)], { rate: RATE / 10 })
    expect(wait.at(nowMs)).toBe(0)
  })

  it('fades', () => {
    const { wait, nowMs } = waitOf([...LOSSY, 90, ...bunchOf(14), 40, ...bunchOf(6)])
    expect(wait.at(nowMs)).toBeGreaterThan(80)
    expect(wait.at(nowMs + 40_000)).toBeLessThan(10)
  })

  it.each([
    [10, 60],
    [100, 300],
    [400, 400]
  ])('is never above three round trips, within bounds: of %d ms, %d ms', (rttMs, mostMs) => {
    const { wait, nowMs } = waitOf([...LOSSY, 500, ...bunchOf(76)], { rttMs })
    expect(wait.at(nowMs)).toBe(mostMs)
  })

  it('grows step by step to the most that it may be while a relay tells that what it got had waited', () => {
    const { wait, nowMs } = waitOf(paced(10))
    const told = [0, 0.1, 0.2, 0.3, 0.4].map(ms => {
      wait.addHeld(RTT_MS, nowMs + ms)
      return Math.round(wait.at(nowMs + ms))
    })
    expect(told).toEqual([0, 150, 300, 400, 400])
    expect(wait.at(nowMs + 40_000)).toBeLessThan(30)
  })

  it('begins with the second of two that are told within a second', () => {
    const { wait, nowMs } = waitOf(paced(10))
    wait.addHeld(RTT_MS, nowMs)
    wait.addHeld(RTT_MS, nowMs + 900)
    expect(wait.at(nowMs + 900)).toBe(150)
  })

  it('is none when a relay tells so now and then: a full queue drops packets, too', () => {
    const { wait, nowMs } = waitOf(paced(10))
    for (let times = 0; times < 10; times++) wait.addHeld(RTT_MS, nowMs + 1_100 * times)
    expect(wait.at(nowMs + 11_000)).toBe(0)
  })

  it('counts for little while it may have been a full queue that dropped a packet: few in a long time', () => {
    const seldom = Array.from({ length: 5 }, () => [90, ...bunchOf(14), ...paced(300)]).flat()
    const { wait, nowMs } = waitOf(seldom)
    expect(wait.at(nowMs)).toBeGreaterThan(0)
    expect(wait.at(nowMs)).toBeLessThanOrEqual(30)
  })
})
