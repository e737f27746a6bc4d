import type { Transport } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { NODE_LIMITS } from '../limits.ts'
import type { NodeParts } from '../listening.ts'

/** Makes libp2p's TCP with this project's limits; small writes leave at once. */
export const tcpTransport: (parts: NodeParts) => Transport = tcp({
  inboundSocketInactivityTimeout: NODE_LIMITS.socketInactivityTimeoutMs,
  outboundSocketInactivityTimeout: NODE_LIMITS.socketInactivityTimeoutMs,
  dialOpts: { noDelay: true },
  listenOpts: { noDelay: true }
})
