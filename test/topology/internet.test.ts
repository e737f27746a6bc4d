import { describe, expect, test } from 'vitest'
import { acceptsFrom, addressesFor, changedAddress } from '../../src/topology/addresses.ts'
import { minimumCut } from '../../src/topology/capacity.ts'
import { neighborsOf } from '../../src/topology/paths.ts'
import { networkSlices } from '../../src/topology/timeline.ts'
import { nodeNamed, parseTopology, TopologyError } from '../../src/topology/topology.ts'

const TEXT = `name: internet
ipv6: true
topology:
  nodes:
    src: {role: source}
    home: {role: router, nat: {inside: [src], kind: masquerade}}
    net: {role: router}
    r1: {role: relay, address: [81.2.3.4, "2a01:4f8::1"]}
    r2: {role: relay, ip: 6}
    r3: {role: relay, firewall: inbound}
    dir: {role: director}
    cli: {role: client, address: {r2: "2a01:4f9::7"}}
  links:
    - {endpoints: [src, home]}
    - {endpoints: [home, net]}
    - {endpoints: [net, r1], mtu: 1400}
    - {endpoints: [net, r2], mtu: 1300, icmp: false}
    - {endpoints: [net, r3]}
    - {endpoints: [net, dir]}
    - {endpoints: [net, cli], rate: 8mbit}
    - {endpoints: [r2, cli], rate: 80kbit}
content: {size: 1MB}
`

const withEvent = (event: string) => `${TEXT}events: [{at: 1s, ${event}}]\n`
const parse = (text: string) => parseTopology(text, 'x.yaml')
const ipsOf = (name: string) => nodeNamed(parse(TEXT), name).addresses.map(({ ip }) => ip)

function problemsOf(text: string) {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof TopologyError) return error.problems
    throw error
  }
  return []
}

describe('addresses of nodes', () => {
  test('are public, in networks of their own, but behind a NAT', () => {
    expect(ipsOf('r3')).toEqual(['5.0.6.1', '2a05:6::1'])
    expect(ipsOf('dir')).toEqual(['5.0.7.1', '2a05:7::1'])
    expect(ipsOf('src')).toEqual(['10.0.0.1', '2a05:8000::1'])
  })

  test('are those of the file where it has any', () => {
    expect(ipsOf('r1')).toEqual(['81.2.3.4', '2a01:4f8::1'])
    expect(ipsOf('r2')).toEqual(['2a05:5::1'])
  })

  test('of a client belong to its links', () => {
    expect(nodeNamed(parse(TEXT), 'cli').addresses).toEqual([
      { family: 4, ip: '5.128.6.2', link: 6 },
      { family: 4, ip: '5.128.7.2', link: 7 },
      { family: 6, ip: '2a05:8006::2', link: 6 },
      { family: 6, ip: '2a01:4f9::7', link: 7 }
    ])
  })

  test('change to others', () => {
    expect(['5.128.6.2', '81.2.3.200', '2a05:8006::2', '2a05::'].map(changedAddress)).toEqual([
      '5.128.6.102',
      '81.2.3.44',
      '2a05:8006::102',
      '2a05::100'
    ])
  })
})

describe('who reaches whom', () => {
  const topology = parse(TEXT)

  test('nobody outside connects to what is behind a NAT, or a firewall', () => {
    expect(acceptsFrom(topology, 'src', 'r1')).toBe(false)
    expect(acceptsFrom(topology, 'src', 'home')).toBe(true)
    expect(acceptsFrom(topology, 'r1', 'src')).toBe(true)
    expect(acceptsFrom(topology, 'r3', 'r1')).toBe(false)
  })

  test('hosts use the version of IP that both have, and others are no neighbours', () => {
    expect(addressesFor(topology, 'r1', 'r2').map(({ ip }) => ip)).toEqual(['2a01:4f8::1'])
    expect(neighborsOf(topology, 'r2')).toContain('r3')
    const without = parse(TEXT.replace('firewall: inbound', 'ip: 4'))
    expect(neighborsOf(without, 'r2')).not.toContain('r3')
  })
})

test.each([
  ['node: cli, link: [net, cli], interface: vanish', 'node: cli, link: [net, cli], interface: return'],
  ['node: cli, link: [cli, net], address: remove', 'node: cli, link: [net, cli], address: change'],
  ['node: cli, action: suspend', 'node: cli, action: resume']
])('while %s holds, nothing comes that way', (event, end) => {
  const topology = parse(`${TEXT}events: [{at: 1s, ${event}}, {at: 2s, ${end}}]`)
  const [before, meanwhile, after] = [...networkSlices(topology, new Map(), 3000)]
  const full = minimumCut(topology, before!)
  expect(minimumCut(topology, meanwhile!)).toBeLessThan(full / 50)
  expect(minimumCut(topology, after!)).toBe(full)
})

