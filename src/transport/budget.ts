/**
 * What somebody may use up: so much at once, and so much more each second. Amounts are plain
 * numbers of whatever is counted.
 */
export class Budget {
  readonly #most: number
  readonly #perSecond: number
  #left: number
  #atMs: number | undefined

  constructor({ most, perSecond }: { most: number; perSecond: number }) {
    this.#most = most
    this.#perSecond = perSecond
    this.#left = most
  }

  /** Uses up `amount` in any case. Returns what is left; below zero when it was too much. */
  use(amount: number, nowMs: number): number {
    this.#refill(nowMs)
    this.#left -= amount
    return this.#left
  }

  /** Adds what was earned, on top of what may be used at once. */
  earn(amount: number): void {
    this.#left += amount
  }

  /** Tells whether all of it may be used at once. */
  isWhole(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#left >= this.#most
  }

  /** Milliseconds until nothing is used up that was not allowed. */
  debtMs(): number {
    return Math.max(0, (-this.#left / this.#perSecond) * 1000)
  }

  #refill(nowMs: number): void {
    const passedMs = nowMs - (this.#atMs ?? nowMs)
    this.#atMs = nowMs
    if (this.#left >= this.#most) return
    this.#left = Math.min(this.#most, this.#left + (passedMs / 1000) * this.#perSecond)
  }
}
