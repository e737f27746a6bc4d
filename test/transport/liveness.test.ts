import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { answers } from '../../src/transport/liveness.ts'
import { createNode, type Libp2pNode, type NodeOptions } from '../../src/transport/node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const nodes: Libp2pNode[] = []

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function startNode(options: Partial<NodeOptions> = {}): Promise<Libp2pNode> {
  const node = await createNode({ listen: [], ...options })
  nodes.push(node)
  return node
}

/** Two nodes with one identity that are connected to the asker, and the asker's connections to them. */
async function startTwins() {
  const asker = await startNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  const privateKey = await generateKeyPair('Ed25519')
  const twins = [await startNode({ privateKey }), await startNode({ privateKey })] as const
  const connections: Connection[] = []
  for (const twin of twins) {
    const opened = Promise.withResolvers<Connection>()
    asker.addEventListener('connection:open', event => opened.resolve(event.detail), { once: true })
    await twin.dial(asker.getMultiaddrs())
    connections.push(await opened.promise)
  }
  return { twins, connections: connections as [Connection, Connection] }
}

describe('answers', () => {
  it('asks over the connection given, though another one to the same peer is the one that answers', async () => {
    const { twins, connections } = await startTwins()
    const isAsked = Promise.withResolvers<void>()
    await twins[0].handle(PING_PROTOCOL, () => isAsked.resolve(), { force: true })
    const clock = new VirtualScheduler()
    const [silent, there] = connections.map(connection => answers(connection, 2_000, clock))
    expect(await there).toBe(true)
    expect(clock.pendingDelaysMs).toEqual([2_000])
    await isAsked.promise
    clock.advance(2_000)
    expect(await silent).toBe(false)
  })

  it('takes a peer that knows no ping as there', async () => {
    const { twins, connections } = await startTwins()
    await twins[0].unhandle(PING_PROTOCOL)
    expect(await answers(connections[0], 2_000, new VirtualScheduler())).toBe(true)
  })

  it('knows at once that nobody answers over a connection that is closed', async () => {
    const { connections } = await startTwins()
    await connections[0].close()
    expect(await answers(connections[0], 2_000, new VirtualScheduler())).toBe(false)
  })
})
