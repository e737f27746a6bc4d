/** How fast counts of bytes grow, each from one look to the next. Times are milliseconds of one clock. Pure. */
export class ByteRates {
  #last: { counts: ReadonlyMap<string, number>; atMs: number } | undefined
  #rates = new Map<string, number>()

  /** The counts are these now. */
  follow(counts: ReadonlyMap<string, number>, atMs: number): void {
    const last = this.#last
    if (last && atMs <= last.atMs) return
    this.#last = { counts, atMs }
    this.#rates = new Map()
    if (!last) return
    for (const [key, bytes] of counts) {
      const before = last.counts.get(key)
      if (before === undefined) continue
      this.#rates.set(key, (Math.max(0, bytes - before) * 1_000) / (atMs - last.atMs))
    }
  }

  /** Bytes a second between the last two looks; undefined for a count that the look before did not have. */
  of(key: string): number | undefined {
    return this.#rates.get(key)
  }
}
