import type { Socket } from 'node:net'
import type { Transport } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { NODE_LIMITS } from '../limits.ts'
import type { NodeParts } from '../listening.ts'
import type { LocalEnd } from './local-end.ts'

/** Undocumented members of @libp2p/tcp 11.0.28's transport that this file replaces. */
interface SocketTransport extends Transport {
  _connect(address: Multiaddr, options: object): Promise<Socket>
}

/** Makes libp2p's TCP with this project's limits; small writes leave at once. */
export const tcpTransport: (parts: NodeParts) => Transport = tcp({
  inboundSocketInactivityTimeout: NODE_LIMITS.socketInactivityTimeoutMs,
  outboundSocketInactivityTimeout: NODE_LIMITS.socketInactivityTimeoutMs,
  dialOpts: { noDelay: true },
  listenOpts: { noDelay: true }
})

/** The same, whose connections go out by one uplink. */
export function tcpFrom(local: LocalEnd): (parts: NodeParts) => Transport {
  return parts => {
    const transport = tcpTransport(parts) as SocketTransport
    const connect = transport._connect.bind(transport)
    transport._connect = async (address, options) => {
      const socket = await connect(address, { ...options, ...local.optionsFor(address) })
      local.take(socket)
      return socket
    }
    return transport
  }
}
