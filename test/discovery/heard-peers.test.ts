import { describe, expect, it } from 'vitest'
import { HeardPeers } from '../../src/discovery/heard-peers.ts'

const PEER = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const OWN_IPS = ['127.0.0.1', '192.168.1.7', 'fd00::7']

function heard(addresses: string[], ownIps = OWN_IPS): string[] {
  const peers = new HeardPeers()
  peers.add('source', { peerId: PEER, addresses }, ownIps)
  return peers.of('source').flatMap(peer => peer.addresses)
}

describe('who is heard', () => {
  it('is known by the addresses in this host’s own networks alone', () => {
    const own = ['/ip4/192.168.9.9/tcp/1', '/ip6/fd12::1/tcp/1']
    const others = [
      ...['/ip4/10.0.0.1/tcp/1', '/ip4/8.8.8.8/tcp/1', '/ip4/127.0.0.1/tcp/1', '/ip4/169.254.169.254/tcp/80'],
      ...['/dns4/a.example/tcp/1', '/ip6/::1/tcp/1', 'nonsense']
    ]
    expect(heard([...others, ...own])).toEqual(own.map(address => `${address}/p2p/${PEER}`))
  })

  it('is known by its loopback address on a host without networks', () => {
    expect(heard(['/ip4/127.0.0.1/tcp/1'], ['127.0.0.1', '::1'])).toEqual([
      `/ip4/127.0.0.1/tcp/1/p2p/${PEER}`
    ])
  })

  it('cannot be addressed under another peer id', () => {
    const other = PEER.replace('DpJ', 'DpK')
    expect(heard([`/ip4/192.168.1.9/tcp/1/p2p/${other}`])).toEqual([`/ip4/192.168.1.9/tcp/1/p2p/${PEER}`])
  })

  it('is no one without such an address', () => {
    const peers = new HeardPeers()
    peers.add('director', { peerId: PEER, addresses: ['/ip4/10.0.0.1/tcp/1'] }, OWN_IPS)
    expect(peers.isEmpty).toBe(true)
  })

  it('are so many at most, the first ones, each as it was heard last', () => {
    const peers = new HeardPeers()
    for (let at = 0; at < 100; at++)
      peers.add('source', { peerId: `peer${at}`, addresses: ['/ip4/192.168.1.9/tcp/1'] }, OWN_IPS)
    peers.add('source', { peerId: 'peer0', addresses: ['/ip4/192.168.1.9/tcp/2'] }, OWN_IPS)
    expect(peers.of('source')).toHaveLength(32)
    expect(peers.of('source')[0]!.addresses).toEqual(['/ip4/192.168.1.9/tcp/2/p2p/peer0'])
    expect(peers.of('director')).toEqual([])
  })
})
