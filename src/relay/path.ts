import { peerIdFromString } from '@libp2p/peer-id'
import type { Hop } from '../protocol/route-messages.ts'
import { componentsOf } from '../transport/ip-ranges.ts'
import { InvalidPathError } from './errors.ts'

/**
 * Returns the next hop of a path, its peer id in the usual form. Throws InvalidPathError when the
 * path ends here or leads over a node twice, or when an id or one of the next hop's addresses
 * cannot be read or is another node's.
 */
export function nextHopOf(hops: readonly Hop[], ownPeerId: string): Hop {
  const [hop] = hops
  if (!hop) throw new InvalidPathError('it ends at a relay; its last hop has to be a source')
  const ids = hops.map(({ peerId }) => canonical(peerId))
  if (ids[0] === ownPeerId) throw new InvalidPathError('it leads from a relay to itself')
  const passed = new Set([ownPeerId])
  for (const id of ids) {
    if (passed.has(id)) throw new InvalidPathError(`it leads over ${id} twice`)
    passed.add(id)
  }
  for (const address of hop.addresses) checkAddress(address, ids[0]!)
  return { ...hop, peerId: ids[0]! }
}

/**
 * Returns the peer id of the source to which a path leads, in the usual form. Throws
 * InvalidPathError.
 */
export function sourceOf(hops: readonly Hop[]): string {
  return canonical(hops.at(-1)?.peerId ?? '')
}

function canonical(peerId: string): string {
  try {
    return peerIdFromString(peerId).toString()
  } catch (error) {
    throw new InvalidPathError(`'${peerId}' is no peer id`, error)
  }
}

function checkAddress(address: string, peerId: string): void {
  const components = componentsOf(address)
  if (!components) throw new InvalidPathError(`'${address}' is no address`)
  const named = components.findLast(({ name }) => name === 'p2p')?.value
  if (named !== undefined && canonical(named) !== peerId)
    throw new InvalidPathError(`the address ${address} is not one of ${peerId}`)
}
