import { expect, it } from 'vitest'
import { FairRate, type RouteTurns } from '../../src/source/fair-rate.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const RATE = 1_000_000
const FRAME_BYTES = 10_000

class Network {
  readonly scheduler = new VirtualScheduler()
  readonly rate = new FairRate(RATE, this.scheduler)
  readonly sentBytes: number[] = []
  readonly turns: RouteTurns[] = []

  /** A route that sends frames one after the other, for as long as it runs. */
  start(owner: string, frames = Number.POSITIVE_INFINITY): void {
    const turns = this.rate.join(owner)
    const at = this.turns.push(turns) - 1
    this.sentBytes[at] = 0
    const run = async () => {
      for (let left = frames; left > 0; left--) {
        await turns.take(FRAME_BYTES)
        this.sentBytes[at]! += FRAME_BYTES
      }
      turns.rest()
    }
    void run()
  }

  async pass(byMs: number): Promise<void> {
    for (let ms = 0; ms < byMs; ms++) {
      this.scheduler.advance(1)
      // All routes whose turn it was offer their next frame.
      for (let i = 0; i < 10; i++) await Promise.resolve()
    }
  }
}

it('gives each owner an equal part of the rate, and each route an equal part of its owner’s', async () => {
  const network = new Network()
  for (const owner of ['one', 'other', 'other', 'other']) network.start(owner)
  await network.pass(2_000)
  const [one, ...others] = network.sentBytes
  const all = one! + others.reduce((sum, bytes) => sum + bytes, 0)
  expect(all).toBeGreaterThan(1.98 * RATE)
  expect(all).toBeLessThanOrEqual(2.02 * RATE + FRAME_BYTES)
  expect(Math.abs(one! - all / 2)).toBeLessThanOrEqual(4 * FRAME_BYTES)
  expect(Math.max(...others) - Math.min(...others)).toBeLessThanOrEqual(2 * FRAME_BYTES)
})

it('lets one have all of the rate while the others have nothing to send', async () => {
  const network = new Network()
  network.start('one')
  network.start('other', 3)
  await network.pass(1_000)
  expect(network.sentBytes[1]).toBe(3 * FRAME_BYTES)
  expect(network.sentBytes[0]).toBeGreaterThan(0.94 * RATE)
})

it('lets a route that is over go, and keeps nothing of the rate for it', async () => {
  const network = new Network()
  network.start('one')
  const over = network.rate.join('other')
  let isGone = false
  void over.take(100 * RATE).then(() => {
    isGone = true
  })
  await network.pass(10)
  expect(isGone).toBe(false)
  over.leave()
  await network.pass(1_000)
  expect(isGone).toBe(true)
  expect(network.sentBytes[0]).toBeGreaterThan(0.98 * RATE)
})
