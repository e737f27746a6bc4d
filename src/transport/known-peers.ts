/** Most peers that are remembered. */
const REMEMBERED_PEERS = 4_096
/** Prefix of the protocols whose use makes a peer known. */
const OWN_PREFIX = '/anabranch/'

/** Remembers the peers that this node has dealt with, the last ones longest. */
export class KnownPeers {
  readonly #peers = new Set<string>()

  has(peerId: string): boolean {
    return this.#peers.has(peerId)
  }

  add(peerId: string): void {
    this.#peers.delete(peerId)
    this.#peers.add(peerId)
    if (this.#peers.size <= REMEMBERED_PEERS) return
    const [oldest] = this.#peers
    this.#peers.delete(oldest!)
  }

  /** A stream of the peer has come to its regular end. */
  served(peerId: string, protocol: string): void {
    if (protocol.startsWith(OWN_PREFIX)) this.add(peerId)
  }
}
