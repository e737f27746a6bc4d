import type { Socket } from 'node:net'
import type { Listener } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { toHex } from '../../protocol/bytes.ts'
import type { LaneLimits, LaneReader, LaneReaderHandlers, LaneWriter, LaneWriterHandlers } from '../lanes.ts'
import type { PlatformLanes } from '../make-node.ts'
import { greetingOf } from './lane-mask.ts'
import { release } from './lane-memory.ts'
import { LaneReception, type SocketListener } from './lane-reception.ts'
import type { LocalEnd } from './local-end.ts'
import { TcpLaneReader } from './tcp-lane-reader.ts'
import { TcpLaneWriter } from './tcp-lane-writer.ts'

/** Lanes as TCP connections, which come in where libp2p's do. */
export class TcpLanes implements PlatformLanes {
  readonly limits: LaneLimits
  readonly #reception = new LaneReception()
  readonly #local: LocalEnd | undefined

  /** With `local` the lanes that this end connects go out by one uplink. */
  constructor(limits: LaneLimits, local?: LocalEnd) {
    this.limits = limits
    this.#local = local
  }

  receiveAt(listener: Listener): void {
    if ('server' in listener) this.#reception.standBefore(listener as SocketListener)
  }

  connect(
    address: Multiaddr,
    secret: Uint8Array,
    handlers: LaneReaderHandlers
  ): Promise<LaneReader | undefined> {
    const target = targetOf(address)
    if (!target) return Promise.resolve(undefined)
    return new Promise(resolve => {
      const reader = new TcpLaneReader({ ...target, ...this.#local?.optionsFor(address) }, secret, handlers)
      const { socket } = reader
      this.#local?.take(socket)
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

/** The host and port of an address that is an IP address and a TCP port, and no more than a peer id behind them. */
function targetOf(address: Multiaddr): { host: string; port: number } | undefined {
  const [ip, tcp, ...others] = address.getComponents()
  const isIp = ip?.name === 'ip4' || ip?.name === 'ip6'
  if (!isIp || tcp?.name !== 'tcp' || others.some(({ name }) => name !== 'p2p')) return undefined
  return { host: ip.value!, port: Number(tcp.value) }
}
