import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { alternateFamilies, reachOf } from '../../src/overlay/ip-addresses.ts'

describe('reachOf', () => {
  it.each([
    ['127.0.0.1', 'host'],
    ['::1', 'host'],
    ['169.254.1.1', 'link'],
    ['fe80::1', 'link'],
    ['10.0.0.1', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['5.9.1.2', 'public'],
    ['172.32.0.1', 'public'],
    ['2a01:4f8::1', 'public']
  ])('%s is %s', (ip, reach) => {
    expect(reachOf(ip)).toBe(reach)
  })
})

describe('alternateFamilies', () => {
  const alternated = (...addresses: string[]) =>
    alternateFamilies(addresses.map(address => multiaddr(address))).map(String)

  it('keeps the order within a family and begins with the family of the first', () => {
    const [a, b, c] = ['/ip4/5.0.0.1/tcp/1', '/ip4/5.0.0.2/tcp/1', '/dns4/example.org/tcp/1']
    const [x, y] = ['/ip6/2a01::1/tcp/1', '/ip6/2a01::2/tcp/1']
    expect(alternated(a!, b!, c!, x!, y!)).toEqual([a, x, b, y, c])
    expect(alternated(x!, y!, a!)).toEqual([x, a, y])
    expect(alternated(a!, b!)).toEqual([a, b])
    expect(alternated()).toEqual([])
  })
})
