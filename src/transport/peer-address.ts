import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { UsageError } from '../errors.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { isAddress, parseAddress } from './address-text.ts'

/** An address that ends in a peer id, such as 10.0.0.1:4003/p2p/12D3... or a multiaddr. Throws UsageError. */
export function parsePeerAddress(text: string): PeerAddresses {
  const address = toMultiaddr(text)
  return { peerId: peerIdIn(address, text), addresses: [address] }
}

/** A peer by its bare id, or by an address that ends in one. Throws UsageError. */
export function parsePeer(text: string): PeerAddresses {
  return isAddress(text) ? parsePeerAddress(text) : { peerId: peerIdOf(text), addresses: [] }
}

/** The peer id of a bare id or of an address that ends in one. Throws UsageError. */
export function peerIdOf(text: string): string {
  return peerIdIn(isAddress(text) ? toMultiaddr(text) : text, text)
}

/** Leaves multiaddrs as they are: programs may bring transports of their own. */
function toMultiaddr(text: string): string {
  return text.startsWith('/') ? text : parseAddress(text)
}

function peerIdIn(address: string, text: string): string {
  try {
    const id = address.startsWith('/')
      ? multiaddr(address)
          .getComponents()
          .findLast(component => component.name === 'p2p')?.value
      : address
    return peerIdFromString(id ?? '').toString()
  } catch (error) {
    throw new UsageError(
      `'${text}' names no peer; give its address with the peer id, such as 127.0.0.1:4003/p2p/12D3...`,
      error
    )
  }
}
