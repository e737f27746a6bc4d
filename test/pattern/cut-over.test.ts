import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { predictCutOver } from '../../src/pattern/cut-over.ts'

describe('predictCutOver (FIG. 8)', () => {
  it('takes the highest prediction, rounded up to a whole pattern', () => {
    const routes = [
      // 40 * 0.25 / 0.4 + 120 = 145
      { blocksPerSecond: 40, share: 0.4, lastSeqNum: 120 },
      // 60 * 0.25 / 0.6 + 118 = 143
      { blocksPerSecond: 60, share: 0.6, lastSeqNum: 118 }
    ]
    expect(predictCutOver(routes, 0.25, 10)).toBe(150)
  })

  it('adds a whole pattern when the prediction is a multiple already, as the formula does', () => {
    expect(predictCutOver([{ blocksPerSecond: 100, share: 1, lastSeqNum: 50 }], 0.5, 10)).toBe(110)
  })

  it('asks routes without a share for nothing', () => {
    const routes = [
      { blocksPerSecond: 0, share: 0, lastSeqNum: 1_000_000 },
      { blocksPerSecond: 10, share: 1, lastSeqNum: 5 }
    ]
    expect(predictCutOver(routes, 1, 5)).toBe(20)
  })

  it('is one pattern ahead when nothing was measured', () => {
    expect(predictCutOver([], 0.25, 7)).toBe(7)
  })

  it('lies past every prediction, by at most one pattern, at a multiple of its size', () => {
    const measures = fc.record({
      blocksPerSecond: fc.double({ min: 0, max: 1e5, noNaN: true }),
      share: fc.double({ min: 0.001, max: 1, noNaN: true }),
      lastSeqNum: fc.nat(1e7)
    })
    fc.assert(
      fc.property(
        fc.array(measures, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (routes, seconds, size) => {
          const cutOver = predictCutOver(routes, seconds, size)
          const highest = Math.max(...routes.map(r => (r.blocksPerSecond * seconds) / r.share + r.lastSeqNum))
          expect(cutOver % size).toBe(0)
          expect(cutOver).toBeGreaterThan(highest)
          expect(cutOver - highest).toBeLessThanOrEqual(size)
        }
      )
    )
  })
})
