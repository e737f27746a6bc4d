import { hostOf } from './ip-ranges.ts'

/** A node that has dialled this one. */
export interface Asker {
  peerId: string
  /** The multiaddr from which it has come. */
  address: string
  /** The host from which it has come; undefined over loopback, where hosts cannot be told apart. */
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
 * Tells whether a peer that has `held` of the `taken` places may have another. A peer may have as
 * many as are still free (`weight` times as many), so that a peer that is alone gets half of all,
 * and each newcomer finds room: the more peers want places, the fewer each gets.
 */
export function isWithinShare(held: number, taken: number, places: number, weight = 1): boolean {
  return held < weight * (places - taken)
}

/**
 * Tells whether an asker may have another of so many `places`, of which `others` hold one each:
 * neither a peer nor a host gets more than as many as are still free.
 */
export function hasRoomFor(asker: Asker, others: readonly Asker[], places: number): boolean {
  const { sessions, sessionsOfPeer, sessionsOfHost } = countAlike(asker, others)
  return isWithinShare(Math.max(sessionsOfPeer, sessionsOfHost), sessions, places)
}
