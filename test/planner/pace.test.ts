import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace } from '../../src/planner/pace.ts'

const RATE = 1_000_000
const SEGMENT_BYTES = 10_000

/** Asks for all that may be asked for at these times; gives the bytes asked for until each. */
function asked(pace: Pace, times: readonly number[]): { atMs: number; bytes: number }[] {
  let bytes = 0
  return times.map(atMs => {
    const taken = pace.segments(SEGMENT_BYTES, atMs) * SEGMENT_BYTES
    pace.take(taken)
    bytes += taken
    return { atMs, bytes }
  })
}

describe('a pace', () => {
  it('is kept over seconds, whenever it is asked', () => {
    const times = Array.from({ length: 500 }, (_, tick) => tick * 20)
    const { bytes } = asked(new Pace(RATE), times).at(-1)!
    expect(Math.abs(bytes / (RATE * 9.98) - 1)).toBeLessThan(0.02)
  })

  it('is kept where the rate is less than a segment a tick', () => {
    const times = Array.from({ length: 500 }, (_, tick) => tick * 20)
    const { bytes } = asked(new Pace(50_000), times).at(-1)!
    expect(Math.abs(bytes / (50_000 * 9.98) - 1)).toBeLessThan(0.05)
  })

  it('lets no more than a tenth of a second and a segment pass at once, after any rest', () => {
    const steps = fc.array(fc.nat(5_000), { minLength: 2, maxLength: 50 })
    fc.assert(
      fc.property(steps, waits => {
        let atMs = 0
        const told = asked(
          new Pace(RATE),
          waits.map(wait => (atMs += wait))
        )
        for (const [i, from] of told.entries()) {
          for (const to of told.slice(i + 1)) {
            const most = (RATE * (to.atMs - from.atMs)) / 1000 + RATE / 10 + SEGMENT_BYTES
            expect(to.bytes - from.bytes).toBeLessThanOrEqual(most)
          }
        }
      })
    )
  })

  it('is one for all who share it', () => {
    const pace = new Pace(RATE)
    const times = Array.from({ length: 500 }, (_, tick) => tick * 20)
    const first = asked(pace, times.slice(0, 250))
    const second = asked(pace, times.slice(250))
    expect((first.at(-1)!.bytes + second.at(-1)!.bytes) / (RATE * 9.98)).toBeCloseTo(1, 1)
  })
})
