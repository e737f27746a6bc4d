import { MAX_NAMES_TOLD } from './limits.ts'

/** Names in words, cut short, and how many they are. */
export interface NamesToTell {
  names: string
  count: number
}

/**
 * The names of a catalog with which something is wrong, to be told once a registration: when the
 * whole catalog is there. It keeps the first of them and the number of all.
 */
export class NameNotice {
  readonly #first: string[] = []
  #count = 0
  #hasTold = false

  add(names: readonly string[]): void {
    if (this.#hasTold) return
    this.#count += names.length
    this.#first.push(...names.slice(0, MAX_NAMES_TOLD - this.#first.length))
  }

  /**
   * Returns the names that are to be told now, if any; `isListed` says whether the whole catalog is
   * there.
   */
  take(isListed: boolean): NamesToTell | undefined {
    if (this.#hasTold || !isListed || this.#count === 0) return undefined
    this.#hasTold = true
    const more = this.#count - this.#first.length
    const first = this.#first.map(name => JSON.stringify(name)).join(', ')
    if (this.#count === 1) return { names: `the name ${first}`, count: 1 }
    const all = `the names ${first}${more > 0 ? ` and ${more} more` : ''} (${this.#count} in all)`
    return { names: all, count: this.#count }
  }
}
