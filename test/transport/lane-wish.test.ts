import { expect, it } from 'vitest'
import { LaneWish } from '../../src/transport/lane-wish.ts'

const LIMITS = { stretchBytes: 1_000, leastBytesPerSecond: 20_000, connectMs: 5 }

it('a lane pays from the rate on, over a whole stretch', () => {
  const wish = new LaneWish(LIMITS)
  const asked = [0, 10, 20, 30, 40, 50].map(nowMs => wish.brought(200, nowMs))
  expect(asked).toEqual([false, false, false, false, true, false])
})

it('a lane does not pay for a slow route, and does once it has become fast', () => {
  const wish = new LaneWish(LIMITS)
  const slow = [0, 20, 40, 60, 80].map(nowMs => wish.brought(200, nowMs))
  expect(slow).not.toContain(true)
  const fast = [90, 100, 110, 120, 130].map(nowMs => wish.brought(200, nowMs))
  expect(fast).toEqual([false, false, false, false, true])
})

it('a lane does not pay for what is short, however fast it comes', () => {
  const wish = new LaneWish(LIMITS)
  expect([0, 0, 0, 0].map(nowMs => wish.brought(200, nowMs))).not.toContain(true)
})
