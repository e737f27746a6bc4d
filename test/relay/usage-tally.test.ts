import { expect, it } from 'vitest'
import { dayOf, UsageTally } from '../../src/relay/usage-tally.ts'

const NOON = Date.UTC(2026, 6, 31, 12)
const DAY = dayOf(NOON)

it('adds up what one session of one peer carries in a day', () => {
  const tally = new UsageTally()
  tally.add({ sessionId: 's', peerId: 'p', bytes: 10 }, NOON)
  tally.add({ sessionId: 's', peerId: 'p', bytes: 5 }, NOON + 1)
  tally.add({ sessionId: 's', peerId: 'q', bytes: 7 }, NOON)
  tally.add({ sessionId: 't', peerId: 'p', bytes: 3 }, NOON)
  expect(tally.rows).toEqual([
    { day: DAY, sessionId: 's', peerId: 'p', bytes: 15 },
    { day: DAY, sessionId: 's', peerId: 'q', bytes: 7 },
    { day: DAY, sessionId: 't', peerId: 'p', bytes: 3 }
  ])
})

it('begins a new row at midnight, UTC', () => {
  const tally = new UsageTally()
  const midnight = Date.UTC(2026, 7, 1)
  for (const utcMs of [midnight - 1, midnight]) tally.add({ sessionId: 's', peerId: 'p', bytes: 1 }, utcMs)
  expect(tally.rows.map(({ day }) => day)).toEqual([DAY, DAY + 1])
})

it('is empty once its rows are written', () => {
  const tally = new UsageTally()
  tally.add({ sessionId: 's', peerId: 'p', bytes: 10 }, NOON)
  tally.clear()
  expect(tally.rows).toEqual([])
})
