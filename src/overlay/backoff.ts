/** How long to wait before the next attempt: doubles from 100 ms to 1.5 s, less up to half of it at random. */
export class Backoff {
  readonly #random: () => number
  #attempts = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Milliseconds, at most 1,500. */
  next(): number {
    const ceilingMs = Math.min(1_500, 100 * 2 ** this.#attempts++)
    return ceilingMs * (1 - this.#random() / 2)
  }

  reset(): void {
    this.#attempts = 0
  }
}
