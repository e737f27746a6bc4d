import { describe, expect, it } from 'vitest'
import { NeighborProber } from '../../src/discovery/neighbor-prober.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const a: PeerAddresses = { peerId: 'a', addresses: ['/ip4/8.8.8.8/tcp/1/p2p/a'] }
const b: PeerAddresses = { peerId: 'b', addresses: [] }

class Harness {
  readonly clock = new VirtualScheduler()
  readonly asked: string[] = []
  readonly measured: [string, number | undefined][] = []
  /** Answers by peer: a number, 'fails' or 'hangs'. */
  readonly answers = new Map<string, number | 'fails' | 'hangs'>()
  /** Where each peer is connected: at the first address that was dialled and answered. */
  readonly connections = new Map<string, string>()
  readonly prober = new NeighborProber({
    scheduler: this.clock,
    connectedAt: peerId => [this.connections.get(peerId) ?? []].flat(),
    onMeasured: (peerId, rttMs) => this.measured.push([peerId, rttMs]),
    measure: async ({ peerId, addresses }, signal) => {
      this.asked.push(peerId)
      const answer = this.answers.get(peerId) ?? 'fails'
      if (typeof answer === 'number') {
        if (addresses[0]) this.connections.set(peerId, addresses[0])
        return answer
      }
      this.connections.delete(peerId)
      if (answer === 'fails') throw new Error('connection refused')
      return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
  })

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  async settle(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('NeighborProber', () => {
  it('measures a neighbour that has always answered more rarely', async () => {
    const harness = new Harness()
    harness.answers.set('a', 5)
    harness.prober.setNeighbors([a])
    await harness.settle()
    for (const ms of [10_000, 10_000, 29_999]) await harness.pass(ms)
    expect(harness.asked).toHaveLength(3)
    await harness.pass(1)
    expect(harness.asked).toHaveLength(4)
  })

  it('measures new neighbours at once and all of them every ten seconds', async () => {
    const harness = new Harness()
    harness.answers.set('a', 5).set('b', 7)
    harness.prober.setNeighbors([a])
    expect(harness.prober.hasProbed(['a'])).toBe(false)
    await harness.settle()
    expect(harness.prober.hasProbed(['a'])).toBe(true)
    harness.prober.setNeighbors([a, b])
    await harness.settle()
    expect(harness.asked).toEqual(['a', 'b'])
    await harness.pass(10_000)
    expect(harness.asked).toEqual(['a', 'b', 'a', 'b'])
    expect(harness.prober.known(['a', 'b', 'c'])).toEqual([
      { peerId: 'a', rttMs: 5 },
      { peerId: 'b', rttMs: 7 }
    ])
  })

  it('takes one miss for chance and two for a lost link', async () => {
    const harness = new Harness()
    harness.answers.set('a', 5)
    harness.prober.setNeighbors([a])
    await harness.settle()
    harness.answers.set('a', 'fails')
    await harness.pass(10_000)
    expect(harness.measured).toEqual([['a', 5]])
    await harness.pass(1_000)
    expect(harness.measured).toEqual([
      ['a', 5],
      ['a', undefined]
    ])
    expect(harness.prober.known(['a'])).toEqual([])
  })

  it('counts a neighbour that does not answer in time as missed', async () => {
    const harness = new Harness()
    harness.answers.set('a', 'hangs')
    harness.prober.setNeighbors([a])
    await harness.pass(5_000)
    expect(harness.measured).toEqual([['a', undefined]])
  })

  it('measures a neighbour with other addresses at once, and none that was taken from it', async () => {
    const harness = new Harness()
    harness.answers.set('a', 5).set('b', 7)
    harness.prober.setNeighbors([a, b])
    await harness.settle()
    harness.prober.setNeighbors([{ ...a, addresses: ['/ip4/8.8.4.4/tcp/1'] }])
    await harness.settle()
    await harness.pass(10_000)
    expect(harness.asked).toEqual(['a', 'b', 'a', 'a'])
  })

  it('dials one that never answers ever more rarely, also when a director names it again and again', async () => {
    const harness = new Harness()
    for (let second = 0; second < 600; second++) {
      harness.prober.setNeighbors(second % 2 === 0 ? [a] : [])
      await harness.pass(1_000)
    }
    expect(harness.asked.length).toBeLessThan(12)
  })

  it('dials one address rarely, whoever is said to be there, and one host, whatever ports it is said to have', async () => {
    for (const port of [() => 1, (index: number) => index + 1]) {
      const harness = new Harness()
      const victims = Array.from({ length: 200 }, (_, index) => ({
        peerId: `v${index}`,
        addresses: [`/ip4/8.8.8.8/tcp/${port(index)}/p2p/v${index}`]
      }))
      harness.prober.setNeighbors(victims)
      for (let second = 0; second < 60; second++) await harness.pass(1_000)
      expect(harness.asked.length).toBeLessThan(40)
    }
  })

  it('measures one that is connected by now at once, though it could not be dialled', async () => {
    const harness = new Harness()
    harness.prober.setNeighbors([a])
    for (let second = 0; second < 60; second++) await harness.pass(1_000)
    harness.prober.setNeighbors([])
    harness.connections.set('a', '/ip4/8.8.8.8/tcp/55555')
    harness.answers.set('a', 5)
    harness.prober.setNeighbors([a])
    await harness.settle()
    expect(harness.prober.known(['a'])).toEqual([{ peerId: 'a', rttMs: 5 }])
  })

  it('does nothing any more once stopped', async () => {
    const harness = new Harness()
    harness.answers.set('a', 'hangs')
    harness.prober.setNeighbors([a])
    harness.prober.stop()
    await harness.pass(100_000)
    harness.prober.setNeighbors([b])
    expect([harness.asked, harness.measured, harness.clock.pendingDelaysMs]).toEqual([['a'], [], []])
  })
})
