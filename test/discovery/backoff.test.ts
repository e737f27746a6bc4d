import { describe, expect, it } from 'vitest'
import { Backoff } from '../../src/discovery/backoff.ts'

describe('Backoff', () => {
  it('doubles up to a second and a half', () => {
    const backoff = new Backoff(() => 0)
    expect([0, 1, 2, 3, 4, 5, 6].map(() => backoff.next(0))).toEqual([
      100, 200, 400, 800, 1_500, 1_500, 1_500
    ])
  })

  it('starts again after a success that lasted ten seconds, and goes on doubling after a shorter one', () => {
    const backoff = new Backoff(() => 0)
    expect([backoff.next(0), backoff.next(100)]).toEqual([100, 200])
    backoff.succeeded(1_000)
    expect(backoff.next(10_999)).toBe(400)
    backoff.succeeded(20_000)
    expect([backoff.next(30_000), backoff.next(60_000)]).toEqual([100, 200])
  })

  it('takes off up to half at random', () => {
    expect(new Backoff(() => 0.5).next(0)).toBe(75)
    expect(new Backoff(() => 1).next(0)).toBe(50)
  })
})
