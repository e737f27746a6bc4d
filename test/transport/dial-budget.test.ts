import { describe, expect, it } from 'vitest'
import { DIAL_BUDGET, DialBudget } from '../../src/transport/dial-budget.ts'

const A = '/ip4/127.0.0.1/tcp/1'

/** Counts dials of these addresses that all fail, as often as the budget allows. */
function failingDials(addresses: string[], forMs: number): number {
  const budget = new DialBudget()
  let dials = 0
  for (let nowMs = 0; nowMs < forMs; nowMs += 500) {
    for (const address of addresses) {
      if (budget.waitMs(address, nowMs) > 0) continue
      budget.began(address, nowMs)
      dials++
    }
  }
  return dials
}

describe('DialBudget', () => {
  it('dials an address that never answers ever more rarely', () => {
    expect(failingDials([A], 60_000)).toBe(6)
    expect(failingDials([A], 3_600_000) - failingDials([A], 3_000_000)).toBe(1)
  })

  it('lets an address that answers be dialled as often as it may be', () => {
    const budget = new DialBudget()
    for (let nowMs = 0; nowMs < 100; nowMs++) {
      expect(budget.waitMs(A, nowMs)).toBe(0)
      budget.began(A, nowMs)
      budget.succeeded(A, nowMs)
    }
  })

  it('bounds the failed dials of one host, however many addresses it is said to have', () => {
    const addresses = Array.from({ length: 300 }, (_, port) => `/ip4/8.8.8.8/tcp/${port + 1}`)
    expect(failingDials(addresses, 60_000)).toBe(DIAL_BUDGET.maxPerHostAndMinute)
    expect(failingDials(addresses, 120_000)).toBe(2 * DIAL_BUDGET.maxPerHostAndMinute)
  })

  it('takes no two nodes on loopback for one host', () => {
    const addresses = Array.from({ length: 100 }, (_, port) => `/ip4/127.0.0.1/tcp/${port + 1}`)
    expect(failingDials(addresses, 500)).toBe(100)
  })

  it('knows when an address was dialled last', () => {
    const budget = new DialBudget()
    expect(budget.sinceMs(A, 0)).toBe(Number.POSITIVE_INFINITY)
    budget.began(A, 10)
    expect(budget.sinceMs(A, 15)).toBe(5)
  })
})
