import { describe, expect, it } from 'vitest'
import type { ContentFacts, RouteFacts } from '../../src/check/facts.ts'
import { contentFindings, limitOf, secondsForAll, underWayBytesOf } from '../../src/check/route-findings.ts'
import { content, route } from './routes.ts'

const silent = route({ bytes: 0, rateBytesPerSecond: 0, state: 'opening' })

describe('the limit of a route', () => {
  const limits: [string, Partial<RouteFacts>, RouteFacts[]][] = [
    ['unknown', {}, []],
    ['path', { loadedRttMs: 60 }, []],
    ['relay', { limitBytesPerSecond: 1_100_000, loadedRttMs: 60 }, []],
    ['unknown', { limitBytesPerSecond: 2_000_000 }, []],
    ['ends', { sharesWith: ['B'] }, [route({ id: 'B', relays: ['r2'], sharesWith: ['A'] })]],
    ['shared', { sharesWith: ['B'] }, [route({ id: 'B', relays: ['r2', 'r1'], sharesWith: ['A'] })]],
    [
      'shared',
      { sharesWith: ['B'] },
      [route({ id: 'B', relays: ['r2'] }), route({ id: 'C', relays: ['r3'] })]
    ]
  ]
  it.each(limits)('is %s with %j', (limit, changes, others) => {
    const it = route(changes)
    expect(limitOf(it, [it, ...others])).toBe(limit)
  })
})

describe('the findings about a content', () => {
  const found: [string, ContentFacts, string[]][] = [
    ['nothing on routes without a fault', content([route()]), []],
    ['a relay that limits', content([route({ limitBytesPerSecond: 1_000_000 })]), ['hint relayLimit']],
    ['losses', content([route({ lossWaitMs: 60 })]), ['hint losses']],
    [
      'a route that brings nothing though its relay answers',
      content([route(), { ...silent, id: 'B', isAnswering: true }]),
      ['warning pathMtu']
    ],
    [
      'a route that falls silent each time though its relay answers',
      content([route(), { ...silent, id: 'B', state: 'lost', hasFallenSilent: true, isAnswering: true }]),
      ['warning pathMtu']
    ],
    [
      'a route whose relay does not answer',
      content([route(), { ...silent, id: 'B', isAnswering: false }]),
      ['warning deadRoute']
    ],
    [
      'a route that a relay has refused',
      content([
        route(),
        { ...silent, id: 'B', state: 'lost', reason: 'the relay is full', isAnswering: true }
      ]),
      ['warning deadRoute']
    ],
    [
      'nothing about routes that a short content did not need',
      content([route(), { ...silent, id: 'B' }], { isComplete: true }),
      []
    ],
    ['that no route works', content([silent]), ['problem noRoute', 'warning deadRoute']],
    [
      'that there is no route at all',
      content([], { routesWanted: 8, shortfall: 'no relay', failure: 'no relay' }),
      ['problem noRoute']
    ],
    ['nothing about a content without bytes', content([silent], { bytes: 0, isComplete: true }), []],
    [
      'there are no more routes',
      content([route(), route({ id: 'B' })], { routesWanted: 3 }),
      ['hint shortfall']
    ],
    [
      'a bottleneck that some routes share, once',
      content([
        route({ sharesWith: ['B'] }),
        route({ id: 'B', relays: ['r2'], sharesWith: ['A'] }),
        route({ id: 'C', relays: ['r3'] })
      ]),
      ['hint sharedBottleneck']
    ],
    [
      'that all routes end in one bottleneck',
      content([route({ sharesWith: ['B'] }), route({ id: 'B', relays: ['r2'], sharesWith: ['A'] })]),
      ['hint endsLimit']
    ]
  ]
  it.each(found)('tell %s', (_, facts, findings) => {
    expect(contentFindings(facts).map(({ severity, kind }) => `${severity} ${kind}`)).toEqual(findings)
  })

  it('have a remedy each', () => {
    for (const [, facts] of found) {
      for (const { what, remedy } of contentFindings(facts)) expect([what, remedy]).not.toContain('')
    }
  })
})

it('all routes together say how long the whole content takes, and the fastest how much is under way', () => {
  const facts = content([route(), route({ id: 'B', loadedRttMs: 100, capacityBytesPerSecond: 4_000_000 })])
  expect(secondsForAll(facts)).toBe(50)
  expect(underWayBytesOf(facts)).toBe(400_000)
  expect(secondsForAll(content([silent]))).toBeUndefined()
})
