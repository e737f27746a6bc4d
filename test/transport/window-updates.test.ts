import type { Stream, StreamMuxer } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import { updateWindowsSparsely } from '../../src/transport/window-updates.ts'

/** As much of a yamux stream as counts here. */
class CountedStream {
  recvWindow = 1_000
  recvWindowCapacity = 1_000
  updates = 0
  readonly direction: 'inbound' | 'outbound'

  constructor(direction: 'inbound' | 'outbound') {
    this.direction = direction
  }

  sendWindowUpdate(): void {
    this.updates++
    this.recvWindowCapacity = this.recvWindow
  }

  receive(bytes: number): void {
    this.recvWindowCapacity -= bytes
    this.sendWindowUpdate()
  }
}

function muxerOf(protocol: string) {
  const seen: unknown[] = []
  const muxer = {
    protocol,
    createStream: async () => new CountedStream('outbound') as unknown as Stream,
    onRemoteStream: (stream: unknown) => seen.push(stream)
  }
  updateWindowsSparsely(muxer as unknown as StreamMuxer)
  return { muxer, seen }
}

const PROTOCOL = '/anabranch/test/1.0.0'
const WINDOW_UPDATE = 1
const nodes: OverlayNode[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

/** How many window updates a real node sends back for so many frames of 1 KiB. */
async function updatesFor(frames: number): Promise<number> {
  const server = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  const client = await createNode({ listen: [] })
  nodes.push(server, client)
  let updates = 0
  const received = Promise.withResolvers<void>()
  await server.handle(PROTOCOL, stream => {
    const muxed = stream as Stream & { sendFrame(header: { type: number }, data?: unknown): boolean }
    const sendFrame = muxed.sendFrame
    muxed.sendFrame = (header, data) => {
      if (header.type === WINDOW_UPDATE) updates++
      return sendFrame(header, data)
    }
    let count = 0
    const onFrame = () => void (++count === frames && received.resolve())
    new FramedStream(stream, { maxFrameBytes: 1 << 16, handlers: { onFrame } })
  })
  const stream = await client.dialProtocol(server.getMultiaddrs()[0]!, PROTOCOL)
  const sender = new FramedStream(stream, { maxFrameBytes: 1 << 16, handlers: { onFrame: () => {} } })
  for (let i = 0; i < frames; i++) sender.send(new Uint8Array(1024))
  await received.promise
  return updates
}

describe('window updates of yamux', () => {
  it('go out once half of the window is used up, and only then', async () => {
    const { muxer } = muxerOf('/yamux/1.0.0')
    const stream = (await muxer.createStream()) as unknown as CountedStream
    for (let i = 0; i < 4; i++) stream.receive(100)
    expect(stream.updates).toBe(0)
    stream.receive(100)
    expect(stream).toMatchObject({ updates: 1, recvWindowCapacity: 1_000 })
    stream.receive(100)
    expect(stream.updates).toBe(1)
  })

  it('answer a stream of the peer at once', () => {
    const { muxer, seen } = muxerOf('/yamux/1.0.0')
    const stream = new CountedStream('inbound')
    muxer.onRemoteStream(stream)
    expect(seen).toEqual([stream])
    stream.receive(1)
    expect(stream.updates).toBe(1)
    stream.receive(1)
    expect(stream.updates).toBe(1)
  })

  it('are few at a real node', async () => {
    expect(await updatesFor(100)).toBeLessThanOrEqual(1)
  })

  it('stay as they are with another muxer', async () => {
    const { muxer } = muxerOf('/mplex/6.7.0')
    const stream = (await muxer.createStream()) as unknown as CountedStream
    stream.receive(1)
    expect(stream.updates).toBe(1)
  })
})
