import { expect, it } from 'vitest'
import { RateHistory } from '../../src/client/rate-history.ts'

const SLOTS = 16

it('keeps what each route has brought in each of the last seconds', () => {
  const history = new RateHistory(SLOTS)
  for (let atMs = 0; atMs <= 2_000; atMs += 250) {
    const isFast = Math.max(0, atMs - 1_000)
    history.follow(
      { A: { bytes: atMs + 2 * isFast }, ...(atMs >= 1_000 ? { B: { bytes: isFast } } : {}) },
      atMs
    )
  }
  expect(history.of('A')).toEqual([1_000, 3_000])
  expect(history.of('B')).toEqual([0, 1_000])
  expect(history.of('C')).toEqual([])
})

it('fills a gap, as of a process that was stopped, with its mean', () => {
  const history = new RateHistory(SLOTS)
  history.follow({ A: { bytes: 0 } }, 0)
  history.follow({ A: { bytes: 4_000 } }, 4_000)
  expect(history.of('A')).toEqual([1_000, 1_000, 1_000, 1_000])
  history.follow({ A: { bytes: 4_000 } }, 1_000_000)
  expect(history.of('A')).toEqual(Array(SLOTS).fill(0))
})

it('forgets a route that is no more', () => {
  const history = new RateHistory(SLOTS)
  history.follow({ A: { bytes: 0 }, B: { bytes: 0 } }, 0)
  history.follow({ A: { bytes: 1_000 }, B: { bytes: 1_000 } }, 1_000)
  history.follow({ A: { bytes: 2_000 } }, 2_000)
  expect(history.of('A')).toEqual([1_000, 1_000])
  expect(history.of('B')).toEqual([])
})
