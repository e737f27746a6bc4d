import { once } from 'node:events'
import { createServer, connect as dial, type Server, Socket } from 'node:net'
import type { ConnectionEncrypter, MultiaddrConnection } from '@libp2p/interface'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FramedStream } from '../../src/overlay/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/overlay/node.ts'
import { inBatches } from '../../src/overlay/socket-batches.ts'

const PROTOCOL = '/anabranch/test/1.0.0'
/** Longer than a read pauses. */
const LONG_MS = 1_000
const nodes: OverlayNode[] = []
const sockets: Socket[] = []
const servers: Server[] = []
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await Promise.all(nodes.splice(0).map(node => node.stop()))
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(servers.splice(0).map(server => once(server.close(), 'close')))
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
})

describe('a connection that has read little', () => {
  it('reads what comes in the next moment all at once', async () => {
    const { peer, reads, text, read } = await paused()
    const messages = Array.from({ length: 100 }, (_, i) => `${i},`)
    for (const message of messages) await written(peer, message)
    expect(reads).toHaveLength(1)
    const whole = `first,${messages.join('')}`
    while (text().length < whole.length) await read()
    expect(text()).toBe(whole)
    // The kernel may hand on what comes in two or three parts.
    expect(reads.length).toBeLessThan(10)
  })

  it('pauses again and again while little comes', async () => {
    const { peer, reads, text, read } = await paused()
    for (const message of ['a', 'b', 'c']) {
      await written(peer, message)
      await read()
    }
    expect(reads).toHaveLength(4)
    expect(text()).toBe('first,abc')
  })

  it('sees the end behind what came before it, and can still write', async () => {
    const { peer, socket, text } = await paused()
    const ended = once(socket, 'end')
    await written(peer, 'and the last')
    peer.end()
    await vi.advanceTimersByTimeAsync(LONG_MS)
    await ended
    expect(text()).toBe('first,and the last')
    const answer = once(peer, 'data')
    socket.write('an answer')
    expect(String((await answer)[0])).toBe('an answer')
  })

  it('learns that the peer has reset it', async () => {
    const { peer, socket } = await paused()
    const failed = once(socket, 'error')
    const gone = once(peer, 'close')
    peer.resetAndDestroy()
    await gone
    await vi.advanceTimersByTimeAsync(LONG_MS)
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
  })

  it('may be gone before it would read again', async () => {
    const { socket, reads } = await paused()
    const closed = once(socket, 'close')
    socket.destroy()
    await vi.advanceTimersByTimeAsync(LONG_MS)
    await closed
    expect(reads).toHaveLength(1)
  })

  it('is not read behind the back of an owner who has paused it', async () => {
    const { peer, socket, reads, text } = await paused()
    socket.pause()
    const much = 'x'.repeat(300_000)
    peer.write(much)
    await vi.advanceTimersByTimeAsync(LONG_MS)
    expect(reads).toHaveLength(1)
    vi.useRealTimers()
    socket.resume()
    peer.end()
    await once(socket, 'end')
    expect(text()).toBe(`first,${much}`)
  })
})

it('a connection that has read much goes on without a pause', async () => {
  const { peer, text, nextRead } = await connected()
  const much = 'x'.repeat(16 * 1024)
  const first = nextRead()
  peer.write(much)
  await first
  const second = nextRead()
  peer.write('y')
  await second
  expect(text()).toBe(`${much}y`)
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
  return { sender, received: all.promise }
}

/** Two sockets, of which one reads in batches; time stands still for its pauses. */
async function connected() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const peer = dial({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const [socket] = (await once(server, 'connection')) as [Socket]
  sockets.push(peer, socket)
  const reads: Buffer[] = []
  let onRead = () => {}
  // As libp2p's TCP connections do it.
  const connection = {
    socket,
    sendData: (data: Uint8Array) => socket.write(data),
    onData: (data: Buffer) => {
      reads.push(data)
      onRead()
    }
  }
  socket.on('data', data => connection.onData(data))
  const encrypter = { secureInbound: async () => ({}) } as unknown as ConnectionEncrypter
  await inBatches(() => encrypter)({}).secureInbound(connection as unknown as MultiaddrConnection)
  const nextRead = () => new Promise<void>(resolve => (onRead = resolve))
  return { peer, socket, reads, text: () => Buffer.concat(reads).toString(), nextRead }
}

/** One of two sockets has read a little and pauses until `read` lets it go on to its next read. */
async function paused() {
  const ends = await connected()
  const first = ends.nextRead()
  ends.peer.write('first,')
  await first
  const read = async () => {
    const next = ends.nextRead()
    await vi.advanceTimersByTimeAsync(LONG_MS)
    await next
  }
  return { ...ends, read }
}

/** The kernel has it, and on loopback the other end's kernel, too. */
async function written(socket: Socket, text: string): Promise<void> {
  await new Promise<void>(resolve => socket.write(text, () => resolve()))
}
