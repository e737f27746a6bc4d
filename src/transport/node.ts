import { interfacesNow } from './interfaces.ts'
import { type NodeOptions as AnyNodeOptions, type Libp2pNode, makeNode, type Platform } from './make-node.ts'
import { noiseCrypto } from './noise-crypto.ts'
import type { OutboundProxy } from './tcp/outbound-proxy.ts'
import { Reception } from './tcp/reception.ts'
import type { ServerCertificate } from './tcp/server-certificate.ts'
import { batchWrites } from './tcp/socket-batches.ts'
import { socketTransport } from './tcp/socket-transport.ts'
import { TcpLanes } from './tcp/tcp-lanes.ts'
import { addressesToTell } from './told-addresses.ts'

export { type Libp2pNode, ListenError } from './make-node.ts'
export type { OverlayNode } from './overlay-node.ts'

/** What a node of Node.js may have besides what every node may have. */
interface SocketOptions {
  /** For WebSockets in TLS; without one there are none of these. */
  certificate?: ServerCertificate | undefined
  /** What all connections to other hosts are made through. Default: they are made directly. */
  proxy?: OutboundProxy | undefined
}

export interface NodeOptions extends AnyNodeOptions, SocketOptions {}

/** What Node.js has for one node: its cryptography, and connections over TCP, plain or in WebSockets. */
export function nodeJs({ certificate, proxy }: SocketOptions = {}): Platform {
  const reception = new Reception(certificate)
  return {
    transports: [socketTransport(reception, proxy)],
    noiseCrypto,
    tuneConnection: batchWrites,
    makeLanes: limits => new TcpLanes(limits, reception, host => !proxy?.isFor(host)),
    addressesToTell: listening => addressesToTell(listening, interfacesNow())
  }
}

/**
 * Starts a node as makeNode does, with what Node.js has. Throws ListenError where one address cannot
 * be listened on.
 */
export async function createNode({ certificate, proxy, ...options }: NodeOptions): Promise<Libp2pNode> {
  return await makeNode(options, nodeJs({ certificate, proxy }))
}
