import { describe, expect, it } from 'vitest'
import type { SimulatedRoute } from '../../../src/simulation/index.ts'
import { bytesOver, hop, trial } from './trial.ts'

const near: SimulatedRoute = { hops: [hop(60, 2)] }
const far: SimulatedRoute = { hops: [hop(60, 25)] }
const EVER = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }

const msOf = (sizeBytes: number, routes: SimulatedRoute[]) =>
  trial('adaptive', sizeBytes, routes, { slowStart: true }).result.durationMs

describe('a short content', () => {
  it.each([20_000, 70_000, 256_000])('of %i bytes is not later by a farther route', sizeBytes => {
    const alone = msOf(sizeBytes, [near])
    expect(msOf(sizeBytes, [near, far])).toBeLessThanOrEqual(1.05 * alone)
    expect(msOf(sizeBytes, [far, near])).toBeLessThanOrEqual(1.05 * alone)
  })

  it('comes sooner over two routes that are alike than over one', () => {
    expect(msOf(256_000, [near, near])).toBeLessThan(msOf(256_000, [near]))
  })

  it('comes over another route where the one that was asked first dies', () => {
    const dying = { ...near, diesAtMs: 15 }
    const { result } = trial('adaptive', 256_000, [dying, far])
    expect(result.completed).toBe(true)
  })
})

it('a long content begins over both routes at once', () => {
  const made = trial('adaptive', 20_000_000, [near, far])
  expect(bytesOver(made, 1, EVER)).toBeGreaterThan(5_000_000)
})

describe('a far route that loses packets', () => {
  const lossy = (): SimulatedRoute => ({ hops: [hop(20, 275, { loss: 0.05 })] })

  it('is waited for as long as repairs take: three of them are faster than one, and little is sent twice', () => {
    const one = trial('adaptive', 20_000_000, [lossy()])
    const three = trial('adaptive', 20_000_000, [lossy(), lossy(), lossy()])
    expect(three.result.durationMs).toBeLessThan(0.75 * one.result.durationMs)
    expect(three.result.duplicateBytes).toBeLessThan(0.5 * 20_000_000)
  })
})
