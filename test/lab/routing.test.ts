import { expect, test } from 'vitest'
import { filterText } from '../../src/lab/filters.ts'
import { endLines, nodeLines, ruleLines } from '../../src/lab/routing.ts'
import type { EndNow } from '../../src/topology/timeline.ts'
import { nodeNamed, parseTopology, type Topology } from '../../src/topology/topology.ts'
import { behindRouter, parallelRoutes } from './fixtures.ts'

const WHOLE: EndNow = { isPresent: true, address: 'first' }
const linesOf = (topology: Topology, name: string) =>
  nodeLines(topology, nodeNamed(topology, name), () => WHOLE)

/** A client with two uplinks, the first of which is quicker. */
function uplinks(rest = ''): Topology {
  return parseTopology(
    `name: test
topology:
  nodes:
    src: {role: source}
    r1: {role: relay}
    dir: {role: director}
    net: {role: router}
    wifi: {role: router}
    cell: {role: router, nat: {inside: [cli]}}
    lan: {role: router, nat: {inside: [cli]}}
    cli: {role: client}
  links:
    - {endpoints: [lan, cli], delay: 1ms}
    - {endpoints: [cell, cli], delay: 2ms}
    - {endpoints: [lan, wifi]}
    - {endpoints: [wifi, net]}
    - {endpoints: [cell, net]}
    - {endpoints: [net, src]}
    - {endpoints: [net, r1]}
    - {endpoints: [net, dir]}
content: {size: 10MB}
${rest}`,
    'test.yaml'
  )
}

test('a node reaches every other node along the quickest links, by permanent neighbours', () => {
  const topology = parallelRoutes(['delay: 20ms', 'delay: 5ms'])
  const lines = linesOf(topology, 'cli')
  expect(lines).toContain('addr replace 5.128.4.2/32 dev l4')
  expect(lines).toContain('route replace 5.0.1.1/32 via 169.254.0.1 dev l4 onlink src 5.128.4.2 metric 100')
  expect(lines).toContain('neigh replace 169.254.0.1 lladdr 02:ab:00:04:00:01 dev l4 nud permanent')
})

test('a daemon with several links has one address, on its loopback device', () => {
  const lines = linesOf(parallelRoutes(['delay: 20ms']), 'r1')
  expect(lines.filter(line => line.startsWith('addr'))).toEqual(['addr replace 5.0.4.1/32 dev lo'])
})

test('a router leads packets on to what is behind it', () => {
  const topology = behindRouter()
  const lines = linesOf(topology, 'hub')
  expect(lines).toContain('route replace 5.0.3.1/32 via 169.254.0.2 dev l1 onlink src 5.0.2.1 metric 100')
  expect(lines).toContain('route replace 5.0.1.1/32 via 169.254.0.1 dev l0 onlink src 5.0.2.1 metric 100')
  const source = linesOf(topology, 'src')
  expect(source).toContain('route replace 5.0.4.1/32 via 169.254.0.2 dev l0 onlink src 5.0.1.1 metric 100')
})

test('each uplink leads to everybody, the quicker one first, and what is bound to one leaves by it', () => {
  const topology = uplinks()
  const lines = linesOf(topology, 'cli')
  expect(lines).toContain('route replace 5.0.2.1/32 via 169.254.0.1 dev l0 onlink src 10.0.0.2 metric 100')
  expect(lines).toContain('route replace 5.0.2.1/32 via 169.254.0.1 dev l1 onlink src 10.0.1.2 metric 200')
  expect(lines).toContain('route replace 5.0.2.1/32 via 169.254.0.1 dev l1 onlink src 10.0.1.2 table 1001')
  expect(lines).toContain('route replace unreachable 0.0.0.0/0 table 1001 metric 10000')
  expect(ruleLines(topology, nodeNamed(topology, 'cli'), 4)).toEqual([
    'rule add from 10.0.0.2 lookup 1000',
    'rule add from 10.0.1.2 lookup 1001'
  ])
})

test('nobody outside has a route to what is behind a NAT', () => {
  const topology = uplinks()
  expect(linesOf(topology, 'cell').join()).toContain('route replace 10.0.1.2/32')
  for (const name of ['net', 'r1', 'wifi']) expect(linesOf(topology, name).join()).not.toContain('10.0.1.2')
  const filter = filterText(topology, nodeNamed(topology, 'cell'))
  expect(filter).toContain('ip saddr { 10.0.1.2, 10.0.1.102 } oifname != { "l1" } masquerade')
})

test('others have a route to the address that an interface gets later', () => {
  const topology = uplinks('events: [{at: 1s, node: cli, link: [lan, cli], address: change}]')
  expect(linesOf(topology, 'lan').join()).toContain('route replace 10.0.0.102/32 via 169.254.0.2 dev l0')
  const cli = nodeNamed(topology, 'cli')
  expect(ruleLines(topology, cli, 4)).toContain('rule add from 10.0.0.102 lookup 1000')
  const lines = endLines(topology, cli, 0, WHOLE, { isPresent: true, address: 'other' })
  expect(lines.slice(0, 2)).toEqual(['addr del 10.0.0.2/32 dev l0', 'addr replace 10.0.0.102/32 dev l0'])
  expect(lines).toContain('route replace 5.0.2.1/32 via 169.254.0.1 dev l0 onlink src 10.0.0.102 metric 100')
})

test('an interface that vanishes takes its address with it', () => {
  const topology = uplinks()
  const cli = nodeNamed(topology, 'cli')
  const gone: EndNow = { isPresent: false, address: 'first' }
  expect(endLines(topology, cli, 0, WHOLE, gone)).toEqual(['addr del 10.0.0.2/32 dev l0', 'link set l0 down'])
  const back = endLines(topology, cli, 0, gone, WHOLE)
  expect(back.slice(0, 2)).toEqual(['link set l0 up', 'addr replace 10.0.0.2/32 dev l0'])
})
