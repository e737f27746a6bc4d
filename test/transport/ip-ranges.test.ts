import { describe, expect, it } from 'vitest'
import {
  hostOf,
  ipOf,
  isInReach,
  isNear,
  networkOf,
  privateNetworkOf,
  scopeOf,
  unmapped
} from '../../src/transport/ip-ranges.ts'

describe('scopeOf', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['8.8.8.8', 'public'],
    ['2a00:1450::1', 'public'],
    ['2620:fe::fe', 'public'],
    ['0.0.0.0', 'special'],
    ['169.254.169.254', 'special'],
    ['224.0.0.1', 'special'],
    ['255.255.255.255', 'special'],
    ['198.18.0.1', 'special'],
    ['::', 'special'],
    ['fe80::1', 'special'],
    ['ff02::1', 'special'],
    ['::ffff:10.0.0.1', 'special'],
    ['::ffff:127.0.0.1', 'special'],
    ['::ffff:8.8.8.8', 'special'],
    ['64:ff9b::7f00:1', 'special'],
    ['2002:7f00:1::', 'special'],
    ['2001:0:1::1', 'special'],
    ['2001:db8::1', 'special']
  ])('says of %s: %s', (ip, scope) => {
    expect(scopeOf(ip)).toBe(scope)
  })
})

describe('privateNetworkOf', () => {
  it('names the block of a private address and of no other', () => {
    expect(privateNetworkOf('10.200.3.4')).toBe('10.0.0.0/8')
    expect(privateNetworkOf('192.168.3.4')).toBe('192.168.0.0/16')
    expect(privateNetworkOf('fd00::4')).toBe('fc00::/7')
    expect(['127.0.0.1', '8.8.8.8', '169.254.1.1'].map(privateNetworkOf)).toEqual([
      undefined,
      undefined,
      undefined
    ])
  })
})

describe('hostOf', () => {
  it.each([
    ['/ip4/192.0.2.7/tcp/4001', '192.0.2.7'],
    ['/ip6/2a00:1450:1:2:3:4:5:6/tcp/4001', '2a00:1450:1:2::/64'],
    ['/ip6/2a00:1450:1:2:ffff::/tcp/9', '2a00:1450:1:2::/64'],
    ['/ip6/2a00::1/tcp/9', '2a00:0:0:0::/64'],
    ['/ip4/127.0.0.1/tcp/4001', undefined],
    ['/ip6/::1/tcp/4001', undefined],
    ['/unix/%2Ftmp%2Fsocket', undefined],
    ['no address', undefined]
  ])('tells of %s: %s', (address, host) => {
    expect(hostOf(address)).toBe(host)
  })
})

describe('networkOf', () => {
  it.each([
    ['/ip4/8.20.1.7/tcp/4001', '8.20.1.0/24'],
    ['/ip6/2a00:1450:1:2:3:4:5:6/tcp/4001', '2a00:1450:1::/48'],
    ['/ip4/10.0.0.1/tcp/4001', undefined],
    ['/ip6/fc00::1/tcp/4001', undefined],
    ['/ip4/127.0.0.1/tcp/4001', undefined],
    ['/dns/relay.example/tcp/4001', undefined]
  ])('tells of %s: %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('isInReach', () => {
  it.each([
    ['8.8.8.8', '/ip4/5.9.1.2/tcp/1', true],
    ['10.0.0.1', '/ip4/10.9.9.9/tcp/1', true],
    ['10.0.0.1', '/ip4/192.168.0.1/tcp/1', false],
    ['10.0.0.1', '/ip4/5.9.1.2/tcp/1', false],
    ['10.0.0.1', '/ip4/127.0.0.1/tcp/1', true],
    ['127.0.0.1', '/ip6/::1/tcp/1', true],
    ['127.0.0.1', '/ip4/10.0.0.1/tcp/1', false],
    ['169.254.169.254', '/ip4/127.0.0.1/tcp/1', false]
  ])('%s from %s: %s', (ip, asker, isIn) => {
    expect(isInReach(ip, asker)).toBe(isIn)
  })
})

describe('isNear', () => {
  const [director, here] = ['/ip4/5.9.1.2/tcp/4001', '/ip4/127.0.0.1/tcp/4001']
  it.each([
    ['a public address', '/ip4/8.8.8.8/tcp/1', director, [], true],
    ['a private one from outside', '/ip4/10.0.0.5/tcp/1', director, ['8.30.1.2'], false],
    ['one of an own network', '/ip4/10.0.0.5/tcp/1', director, ['8.30.1.2', '10.9.0.1'], true],
    ["one of the director's network", '/ip4/10.0.0.5/tcp/1', '/ip4/10.8.0.1/tcp/4001', [], true],
    ['loopback from a director elsewhere', '/ip4/127.0.0.1/tcp/1', director, ['127.0.0.1'], false],
    ['loopback from a director here', '/ip4/127.0.0.1/tcp/1', here, ['127.0.0.1'], true],
    ['link-local', '/ip4/169.254.169.254/tcp/80', here, ['169.254.1.1'], false],
    ['a name, which may stand for any of these', '/dns/a.example/tcp/1', here, [], false],
    ['a private one from nobody knows whom', '/ip4/10.0.0.5/tcp/1', '', [], false]
  ])('%s', (_, address, from, ownIps, near) => {
    expect(isNear(address, from, ownIps)).toBe(near)
  })
})

describe('ipOf', () => {
  it('reads only what begins with an IP address', () => {
    expect(ipOf('/ip4/10.0.0.1/tcp/1')).toBe('10.0.0.1')
    expect(ipOf('/dns4/example.org/tcp/1')).toBeUndefined()
    expect(ipOf('/ip6zone/eth0/ip6/fe80::1/tcp/1')).toBeUndefined()
  })
})

it.each([
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::ffff:102:304', '1.2.3.4'],
  ['0:0:0:0:0:ffff:7f00:1', '127.0.0.1'],
  ['1.2.3.4', '1.2.3.4'],
  ['::1', '::1'],
  ['::fffe:1.2.3.4', '::fffe:1.2.3.4'],
  ['2a01::ffff:1.2.3.4', '2a01::ffff:1.2.3.4']
])('%s stands for %s', (ip, meant) => {
  expect(unmapped(ip)).toBe(meant)
})
