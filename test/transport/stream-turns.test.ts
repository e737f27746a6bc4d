import { afterEach, describe, expect, it } from 'vitest'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'

const BULK = '/anabranch/bulk/1.0.0'
const MIB = 1024 * 1024
/** Much more than connection and socket hold. */
const BULK_BYTES = 128 * MIB
const nodes: OverlayNode[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

/** A client that sends the server as much as it takes, over as many streams of one connection as are opened. */
async function twoNodes() {
  const server = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  const client = await createNode({ listen: [] })
  nodes.push(server, client)
  const receivedBytes: number[] = []
  await server.handle(BULK, stream => {
    const index = receivedBytes.push(0) - 1
    const onFrame = (frame: Uint8Array) => {
      receivedBytes[index]! += frame.byteLength
    }
    new FramedStream(stream, { maxFrameBytes: MIB, handlers: { onFrame } })
  })
  const connection = await client.dial(server.getMultiaddrs()[0]!)
  const sendBulk = async () => {
    const frame = new Uint8Array(64 * 1024)
    let leftBytes = BULK_BYTES
    const sent = Promise.withResolvers<void>()
    const pump = () => {
      while (leftBytes > 0) {
        leftBytes -= frame.byteLength
        if (!stream.send(frame)) return
      }
      sent.resolve()
    }
    const handlers = { onFrame: () => {}, onDrain: pump }
    const stream = new FramedStream(await connection.newStream(BULK), { maxFrameBytes: MIB, handlers })
    pump()
    return sent.promise
  }
  return { client, server, receivedBytes, sendBulk }
}

describe('streams of a full connection', () => {
  it('send a few bytes between the many of streams that always have more', async () => {
    const { client, server, receivedBytes, sendBulk } = await twoNodes()
    const all = [sendBulk(), sendBulk()]
    await client.services.ping.ping(server.peerId)
    expect(Math.max(...receivedBytes)).toBeLessThan(BULK_BYTES / 2)
    await Promise.all(all)
  })

  it('share it', async () => {
    const { receivedBytes, sendBulk } = await twoNodes()
    const all = [sendBulk(), sendBulk(), sendBulk()]
    await Promise.race(all)
    for (const bytes of receivedBytes) expect(bytes).toBeGreaterThan(BULK_BYTES / 2)
    await Promise.all(all)
  })
})
