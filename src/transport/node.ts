import { interfacesNow } from './interfaces.ts'
import { type Libp2pNode, makeNode, type NodeOptions, type Platform } from './make-node.ts'
import { noiseCrypto } from './noise-crypto.ts'
import type { LocalEnd } from './tcp/local-end.ts'
import { batchWrites } from './tcp/socket-batches.ts'
import { TcpLanes } from './tcp/tcp-lanes.ts'
import { tcpFrom, tcpTransport } from './tcp/tcp-transport.ts'
import { addressesToTell } from './told-addresses.ts'

export { type Libp2pNode, ListenError, type NodeOptions } from './make-node.ts'
export type { OverlayNode } from './overlay-node.ts'

/** What Node.js has for a node. */
export const NODE_JS: Platform = {
  transports: [tcpTransport],
  noiseCrypto,
  tuneConnection: batchWrites,
  makeLanes: limits => new TcpLanes(limits),
  addressesToTell: listening => addressesToTell(listening, interfacesNow())
}

/**
 * Starts a node as makeNode does, with what Node.js has: its cryptography, and TCP where `transports` say nothing else.
 * With `local` its connections go out by one uplink. Throws ListenError where one address cannot be listened on.
 */
export async function createNode(options: NodeOptions, local?: LocalEnd): Promise<Libp2pNode> {
  return await makeNode(options, local ? boundTo(local) : NODE_JS)
}

function boundTo(local: LocalEnd): Platform {
  return {
    ...NODE_JS,
    transports: [tcpFrom(local)],
    makeLanes: limits => new TcpLanes(limits, local)
  }
}
