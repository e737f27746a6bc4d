import { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FramedStream } from '../../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../../src/transport/node.ts'

const PROTOCOL = '/anabranch/test/1.0.0'
const nodes: OverlayNode[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

describe('a connection', () => {
  it('hands what is sent in one turn to the kernel at once, and loses nothing by it', async () => {
    const { sender, received } = await streamed(50)
    const written = vi.spyOn(Socket.prototype, '_writev')
    for (let i = 0; i < 50; i++) sender.send(Uint8Array.of(i))
    expect(await received).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(written.mock.calls.some(([chunks]) => chunks.length >= 100)).toBe(true)
  })

  it('loses nothing of what is sent bit by bit', async () => {
    const { sender, received } = await streamed(200)
    for (let i = 0; i < 200; i++) {
      sender.send(Uint8Array.of(i))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(await received).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  it('waits for the next message without an error made for it', async () => {
    const { sender, seen, received } = await streamed(200)
    // Then both sides are through their handshake.
    sender.send(Uint8Array.of(0))
    await vi.waitUntil(() => seen.length === 1)
    const made = vi.fn<(message?: string) => RangeError>(message => new RangeError(message))
    vi.stubGlobal('RangeError', new Proxy(RangeError, { apply: (_, __, args) => made(...args) }))
    for (let i = 1; i < 200; i++) {
      sender.send(Uint8Array.of(i))
      await new Promise(resolve => setImmediate(resolve))
    }
    await received
    expect(made).not.toHaveBeenCalled()
  })
})

/** A stream between two nodes, and the first byte of each of so many frames once they are there. */
async function streamed(frames: number) {
  const server = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  const client = await createNode({ listen: [] })
  nodes.push(server, client)
  const seen: number[] = []
  const all = Promise.withResolvers<number[]>()
  const onFrame = (frame: Uint8Array) => {
    if (seen.push(frame[0]!) === frames) all.resolve(seen)
  }
  await server.handle(PROTOCOL, stream => {
    new FramedStream(stream, { maxFrameBytes: 1 << 16, handlers: { onFrame } })
  })
  const stream = await client.dialProtocol(server.getMultiaddrs()[0]!, PROTOCOL)
  const sender = new FramedStream(stream, { maxFrameBytes: 1 << 16, handlers: { onFrame: () => {} } })
  return { sender, seen, received: all.promise }
}
