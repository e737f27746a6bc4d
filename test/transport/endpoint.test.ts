import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { endpointIpOf, endpointOf, plainPartOf } from '../../src/transport/endpoint.ts'

const PEER = '/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

describe('endpointOf', () => {
  it.each([
    ['/ip4/5.9.1.2/tcp/4003', { host: '5.9.1.2', isName: false, port: 4003, carriage: 'plain' }],
    ['/ip6/2a01::1/tcp/80/ws', { host: '2a01::1', isName: false, port: 80, carriage: 'ws' }],
    [
      '/dns4/relay.example/tcp/443/tls/ws',
      { host: 'relay.example', isName: true, port: 443, carriage: 'tls-ws', serverName: 'relay.example' }
    ],
    [
      '/ip4/5.9.1.2/tcp/443/tls/sni/relay.example/ws',
      { host: '5.9.1.2', isName: false, port: 443, carriage: 'tls-ws', serverName: 'relay.example' }
    ]
  ])('reads %s', (address, endpoint) => {
    expect(endpointOf(address)).toEqual(endpoint)
    expect(endpointOf(address + PEER)).toEqual(endpoint)
    expect(plainPartOf(multiaddr(address + PEER)).toString()).toBe(address.split('/').slice(0, 5).join('/'))
  })

  it.each([
    '/ip4/5.9.1.2',
    '/ip4/5.9.1.2/udp/4003',
    '/ip4/5.9.1.2/tcp/4003/tls',
    '/ip4/5.9.1.2/tcp/4003/http',
    '/ip4/5.9.1.2/tcp/443/tls/sni/a%20b/ws',
    `/ip4/5.9.1.2/tcp/4003${PEER}/p2p-circuit`,
    `/ip4/5.9.1.2/tcp/4003${PEER}/ws`,
    '/dnsaddr/relay.example',
    'nonsense'
  ])('is undefined for %s', address => {
    expect(endpointOf(address)).toBeUndefined()
  })
})

describe('endpointIpOf', () => {
  it('knows the IP address of an endpoint, and none of a name', () => {
    expect(endpointIpOf('/ip4/5.9.1.2/tcp/443/tls/sni/relay.example/ws')).toBe('5.9.1.2')
    expect(endpointIpOf('/dns4/relay.example/tcp/443')).toBeUndefined()
  })
})
