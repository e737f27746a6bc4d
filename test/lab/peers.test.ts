import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { bestSinglePath } from '../../src/lab/compare.ts'
import { runLab } from '../../src/lab/lab-run.ts'
import { InOrderProgress } from '../../src/lab/peers/in-order-progress.ts'
import { routeAddressLines } from '../../src/lab/peers/route-addresses.ts'
import { disjointPaths } from '../../src/topology/paths.ts'
import { aroundRouter, behindRouter, parallelRoutes } from './fixtures.ts'

describe('in-order progress of a content in parts', () => {
  test('a later part counts only when all before it are complete', () => {
    const progress = new InOrderProgress([10, 10])
    progress.add(1, 10, 0)
    expect(progress.bytes).toBe(0)
    progress.add(0, 4, 5)
    expect(progress.bytes).toBe(4)
    progress.add(0, 6, 6)
    expect(progress.bytes).toBe(20)
  })

  test('the longest stall is between bytes that moved it on', () => {
    const progress = new InOrderProgress([10, 10])
    progress.add(0, 1, 100)
    progress.add(1, 10, 150)
    progress.add(0, 1, 300)
    progress.add(0, 8, 350)
    expect(progress.longestStallMs).toBe(200)
  })
})

describe('the means of comparison', () => {
  test('do not play', async () => {
    const topology = parallelRoutes(['rate: 16mbit'], 'client: {play: {rate: 8mbit, buffer: 2s}}')
    const loaded = { topology, traces: new Map(), file: 'test.yaml', text: '' }
    const { signal } = new AbortController()
    const compared = runLab(loaded, { peers: ['single'], signal, log: () => {} })
    await expect(compared).rejects.toThrow('client.play: the other means only fetch')
  })

  test('the best single route is the one that alone would be first, events included', () => {
    const topology = parallelRoutes(
      ['rate: 40mbit', 'rate: 30mbit'],
      'events: [{at: 1s, link: [src, r1], set: {rate: 1mbit}}]'
    )
    const paths = disjointPaths(topology)
    expect(paths[bestSinglePath(topology, new Map(), paths)]!.nodes).toEqual(['src', 'r2', 'cli'])
  })

  test('each route gets addresses between which packets go along it there and back', () => {
    const topology = parallelRoutes(['delay: 1ms', 'delay: 2ms'])
    const lines = routeAddressLines(topology, disjointPaths(topology))
    expect(lines.get('r2')).toEqual([
      'route replace 10.1.1.2/32 via 169.254.0.2 dev l4 onlink',
      'route replace 10.1.1.1/32 via 169.254.0.1 dev l3 onlink'
    ])
    expect(lines.get('cli')).toContain('route replace 10.1.1.1/32 via 169.254.0.1 dev l4 onlink src 10.1.1.2')
  })

  test('packets along a route pass the routers on it', () => {
    const topology = behindRouter()
    const lines = routeAddressLines(topology, disjointPaths(topology))
    expect(lines.get('hub')).toContain('route replace 10.1.0.2/32 via 169.254.0.2 dev l1 onlink')
    expect(lines.get('hub')).toContain('route replace 10.1.1.1/32 via 169.254.0.1 dev l0 onlink')
  })

  test('a route that passes a router twice has no addresses of its own', () => {
    const topology = aroundRouter()
    expect(() => routeAddressLines(topology, disjointPaths(topology))).toThrow(ConfigurationError)
  })
})
