/** Remembers what was made of texts that come again and again, of some number of them at least and twice that at most. */
export class Remembered<T> {
  readonly #least: number
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  constructor(least: number) {
    this.#least = least
  }

  /** What was made of the text. An error that `make` throws is not remembered. */
  of(text: string, make: (text: string) => T): T {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const made = this.#old.get(text) ?? make(text)
    if (this.#young.size >= this.#least) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(text, made)
    return made
  }
}
