import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeNode, type NodeOptions, type Platform } from '../../src/transport/make-node.ts'
import { createNode } from '../../src/transport/node.ts'
import type { OverlayNode } from '../../src/transport/overlay-node.ts'
import { tcpTransport } from '../../src/transport/tcp/tcp-transport.ts'

const ANY_PORT = '/ip4/127.0.0.1/tcp/0'
/** As another platform than Node.js: nothing but a way to carry connections. */
const BARE: Platform = { transports: [tcpTransport] }

const nodes: OverlayNode[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function start(node: Promise<OverlayNode>): Promise<OverlayNode> {
  nodes.push(await node)
  return await node
}

describe('makeNode', () => {
  it('makes nodes with the cryptography that noise brings, which understand those of Node.js', async () => {
    const server = await start(createNode({ listen: [ANY_PORT] }))
    const client = await start(makeNode({ listen: [] }, BARE))
    expect(await client.services.ping.ping(server.getMultiaddrs())).toBeGreaterThanOrEqual(0)
  })

  it('tells all addresses that it listens on, with its id, unless the platform chooses', async () => {
    const options: NodeOptions = { listen: [ANY_PORT, ANY_PORT] }
    const bare = await start(makeNode(options, BARE))
    expect(bare.getMultiaddrs().map(String)).toEqual([
      expect.stringMatching(`/p2p/${bare.peerId}$`),
      expect.stringMatching(`/p2p/${bare.peerId}$`)
    ])
    const choosy = await start(makeNode(options, { ...BARE, addressesToTell: all => all.slice(0, 1) }))
    expect(choosy.getMultiaddrs()).toHaveLength(1)
  })

  it("carries connections by the options' transports in place of the platform's", async () => {
    const makeTransport = vi.fn(tcpTransport)
    const transports = [makeTransport]
    const server = await start(createNode({ listen: [ANY_PORT], transports }))
    const client = await start(makeNode({ listen: [], transports }, { transports: [] }))
    const connection = await client.dial(server.getMultiaddrs())
    expect(connection.remotePeer.toString()).toBe(server.peerId.toString())
    expect(makeTransport).toHaveBeenCalledTimes(2)
  })
})
