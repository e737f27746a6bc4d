import { describe, expect, test } from 'vitest'
import { leastTimeMs } from '../../src/topology/ideal-time.ts'
import { disjointPaths, neighborsOf } from '../../src/topology/paths.ts'
import { PAYLOAD_SHARE, parseTopology, TopologyError, wantedBytes } from '../../src/topology/topology.ts'

interface Star {
  /** What stands in a client's node besides its role. */
  clients: string[]
  /** Settings of a client's link. */
  link?: string
  rest?: string
  content?: string
}

/** A source of 8 Mbit/s and clients around a router; routes go straight. */
function star({ clients, link = 'rate: 8mbit', rest = '', content = '{size: 10MB}' }: Star) {
  const names = clients.map((_, index) => `c${index + 1}`)
  return `name: star
topology:
  nodes:
    src: {role: source}
    net: {role: router}
    dir: {role: director}
${names.map((name, index) => `    ${name}: {role: client${clients[index]}}`).join('\n')}
  links:
    - {endpoints: [src, net], rate: 8mbit}
    - {endpoints: [dir, net]}
${names.map(name => `    - {endpoints: [net, ${name}], ${link}}`).join('\n')}
content: ${content}
${rest.includes('client:') ? '' : 'client: {direct: only}\n'}${rest}`
}

const parse = (it: Star) => parseTopology(star(it), 'star.yaml')
const idealSeconds = (it: Star) => (leastTimeMs(parse(it), new Map()) / 1000) * PAYLOAD_SHARE

function messagesOf(text: string): string[] {
  try {
    parseTopology(text, 'x.yaml')
  } catch (error) {
    if (error instanceof TopologyError) return error.problems.map(({ message }) => message)
    throw error
  }
  return []
}

describe('several clients', () => {
  test('serve where the file or the node says so', () => {
    const some = parse({ clients: ['', ', serve: true, startAt: 2s'] })
    expect(some.nodes.slice(3)).toMatchObject([
      { name: 'c1', serves: false },
      { name: 'c2', serves: true, startAtMs: 2_000 }
    ])
    const all = parse({ clients: ['', ''], rest: 'client: {direct: only, serve: true}' })
    expect(all.nodes.map(({ serves }) => serves)).toEqual([false, false, false, true, true])
    expect(all.client).toEqual({ direct: 'only', args: [] })
  })

  test.each([
    ['one client must have no startAt', star({ clients: [', startAt: 1s'] })],
    ['must have a client', star({ clients: [''] }).replace('c1: {role: client}', 'c1: {role: relay}')],
    ['is for clients only', star({ clients: [''] }).replace('role: source', 'role: source, serve: true')],
    ['has no meaning with several clients', star({ clients: ['', ''], rest: 'expect: {routes: ">=2"}' })],
    ['needs several clients', star({ clients: [''], rest: 'expect: {fairness: ">=0.9"}' })],
    [
      'must have exactly one client',
      star({ clients: ['', ''] }).replace('role: source', 'role: publish, rate: 1mbit')
    ],
    [
      'no client can serve what a node publishes',
      star({ clients: [', serve: true'] }).replace('role: source', 'role: publish, rate: 1mbit')
    ]
  ])('%s', (message, text) => {
    expect(messagesOf(text)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['is for one client only', ['', '']],
    ['goes not with serve', [', serve: true']]
  ])('do not play, nor does one that serves: %s', (message, clients) => {
    const text = star({ clients, rest: 'client: {play: {rate: 8mbit, buffer: 2s}}' })
    expect(messagesOf(text)).toEqual([expect.stringContaining(message)])
  })

  test('each has paths of its own, and no other client lies on them', () => {
    const topology = parse({ clients: ['', ', serve: true'] })
    expect(disjointPaths(topology, 'c2').map(({ nodes }) => nodes)).toEqual([['src', 'c2']])
  })

  test('one that serves is a neighbour of relays alone', () => {
    const text = star({ clients: ['', ', serve: true'] }).replace('dir:', 'r1: {role: relay}\n    dir:')
    const topology = parseTopology(
      text.replace('    - {endpoints: [dir', '    - {endpoints: [r1, net]}\n    - {endpoints: [dir'),
      'x.yaml'
    )
    expect(neighborsOf(topology, 'r1')).toEqual(['src', 'c2'])
    expect(neighborsOf(topology, 'c1')).toEqual(['src', 'r1'])
  })
})

describe('the ideal time of several clients', () => {
  const four = ['', '', '', '']

  test('is as many times that of one where nobody serves', () => {
    expect(idealSeconds({ clients: [''] })).toBeCloseTo(10, 3)
    expect(idealSeconds({ clients: four })).toBeCloseTo(40, 2)
  })

  test('is that of one alone where all serve at the rate of the source', () => {
    expect(idealSeconds({ clients: four.map(() => ', serve: true') })).toBeCloseTo(10, 3)
  })

  test('is bounded by what all send together: 40 MB at 1 MB/s and four times 0.5 MB/s', () => {
    const link = 'down: {rate: 8mbit}, up: {rate: 4mbit}'
    const seconds = idealSeconds({ clients: four.map(() => ', serve: true'), link })
    expect(seconds).toBeCloseTo(40 / 3, 2)
  })

  test('counts from the first start, also where a later client is alone at the end', () => {
    expect(idealSeconds({ clients: ['', ', startAt: 5s'] })).toBeCloseTo(20, 2)
    const late = leastTimeMs(parse({ clients: ['', ', startAt: 60s'] }), new Map())
    expect(late).toBeCloseTo(60_000 + 10_000 / PAYLOAD_SHARE, 0)
  })

  test('does not exist where a client gets nothing', () => {
    const events = 'events: [{at: 1s, link: [net, c2], down: true}]'
    expect(idealSeconds({ clients: ['', ''], rest: events })).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a range', () => {
  test('is what the client fetches, and what the ideal time is of', () => {
    const rest = 'client: {direct: only, range: 2MB-2999999}'
    expect(parse({ clients: [''], rest }).range).toEqual({ start: 2_000_000, end: 3_000_000 })
    expect(idealSeconds({ clients: [''], rest })).toBeCloseTo(1, 3)
  })

  test('ends with the content', () => {
    const last = parse({ clients: [''], rest: 'client: {range: 9MB-}' })
    expect(wantedBytes(last)).toBe(1_000_000)
  })

  test.each([
    ['lies outside of the content', 'client: {range: 10MB-11MB}'],
    ['must be a range such as', 'client: {range: 11MB}'],
    ['only whole contents are served', 'client: {range: 1MB-2MB, serve: true}']
  ])('%s', (message, rest) => {
    expect(messagesOf(star({ clients: [''], rest }))).toEqual([expect.stringContaining(message)])
  })
})
