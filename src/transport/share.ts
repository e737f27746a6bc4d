import { hostOf } from './ip-ranges.ts'

/** The node that has dialled. */
export interface Asker {
  peerId: string
  /** The multiaddr that it has come from. */
  address: string
  /** Undefined for one that cannot be told from others: over loopback. */
  host: string | undefined
}

export function askerAt(peerId: string, address: string): Asker {
  return { peerId, address, host: hostOf(address) }
}

/** How many of `others` are the same peer as `asker`, and how many have come from the same host. */
export function countAlike(
  asker: Asker,
  others: readonly Asker[]
): { sessions: number; sessionsOfPeer: number; sessionsOfHost: number } {
  const { peerId, host } = asker
  return {
    sessions: others.length,
    sessionsOfPeer: others.filter(other => other.peerId === peerId).length,
    sessionsOfHost: host === undefined ? 0 : others.filter(other => other.host === host).length
  }
}

/**
 * Whether one who has `held` of the `taken` places may have another. One may have as many as are still free (`weight` times
 * as many), so that alone he gets half of all, and whoever comes new finds room: the more want it, the less each gets.
 */
export function isWithinShare(held: number, taken: number, places: number, weight = 1): boolean {
  return held < weight * (places - taken)
}
