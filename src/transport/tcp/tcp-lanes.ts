import type { Socket } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { toHex } from '../../protocol/bytes.ts'
import { endpointOf } from '../endpoint.ts'
import type {
  LaneLimits,
  LaneReader,
  LaneReaderHandlers,
  Lanes,
  LaneWriter,
  LaneWriterHandlers
} from '../lanes.ts'
import { greetingOf } from './lane-mask.ts'
import { release } from './lane-memory.ts'
import type { Reception } from './reception.ts'
import { TcpLaneReader } from './tcp-lane-reader.ts'
import { TcpLaneWriter } from './tcp-lane-writer.ts'

/** Lanes as TCP connections, which come in where libp2p's do. */
export class TcpLanes implements Lanes {
  readonly limits: LaneLimits
  readonly #reception: Reception
  readonly #isDirect: (host: string) => boolean

  /** `isDirect`: tells whether a host is dialled itself, not through a proxy. Default: all are. */
  constructor(limits: LaneLimits, reception: Reception, isDirect: (host: string) => boolean = () => true) {
    this.limits = limits
    this.#reception = reception
    this.#isDirect = isDirect
  }

  connect(
    address: Multiaddr,
    secret: Uint8Array,
    handlers: LaneReaderHandlers
  ): Promise<LaneReader | undefined> {
    const target = endpointOf(address.toString())
    const isPlain = target?.carriage === 'plain' && !target.isName
    if (!isPlain || !this.#isDirect(target.host)) return Promise.resolve(undefined)
    return new Promise(resolve => {
      const reader = new TcpLaneReader(target.host, target.port, secret, handlers)
      const { socket } = reader
      const giveUp = () => {
        reader.destroy()
        resolve(undefined)
      }
      // A connection that stands since this process was busy is told of before `setImmediate`.
      const timer = setTimeout(() => setImmediate(() => socket.connecting && giveUp()), this.limits.connectMs)
      socket.once('error', giveUp)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', giveUp)
        socket.write(greetingOf(secret))
        resolve(reader)
      })
    })
  }

  release(frame: Uint8Array): void {
    release(frame)
  }

  expect(secret: Uint8Array, handlers: LaneWriterHandlers, came: (lane: LaneWriter) => void): () => void {
    const take = (socket: Socket) => came(new TcpLaneWriter(socket, secret, handlers))
    return this.#reception.expect(toHex(greetingOf(secret)), take)
  }
}
