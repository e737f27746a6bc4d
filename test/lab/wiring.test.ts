import { describe, expect, test } from 'vitest'
import { deviceLines, namespaces, needsNetem, netemArguments, queueLines } from '../../src/lab/wiring.ts'
import { type LinkNow, linkAtStart } from '../../src/topology/timeline.ts'
import type { LinkState } from '../../src/topology/topology.ts'
import { parallelRoutes } from './fixtures.ts'

const state = (change: Partial<LinkState>): LinkState => ({
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  queueBytes: 302_800,
  ...change
})
const link = (change: Partial<LinkState>): LinkNow => linkAtStart({ down: state(change), up: state({}) })

describe('wiring of a lab', () => {
  test("a direction's rate and queue stand where it ends", () => {
    expect(queueLines(3, 'down', link({ rateBytesPerSecond: 5e6 }))).toEqual([
      'qdisc replace dev w3b root handle 1: htb default 1',
      'class replace dev w3b parent 1: classid 1:1 htb rate 40000000bit burst 5000 cburst 5000 quantum 1514',
      'qdisc replace dev w3b parent 1:1 handle 10: bfifo limit 302800'
    ])
    expect(queueLines(3, 'up', link({ rateBytesPerSecond: 5e6 }))).toEqual([
      'qdisc replace dev w3a root handle 3: pfifo limit 10000'
    ])
  })

  test('a lower rate keeps the queue, in bytes, and leaves room for a full frame', () => {
    const before = link({ rateBytesPerSecond: 5e6 })
    const lines = queueLines(0, 'down', link({ rateBytesPerSecond: 250_000 }), before)
    expect(lines.join()).not.toContain('root')
    expect(lines.join()).toContain('burst 3028 cburst 3028')
    expect(lines.join()).toContain('limit 302800')
  })

  test('what had no rate or was a black hole gets a queue anew', () => {
    const now = link({ rateBytesPerSecond: 5e6 })
    for (const before of [link({}), { ...now, blackHole: true }]) {
      expect(queueLines(0, 'down', now, before)[0]).toContain('root handle 1: htb')
    }
  })

  test('a black hole drops without an answer', () => {
    expect(queueLines(0, 'up', { ...link({}), blackHole: true })).toEqual([
      'qdisc replace dev w0a root handle 2: blackhole'
    ])
  })

  test('jitter keeps packets in order by a rate that never limits', () => {
    expect(netemArguments(state({ delayMs: 10, jitterMs: 2, loss: 0.001 }))).toBe(
      'delay 10000us 2000us rate 100gbit loss 0.1% limit 1000000'
    )
    expect(netemArguments(state({ delayMs: 10 }))).toBe('delay 10000us loss 0% limit 1000000')
  })

  test('reordering jitter has no such rate, and loss in bursts four probabilities', () => {
    expect(netemArguments(state({ delayMs: 10, jitterMs: 2, reorders: true }))).toBe(
      'delay 10000us 2000us loss 0% limit 1000000'
    )
    const bursts = { toBad: 0.01, toGood: 0.2, lossInGood: 0, lossInBad: 1 }
    expect(netemArguments(state({ loss: 0.05, bursts }))).toBe(
      'delay 0us loss gemodel 1% 20% 100% 0% limit 1000000'
    )
  })

  test('a link with a trace of delay or loss goes through netem', () => {
    const topology = parallelRoutes(['trace: t.csv'])
    const traced = (trace: object) =>
      needsNetem(topology, 1, new Map([['t.csv', { beganMs: 0, steps: 1, ...trace }]]))
    expect([traced({ delaysMs: [1] }), traced({ losses: [0] })]).toEqual([true, true])
    expect(traced({ ratesBytesPerSecond: [1e6] })).toBe(false)
  })

  test('only links that ever delay or lose go through netem', () => {
    const topology = parallelRoutes(
      ['rate: 1mbit', 'delay: 5ms', 'rate: 2mbit'],
      'events: [{at: 1s, link: [src, r3], set: {loss: 1%}}]'
    )
    expect(topology.links.map((_, index) => needsNetem(topology, index))).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
      false
    ])
  })

  test('two labs share no name', () => {
    const topology = parallelRoutes(['delay: 1ms'])
    const names = (id: string) => [
      namespaces.wires(id),
      ...topology.nodes.map(node => namespaces.node(id, node.name))
    ]
    expect(new Set([...names('x-1'), ...names('x-2')]).size).toBe(2 * names('x-1').length)
    expect(deviceLines('x-1', topology.links).join()).toContain('netns ab-x-1.src')
  })
})
