import { describe, expect, test } from 'vitest'
import { leastTimeMs } from '../../src/topology/ideal-time.ts'
import { keepsBound, parseTopology, TopologyError } from '../../src/topology/topology.ts'
import { topologyJsonSchema } from '../../src/topology/topology-schema.ts'

const HEAD = `name: two
topology:
  nodes:
    src: {role: source}
    r1: {role: relay, maxRate: 20mbit}
    r2: {role: relay, startAt: 3s}
    dir: {role: director}
    cli: {role: client}
  links:
    - {endpoints: [src, r1], rate: 40mbit, delay: 10ms, queue: 100, loss: 0.1%}
    - {endpoints: [r1, cli], up: {rate: 10mbit}, down: {rate: 40mbit}, delay: 10ms, jitter: 2ms}
    - {endpoints: [src, r2], trace: leo.trace}
    - {endpoints: [r2, cli]}
    - {endpoints: [dir, cli]}
content: {size: 100MB}
`

function problemsOf(text: string) {
  try {
    parseTopology(text, 'x.yaml')
  } catch (error) {
    if (error instanceof TopologyError) return error.problems
    throw error
  }
  return []
}

describe('topology file', () => {
  test('a node that publishes makes the content live', () => {
    const text = HEAD.replace('role: source', 'role: publish, rate: 8mbit')
    const topology = parseTopology(`${text}client: {latency: 800ms, routes: 2}\n`, 'x.yaml')
    expect(topology.live).toEqual({ rateBytesPerSecond: 1e6, latencyMs: 800, start: 'live' })
    expect(topology.nodes[0]!.role).toBe('source')
    expect(topology.client).toEqual({ routes: 2, args: [] })
    expect(leastTimeMs(topology, new Map())).toBe(100_000)
    expect(parseTopology(HEAD, 'x.yaml').live).toBeUndefined()
  })

  test.each([
    ['needs a rate', HEAD.replace('source', 'publish')],
    ['is for the role publish only', HEAD.replace('role: relay,', 'role: relay, rate: 1mbit,')],
    [
      'must be the only source',
      HEAD.replace('r1: {role: relay, maxRate: 20mbit}', 'r1: {role: publish, rate: 8mbit}')
    ],
    ['needs a node that publishes', `${HEAD}client: {latency: 1s}\n`],
    ['needs a node that publishes', `${HEAD}expect: {skipped: "<=1%"}\n`],
    [
      'has no meaning where a node publishes',
      `${HEAD.replace('role: source', 'role: publish, rate: 8mbit')}expect: {efficiency: ">=0.9"}\n`
    ],
    [
      'must be a multiple of 1024B',
      HEAD.replace('role: source', 'role: publish, rate: 8mbit').replace('100MB', '100MB, segmentSize: 9kB')
    ]
  ])('a live content that is not told of in full: %s', (message, text) => {
    const problems = problemsOf(text)
    expect(problems.map(problem => problem.message)).toEqual([expect.stringContaining(message)])
  })

  test('a client may play the content', () => {
    const topology = parseTopology(`${HEAD}client: {play: {rate: 8mbit, buffer: 2s}, routes: 2}\n`, 'x.yaml')
    expect(topology.play).toEqual({ rateBytesPerSecond: 1e6, bufferMs: 2_000 })
    expect(topology.client).toEqual({ routes: 2, args: [] })
    expect(leastTimeMs(topology, new Map())).toBe(100_000)
  })

  test.each([
    [
      'has no meaning where the client plays',
      'client: {play: {rate: 8mbit, buffer: 2s}, serve: true}',
      'client.serve'
    ],
    [
      'has no meaning where the client plays',
      'client: {play: {rate: 8mbit, buffer: 2s}, range: 1MB-2MB}',
      'client.range'
    ],
    ['needs a client that plays', 'expect: {rebuffers: "<=0"}', 'expect.rebuffers'],
    [
      'has no meaning where the client plays',
      'client: {play: {rate: 8mbit, buffer: 2s}, policy: fixed}',
      'client.policy'
    ],
    [
      'has no meaning where the client plays',
      'client: {play: {rate: 8mbit, buffer: 2s}}\nexpect: {completion: "<=9s"}',
      'expect.completion'
    ]
  ])('a player and what does not go with it: %s', (message, rest, path) => {
    expect(problemsOf(`${HEAD}${rest}\n`)).toMatchObject([{ message, path }])
  })

  test('a policy is one of those that there are', () => {
    expect(parseTopology(`${HEAD}client: {policy: ecf}\n`, 'x.yaml').client.policy).toBe('ecf')
    expect(problemsOf(`${HEAD}client: {policy: best}\n`)).toMatchObject([{ path: 'client.policy' }])
  })

  test('a content that is made meanwhile is not played', () => {
    const text = HEAD.replace('role: source', 'role: publish, rate: 8mbit')
    const problems = problemsOf(`${text}client: {play: {rate: 8mbit, buffer: 2s}}\n`)
    expect(problems).toMatchObject([
      { message: 'has no meaning where a node publishes', path: 'client.play' }
    ])
  })

  test('loss may come in bursts, and has then a mean', () => {
    const bursts = HEAD.replace('loss: 0.1%', 'loss: {toBad: 1%, toGood: 19%, inBad: 50%}')
    const { loss, bursts: found } = parseTopology(bursts, 'x.yaml').links[0]!.up
    expect(loss).toBeCloseTo(0.05 * 0.5, 9)
    expect(found).toEqual({ toBad: 0.01, toGood: 0.19, lossInGood: 0, lossInBad: 0.5 })
  })

  test.each([
    ['loss: {toBad: 1%, toGood: 0%}', 'must be more than 0%, or all would be lost for ever'],
    ['loss: {toBad: 1%, toGood: 1%, worst: 1%}', 'is not a key that belongs here'],
    ['loss: 5', 'must be a percentage such as 0.1%; the unit is required'],
    ['loss: 0%, reorder: true', 'needs a jitter of the link, by which packets pass each other'],
    ['loss: 0%, trace: {file: a, offset: 30ms}', 'must be whole steps of 100ms'],
    ['loss: 0%, trace: {file: a, colums: {}}', 'is not a key that belongs here']
  ])('a link of %s is refused', (settings, message) => {
    expect(problemsOf(HEAD.replace('loss: 0.1%', settings))).toMatchObject([{ message }])
  })

  test('quantities become numbers in base units', () => {
    const topology = parseTopology(HEAD, 'x.yaml')
    expect(topology.links[0]!.down).toEqual({
      rateBytesPerSecond: 5e6,
      delayMs: 10,
      jitterMs: 0,
      loss: 0.001,
      queueBytes: 151_400
    })
    expect(topology.contentBytes).toBe(100e6)
    expect(topology.nodes.find(node => node.name === 'r1')).toMatchObject({ maxRateBytesPerSecond: 2.5e6 })
    expect(topology.nodes.find(node => node.name === 'r2')).toMatchObject({ startAtMs: 3000 })
  })

  test('up and down override what stands for both directions', () => {
    const link = parseTopology(HEAD, 'x.yaml').links[1]!
    expect(link.down).toMatchObject({ rateBytesPerSecond: 5e6, delayMs: 10, jitterMs: 2 })
    expect(link.up).toMatchObject({ rateBytesPerSecond: 1.25e6, delayMs: 10, jitterMs: 2 })
  })

  test('an event holds only what it changes', () => {
    const { events } = parseTopology(
      `${HEAD}events:
  - {at: 4s, link: [r1, src], set: {rate: 2mbit, up: {delay: 5ms}}}
  - {at: 5s, every: 6s, link: [src, r1], down: true}
  - {at: 6s, node: r2, action: kill}
`,
      'x.yaml'
    )
    expect(events).toEqual([
      {
        atMs: 4000,
        everyMs: undefined,
        link: 0,
        change: {
          kind: 'set',
          down: { rateBytesPerSecond: 250_000, trace: undefined, delayMs: 5 },
          up: { rateBytesPerSecond: 250_000, trace: undefined }
        }
      },
      { atMs: 5000, everyMs: 6000, link: 0, change: { kind: 'down' } },
      { atMs: 6000, everyMs: undefined, node: 'r2', action: 'kill' }
    ])
  })

  test('a number without its unit is refused where it stands', () => {
    const [problem] = problemsOf(HEAD.replace('delay: 10ms, queue', 'delay: 10, queue'))
    expect(problem).toMatchObject({ line: 10, column: 51, path: 'topology.links.0.delay' })
    expect(problem!.message).toContain('unit')
  })

  test('an unknown key is refused where it stands', () => {
    expect(problemsOf(`${HEAD}contents: {size: 1MB}\n`)).toMatchObject([{ line: 16, path: 'contents' }])
    expect(problemsOf(HEAD.replace('jitter: 2ms', 'jiter: 2ms'))).toMatchObject([
      { line: 11, path: 'topology.links.1.jiter' }
    ])
  })

  test('bad YAML is refused with line and column', () => {
    expect(problemsOf('name: [x\n')).toMatchObject([{ line: 2 }])
  })

  test.each([
    [
      'a link to a node that is not there',
      HEAD.replace('[r2, cli]', '[r9, cli]'),
      'topology.links.3.endpoints.0'
    ],
    [
      'a node that no link reaches',
      HEAD.replace('    cli:', '    r3: {role: relay}\n    cli:'),
      'topology.nodes.r3'
    ],
    [
      'two links between the same nodes',
      HEAD.replace('[r2, cli]', '[cli, dir]'),
      'topology.links.4.endpoints'
    ],
    [
      'a file without director',
      HEAD.replace('dir: {role: director}', 'dir: {role: relay}'),
      'topology.nodes'
    ],
    [
      'maxRate on a source',
      HEAD.replace('{role: source}', '{role: source, maxRate: 1mbit}'),
      'topology.nodes.src.maxRate'
    ],
    [
      'an event on a link that is not there',
      `${HEAD}events: [{at: 1s, link: [src, cli], down: true}]`,
      'events.0.link'
    ],
    ['an event that changes nothing', `${HEAD}events: [{at: 1s, link: [src, r1]}]`, 'events.0'],
    [
      'a router with one link',
      HEAD.replace('    cli:', '    hub: {role: router}\n    cli:').replace(
        'content:',
        '    - {endpoints: [src, hub]}\ncontent:'
      ),
      'topology.nodes.hub'
    ],
    [
      'an event that ends a router',
      `${HEAD.replace('r2: {role: relay, startAt: 3s}', 'r2: {role: router}')}events: [{at: 1s, node: r2, action: kill}]`,
      'events.0.node'
    ],
    [
      'flags of a router',
      HEAD.replace('r2: {role: relay, startAt: 3s}', 'r2: {role: router, args: [--verbose]}'),
      'topology.nodes.r2.args'
    ],
    [
      'startAt on a router',
      HEAD.replace('r2: {role: relay, startAt: 3s}', 'r2: {role: router, startAt: 3s}'),
      'topology.nodes.r2.startAt'
    ],
    [
      'flags of the client at its node',
      HEAD.replace('cli: {role: client}', 'cli: {role: client, args: [--force]}'),
      'topology.nodes.cli.args'
    ],
    ['an event on the client', `${HEAD}events: [{at: 1s, node: cli, action: kill}]`, 'events.0.node'],
    [
      'an event with a bad rate',
      `${HEAD}events: [{at: 1s, link: [src, r1], set: {rate: 5}}]`,
      'events.0.set.rate'
    ]
  ])('%s is refused', (_, text, path) => {
    expect(problemsOf(text).map(problem => problem.path)).toContain(path)
  })

  test('bounds of expect are kept or not', () => {
    const { expect: wanted } = parseTopology(
      `${HEAD}expect: {efficiency: ">=0.95", longestStall: "<=500ms"}`,
      'x.yaml'
    )
    expect(keepsBound(0.95, wanted.efficiency!)).toBe(true)
    expect(keepsBound(0.94, wanted.efficiency!)).toBe(false)
    expect(keepsBound(501, wanted.longestStall!)).toBe(false)
  })

  test('what is wrong with a router is told where the router stands', () => {
    const text = HEAD.replace('    cli:', '    hub: {role: router}\n    cli:').replace(
      'content:',
      '    - {endpoints: [src, hub]}\ncontent:'
    )
    expect(problemsOf(text)).toMatchObject([{ line: 8, path: 'topology.nodes.hub' }])
    expect(problemsOf(text)[0]!.message).toContain('one link')
  })

  test('the JSON Schema refuses unknown keys as the parser does', () => {
    expect(topologyJsonSchema()).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['name', 'topology', 'content']
    })
  })
})
