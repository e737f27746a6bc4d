import { describe, expect, it } from 'vitest'
import { Backoff } from '../../src/overlay/backoff.ts'

describe('Backoff', () => {
  it('doubles up to a second and a half, and starts again after a reset', () => {
    const backoff = new Backoff(() => 0)
    expect([0, 1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1_500, 1_500, 1_500])
    backoff.reset()
    expect(backoff.next()).toBe(100)
  })

  it('takes off up to half at random', () => {
    expect(new Backoff(() => 0.5).next()).toBe(75)
    expect(new Backoff(() => 1).next()).toBe(50)
  })
})
