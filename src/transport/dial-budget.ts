import { hostOf } from './ip-ranges.ts'

export const DIAL_BUDGET = {
  /** Milliseconds after which an address that has failed once may be dialled again; each failure doubles them. */
  firstRetryMs: 1_000,
  maxRetryMs: 600_000,
  /** Failed and unfinished dials of one host in a minute. */
  maxPerHostAndMinute: 16,
  /** Addresses that are remembered; the one that was dialled longest ago goes first. */
  maxAddresses: 16_384,
  /** Addresses whose hosts are remembered, at about 150 B each: more than a director's nodes may tell. */
  maxHosts: 65_536
} as const

const MINUTE_MS = 60_000

/** A multiaddr without the peer id at its end: whoever is said to be there, one place is dialled. */
export function placeOf(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}

interface Attempts {
  failures: number
  lastAtMs: number
}

interface Minute {
  dials: number
  endsAtMs: number
}

/**
 * Tells when an address that others have told may be dialled, so that nobody can be flooded by
 * those who tell it: an address that never answers is dialled ever more rarely, and the addresses
 * of one host together so many times a minute. Each dial counts as failed until it has succeeded.
 */
export class DialBudget {
  readonly #attempts = new Map<string, Attempts>()
  readonly #minutes = new Map<string, Minute>()
  readonly #hosts = new Map<string, string | undefined>()

  /** The host of an address, as ip-ranges' hostOf tells it, which would read the address each time. */
  hostOf(address: string): string | undefined {
    if (!this.#hosts.has(address)) {
      if (this.#hosts.size >= DIAL_BUDGET.maxHosts) this.#hosts.clear()
      this.#hosts.set(address, hostOf(address))
    }
    return this.#hosts.get(address)
  }

  /** Milliseconds until the address may be dialled; 0: now. */
  waitMs(address: string, nowMs: number): number {
    const { failures, lastAtMs } = this.#attempts.get(placeOf(address)) ?? { failures: 0, lastAtMs: 0 }
    const retryMs = Math.min(DIAL_BUDGET.maxRetryMs, DIAL_BUDGET.firstRetryMs * 2 ** (failures - 1))
    const ownMs = failures === 0 ? 0 : lastAtMs + retryMs - nowMs
    return Math.max(0, ownMs, this.#hostWaitMs(this.hostOf(address), nowMs))
  }

  /** Milliseconds since the address was dialled last; infinite where it was not, or is not remembered. */
  sinceMs(address: string, nowMs: number): number {
    return nowMs - (this.#attempts.get(placeOf(address))?.lastAtMs ?? Number.NEGATIVE_INFINITY)
  }

  began(address: string, nowMs: number): void {
    const place = placeOf(address)
    const failures = (this.#attempts.get(place)?.failures ?? 0) + 1
    this.#attempts.delete(place)
    this.#attempts.set(place, { failures, lastAtMs: nowMs })
    const [oldest] = this.#attempts.keys()
    if (this.#attempts.size > DIAL_BUDGET.maxAddresses) this.#attempts.delete(oldest!)
    const host = this.hostOf(address)
    if (host !== undefined) this.#minuteOf(host, nowMs).dials++
  }

  succeeded(address: string, nowMs: number): void {
    const attempts = this.#attempts.get(placeOf(address))
    if (attempts) attempts.failures = 0
    const host = this.hostOf(address)
    if (host === undefined) return
    const minute = this.#minuteOf(host, nowMs)
    minute.dials = Math.max(0, minute.dials - 1)
  }

  #hostWaitMs(host: string | undefined, nowMs: number): number {
    const minute = host === undefined ? undefined : this.#minutes.get(host)
    if (!minute || minute.dials < DIAL_BUDGET.maxPerHostAndMinute) return 0
    return minute.endsAtMs - nowMs
  }

  #minuteOf(host: string, nowMs: number): Minute {
    const known = this.#minutes.get(host)
    if (known && known.endsAtMs > nowMs) return known
    for (const [other, { endsAtMs }] of this.#minutes) {
      if (endsAtMs > nowMs) break
      this.#minutes.delete(other)
    }
    const minute = { dials: 0, endsAtMs: nowMs + MINUTE_MS }
    this.#minutes.set(host, minute)
    return minute
  }
}
