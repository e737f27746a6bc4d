import { noise } from '@chainsafe/libp2p-noise'
import type { Connection, MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { TypedEventEmitter } from 'main-event'
import { Uint8ArrayList } from 'uint8arraylist'
import { resetsIn } from './yamux-bytes.ts'

export interface RawConnection {
  /** Sends bytes as they are, encrypted by noise; resolves once the connection takes more, or has ended. */
  send(...parts: Uint8Array[]): Promise<void>
  /** Resolves once the connection has ended, by either side. */
  readonly ended: Promise<void>
  readonly isOpen: boolean
  /** Bytes that the node has sent since the handshake. */
  readonly receivedBytes: number
  /** Streams that the node has reset. */
  readonly resets: number
}

/** A muxer that muxes nothing: it keeps the encrypted connection for whoever wants to write to it. */
class NoMuxer extends TypedEventEmitter<Record<string, Event>> {
  readonly protocol = '/yamux/1.0.0'
  readonly streams = []
  status = 'open'

  async close(): Promise<void> {}
  abort(): void {}
}

/** A peer that goes through the handshakes as the library does, and then says to the muxer whatever it likes. */
export class RawPeer {
  readonly #node: Awaited<ReturnType<typeof createLibp2p>>
  readonly #opened: Opened

  private constructor(node: Awaited<ReturnType<typeof createLibp2p>>, opened: Opened) {
    this.#node = node
    this.#opened = opened
  }

  /** `localAddress`: the address on this host from which it dials. */
  static async start(localAddress = '127.0.0.1'): Promise<RawPeer> {
    const opened = new Opened()
    const node = await createLibp2p({
      // The type of the options leaves out what node:net takes besides.
      transports: [tcp({ dialOpts: { localAddress } as object })],
      connectionEncrypters: [noise()],
      streamMuxers: [() => opened],
      connectionManager: { maxConnections: 100_000, maxParallelDials: 100, maxDialQueueLength: 100_000 },
      connectionMonitor: { enabled: false }
    })
    return new RawPeer(node, opened)
  }

  /** Opens a connection of its own. Throws where the node refuses it. */
  async connect(address: Multiaddr | undefined): Promise<RawConnection> {
    const connection = await this.#node.dial(address!, { force: true })
    return connectionOf(connection, this.#opened.take(connection))
  }

  async stop(): Promise<void> {
    for (const connection of this.#node.getConnections()) connection.abort(new Error('the test is over'))
    await this.#node.stop()
  }
}

/** Remembers under every connection's muxer the encrypted connection below it. */
class Opened implements StreamMuxerFactory {
  readonly protocol = '/yamux/1.0.0'
  readonly #encrypted = new Map<unknown, MessageStream>()

  createStreamMuxer(encrypted: MessageStream): StreamMuxer {
    const muxer = new NoMuxer() as unknown as StreamMuxer
    this.#encrypted.set(muxer, encrypted)
    return muxer
  }

  take(connection: Connection): MessageStream {
    const { muxer } = connection as unknown as { muxer: unknown }
    const encrypted = this.#encrypted.get(muxer)!
    this.#encrypted.delete(muxer)
    return encrypted
  }
}

function connectionOf(connection: Connection, encrypted: MessageStream): RawConnection {
  let receivedBytes = 0
  let resets = 0
  encrypted.addEventListener('message', ({ data }) => {
    receivedBytes += data.byteLength
    // The node sends each frame as a message of its own.
    resets += resetsIn(data.subarray())
  })
  const ended = Promise.withResolvers<void>()
  const isOpen = () => connection.status === 'open'
  if (isOpen()) connection.addEventListener('close', () => ended.resolve())
  else ended.resolve()
  return {
    ended: ended.promise,
    get isOpen() {
      return isOpen()
    },
    get resets() {
      return resets
    },
    get receivedBytes() {
      return receivedBytes
    },
    send: async (...parts) => {
      if (!isOpen()) return
      if (encrypted.send(new Uint8ArrayList(...parts))) return await new Promise(setImmediate)
      await Promise.race([ended.promise, encrypted.onDrain().catch(() => {})])
    }
  }
}
