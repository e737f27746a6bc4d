import { describe, expect, it } from 'vitest'
import { BlockingEstimation, bytesMeanwhile } from '../../../../src/planner/policies/rules/blest.ts'
import { PACKET_BYTES, type Path, pendingOf, subflowOf, subflowsOf } from './paths.ts'

/** Round trips of the paper's networks: WLAN, whose window is full, and 3G. */
const WLAN: Path = { rttMs: 25, window: 10, underWay: 10 }
const cellular = (underWay: number): Path => ({ rttMs: 65, window: 20, underWay })

describe('blest', () => {
  it('estimates what the fast path sends in a slow round trip: MSS x (CWND + (rtts - 1) / 2) x rtts', () => {
    expect(bytesMeanwhile(subflowOf(WLAN, 0), 65) / PACKET_BYTES).toBeCloseTo((10 + 1.6 / 2) * 2.6)
    expect(bytesMeanwhile(subflowOf(WLAN, 0), 25) / PACKET_BYTES).toBeCloseTo(10)
  })

  it('uses the slow path only if the send window then still holds what the fast one sends', () => {
    // X x lambda = 28.08 x 1.2 = 33.7 packets, beside the packet itself and those under way on the slow path.
    const next = (underWay: number) =>
      new BlockingEstimation().next(subflowsOf(WLAN, cellular(underWay)), pendingOf(50, 40))
    expect(next(5)).toEqual([1])
    expect(next(6)).toEqual([])
  })

  it('never waits with a large send window, nor for a path that has room', () => {
    const rule = new BlockingEstimation()
    expect(rule.next(subflowsOf(WLAN, cellular(10)), pendingOf(50, 1_000))).toEqual([1])
    expect(rule.next(subflowsOf({ ...WLAN, underWay: 9 }, cellular(10)), pendingOf(50, 10))).toEqual([0])
  })

  it('corrects lambda once in a slow round trip, up where the fast path was blocked and else down, within bounds', () => {
    const rule = new BlockingEstimation()
    const lambdaAt = (nowMs: number) => {
      rule.next(subflowsOf(WLAN, cellular(0)), pendingOf(50, 1_000, nowMs))
      return rule.lambda
    }
    expect(lambdaAt(0)).toBe(1.2)
    rule.blocked()
    expect(lambdaAt(64)).toBe(1.2)
    expect(lambdaAt(65)).toBeCloseTo(1.24)
    expect(lambdaAt(130)).toBeCloseTo(1.23)
    for (let round = 3; round < 40; round++) lambdaAt(65 * round)
    expect(rule.lambda).toBe(1)
    for (let round = 40; round < 80; round++) {
      rule.blocked()
      lambdaAt(65 * round)
    }
    expect(rule.lambda).toBe(1.3)
  })
})
