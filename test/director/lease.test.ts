import { describe, expect, it } from 'vitest'
import { DIRECTOR_LIMITS, leaseMsFor } from '../../src/director/limits.ts'

describe('leaseMsFor', () => {
  it('gives the usual lease while nodes are few, and a longer one while renewals would be too many', () => {
    expect(leaseMsFor(10, DIRECTOR_LIMITS)).toBe(15_000)
    expect(leaseMsFor(1_000, DIRECTOR_LIMITS)).toBe(15_000)
    const leaseMs = leaseMsFor(4_000, DIRECTOR_LIMITS)
    expect(4_000 / (leaseMs / 3_000)).toBeCloseTo(DIRECTOR_LIMITS.renewalsPerSecond)
  })

  it('gives none in which round trips would get out of date', () => {
    const leaseMs = leaseMsFor(1_000_000, DIRECTOR_LIMITS)
    expect(leaseMs).toBe(DIRECTOR_LIMITS.maxLeaseMs)
    expect(leaseMs / 3 + 30_000).toBeLessThan(DIRECTOR_LIMITS.measurementTtlMs)
  })
})
