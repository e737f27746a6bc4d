import { type Stream, StreamMessageEvent } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { FramedStream, FrameTooLargeError, TruncatedFrameError } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'

const PROTOCOL = '/anabranch-test/1.0.0'
const nodes: OverlayNode[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

async function connectedStreams(): Promise<[Stream, Stream]> {
  const server = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  const client = await createNode({ listen: [] })
  nodes.push(server, client)
  const accepted = Promise.withResolvers<Stream>()
  await server.handle(PROTOCOL, stream => accepted.resolve(stream))
  const dialed = await client.dialProtocol(server.getMultiaddrs()[0]!, PROTOCOL)
  return [dialed, await accepted.promise]
}

/** Frames read, with a promise for the end. */
function collect(stream: Stream, maxFrameBytes = 1 << 20, onFrame: (frame: Uint8Array) => void = () => {}) {
  const frames: Uint8Array[] = []
  const ended = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<Error | undefined>()
  const framed = new FramedStream(stream, {
    maxFrameBytes,
    handlers: {
      onFrame: frame => {
        frames.push(frame)
        onFrame(frame)
      },
      onEnd: () => ended.resolve(),
      onClose: error => closed.resolve(error)
    }
  })
  return { framed, frames, ended: ended.promise, closed: closed.promise }
}

async function sendAll(
  framed: FramedStream,
  frames: Uint8Array[],
  drained: () => Promise<void>
): Promise<void> {
  for (const frame of frames) if (!framed.send(frame)) await drained()
}

describe('FramedStream', () => {
  it('delivers frames of every size byte for byte, in order, and then the end', async () => {
    const [near, far] = await connectedStreams()
    const sent = [0, 1, 3, 65_535, 70_000, 1 << 20, 5].map((size, i) => new Uint8Array(size).fill(i + 1))
    const reader = collect(far)
    const writer = collect(near)
    for (const frame of sent) writer.framed.send(frame)
    await writer.framed.close()
    await reader.ended
    expect(reader.frames.map(frame => frame.byteLength)).toEqual(sent.map(frame => frame.byteLength))
    expect(reader.frames.every((frame, i) => frame.every(byte => byte === i + 1))).toBe(true)
  })

  it('is closed, and throws nothing, when it is resumed over a connection that takes nothing more', async () => {
    const [near, far] = await connectedStreams()
    const writer = collect(near)
    const reader = collect(far)
    reader.framed.pause()
    far.resume = () => {
      throw new Error('closed')
    }
    reader.framed.resume()
    expect(await reader.closed).toMatchObject({ message: 'closed' })
    expect(await writer.closed).toBeInstanceOf(Error)
  })

  it('loses no tail when the peer closes while the reader is paused', async () => {
    const [near, far] = await connectedStreams()
    const writer = collect(near)
    const reader = collect(far)
    reader.framed.pause()
    const remoteClosed = new Promise(resolve => far.addEventListener('remoteCloseWrite', resolve))
    for (let i = 0; i < 100; i++) writer.framed.send(new Uint8Array(1_000).fill(i))
    await writer.framed.close()
    await remoteClosed
    await reader.framed.close()
    expect(reader.frames).toHaveLength(0)
    reader.framed.resume()
    await reader.ended
    expect(reader.frames).toHaveLength(100)
    expect(await reader.closed).toBeUndefined()
  })

  it('stops between two frames of one chunk when paused by the receiver of the first', async () => {
    const [near, far] = await connectedStreams()
    const writer = collect(near)
    const first = Promise.withResolvers<void>()
    const reader = collect(far, 1 << 20, () => {
      reader.framed.pause()
      first.resolve()
    })
    for (let i = 0; i < 5; i++) writer.framed.send(Uint8Array.of(i))
    await first.promise
    for (let i = 2; i <= 5; i++) {
      reader.framed.resume()
      while (reader.frames.length < i) await new Promise(resolve => setImmediate(resolve))
      expect(reader.frames).toHaveLength(i)
    }
  })

  it('holds the sender back while the reader is paused, in bounded memory, and then delivers everything', async () => {
    const [near, far] = await connectedStreams()
    let drain = Promise.withResolvers<void>()
    const writer = new FramedStream(near, {
      maxFrameBytes: 1,
      handlers: { onFrame: () => {}, onDrain: () => drain.resolve() }
    })
    const reader = collect(far)
    reader.framed.pause()
    const frame = new Uint8Array(64 * 1024)
    let sent = 0
    while (writer.send(frame)) sent++
    expect(sent * frame.byteLength).toBeLessThan(16 * 1024 * 1024)
    expect(writer.writable).toBe(false)
    reader.framed.resume()
    await drain.promise
    await sendAll(writer, new Array(300).fill(frame), async () => {
      drain = Promise.withResolvers()
      if (!writer.writable) await drain.promise
    })
    await writer.close()
    await reader.ended
    expect(reader.frames).toHaveLength(sent + 1 + 300)
  })

  it('aborts the stream when a frame is too large, and tells why', async () => {
    const [near, far] = await connectedStreams()
    const writer = collect(near)
    const reader = collect(far, 100)
    writer.framed.send(new Uint8Array(101))
    expect(await reader.closed).toBeInstanceOf(FrameTooLargeError)
    expect(await writer.closed).toBeInstanceOf(Error)
  })

  it('reports a frame that the peer never finished', async () => {
    const [near, far] = await connectedStreams()
    const reader = collect(far)
    near.send(Uint8Array.of(0, 0, 0, 9, 1, 2))
    await near.close()
    const error = await reader.closed
    expect(error).toBeInstanceOf(TruncatedFrameError)
    expect(error?.message).toContain('7 bytes before')
  })

  it('reports it also where the end came before the bytes were told', async () => {
    const [, far] = await connectedStreams()
    Object.defineProperty(far, 'readableEnded', { value: true })
    const reader = collect(far)
    far.dispatchEvent(new StreamMessageEvent(Uint8Array.of(0, 0, 1)))
    expect(await reader.closed).toBeInstanceOf(TruncatedFrameError)
  })
})
