const DAY_MS = 86_400_000

/** What a relay has carried for one route, in both directions. */
export interface Carried {
  /** Hex; the same for all routes of one fetch. */
  sessionId: string
  /** The node that asked for the route: a client, or a relay before this one. */
  peerId: string
  /** Bytes of frames. */
  bytes: number
}

/** The bytes that one day has brought for one session and peer. */
export interface Usage extends Carried {
  /** Days since 1970, UTC. */
  day: number
}

/** The day in which a time lies, in days since 1970. `utcMs`: milliseconds since 1970, UTC. */
export function dayOf(utcMs: number): number {
  return Math.floor(utcMs / DAY_MS)
}

/** Adds up what a relay carries, by day, session and peer, until somebody writes it down. Pure. */
export class UsageTally {
  readonly #rows = new Map<string, Usage>()

  get rows(): Usage[] {
    return [...this.#rows.values()]
  }

  add({ sessionId, peerId, bytes }: Carried, utcMs: number): void {
    const day = dayOf(utcMs)
    const key = `${day} ${sessionId} ${peerId}`
    const row = this.#rows.get(key)
    if (row) row.bytes += bytes
    else this.#rows.set(key, { day, sessionId, peerId, bytes })
  }

  clear(): void {
    this.#rows.clear()
  }
}
