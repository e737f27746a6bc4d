const DAY_MS = 86_400_000
/** Days that are remembered: the longest month. */
const KEPT_DAYS = 31

/** Keeps how many bytes a relay has forwarded. Times are milliseconds since 1970, UTC. */
export interface UsageLedger {
  /** Adds bytes forwarded for a peer in a session; called for every frame, so it has to be quick. */
  add(bytes: number, peerId: string, sessionId: string, nowMs: number): void
  /** The bytes forwarded for all peers since the beginning of a day of the present month. */
  usedSince(dayStartMs: number): number
}

/** A ledger that is lost with its process. */
export class MemoryLedger implements UsageLedger {
  /** Bytes by day, counted from 1970; the latest day last. */
  readonly #days = new Map<number, number>()

  add(bytes: number, _peerId: string, _sessionId: string, nowMs: number): void {
    const day = Math.floor(nowMs / DAY_MS)
    this.#days.set(day, (this.#days.get(day) ?? 0) + bytes)
    if (this.#days.size > KEPT_DAYS) this.#days.delete(this.#days.keys().next().value!)
  }

  usedSince(dayStartMs: number): number {
    let bytes = 0
    for (const [day, dayBytes] of this.#days) if (day * DAY_MS >= dayStartMs) bytes += dayBytes
    return bytes
  }
}
