import { describe, expect, it } from 'vitest'
import { Outage } from '../../src/client/outage.ts'

const TICK_MS = 20

describe('Outage', () => {
  it('is too long once there was no route for as long as it may last', () => {
    const { outage, pass } = started(10_000)
    pass(9_980)
    expect(outage.isTooLong).toBe(false)
    pass(20)
    expect(outage.isTooLong).toBe(true)
  })

  it('begins anew when there was a route in between', () => {
    const { outage, pass } = started(10_000)
    pass(9_000)
    pass(TICK_MS, { hasRoute: true })
    pass(9_000)
    expect(outage.isTooLong).toBe(false)
  })

  it('does not count the time for which the process was stopped', () => {
    const { outage, pass, sleep } = started(10_000)
    sleep(120_000)
    expect(outage.isTooLong).toBe(false)
    pass(9_000)
    expect(outage.isTooLong).toBe(true)
  })

  it('may last for ever', () => {
    const { outage, pass } = started(Number.POSITIVE_INFINITY)
    const told = pass(3_600_000)
    expect(outage.isTooLong).toBe(false)
    expect(told).toEqual([{ type: 'waiting', reason: 'refused', leftMs: Number.POSITIVE_INFINITY }])
  })

  it('tells after three seconds what is waited for, and when that is over', () => {
    const { pass } = started(10_000)
    expect(pass(2_980)).toEqual([])
    expect(pass(3_000)).toEqual([{ type: 'waiting', reason: 'refused', leftMs: 7_000 }])
    expect(pass(TICK_MS, { hasRoute: true })).toEqual([{ type: 'resumed', waitedMs: 5_980 }])
    expect(pass(1_000, { hasRoute: true })).toEqual([])
  })

  it('tells nothing of a short one', () => {
    const { pass } = started(10_000)
    expect([...pass(2_000), ...pass(TICK_MS, { hasRoute: true })]).toEqual([])
  })

  it('tells of another reason half a minute later, however often the reason changes', () => {
    const { pass } = started(600_000)
    pass(3_000)
    const told = [1, 2, 3, 4, 5, 6].flatMap(turn => pass(10_000, { reason: `reason ${turn}` }))
    expect(told.map(event => event.type === 'waiting' && event.reason)).toEqual(['reason 3', 'reason 6'])
  })
})

function started(patienceMs: number) {
  const outage = new Outage(patienceMs, 0)
  let nowMs = 0
  return {
    outage,
    /** Steps as a transfer does; returns what was told. */
    pass(durationMs: number, { hasRoute = false, reason = 'refused' } = {}) {
      const told = []
      for (const endMs = nowMs + durationMs; nowMs < endMs; ) {
        nowMs += TICK_MS
        const event = outage.step(hasRoute, reason, nowMs)
        if (event) told.push(event)
      }
      return told
    },
    /** No step for so long. */
    sleep(durationMs: number) {
      nowMs += durationMs
      outage.step(false, 'refused', nowMs)
    }
  }
}
