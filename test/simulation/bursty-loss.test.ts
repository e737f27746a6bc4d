import { describe, expect, test } from 'vitest'
import { BurstyLoss } from '../../src/simulation/bursty-loss.ts'
import { createRandom } from '../../src/simulation/random.ts'

const BURSTS = { toBad: 0.01, toGood: 0.25, lossInGood: 0, lossInBad: 1 }

/** Which of so many packets are lost, sent one by one. */
function lostOf(packets: number, seed: number): boolean[] {
  const link = new BurstyLoss([{ fromMs: 0, value: BURSTS }], createRandom(seed))
  return Array.from({ length: packets }, () => link.losesAny(1, 0))
}

describe('a link that loses in bursts', () => {
  test('loses its mean share, in runs of 1 / toGood packets', () => {
    const lost = lostOf(200_000, 7)
    const count = lost.filter(Boolean).length
    expect(count / lost.length).toBeCloseTo(0.01 / 0.26, 2)
    const runs = lost.filter((is, at) => is && !lost[at - 1]).length
    expect(count / runs).toBeCloseTo(4, 0)
  })

  test('loses the same packets with the same seed', () => {
    expect(lostOf(1_000, 3)).toEqual(lostOf(1_000, 3))
    expect(lostOf(1_000, 3)).not.toEqual(lostOf(1_000, 4))
  })

  test('loses nothing at times without bursts', () => {
    const steps = [
      { fromMs: 0, value: undefined },
      { fromMs: 100, value: { ...BURSTS, lossInGood: 1 } }
    ]
    const link = new BurstyLoss(steps, createRandom(1))
    expect([link.losesAny(50, 99), link.meanLoss(99)]).toEqual([false, 0])
    expect([link.losesAny(50, 100), link.meanLoss(100)]).toEqual([true, 1])
  })
})
