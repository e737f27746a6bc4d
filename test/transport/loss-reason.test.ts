import type { MessageStream } from '@libp2p/interface'
import { afterEach, expect, it } from 'vitest'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { type Libp2pNode, makeNode } from '../../src/transport/make-node.ts'
import { nodeJs } from '../../src/transport/node.ts'

const PROTOCOL = '/anabranch/loss-test/1.0.0'
const nodes: Libp2pNode[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

/** A node whose connections, as they are below the encryption, are kept. */
async function start(listen: string[]) {
  const connections: MessageStream[] = []
  const platform = nodeJs()
  const node = await makeNode(
    { listen },
    {
      ...platform,
      tuneConnection: connection => {
        platform.tuneConnection?.(connection)
        connections.push(connection as MessageStream)
      }
    }
  )
  nodes.push(node)
  return { node, connections }
}

it('a stream tells why the connection below it was given up, and does not seem to end in order', async () => {
  const there = await start(['/ip4/127.0.0.1/tcp/0'])
  await there.node.handle(PROTOCOL, () => {})
  const here = await start([])
  const stream = await here.node.dialProtocol(there.node.getMultiaddrs(), PROTOCOL)
  const heard: unknown[] = []
  const closed = Promise.withResolvers<Error | undefined>()
  const framed = new FramedStream(stream, {
    maxFrameBytes: 100,
    handlers: { onFrame: () => {}, onEnd: () => heard.push('end'), onClose: closed.resolve }
  })
  framed.send(new Uint8Array(3))
  here.connections[0]!.abort(new Error('this host has lost the address'))
  expect((await closed.promise)?.message).toMatch(/this host has lost the address/)
  expect(heard).toEqual([])
})
