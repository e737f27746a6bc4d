import { describe, expect, test } from 'vitest'
import { daemonCommand, fetchCommand, gatewayCommand, type LabNodes } from '../../src/lab/role-command.ts'
import { clientsOf } from '../../src/topology/topology.ts'
import { behindRouter, parallelRoutes } from './fixtures.ts'

function nodesOf(topology: LabNodes['topology']): LabNodes {
  const peerIds = new Map(topology.nodes.map(node => [node.name, `id-${node.name}`]))
  return { topology, peerIds, homeOf: node => `/home/${node}`, contentDirectory: '/content' }
}

describe('command lines of the roles', () => {
  test('a relay is told of the nodes that links join it to, the client and the director apart', () => {
    const topology = parallelRoutes(['delay: 1ms'])
    topology.nodes.find(node => node.name === 'r1')!.maxRateBytesPerSecond = 2.5e6
    const argv = daemonCommand(nodesOf(topology), topology.nodes.find(node => node.name === 'r1')!)
    expect(argv.slice(1).join(' ')).toBe(
      'relay start --json --home /home/r1 --listen /ip4/5.0.4.1/tcp/4001 --director /ip4/5.0.2.1/tcp/4001/p2p/id-dir' +
        ' --neighbor /ip4/5.0.1.1/tcp/4001/p2p/id-src --max-rate 20000000bit'
    )
  })

  test('a relay behind a router is told of what lies behind it', () => {
    const topology = behindRouter()
    const argv = daemonCommand(nodesOf(topology), topology.nodes.find(node => node.name === 'r1')!)
    expect(argv.filter((_, at) => argv[at - 1] === '--neighbor')).toEqual([
      '/ip4/5.0.1.1/tcp/4001/p2p/id-src',
      '/ip4/5.0.4.1/tcp/4001/p2p/id-r2'
    ])
  })

  test('the client is told its relays, policy and number of routes', () => {
    const topology = parallelRoutes(
      ['delay: 1ms'],
      'client: {policy: proportional, routes: 3, args: [--force]}'
    )
    const argv = fetchCommand(nodesOf(topology), clientsOf(topology)[0]!, '/out')
    expect(argv.slice(1).join(' ')).toBe(
      'client fetch content.bin --json -o /out --director /ip4/5.0.2.1/tcp/4001/p2p/id-dir' +
        ' --neighbor /ip4/5.0.4.1/tcp/4001/p2p/id-r1 --policy proportional --routes 3 --force'
    )
  })

  test('a client that serves listens, under the identity of its home', () => {
    const topology = parallelRoutes(['delay: 1ms'], 'client: {serve: true}')
    const argv = fetchCommand(nodesOf(topology), clientsOf(topology)[0]!, '/out').join(' ')
    expect(argv).toMatch(
      / --serve --home \/home\/cli --listen \/ip4\/5.128.0.2\/tcp\/4001 --listen \/ip4\/5.128.2.2\/tcp\/4001$/
    )
  })

  test('a range is asked for by its bytes', () => {
    const topology = parallelRoutes(['delay: 1ms'], 'client: {range: 1MB-}')
    const argv = fetchCommand(nodesOf(topology), clientsOf(topology)[0]!, '/out').join(' ')
    expect(argv).toMatch(/ --range 1000000-9999999$/)
  })

  test('the gateway of a client that plays is told the same relays', () => {
    const topology = parallelRoutes(
      ['delay: 1ms'],
      'client: {play: {rate: 8mbit, buffer: 2s}, routes: 3, args: [--cache, 8MiB]}'
    )
    expect(gatewayCommand(nodesOf(topology), 'cli').slice(1).join(' ')).toBe(
      'client gateway --json --director /ip4/5.0.2.1/tcp/4001/p2p/id-dir' +
        ' --neighbor /ip4/5.0.4.1/tcp/4001/p2p/id-r1 --routes 3 --cache 8MiB'
    )
  })

  test('a live content is published, and fetched with its start and latency', () => {
    const topology = parallelRoutes(['delay: 1ms'])
    topology.live = { rateBytesPerSecond: 1e6, latencyMs: 800, start: 'begin' }
    const nodes = nodesOf(topology)
    const source = daemonCommand(nodes, topology.nodes.find(node => node.name === 'src')!)
    expect(source.slice(1).join(' ')).toMatch(/^source publish content.bin --json --home \/home\/src/)
    expect(source).not.toContain('--dir')
    const fetch = fetchCommand(nodes, clientsOf(topology)[0]!, '-').join(' ')
    expect(fetch).toMatch(/ -o - .* --start begin --latency 800ms$/)
  })
})
