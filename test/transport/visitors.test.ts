import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { hasIpv6 } from '../../src/transport/interfaces.ts'
import { startNode } from './started-node.ts'

it.skipIf(!hasIpv6())('know an IPv4 peer by its address at a listener for both families', async () => {
  const bothFamilies = tcp({ listenOpts: { ipv6Only: false } as object })
  const server = await startNode(['/ip6/::/tcp/0'], {
    transports: [bothFamilies],
    announce: ['/ip6/::1/tcp/1']
  })
  const { components } = server as unknown as { components: { transportManager: { getAddrs(): unknown[] } } }
  const [, port] = /tcp\/(\d+)/.exec(String(components.transportManager.getAddrs()[0]))!
  const client = await startNode([])
  await client.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`))
  const comesFrom = () => server.getConnections().map(({ remoteAddr }) => String(remoteAddr))
  await expect.poll(comesFrom).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/)])
})
