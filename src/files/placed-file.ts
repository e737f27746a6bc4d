import { type BigIntStats, statSync } from 'node:fs'

/** A file as its name led to it once. What is written to it after it was removed is lost. */
export class PlacedFile {
  readonly #path: string
  readonly #stats: BigIntStats | undefined

  constructor(path: string) {
    this.#path = path
    this.#stats = statOf(path)
  }

  /** Whether the name still leads to the same file. */
  get isInPlace(): boolean {
    const present = statOf(this.#path)
    return present?.ino === this.#stats?.ino && present?.dev === this.#stats?.dev
  }
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}
