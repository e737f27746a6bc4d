import { interfacesNow } from './interfaces.ts'
import { inboundLimitsWithin, inboundSocketsWithin } from './limits.ts'
import { type NodeOptions as AnyNodeOptions, type Libp2pNode, makeNode, type Platform } from './make-node.ts'
import { lookUp } from './name-lookup.ts'
import { noiseCrypto } from './noise-crypto.ts'
import { openFilesLimit } from './open-files.ts'
import type { LocalEnd } from './tcp/local-end.ts'
import type { OutboundProxy } from './tcp/outbound-proxy.ts'
import { Reception } from './tcp/reception.ts'
import type { ServerCertificate } from './tcp/server-certificate.ts'
import { batchWrites, isSocketConnection } from './tcp/socket-batches.ts'
import { socketTransport } from './tcp/socket-transport.ts'
import { SocketWatch } from './tcp/socket-watch.ts'
import { TcpLanes } from './tcp/tcp-lanes.ts'
import { addressesToTell, ipsInNetworks } from './told-addresses.ts'

export { type Libp2pNode, ListenError } from './make-node.ts'
export type { OverlayNode } from './overlay-node.ts'

const sockets = new SocketWatch({ interfaces: interfacesNow })
const inboundSockets = inboundSocketsWithin(openFilesLimit())

/** What a node of Node.js may have besides what every node may have. */
interface SocketOptions extends Pick<AnyNodeOptions, 'maxInbound'> {
  /** For WebSockets in TLS; without one there are none of these. */
  certificate?: ServerCertificate | undefined
  /** What all connections to other hosts are made through. Default: they are made directly. */
  proxy?: OutboundProxy | undefined
  /** One uplink, by which all connections go out that are not made through a proxy. Default: the system chooses. */
  local?: LocalEnd | undefined
  /**
   * Told when somebody who dials this node finds no place, as `open` sockets are the most that this
   * process may have.
   */
  onFull?: ((open: number) => void) | undefined
}

export interface NodeOptions extends AnyNodeOptions, SocketOptions {}

/** What Node.js has for one node: its cryptography, and connections over TCP, plain or in WebSockets. */
export function nodeJs({ certificate, proxy, local, onFull, maxInbound }: SocketOptions = {}): Platform {
  const reception = new Reception({ certificate, mostSockets: inboundSockets, onFull })
  return {
    transports: [socketTransport(reception, { proxy, local })],
    noiseCrypto,
    tuneConnection: connection => {
      if (!isSocketConnection(connection)) return
      batchWrites(connection)
      sockets.add(connection)
    },
    makeLanes: limits => new TcpLanes(limits, reception, { isDirect: host => !proxy?.isFor(host), local }),
    visitors: { limits: inboundLimitsWithin(inboundSockets, maxInbound) },
    // A proxy looks up the names that it connects to.
    ...(proxy ? {} : { lookUp }),
    addressesToTell: listening => addressesToTell(listening, interfacesNow()),
    ownIps: () => ipsInNetworks(interfacesNow())
  }
}

/**
 * Starts a node as makeNode does, with what Node.js has. Throws ListenError where one address cannot
 * be listened on.
 */
export async function createNode({
  certificate,
  proxy,
  local,
  onFull,
  ...options
}: NodeOptions): Promise<Libp2pNode> {
  return await makeNode(
    options,
    nodeJs({ certificate, proxy, local, onFull, maxInbound: options.maxInbound })
  )
}
