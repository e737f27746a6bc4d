import { expect, it } from 'vitest'
import { dayNumber, UsageTally } from '../../src/relay/usage-tally.ts'

const NOON = Date.UTC(2026, 6, 31, 12)
const DAY = dayNumber(NOON)

it('adds up what one session of one peer carries in a day', () => {
  const tally = new UsageTally()
  tally.add(10, 'p', 's', NOON)
  tally.add(5, 'p', 's', NOON + 1)
  tally.add(7, 'q', 's', NOON)
  tally.add(3, 'p', 't', NOON)
  expect(tally.rows).toEqual([
    { day: DAY, sessionId: 's', peerId: 'p', bytes: 15 },
    { day: DAY, sessionId: 's', peerId: 'q', bytes: 7 },
    { day: DAY, sessionId: 't', peerId: 'p', bytes: 3 }
  ])
})

it('begins a new row at midnight, UTC', () => {
  const tally = new UsageTally()
  const midnight = Date.UTC(2026, 7, 1)
  for (const utcMs of [midnight - 1, midnight]) tally.add(1, 'p', 's', utcMs)
  expect(tally.rows.map(({ day }) => day)).toEqual([DAY, DAY + 1])
})

it('is empty once its rows are written', () => {
  const tally = new UsageTally()
  tally.add(10, 'p', 's', NOON)
  tally.clear()
  expect(tally.rows).toEqual([])
})
