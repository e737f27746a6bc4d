import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../src/simulation/event-queue.ts'
import { Steps } from '../../src/simulation/over-time.ts'

describe('EventQueue', () => {
  it('runs events by time, and in the order of planning where times are equal', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), times => {
        const events = new EventQueue()
        const ran: Array<[number, number]> = []
        for (const [i, atMs] of times.entries()) events.at(atMs, () => ran.push([events.nowMs, i]))
        while (events.step()) {}
        const expected = times.map((atMs, i): [number, number] => [atMs, i])
        expect(ran).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
      })
    )
  })

  it('plans from within an event, never into the past', () => {
    const events = new EventQueue()
    const ran: number[] = []
    events.at(10, () => {
      events.at(3, () => ran.push(events.nowMs))
      events.after(5, () => ran.push(events.nowMs))
      events.at(Number.POSITIVE_INFINITY, () => ran.push(events.nowMs))
    })
    while (events.step()) {}
    expect(ran).toEqual([10, 15])
  })
})

describe('Steps', () => {
  const steps = new Steps([
    { fromMs: 0, value: 1 },
    { fromMs: 10, value: 2 },
    { fromMs: 20, value: 3 }
  ])

  it('holds each value from its time on, asked in any order', () => {
    expect([5, 25, 10, 9.9, 20].map(atMs => steps.at(atMs))).toEqual([1, 3, 2, 1, 3])
    expect([5, 10, 25].map(atMs => steps.nextChange(atMs))).toEqual([10, 20, Number.POSITIVE_INFINITY])
  })

  it('is zero in the intervals that are taken out', () => {
    const cut = steps.without([
      { fromMs: 5, toMs: 12 },
      { fromMs: 22, toMs: Number.POSITIVE_INFINITY }
    ])
    expect([4, 5, 11, 12, 20, 22, 1e9].map(atMs => cut.at(atMs))).toEqual([1, 0, 0, 2, 3, 0, 0])
    expect(cut.nextChange(22)).toBe(Number.POSITIVE_INFINITY)
  })
})