test.each([
  [
    'a NAT that is no router',
    TEXT.replace('{role: source}', '{role: source, nat: {inside: [r1]}}'),
    'src.nat',
    /routers only/
  ],
  [
    'an unknown node behind a NAT',
    TEXT.replace('inside: [src]', 'inside: [nobody]'),
    'home.nat.inside.0',
    /no node of this file/
  ],
  [
    'a node that is not linked to its NAT',
    TEXT.replace('inside: [src]', 'inside: [r1]'),
    'home.nat.inside.0',
    /no link to home/
  ],
  [
    'a node behind a NAT with another, open link',
    TEXT.replace('content:', '    - {endpoints: [src, net]}\ncontent:'),
    'home.nat.inside.0',
    /'src' has a link to net, too/
  ],
  [
    'a router without NAT behind a NAT',
    TEXT.replace('inside: [src]', 'inside: [net]'),
    'home.nat.inside.0',
    /router without nat/
  ],
  [
    'NATs behind one another',
    TEXT.replace('inside: [src]', 'inside: [src, net]').replace(
      'net: {role: router}',
      'net: {role: router, nat: {inside: [home]}}'
    ),
    'home.nat.inside.1',
    /inside of itself/
  ],
  [
    'a public address behind a NAT',
    TEXT.replace('{role: source}', '{role: source, address: 81.2.3.9}'),
    'src.address',
    /behind a NAT/
  ],
  [
    'a private address in the open',
    TEXT.replace('81.2.3.4', '192.168.0.4'),
    'r1.address',
    /not behind a NAT/
  ],
  [
    'an address that two nodes have',
    TEXT.replace('{role: director}', '{role: director, address: 81.2.3.4}'),
    'dir.address',
    /of r1 already/
  ],
  [
    'an address of a foreign version',
    TEXT.replace('ip: 6}', 'ip: 6, address: 81.2.3.5}'),
    'r2.address',
    /IPv4, which r2 does not have/
  ],
  ['an address with a prefix', TEXT.replace('81.2.3.4', '81.2.3.4/24'), 'r1.address.0', /without a prefix/],
  [
    'one address for several links of a client',
    TEXT.replace('{r2: "2a01:4f9::7"}', '81.2.3.9'),
    'cli.address',
    /on each link/
  ],
  [
    'an address at a link that is not there',
    TEXT.replace('{r2: "2a01', '{r1: "2a01'),
    'cli.address.r1',
    /no link to 'r1'/
  ],
  ['IPv6 alone in a network of IPv4', TEXT.replace('ipv6: true\n', ''), 'r2.ip', /ipv6: true/],
  [
    'a client that has nothing in common with the director',
    TEXT.replace('{role: director}', '{role: director, ip: 4}').replace(
      '{role: client,',
      '{role: client, ip: 6,'
    ),
    'cli.ip',
    /no version of IP in common/
  ],
  [
    'a firewall of the director',
    TEXT.replace('{role: director}', '{role: director, firewall: inbound}'),
    'dir.firewall',
    /nobody would reach/
  ]
])('%s is refused', (_, text, path, message) => {
  const problem = problemsOf(text).find(found => found.path === `topology.nodes.${path}`)
  expect(problem?.message).toMatch(message)
})

test.each([
  ['icmp without mtu', TEXT.replace('mtu: 1300, ', ''), 'topology.links.3.icmp', /with an mtu/],
  [
    'an mtu too small for IPv6',
    TEXT.replace('mtu: 1300', 'mtu: 1200'),
    'topology.links.3.mtu',
    /1280 or more/
  ],
  ['a flush of what is no NAT', withEvent('node: net, action: flush'), 'events.0.action', /routers with nat/],
  ['a kill of the client', withEvent('node: cli, action: kill'), 'events.0.node', /is measured/],
  ['a suspended router', withEvent('node: net, action: suspend'), 'events.0.node', /runs nothing/],
  [
    'an interface at neither end',
    withEvent('node: r1, link: [net, cli], interface: vanish'),
    'events.0.node',
    /neither end/
  ],
  [
    'an event of interface and address',
    withEvent('node: cli, link: [net, cli], interface: vanish, address: remove'),
    'events.0',
    /exactly one/
  ],
  [
    'a change of an address for all links',
    withEvent('node: net, link: [net, cli], address: change'),
    'events.0.address',
    /one address for all of its links/
  ]
])('%s is refused', (_, text, path, message) => {
  expect(problemsOf(text).find(problem => problem.path === path)?.message).toMatch(message)
})
