import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { alternateFamilies } from '../../src/transport/address-families.ts'

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
