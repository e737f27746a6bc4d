import { describe, expect, it } from 'vitest'
import { ByteRates } from '../../src/units/byte-rates.ts'

describe('rates of byte counts', () => {
  it('are those from one look to the next', () => {
    const rates = new ByteRates()
    rates.follow(new Map([['a', 1_000]]), 500)
    expect(rates.of('a')).toBeUndefined()
    rates.follow(new Map([['a', 3_000]]), 1_500)
    expect(rates.of('a')).toBe(2_000)
    rates.follow(new Map([['a', 3_000]]), 2_000)
    expect(rates.of('a')).toBe(0)
  })

  it('are not known of a count that is new or gone, and never below zero', () => {
    const rates = new ByteRates()
    rates.follow(new Map([['old', 9_000]]), 0)
    rates.follow(
      new Map([
        ['old', 10],
        ['new', 5_000_000]
      ]),
      1_000
    )
    expect(rates.of('new')).toBeUndefined()
    expect(rates.of('old')).toBe(0)
    rates.follow(new Map([['new', 5_000_500]]), 2_000)
    expect(rates.of('new')).toBe(500)
    expect(rates.of('old')).toBeUndefined()
  })
})
