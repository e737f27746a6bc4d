import { describe, expect, it } from 'vitest'
import { DirectorLeases } from '../../src/director/director-leases.ts'
import { SHARED } from '../../src/director/shared-limits.ts'

describe('DirectorLeases', () => {
  it('ends the lease of a director that is silent for as long, and of no other', () => {
    const leases = new DirectorLeases()
    leases.pass(0, true)
    expect([leases.heard('a'), leases.heard('b'), leases.heard('a')]).toEqual([true, true, false])
    expect(leases.pass(10_000, true)).toEqual([])
    leases.heard('b')
    expect(leases.pass(SHARED.leaseMs - 1, true)).toEqual([])
    expect(leases.pass(SHARED.leaseMs, true)).toEqual(['a'])
    expect(leases.pass(SHARED.leaseMs + 9_999, true)).toEqual([])
    expect(leases.pass(SHARED.leaseMs + 10_000, true)).toEqual(['b'])
    expect(leases.heard('a')).toBe(true)
  })

  it('lets no lease run while this director hears nobody', () => {
    const leases = new DirectorLeases()
    leases.pass(0, true)
    leases.heard('a')
    leases.pass(1_000, true)
    expect(leases.pass(3_600_000, false)).toEqual([])
    expect(leases.pass(3_600_000 + SHARED.leaseMs - 1_001, true)).toEqual([])
    expect(leases.pass(3_600_000 + SHARED.leaseMs - 1_000, true)).toEqual(['a'])
  })
})
