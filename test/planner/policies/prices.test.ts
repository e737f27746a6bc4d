import { describe, expect, it } from 'vitest'
import type { SimulatedRoute } from '../../../src/simulation/index.ts'
import { bytesOver, hop, longestGapMs, mbit, PAYLOAD_SHARE, trial } from './trial.ts'

const MB = 1e6
const [CHEAP, DEAR] = [0, 1]
const WHOLE = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }

/** A route of 40 Mbit/s and one of the same rate, whose bytes cost five times as much. */
const run = (maxRate: number | undefined, cheap: Partial<SimulatedRoute> = {}, dear = 10) =>
  trial('adaptive', 25 * MB, [{ hops: [hop(40, 10)], ...cheap }, { hops: [hop(40, dear)] }], {
    facts: { [DEAR]: { price: 5 } },
    ...(maxRate ? { maxRateBytesPerSecond: mbit(maxRate) } : {})
  })

describe('routes of different prices', () => {
  it.each([10, 2])('use the dear one for next to nothing while the cheap one suffices: %i ms', dear => {
    const trialled = run(24, {}, dear)
    expect(trialled.result.completed).toBe(true)
    // Until the cheap one is open the dear one goes ahead.
    expect(bytesOver(trialled, DEAR, WHOLE)).toBeLessThan(0.6 * MB)
    expect(bytesOver(trialled, DEAR, { ...WHOLE, fromMs: 500 })).toBe(0)
  })

  it('use the dear one for what the cheap one lacks', () => {
    const trialled = run(60)
    const within = { fromMs: 1_000, toMs: trialled.result.durationMs - 500 }
    const seconds = (within.toMs - within.fromMs) / 1000
    expect(bytesOver(trialled, CHEAP, within) / seconds).toBeGreaterThan(0.9 * mbit(40) * PAYLOAD_SHARE)
    expect(bytesOver(trialled, DEAR, within) / seconds).toBeLessThan(mbit(26))
  })

  it('use both to the full without a limit of the rate', () => {
    const rate = (25 * MB) / (run(undefined).result.durationMs / 1000)
    expect(rate).toBeGreaterThan(0.9 * mbit(80) * PAYLOAD_SHARE)
  })

  it('go on over the dear one when the cheap one falls silent, and come back', () => {
    const outage = { fromMs: 2_000, toMs: 4_000 }
    const trialled = run(24, { outages: [outage] })
    expect(longestGapMs(trialled, WHOLE)).toBeLessThan(500)
    expect(bytesOver(trialled, DEAR, outage)).toBeGreaterThan(3 * MB)
    expect(bytesOver(trialled, DEAR, { fromMs: 6_000, toMs: Number.POSITIVE_INFINITY })).toBeLessThan(
      0.1 * MB
    )
  })
})
