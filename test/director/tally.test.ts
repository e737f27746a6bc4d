import { expect, it } from 'vitest'
import { Tally } from '../../src/director/tally.ts'
import { WireStatus } from '../../src/errors.ts'

it('counts queries by outcome, and times only those that were answered', () => {
  const tally = new Tally()
  tally.answered(WireStatus.ok, 20)
  tally.answered(WireStatus.unknownContent, 5)
  tally.refused('query', WireStatus.notAdmitted)
  const { queries, querySeconds } = tally.tallies
  expect([...queries]).toEqual([
    [WireStatus.ok, 1],
    [WireStatus.unknownContent, 1],
    [WireStatus.notAdmitted, 1]
  ])
  expect(querySeconds.counts.reduce((sum, count) => sum + count)).toBe(2)
  expect(querySeconds.sum).toBeCloseTo(0.025)
})

it('counts refused nodes apart, and nothing for requests of other kinds', () => {
  const tally = new Tally()
  tally.refused('register', WireStatus.taken)
  tally.refused('register')
  tally.refused('list', WireStatus.notAdmitted)
  tally.refused(undefined, WireStatus.malformed)
  expect([...tally.tallies.refusedNodes]).toEqual([
    [WireStatus.taken, 1],
    [WireStatus.internal, 1]
  ])
  expect(tally.tallies.queries.size).toBe(0)
})
