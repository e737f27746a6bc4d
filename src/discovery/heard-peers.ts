import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { ipOf, isNear, scopeOf } from '../transport/ip-ranges.ts'

/** Most peers of one role that are remembered: whoever is in the network can make up as many as they like. */
const MAX_PEERS = 32

/** What announces itself on a network. */
export type HeardRole = 'director' | 'source'

/** Keeps who was heard on this host's own networks. Pure. */
export class HeardPeers {
  readonly #peers: Record<HeardRole, Map<string, PeerAddresses>> = { director: new Map(), source: new Map() }

  /**
   * Takes what a peer says of itself. Of its addresses only those count that this host's own
   * networks lead to, as anybody in them can announce any; each gets the peer id at its end.
   * `ownIps`: this host's addresses.
   */
  add(role: HeardRole, { peerId, addresses }: PeerAddresses, ownIps: readonly string[]): void {
    const near = addresses
      .filter(address => isInOwnNetwork(address, ownIps))
      .slice(0, DIRECTOR_WIRE_LIMITS.maxAddresses)
      .map(address => `${address.replace(/\/p2p\/[^/]*$/, '')}/p2p/${peerId}`)
    const peers = this.#peers[role]
    if (near.length === 0 || (peers.size >= MAX_PEERS && !peers.has(peerId))) return
    peers.set(peerId, { peerId, addresses: near })
  }

  of(role: HeardRole): PeerAddresses[] {
    return [...this.#peers[role].values()]
  }

  get isEmpty(): boolean {
    return Object.values(this.#peers).every(({ size }) => size === 0)
  }
}

function isInOwnNetwork(address: string, ownIps: readonly string[]): boolean {
  const ip = ipOf(address)
  if (ip === undefined) return false
  const scope = scopeOf(ip)
  // Nodes tell such addresses where their host has no others.
  if (scope === 'loopback') return ownIps.every(own => scopeOf(own) === 'loopback')
  return scope === 'private' && isNear(address, '', ownIps)
}
