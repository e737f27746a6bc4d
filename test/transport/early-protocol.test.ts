import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { MessageStream, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { Uint8ArrayList } from 'uint8arraylist'
import { afterEach, describe, expect, it } from 'vitest'
import { encryptEarly } from '../../src/transport/early-protocol.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'

const PROTOCOL = '/anabranch/test/1.0.0'
const nodes: OverlayNode[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

async function pair(): Promise<{ client: OverlayNode; server: OverlayNode }> {
  const server = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  const client = await createNode({ listen: [] })
  nodes.push(server, client)
  return { client, server }
}

function framed(stream: Stream, onFrame: (frame: Uint8Array) => void = () => {}) {
  const closed = Promise.withResolvers<Error | undefined>()
  const end = new FramedStream(stream, {
    maxFrameBytes: 1 << 16,
    handlers: { onFrame, onEnd: () => {}, onClose: error => closed.resolve(error) }
  })
  return { end, closed: closed.promise }
}

describe('a stream of one of our protocols', () => {
  it('is there before the peer has answered, and carries frames both ways', async () => {
    const { client, server } = await pair()
    let handled = false
    await server.handle(PROTOCOL, stream => {
      handled = true
      const echo = framed(stream, frame => echo.end.send(frame))
    })
    const connection = await client.dial(server.getMultiaddrs()[0]!)
    const stream = await connection.newStream(PROTOCOL)
    expect(handled).toBe(false)
    const answer = Promise.withResolvers<Uint8Array>()
    const { end } = framed(stream, answer.resolve)
    end.send(Uint8Array.of(1, 2, 3))
    expect([...(await answer.promise)]).toEqual([1, 2, 3])
  })

  it('fails by name at a peer that does not speak the protocol', async () => {
    const { client, server } = await pair()
    const { end, closed } = framed(await client.dialProtocol(server.getMultiaddrs()[0]!, PROTOCOL))
    end.send(new Uint8Array(100))
    expect((await closed)?.name).toBe('UnsupportedProtocolError')
  })
})

describe('a connection', () => {
  it('is not made where the peer chooses another encryption', async () => {
    const { client } = await pair()
    const other = createServer(socket => {
      // The multistream-select answer of a peer that knows none of what was proposed.
      socket.write(Buffer.from('\x13/multistream/1.0.0\n\x03na\n'))
      socket.on('error', () => {}).resume()
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const dialled = client.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`))
    await expect(dialled).rejects.toThrow(/no node of this network answers there/)
    await once(other.close(), 'close')
  })

  it('leaves alone what wraps its reading meanwhile', async () => {
    const passed: string[] = []
    const connection = {
      direction: 'outbound',
      send: () => true,
      onData: (data: Uint8ArrayList) => passed.push(Buffer.from(data.subarray()).toString('latin1')),
      abort: (error: Error) => passed.push(error.message)
    }
    await encryptEarly().protect(connection as unknown as MessageStream)
    let wrapped = 0
    const inner = connection.onData
    connection.onData = data => {
      wrapped++
      return inner(data)
    }
    const answer = '\x13/multistream/1.0.0\n\x07/noise\n'
    for (const text of [answer.slice(0, 10), `${answer.slice(10)}a`, 'b']) {
      connection.onData(new Uint8ArrayList(Buffer.from(text)))
    }
    expect(passed).toEqual(['a', 'b'])
    expect(wrapped).toBe(3)
  })

  it('sends its first message of encryption with the proposal', async () => {
    const { client } = await pair()
    const first = Promise.withResolvers<Buffer>()
    const silent = createServer(socket => {
      let received = Buffer.alloc(0)
      socket.on('data', data => {
        received = Buffer.concat([received, data])
        // Two lines of negotiation, then a length and 32 bytes of key.
        if (received.byteLength >= 28 + 34) first.resolve(received)
      })
      socket.on('error', () => {}).resume()
    }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const abort = new AbortController()
    const dialled = client.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`), { signal: abort.signal })
    dialled.catch(() => {})
    expect((await first.promise).subarray(20, 28).toString('latin1')).toBe('\x07/noise\n')
    abort.abort()
    await expect(dialled).rejects.toThrow()
    await once(silent.close(), 'close')
  })
})

describe('a stream of another protocol', () => {
  it('is negotiated first, as its user expects', async () => {
    const { client, server } = await pair()
    await expect(client.dialProtocol(server.getMultiaddrs()[0]!, '/other/1.0.0')).rejects.toThrow(/negotiate/)
  })
})
