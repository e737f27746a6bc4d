import type { Socket } from 'node:net'
import type { Connection, DialTransportOptions, Listener, Transport } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { systemScheduler } from '../../scheduler.ts'
import { DialRaceLostError, raceDials } from '../dial-race.ts'
import { endpointOf, plainPartOf } from '../endpoint.ts'
import { NODE_LIMITS, WEB_SOCKET_LIMITS } from '../limits.ts'
import type { TransportMaker } from '../make-node.ts'
import type { OutboundProxy } from './outbound-proxy.ts'
import type { Reception, SocketListener } from './reception.ts'
import { tcpTransport } from './tcp-transport.ts'
import { openWebSocket } from './web-socket-dial.ts'
import type { WebSocketStream } from './web-socket-stream.ts'

interface DialOptions extends DialTransportOptions {
  /** Hears of the TCP connection before anything is said over it. */
  onSocket?(socket: Socket): void
}

/** Undocumented member of libp2p 3.3.11's TCP that this file replaces: it makes the connections that are dialled. */
interface InsideOfTcp extends Transport {
  dial(address: Multiaddr, options: DialOptions): Promise<Connection>
  _connect(address: Multiaddr, options: DialOptions): Promise<Socket | WebSocketStream>
}

/**
 * Makes a transport over TCP, plain or in WebSockets, that dials through a proxy where there is one.
 * Every port takes both, as `reception` tells them apart.
 */
export function socketTransport(reception: Reception, proxy?: OutboundProxy): TransportMaker {
  return parts => {
    const tcp = tcpTransport(parts) as InsideOfTcp
    const dial = tcp.dial.bind(tcp)
    const connect = tcp._connect.bind(tcp)
    const createListener = tcp.createListener.bind(tcp)
    tcp._connect = async (address, options) => {
      const endpoint = endpointOf(address.toString())!
      const socket = proxy?.isFor(endpoint.host)
        ? await proxy.connect(endpoint, options.signal)
        : ((await connect(plainPartOf(address), options)) as Socket)
      options.onSocket?.(socket)
      return endpoint.carriage === 'plain' ? socket : await openWebSocket(socket, endpoint, options.signal)
    }
    tcp.dial = async (address, options) =>
      endpointOf(address.toString())?.carriage === 'plain'
        ? await dialInsistently(dial, address, options)
        : await dial(address, options)
    tcp.createListener = options => {
      const listener = createListener(options) as SocketListener
      reception.standBefore(listener)
      tellCarriage(listener)
      return listener
    }
    tcp.dialFilter = addresses => addresses.filter(address => endpointOf(address.toString()) !== undefined)
    tcp.listenFilter = tcp.dialFilter
    return tcp
  }
}

/**
 * Dials plain TCP. Where a connection stands over which the peer says nothing for a while, or which
 * does not become one of libp2p, something on the way may let nothing through but HTTP: then the
 * same place is dialled over WebSocket as well, and the first that succeeds is used. Rejects with the
 * reason that plain TCP has failed.
 */
async function dialInsistently(
  dial: InsideOfTcp['dial'],
  address: Multiaddr,
  options: DialOptions
): Promise<Connection> {
  const other = Promise.withResolvers<Multiaddr | undefined>()
  const dialPlain = async (signal: AbortSignal) => {
    let stopWaiting: (() => void) | undefined
    const onSocket = (socket: Socket) => {
      const before = socket.bytesRead
      const look = () => socket.bytesRead === before && other.resolve(overWebSocket(address))
      stopWaiting = systemScheduler.after(WEB_SOCKET_LIMITS.patienceMs, look)
    }
    try {
      return await dial(address, { ...options, signal, onSocket })
    } catch (error) {
      if (stopWaiting) other.resolve(overWebSocket(address))
      throw error
    } finally {
      stopWaiting?.()
      other.resolve(undefined)
    }
  }
  const places = placesOf(address, other.promise)
  return await raceDials<Multiaddr, Connection>({
    next: async () => (await places.next()).value,
    dial: async (place, signal) =>
      place === address ? await dialPlain(signal) : await dial(place, { ...options, signal }),
    discard: late => late.abort(new Error('another way was faster')),
    timeoutMs: NODE_LIMITS.addressDialTimeoutMs,
    scheduler: systemScheduler,
    signal: options.signal
  }).catch(error => {
    throw error instanceof DialRaceLostError ? error.failures[0]!.error : error
  })
}

async function* placesOf(
  first: Multiaddr,
  second: Promise<Multiaddr | undefined>
): AsyncGenerator<Multiaddr, undefined> {
  yield first
  const other = await second
  if (other) yield other
}

/** The same place over WebSocket, with the same peer id at the end where there is one. */
function overWebSocket(address: Multiaddr): Multiaddr {
  const [host, port, ...peer] = address.getComponents()
  return multiaddr([host!, port!, ...multiaddr('/ws').getComponents(), ...peer])
}

/** Lets a listener take addresses with a carriage behind the port, and tell both: TCP without one is faster. */
function tellCarriage(listener: Listener): void {
  const listen = listener.listen.bind(listener)
  const getAddrs = listener.getAddrs.bind(listener)
  let carriage = multiaddr('/')
  listener.listen = async address => {
    carriage = multiaddr(address.getComponents().slice(2))
    await listen(plainPartOf(address))
  }
  listener.getAddrs = () => {
    const plain = getAddrs()
    if (carriage.getComponents().length === 0) return plain
    return [...plain, ...plain.map(address => address.encapsulate(carriage))]
  }
}
