/** Milliseconds that one figure of a history stands for. */
const SLOT_MS = 1_000
/** How many figures a history has at most. */
export const HISTORY_SLOTS = 16

/** What each route has brought in each of the last seconds. Pure. */
export class RateHistory {
  readonly #rates = new Map<string, number[]>()
  #last: { atMs: number; bytes: Map<string, number> } | undefined

  /** The routes have brought so many bytes by now. */
  follow(routes: Readonly<Record<string, { bytes: number }>>, atMs: number): void {
    const last = this.#last
    if (last && atMs - last.atMs < SLOT_MS) return
    const bytes = new Map(Object.entries(routes).map(([id, route]) => [id, route.bytes]))
    this.#last = { atMs, bytes }
    if (!last) return
    const slots = Math.min(HISTORY_SLOTS, Math.floor((atMs - last.atMs) / SLOT_MS))
    for (const [id, now] of bytes) {
      const rate = ((now - (last.bytes.get(id) ?? 0)) * 1_000) / (atMs - last.atMs)
      const rates = [...(this.#rates.get(id) ?? []), ...Array<number>(slots).fill(rate)]
      this.#rates.set(id, rates.slice(-HISTORY_SLOTS))
    }
  }

  /** The rates of a route in bytes a second, the latest last. */
  of(id: string): readonly number[] {
    return this.#rates.get(id) ?? []
  }
}
