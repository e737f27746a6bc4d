import { NearestText } from '../units/nearest-text.ts'

/**
 * Finds the content that somebody has meant by a name that none has. A name without a directory may
 * stand for one in any directory.
 */
export class NearestName {
  readonly #hasDirectory: boolean
  readonly #whole: NearestText
  readonly #base: NearestText
  #baseFoundIn: string | undefined

  constructor(given: string) {
    this.#hasDirectory = given.includes('/')
    this.#whole = new NearestText(given)
    this.#base = new NearestText(given)
  }

  /** The nearest name so far; undefined where none was near enough. Of equally near ones that with the directory counts. */
  get found(): string | undefined {
    return this.#whole.mistakes <= this.#base.mistakes ? this.#whole.found : this.#baseFoundIn
  }

  /** Looks at the name of one more content. Returns whether it changes what is found. */
  offer(name: string): boolean {
    const before = this.found
    this.#whole.offer(name)
    if (!this.#hasDirectory && this.#base.offer(name.slice(name.lastIndexOf('/') + 1)))
      this.#baseFoundIn = name
    return this.found !== before
  }
}
