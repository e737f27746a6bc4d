import type { Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Signer } from '../protocol/signed-form.ts'
import type { Lanes } from './lanes.ts'
import type { RelayedHandshakes } from './relayed-handshake.ts'

/** The part of a libp2p node that the roles use: whoever makes one for another platform needs no more. */
export interface OverlayNode {
  readonly peerId: Libp2p['peerId']
  readonly dial: Libp2p['dial']
  readonly dialProtocol: Libp2p['dialProtocol']
  readonly handle: Libp2p['handle']
  readonly unhandle: Libp2p['unhandle']
  readonly getMultiaddrs: Libp2p['getMultiaddrs']
  readonly getConnections: Libp2p['getConnections']
  readonly services: { ping: Pick<Ping, 'ping'>; handshakes: RelayedHandshakes; signing: Signer }
  /** The IP addresses by which this host stands in networks, as they are now. */
  ownIps(): string[]
  /** Absent where the platform has none, or the node is to have none. */
  readonly lanes?: Lanes | undefined
  stop(): void | Promise<void>
}
