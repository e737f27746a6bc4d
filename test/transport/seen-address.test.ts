import { describe, expect, it } from 'vitest'
import { seenAddress, withSeenAddresses } from '../../src/transport/seen-address.ts'

describe('withSeenAddresses', () => {
  it.each([
    ['a private address', ['/ip4/10.0.0.5/tcp/1'], ['/ip4/0.0.0.0/tcp/1', '/ip4/10.0.0.5/tcp/1']],
    [
      'each family and port once, before the private addresses',
      ['/ip4/8.8.8.8/tcp/1', '/ip4/10.0.0.5/tcp/1', '/ip4/10.1.0.5/tcp/1', '/ip6/fd00::5/tcp/2/p2p/Q'],
      [
        '/ip4/8.8.8.8/tcp/1',
        ...['/ip4/0.0.0.0/tcp/1', '/ip6/::/tcp/2/p2p/Q'],
        ...['/ip4/10.0.0.5/tcp/1', '/ip4/10.1.0.5/tcp/1', '/ip6/fd00::5/tcp/2/p2p/Q']
      ]
    ],
    ['public addresses', ['/ip4/8.8.8.8/tcp/1'], ['/ip4/8.8.8.8/tcp/1']],
    ['loopback', ['/ip4/127.0.0.1/tcp/1'], ['/ip4/127.0.0.1/tcp/1']],
    ['a name', ['/dns/a.example/tcp/1'], ['/dns/a.example/tcp/1']]
  ])('asks for the address from which the node is seen: %s', (_, addresses, told) => {
    expect(withSeenAddresses(addresses)).toEqual(told)
  })
})

describe('seenAddress', () => {
  it.each([
    ['/ip4/0.0.0.0/tcp/1/p2p/Q', '/ip4/8.8.8.8/tcp/50000', '/ip4/8.8.8.8/tcp/1/p2p/Q'],
    ['/ip6/::/tcp/1', '/ip6/2a01::5/tcp/50000', '/ip6/2a01::5/tcp/1'],
    ['/ip4/0.0.0.0/tcp/1', '/ip6/2a01::5/tcp/50000', undefined],
    ['/ip4/0.0.0.0/tcp/1', '/ip4/127.0.0.1/tcp/50000', undefined],
    ['/ip4/0.0.0.0/tcp/1', '/unix/%2Fsocket', undefined],
    ['/ip4/10.0.0.5/tcp/1', '/ip4/8.8.8.8/tcp/50000', '/ip4/10.0.0.5/tcp/1']
  ])('%s from %s: %s', (address, from, seen) => {
    expect(seenAddress(address, from)).toBe(seen)
  })
})
