export const DAY_MS = 86_400_000

/** The bytes that one day has brought for one session and peer, in both directions. */
export interface Usage {
  /** Days since 1970, UTC. */
  day: number
  /** Hex; the same for all routes of one fetch. */
  sessionId: string
  /** The node that asked for the route: a client, or a relay before this one. */
  peerId: string
  /** Bytes of frames. */
  bytes: number
}

/** The day in which a time lies, in days since 1970. `utcMs`: milliseconds since 1970, UTC. */
export function dayNumber(utcMs: number): number {
  return Math.floor(utcMs / DAY_MS)
}

/** Adds up what a relay carries, by day, session and peer, until somebody writes it down. Pure. */
export class UsageTally {
  readonly #rows = new Map<string, Usage>()

  get rows(): Usage[] {
    return [...this.#rows.values()]
  }

  add(bytes: number, peerId: string, sessionId: string, utcMs: number): void {
    const day = dayNumber(utcMs)
    const key = `${day} ${sessionId} ${peerId}`
    const row = this.#rows.get(key)
    if (row) row.bytes += bytes
    else this.#rows.set(key, { day, sessionId, peerId, bytes })
  }

  clear(): void {
    this.#rows.clear()
  }
}
