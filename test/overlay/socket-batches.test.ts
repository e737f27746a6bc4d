import { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FramedStream } from '../../src/overlay/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/overlay/node.ts'

const PROTOCOL = '/anabranch/test/1.0.0'
const nodes: OverlayNode[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

describe('a connection', () => {
  it('hands what is sent in one turn to the kernel at once, and loses nothing by it', async () => {
    const server = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    const client = await createNode({ listen: [] })
    nodes.push(server, client)
    const frames: number[] = []
    const received = Promise.withResolvers<void>()
    const onFrame = (frame: Uint8Array) => {
      if (frames.push(frame[0]!) === 50) received.resolve()
    }
    await server.handle(PROTOCOL, stream => {
      new FramedStream(stream, { maxFrameBytes: 1 << 16, handlers: { onFrame } })
    })
    const stream = await client.dialProtocol(server.getMultiaddrs()[0]!, PROTOCOL)
    const sender = new FramedStream(stream, { maxFrameBytes: 1 << 16, handlers: { onFrame: () => {} } })
    const written = vi.spyOn(Socket.prototype, '_writev')
    for (let i = 0; i < 50; i++) sender.send(Uint8Array.of(i))
    await received.promise
    expect(frames).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(written.mock.calls.some(([chunks]) => chunks.length >= 100)).toBe(true)
  })
})
