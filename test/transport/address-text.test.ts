import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { parseAddress, parseAnnouncedAddress, parseListenAddress } from '../../src/transport/address-text.ts'
import { parsePeer, peerIdOf } from '../../src/transport/peer-address.ts'

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

describe('an address', () => {
  it.each([
    ['relay.example:4001', '/dns/relay.example/tcp/4001'],
    ['localhost:4001', '/dns/localhost/tcp/4001'],
    ['1.2.3.4:4001', '/ip4/1.2.3.4/tcp/4001'],
    ['[2a01::1]:4001', '/ip6/2a01::1/tcp/4001'],
    [`relay.example:4001/p2p/${PEER}`, `/dns/relay.example/tcp/4001/p2p/${PEER}`],
    [`[::1]:4001/p2p/${PEER}`, `/ip6/::1/tcp/4001/p2p/${PEER}`],
    ['/ip4/1.2.3.4/tcp/4001', '/ip4/1.2.3.4/tcp/4001'],
    [`/dns6/relay.example/tcp/1/p2p/${PEER}`, `/dns6/relay.example/tcp/1/p2p/${PEER}`],
    [`/dnsaddr/relay.example/p2p/${PEER}`, `/dnsaddr/relay.example/p2p/${PEER}`]
  ])('may be written %s', (text, address) => {
    expect(parseAddress(text)).toBe(address)
  })

  it.each([
    ['', 'is no address'],
    ['relay.example', 'the port is missing'],
    ['relay.example:', "'' is no port from 1 to 65535"],
    ['relay.example:0', "'0' is no port"],
    ['relay.example:70000', "'70000' is no port"],
    ['relay.example:http', "'http' is no port"],
    [':4001', "'' is no name of a host"],
    ['re lay:4001', "'re lay' is no name of a host"],
    ['-x.example:4001', "'-x.example' is no name of a host"],
    ['300.1.1.1:4001', "'300.1.1.1' is no IPv4 address"],
    ['1.2.3:4001', "'1.2.3' is no IPv4 address"],
    ['2a01::1:4001', 'put IPv6 into brackets'],
    ['[1.2.3.4]:4001', "'1.2.3.4' is no IPv6 address"],
    ['[fe80::1%eth0]:4001', "'fe80::1%eth0' is no IPv6 address"],
    ['http://relay.example:4001', 'without a scheme'],
    [`${PEER}@relay.example:4001`, 'HOST:PORT/p2p/ID'],
    ['relay.example:4001/p2p/me', "'me' is no peer id"],
    ['relay.example:4001/p2p/', "'' is no peer id"],
    ['/ip4/1.2.3.4', 'is no address over TCP'],
    ['/ip4/1.2.3.4/udp/4001', 'is no address over TCP'],
    ['/ip4/1.2.3.400/tcp/1', "'1.2.3.400' is no IPv4 address"],
    ['/ip4/1.2.3.4/tcp/4001/x', 'is no address over TCP']
  ])('is not %j', (text, reason) => {
    expect(() => parseAddress(text)).toThrow(UsageError)
    expect(() => parseAddress(text)).toThrow(reason)
  })

  it('to listen on has an IP address, and may leave the port open', () => {
    expect(parseListenAddress('0.0.0.0:0')).toBe('/ip4/0.0.0.0/tcp/0')
    expect(parseListenAddress('[::]:4003')).toBe('/ip6/::/tcp/4003')
    for (const text of ['localhost:4003', `1.2.3.4:4003/p2p/${PEER}`]) {
      expect(() => parseListenAddress(text)).toThrow('is no address to listen on')
    }
  })

  it('to tell others is one that they can dial', () => {
    expect(parseAnnouncedAddress('relay.example:4003')).toBe('/dns/relay.example/tcp/4003')
    for (const text of ['0.0.0.0:4003', '[::]:4003', `1.2.3.4:4003/p2p/${PEER}`, '/dnsaddr/relay.example']) {
      expect(() => parseAnnouncedAddress(text)).toThrow('is no address that others could dial')
    }
    expect(() => parseAnnouncedAddress('1.2.3.4:0')).toThrow("'0' is no port")
  })
})

describe('a peer', () => {
  it('is named by its id alone, or by an address that ends in it', () => {
    expect(parsePeer(PEER)).toEqual({ peerId: PEER, addresses: [] })
    const addresses = [`/dns/relay.example/tcp/4003/p2p/${PEER}`]
    expect(parsePeer(`relay.example:4003/p2p/${PEER}`)).toEqual({ peerId: PEER, addresses })
    expect(peerIdOf(`1.2.3.4:4003/p2p/${PEER}`)).toBe(PEER)
  })

  it.each(['somebody', '1.2.3.4:4003', '/ip4/1.2.3.4/tcp/4003'])('is not named by %s', text => {
    expect(() => peerIdOf(text)).toThrow('names no peer')
  })
})
