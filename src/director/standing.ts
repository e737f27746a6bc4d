import { STANDING } from './limits.ts'

/** What one host holds against one relay: this much at that time, and less and less since then. */
interface Blame {
  weight: number
  atMs: number
}

/** What hosts hold against a relay now. */
export interface Standing {
  /** Number of hosts that complain of it. */
  hosts: number
  /** What they hold against it together: 1 from a host that has lately complained of the relay alone. */
  blame: number
}

/**
 * Keeps what clients complain of, by the hosts from which they come. No complaint can be proved, so each counts little,
 * and all that one host says together has its bounds; see STANDING. Pure.
 */
export class StandingBook {
  /** By host and relay; the host that has complained last stands last. */
  readonly #byHost = new Map<string, Map<string, Blame>>()
  readonly #byRelay = new Map<string, Map<string, Blame>>()

  /** Takes a host's complaint of a route over these relays: each bears an equal part of the blame. */
  complain(host: string, relays: readonly string[], nowMs: number): void {
    const own = this.#refresh(host, nowMs)
    const weights = [...own.values()].map(blame => weightOf(blame, nowMs))
    let left = STANDING.maxBlameOfHost - weights.reduce((sum, weight) => sum + weight, 0)
    for (const relay of relays) {
      const known = own.get(relay)
      const before = known ? weightOf(known, nowMs) : 0
      const added = Math.min(1 / relays.length, STANDING.maxBlameOfRelay - before, left)
      if (before + added < STANDING.leastBlame) continue
      left -= added
      this.#put(host, relay, { weight: before + added, atMs: nowMs })
    }
    if (own.size === 0) this.#byHost.delete(host)
  }

  of(relay: string, nowMs: number): Standing {
    const weights = [...(this.#byRelay.get(relay)?.values() ?? [])].map(blame => weightOf(blame, nowMs))
    const counted = weights.filter(weight => weight >= STANDING.leastBlame)
    return { hosts: counted.length, blame: counted.reduce((sum, weight) => sum + weight, 0) }
  }

  /** Puts the host last and returns what it still holds against relays. Makes room for it where there is none. */
  #refresh(host: string, nowMs: number): Map<string, Blame> {
    for (const [relay, blame] of this.#byHost.get(host) ?? [])
      if (weightOf(blame, nowMs) < STANDING.leastBlame) this.#drop(host, relay)
    const own = this.#byHost.get(host) ?? new Map<string, Blame>()
    this.#byHost.delete(host)
    if (this.#byHost.size >= STANDING.maxHosts) this.#forget(this.#byHost.keys().next().value!)
    this.#byHost.set(host, own)
    return own
  }

  #put(host: string, relay: string, blame: Blame): void {
    this.#byHost.get(host)!.set(relay, blame)
    const ofRelay = this.#byRelay.get(relay) ?? new Map<string, Blame>()
    this.#byRelay.set(relay, ofRelay.set(host, blame))
  }

  #drop(host: string, relay: string): void {
    this.#byHost.get(host)!.delete(relay)
    const ofRelay = this.#byRelay.get(relay)!
    ofRelay.delete(host)
    if (ofRelay.size === 0) this.#byRelay.delete(relay)
  }

  #forget(host: string): void {
    for (const relay of [...this.#byHost.get(host)!.keys()]) this.#drop(host, relay)
    this.#byHost.delete(host)
  }
}

function weightOf({ weight, atMs }: Blame, nowMs: number): number {
  return weight * 2 ** ((atMs - nowMs) / STANDING.halfLifeMs)
}
