import { SHARED } from './shared-limits.ts'

/**
 * Which other directors give signs of life. Their leases run only while this director itself hears
 * what is said: one that is cut off keeps what it knows of the others. Pure.
 */
export class DirectorLeases {
  /** The time awake at which each was heard last. */
  readonly #heard = new Map<string, number>()
  /** Milliseconds for which this director has heard what is said. */
  #awakeMs = 0
  #lastMs: number | undefined

  get directors(): string[] {
    return [...this.#heard.keys()]
  }

  /** Takes a sign of life; returns whether it is the first one. */
  heard(director: string): boolean {
    const isFirst = !this.#heard.has(director)
    this.#heard.set(director, this.#awakeMs)
    return isFirst
  }

  /**
   * Lets time pass, and returns whose leases are over: they are forgotten. `isAwake` tells whether
   * this director hears what is said.
   */
  pass(nowMs: number, isAwake: boolean): string[] {
    if (isAwake && this.#lastMs !== undefined) this.#awakeMs += nowMs - this.#lastMs
    this.#lastMs = nowMs
    const over = [...this.#heard].filter(([, heardMs]) => this.#awakeMs - heardMs >= SHARED.leaseMs)
    for (const [director] of over) this.#heard.delete(director)
    return over.map(([director]) => director)
  }
}
