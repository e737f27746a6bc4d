import { describe, expect, it } from 'vitest'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import { FetchPageMeter } from '../../src/node-page/fetch-page-view.ts'
import { NODE_PAGE_LIMITS } from '../../src/node-page/limits.ts'
import { answeredFetch, contentOf, routeOf } from './answers.ts'

const stateOf = (...contents: Parameters<typeof answeredFetch>) => answeredFetch(...contents).state
const LOST: FetchEvent = {
  event: 'route',
  id: 'B',
  state: 'lost',
  relays: ['12D3KooWrelayabcdef'],
  source: 's',
  reason: 'the connection broke'
}

describe('what the page of a fetch shows', () => {
  it('remembers sums, ideals and weights, with gaps where a route was not there', () => {
    const meter = new FetchPageMeter()
    const [a, b] = [routeOf('A', 0), { ...routeOf('B', 0), weight: 0.25 }]
    meter.follow(stateOf(contentOf(0, [a])), 0)
    meter.follow(stateOf(contentOf(0, [{ ...a, bytes: 500 }, b])), 1_000)
    const view = meter.follow(stateOf(contentOf(0, [{ ...a, bytes: 1_500 }])), 2_000)
    expect(view.contents[0]!.history).toEqual({
      sum: [null, 500, 1_000],
      ideal: [1_000_000, 2_000_000, 1_000_000],
      weights: { A: [0.5, 0.5, 0.5], B: [null, 0.25, null] }
    })
  })

  it('keeps no more than it shows, and nothing of contents that are over', () => {
    const meter = new FetchPageMeter()
    const route = routeOf('A', 0)
    for (let at = 0; at < NODE_PAGE_LIMITS.fetchSlots + 9; at++)
      meter.follow(stateOf(contentOf(0, at === 0 ? [route, routeOf('B', 0)] : [route])), at * 1_000)
    const at = 1e6
    const { sum, weights } = meter.follow(stateOf(contentOf(0, [route])), at).contents[0]!.history
    expect(sum).toHaveLength(NODE_PAGE_LIMITS.fetchSlots)
    expect(Object.entries(weights).map(([id, { length }]) => [id, length])).toEqual([['A', sum.length]])
    expect(meter.follow(stateOf(), at + 1_000).contents).toEqual([])
    expect(meter.follow(stateOf(contentOf(0, [route])), at + 2_000).contents[0]!.history.sum).toHaveLength(1)
  })

  it('tells which ways were lost until they are back, and what a fetch waits for', () => {
    const meter = new FetchPageMeter()
    const problems = () => meter.follow(stateOf(contentOf(0, [])), 0).problems.map(({ what }) => what)
    meter.tell('a', LOST, 7)
    meter.tell('a', { event: 'waiting', missing: 'relays', reason: 'no relay answers', atMs: 0 }, 8)
    expect(problems()).toEqual([
      'a: the route over ..abcdef was lost: the connection broke',
      'a: nothing comes: no relay answers'
    ])
    meter.tell('a', { event: 'resumed', waitedMs: 1, atMs: 0 }, 9)
    meter.tell('a', { ...LOST, id: 'C', state: 'open', reason: '' }, 9)
    expect(problems()).toEqual([])
  })

  it('tells of routes that are late or parked, and which share a bottleneck', () => {
    const meter = new FetchPageMeter()
    meter.tell('x', { event: 'sharedBottleneck', routes: ['A', 'B'], shared: true, atMs: 0 }, 1)
    const late = { ...routeOf('A', 0), state: 'late' }
    const parked = { ...routeOf('B', 0), isParked: true }
    const { problems } = meter.follow(stateOf(contentOf(0, [late, parked])), 0)
    expect(problems.every(({ severity }) => severity === 'notice')).toBe(true)
    expect(problems.map(({ what }) => what)).toEqual([
      expect.stringContaining('the routes A and B share a bottleneck'),
      expect.stringContaining('route A is late'),
      expect.stringContaining('route B is parked by hand')
    ])
    meter.tell('x', { event: 'sharedBottleneck', routes: ['A', 'B'], shared: false, atMs: 0 }, 2)
    expect(meter.follow(stateOf(contentOf(0, [])), 0).problems).toEqual([])
  })
})
