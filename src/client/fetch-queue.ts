/**
 * Most contents that are fetched at once. The time of a small one is that of round trips, in which the
 * routes carry nothing: so many together keep them busy.
 */
const MAX_AT_ONCE = 16

interface Wished {
  /** The content's size in bytes, once it is known. */
  sizeBytes?: number
}

/**
 * Decides which of many contents are fetched now. Small ones go side by side. A large one has all
 * routes and the memory for itself until little of it is left: several would only share them. Pure.
 */
export class FetchQueue {
  readonly #wished: Wished[]
  readonly #waiting: number[]
  /** What is being fetched, with the bytes that are still to come of it: 0 while nobody knows. */
  readonly #running = new Map<number, number>()
  readonly #companyBytes: number

  /** Further contents begin while less than `companyBytes` of those before are still to come. */
  constructor(wished: readonly Wished[], companyBytes: number) {
    this.#wished = wished.map(each => ({ ...each }))
    this.#waiting = [...this.#wished.keys()]
    this.#companyBytes = companyBytes
  }

  /** Returns the content, by its place, that begins now; undefined when none does. */
  begin(): number | undefined {
    if (this.#running.size >= MAX_AT_ONCE || this.#leftBytes() >= this.#companyBytes) return undefined
    const next = this.#waiting.shift()
    if (next !== undefined) this.#running.set(next, this.#wished[next]!.sizeBytes ?? 0)
    return next
  }

  /**
   * Takes the size of a content that has begun. Returns whether it goes on; otherwise it is to be
   * dropped, and begins anew in its turn.
   */
  goesOn(place: number, sizeBytes: number): boolean {
    const wished = this.#wished[place]!
    const isNews = wished.sizeBytes === undefined
    wished.sizeBytes = sizeBytes
    this.#running.set(place, 0)
    if (isNews && this.#leftBytes() >= this.#companyBytes) {
      this.#running.delete(place)
      this.#waiting.unshift(place)
      return false
    }
    this.#running.set(place, sizeBytes)
    return true
  }

  /** So many bytes of the content are still to come; of one that nobody can deliver now, none. */
  progress(place: number, leftBytes: number): void {
    if (this.#running.has(place)) this.#running.set(place, leftBytes)
  }

  /** The content is here, or will not come. */
  end(place: number): void {
    this.#running.delete(place)
  }

  #leftBytes(): number {
    let bytes = 0
    for (const left of this.#running.values()) bytes += left
    return bytes
  }
}
