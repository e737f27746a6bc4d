import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { UsageError } from '../errors.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'

/** A multiaddr that ends in a peer id, such as /ip4/10.0.0.1/tcp/4003/p2p/12D3... Throws UsageError. */
export function parsePeerAddress(text: string): PeerAddresses {
  return { peerId: peerIdOf(text), addresses: [text] }
}

/** A peer by its bare id, or by a multiaddr that ends in one. Throws UsageError. */
export function parsePeer(text: string): PeerAddresses {
  return { peerId: peerIdOf(text), addresses: text.startsWith('/') ? [text] : [] }
}

/** The peer id of a bare id or of a multiaddr that ends in one. Throws UsageError. */
export function peerIdOf(text: string): string {
  try {
    const id = text.startsWith('/')
      ? multiaddr(text)
          .getComponents()
          .findLast(component => component.name === 'p2p')?.value
      : text
    return peerIdFromString(id ?? '').toString()
  } catch (error) {
    throw new UsageError(
      `'${text}' names no peer; give its address with the peer id, such as /ip4/127.0.0.1/tcp/4003/p2p/12D3...`,
      error
    )
  }
}
