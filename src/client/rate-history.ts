/** Milliseconds that one figure of a history stands for. */
const SLOT_MS = 1_000

/** What each route has brought in each of the last seconds. Pure. */
export class RateHistory {
  readonly #slots: number
  readonly #rates = new Map<string, number[]>()
  #last: { atMs: number; bytes: Map<string, number> } | undefined

  /** `slots`: how many figures each route has at most. */
  constructor(slots: number) {
    this.#slots = slots
  }

  /** The routes have brought so many bytes by now. What is kept of a route that is not among them is forgotten. */
  follow(routes: Readonly<Record<string, { bytes: number }>>, atMs: number): void {
    const last = this.#last
    if (last && atMs - last.atMs < SLOT_MS) return
    const bytes = new Map(Object.entries(routes).map(([id, route]) => [id, route.bytes]))
    this.#last = { atMs, bytes }
    if (!last) return
    const slots = Math.min(this.#slots, Math.floor((atMs - last.atMs) / SLOT_MS))
    for (const [id, now] of bytes) {
      const rate = ((now - (last.bytes.get(id) ?? 0)) * 1_000) / (atMs - last.atMs)
      const rates = [...(this.#rates.get(id) ?? []), ...Array<number>(slots).fill(rate)]
      this.#rates.set(id, rates.slice(-this.#slots))
    }
    for (const id of this.#rates.keys()) if (!bytes.has(id)) this.#rates.delete(id)
  }

  /** The rates of a route in bytes a second, the latest last. */
  of(id: string): readonly number[] {
    return this.#rates.get(id) ?? []
  }
}
