import { afterEach, describe, expect, it } from 'vitest'
import { hasIpv6 } from '../../src/transport/interfaces.ts'
import { createNode, ListenError, type NodeOptions, type OverlayNode } from '../../src/transport/node.ts'

const nodes: OverlayNode[] = []

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function start(options: NodeOptions): Promise<OverlayNode> {
  const node = await createNode(options)
  nodes.push(node)
  return node
}

describe('the addresses of a node', () => {
  it('are those that it listens on, each with its peer id', async () => {
    const node = await start({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    expect(node.getMultiaddrs().map(String)).toEqual([
      expect.stringMatching(new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/[1-9]\\d*/p2p/${node.peerId}$`))
    ])
  })

  it('are those to be announced, in their order, where there are any', async () => {
    const announce = ['/dns4/relay.example.org/tcp/9', '/ip4/127.0.0.1/tcp/9', '/ip4/5.9.1.2/tcp/9']
    const node = await start({ listen: ['/ip4/127.0.0.1/tcp/0'], announce })
    expect(node.getMultiaddrs().map(String)).toEqual(announce.map(address => `${address}/p2p/${node.peerId}`))
  })

  it('are none where it listens nowhere', async () => {
    const node = await start({ listen: [] })
    expect(node.getMultiaddrs()).toEqual([])
  })
})

describe('a node that cannot listen', () => {
  it('on an IPv6 address of several says so, and gives the others back', async () => {
    const other = await start({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    const [free] = other.getMultiaddrs().map(address => address.toString().replace(/\/p2p\/.*/, ''))
    await other.stop()
    const failed = createNode({ listen: [free!, '/ip6/2001:db8::1/tcp/0'] })
    await expect(failed).rejects.toBeInstanceOf(ListenError)
    await expect(failed).rejects.toThrow(/EADDRNOTAVAIL.*check the address/)
    await start({ listen: [free!] })
  })

  it.skipIf(!hasIpv6())('says that the port is in use, in one family only, too', async () => {
    const node = await start({ listen: ['/ip6/::1/tcp/0'] })
    const [taken] = node.getMultiaddrs().map(address => address.toString().replace(/\/p2p\/.*/, ''))
    const failed = createNode({ listen: ['/ip4/127.0.0.1/tcp/0', taken!] })
    await expect(failed).rejects.toThrow('the port is in use')
  })
})
