import { expect, it } from 'vitest'
import { HISTORY_SLOTS, RateHistory } from '../../src/cli/rate-history.ts'

it('keeps what each route has brought in each of the last seconds', () => {
  const history = new RateHistory()
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
  const history = new RateHistory()
  history.follow({ A: { bytes: 0 } }, 0)
  history.follow({ A: { bytes: 4_000 } }, 4_000)
  expect(history.of('A')).toEqual([1_000, 1_000, 1_000, 1_000])
  history.follow({ A: { bytes: 4_000 } }, 1_000_000)
  expect(history.of('A')).toEqual(Array(HISTORY_SLOTS).fill(0))
})
