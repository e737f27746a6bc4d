import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { Allowance, dayOf, monthOf } from '../../src/relay/allowance.ts'
import { MemoryLedger } from '../../src/relay/usage-ledger.ts'

const NO_LIMITS = { maxBytesPerDay: undefined, maxBytesPerMonth: undefined }
const HOUR_MS = 3_600_000

function at(text: string): number {
  return Date.parse(`${text}Z`)
}

describe('days and months', () => {
  it('are those of the UTC calendar', () => {
    const anyTime = fc.integer({ min: 0, max: Date.UTC(2400, 0) })
    fc.assert(
      fc.property(anyTime, nowMs => {
        const date = new Date(nowMs)
        const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
        expect(dayOf(nowMs)).toEqual({
          startMs: Date.UTC(year, month, day),
          endMs: Date.UTC(year, month, day + 1)
        })
        expect(monthOf(nowMs)).toEqual({ startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) })
      })
    )
  })
})

describe('an allowance', () => {
  it('is never used up without a limit', () => {
    const allowance = new Allowance(new MemoryLedger())
    allowance.add(1e15, 'peer', 's', at('2024-05-05T10:00'))
    expect(allowance.refusal(NO_LIMITS, at('2024-05-05T10:00'))).toBeUndefined()
  })

  it('of a day is used up with its last byte, whoever it was for, and comes back at midnight', () => {
    const allowance = new Allowance(new MemoryLedger())
    const limits = { ...NO_LIMITS, maxBytesPerDay: 1_000_000 }
    const nowMs = at('2024-05-05T21:00')
    allowance.add(600_000, 'a', 's', nowMs - HOUR_MS)
    allowance.add(399_999, 'b', 's', nowMs)
    expect(allowance.refusal(limits, nowMs)).toBeUndefined()
    allowance.add(1, 'c', 's', nowMs)
    expect(allowance.refusal(limits, nowMs)).toEqual({
      status: WireStatus.allowanceUsed,
      message: 'The relay has forwarded the 1.0 MB that it may in a day (UTC), and goes on in 3 h',
      retryAfterMs: 3 * HOUR_MS
    })
    expect(allowance.refusal(limits, nowMs + 3 * HOUR_MS)).toBeUndefined()
  })

  it('of a month lasts over its days, and is told before that of a day', () => {
    const allowance = new Allowance(new MemoryLedger())
    const limits = { maxBytesPerDay: 100, maxBytesPerMonth: 300 }
    for (const day of ['27', '28', '29']) allowance.add(100, 'a', 's', at(`2024-02-${day}T12:00`))
    const refusal = allowance.refusal(limits, at('2024-02-29T12:00'))
    expect(refusal).toMatchObject({ retryAfterMs: 12 * HOUR_MS, message: expect.stringMatching(/month/) })
    expect(allowance.refusal(limits, at('2024-03-01T00:00'))).toBeUndefined()
  })

  it('goes on after a restart with what its ledger has kept', () => {
    const ledger = new MemoryLedger()
    new Allowance(ledger).add(70, 'a', 's', at('2024-02-01T00:00'))
    new Allowance(ledger).add(70, 'a', 's', at('2024-02-10T00:00'))
    const restarted = new Allowance(ledger)
    const nowMs = at('2024-02-10T01:00')
    const limits = (maxBytesPerDay: number, maxBytesPerMonth: number) => ({
      maxBytesPerDay,
      maxBytesPerMonth
    })
    expect(restarted.refusal(limits(71, 141), nowMs)).toBeUndefined()
    expect(restarted.refusal(limits(70, 141), nowMs)?.message).toMatch(/day/)
    expect(restarted.refusal(limits(71, 140), nowMs)?.message).toMatch(/month/)
  })

  it('follows a clock that is set back', () => {
    const allowance = new Allowance(new MemoryLedger())
    const limits = { ...NO_LIMITS, maxBytesPerDay: 100 }
    allowance.add(100, 'a', 's', at('2024-05-05T10:00'))
    expect(allowance.refusal(limits, at('2024-05-06T10:00'))).toBeUndefined()
    expect(allowance.refusal(limits, at('2024-05-05T11:00'))).toBeDefined()
  })
})

it('a ledger in memory keeps the days of one month', () => {
  const ledger = new MemoryLedger()
  for (let day = 0; day < 100; day++) ledger.add(1, 'a', 's', day * 24 * HOUR_MS)
  expect(ledger.usedSince(0)).toBe(31)
  expect(ledger.usedSince(99 * 24 * HOUR_MS)).toBe(1)
})
