import { connect as connectTcp, type Socket } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PING_PROTOCOL } from '../../src/transport/ping-answers.ts'
import type { RawConnection } from './raw-peer.ts'
import {
  data,
  FLAG,
  header,
  joined,
  open,
  protocol,
  repeated,
  reset,
  streamIds,
  TYPE
} from './yamux-bytes.ts'

const BATCH = 1_000
const KIB = new Uint8Array(1024)

/** Sends each batch until the connection ends or there are no more. */
async function pour(connection: RawConnection, batches: Iterable<Uint8Array>): Promise<void> {
  for (const batch of batches) {
    if (!connection.isOpen) return
    await connection.send(batch)
  }
}

function* times(count: number, make: (at: number) => Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < count; at++) yield make(at)
}

const WINDOW_UPDATE = header({ type: TYPE.windowUpdate, streamId: 1, length: 1 })
const PING = header({ type: TYPE.ping, flags: FLAG.syn })

/** What one peer can say over one connection. Each says it until it is through, or its connection has ended. */
export const YAMUX_ATTACKS: Record<string, (connection: RawConnection) => Promise<void>> = {
  'opens and resets streams': connection =>
    pour(
      connection,
      times(180, at => joined(streamIds(BATCH, at * BATCH).flatMap(id => [open(id), reset(id)])))
    ),
  'opens streams and ends them': connection =>
    pour(
      connection,
      times(180, at =>
        joined(
          streamIds(BATCH, at * BATCH).map(streamId =>
            header({ type: TYPE.windowUpdate, flags: FLAG.syn | FLAG.fin, streamId })
          )
        )
      )
    ),
  'opens 10,000 streams': connection =>
    pour(
      connection,
      times(10, at => joined(streamIds(BATCH, at * BATCH).map(open)))
    ),
  'claims a frame of 4 GiB': async connection => {
    await connection.send(open(1), header({ type: TYPE.data, streamId: 1, length: 0xffff_ffff }))
    await pour(
      connection,
      times(385 * 16, () => repeated(KIB, 64))
    )
  },
  'claims a frame of 4 GiB on no stream': async connection => {
    await connection.send(header({ type: TYPE.data, streamId: 0, length: 0xffff_ffff }))
    await pour(
      connection,
      times(385 * 16, () => repeated(KIB, 64))
    )
  },
  'asks for pings': connection =>
    pour(
      connection,
      times(1_000, () => repeated(PING, BATCH))
    ),
  'widens windows': async connection => {
    await connection.send(open(1))
    await pour(
      connection,
      times(1_000, () => repeated(WINDOW_UPDATE, BATCH))
    )
  },
  'widens windows of no stream': connection =>
    pour(
      connection,
      times(1_000, () => repeated(WINDOW_UPDATE, BATCH))
    ),
  'sends empty data': async connection => {
    await connection.send(open(1))
    await pour(
      connection,
      times(1_000, () => repeated(header({ type: TYPE.data, streamId: 1 }), BATCH))
    )
  },
  'opens the same stream again and again': connection =>
    pour(
      connection,
      times(1_000, () => repeated(open(1), BATCH))
    ),
  'sends an unknown version': connection => connection.send(header({ version: 7, type: TYPE.ping })),
  'sends an unknown type': connection => connection.send(header({ type: 9, streamId: 1 })),
  'sends unknown flags': connection =>
    connection.send(header({ type: TYPE.windowUpdate, flags: 0x4001, streamId: 1 })),
  'answers a ping that nobody asked for': connection =>
    connection.send(header({ type: TYPE.ping, flags: FLAG.ack, length: 0x7777 })),
  'opens a stream under a number of the node': connection => connection.send(open(2))
}

/** What one peer can say over one connection that costs it a stream, or has it wait. */
export const STREAM_ATTACKS: Record<string, (connection: RawConnection) => Promise<void>> = {
  'asks for one protocol after the other': async connection => {
    const nothing = Uint8Array.of(1, 0x0a)
    await pour(
      connection,
      times(4, at => joined([open(2 * at + 1), data(2 * at + 1, repeated(nothing, 100_000))]))
    )
  },
  'pings and takes no answer': async connection => {
    await connection.send(open(1), data(1, protocol('/multistream/1.0.0')), data(1, protocol(PING_PROTOCOL)))
    await pour(
      connection,
      times(10_000, () => data(1, repeated(KIB, 16)))
    )
  },
  'sends more tiny frames than anybody reads': connection =>
    pour(
      connection,
      times(2_000, () => repeated(data(1, KIB.subarray(0, 1)), BATCH))
    )
}

/** Sockets of one address that were told to do something each; `left` tells how many the node has not ended. */
export class Sockets {
  readonly #open = new Set<Socket>()

  get left(): number {
    return this.#open.size
  }

  /** `localAddress`: the address on this host from which it connects. */
  async connect(to: Multiaddr | undefined, localAddress = '127.0.0.1'): Promise<Socket> {
    const { host, port } = netOf(to!)
    const socket = connectTcp({ host, port, localAddress })
    this.#open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#open.delete(socket))
    socket.resume()
    const over = Promise.withResolvers<void>()
    for (const event of ['connect', 'close']) socket.on(event, () => over.resolve())
    await over.promise
    return socket
  }

  async connectMany(count: number, to: Multiaddr | undefined, localAddress?: string): Promise<Socket[]> {
    return await Promise.all(Array.from({ length: count }, () => this.connect(to, localAddress)))
  }

  stop(): void {
    for (const socket of this.#open) socket.destroy()
  }
}

function netOf(address: Multiaddr): { host: string; port: number } {
  const values = new Map(address.getComponents().map(({ name, value }) => [name, value]))
  return { host: values.get('ip4')!, port: Number(values.get('tcp')) }
}
