import { interfacesNow } from './interfaces.ts'
import { inboundLimitsWithin, inboundSocketsWithin } from './limits.ts'
import { type Libp2pNode, makeNode, type NodeOptions, type Platform } from './make-node.ts'
import { lookUp } from './name-lookup.ts'
import { noiseCrypto } from './noise-crypto.ts'
import { openFilesLimit } from './open-files.ts'
import { batchWrites, isSocketConnection } from './tcp/socket-batches.ts'
import { SocketWatch } from './tcp/socket-watch.ts'
import { TcpLanes } from './tcp/tcp-lanes.ts'
import { tcpTransport } from './tcp/tcp-transport.ts'
import { addressesToTell, ipsInNetworks } from './told-addresses.ts'

export { type Libp2pNode, ListenError, type NodeOptions } from './make-node.ts'
export type { OverlayNode } from './overlay-node.ts'

const sockets = new SocketWatch({ interfaces: interfacesNow })
const inboundSockets = inboundSocketsWithin(openFilesLimit())

/** What Node.js has for a node. */
export const NODE_JS: Platform = {
  transports: [tcpTransport],
  noiseCrypto,
  tuneConnection: connection => {
    if (!isSocketConnection(connection)) return
    batchWrites(connection)
    sockets.add(connection)
  },
  makeLanes: (limits, onFull) => new TcpLanes(limits, { mostSockets: inboundSockets, onFull }),
  visitors: { limits: inboundLimitsWithin(inboundSockets) },
  lookUp,
  addressesToTell: listening => addressesToTell(listening, interfacesNow()),
  ownIps: () => ipsInNetworks(interfacesNow())
}

/**
 * Starts a node as makeNode does, with what Node.js has: its cryptography, and TCP where `transports` say nothing else.
 * Throws ListenError where one address cannot be listened on.
 */
export async function createNode(options: NodeOptions): Promise<Libp2pNode> {
  return await makeNode(options, NODE_JS)
}
