/** The least of the values of about the last `memoryMs`, kept in two halves of that time. */
export class RecentMin {
  readonly #halfMs: number
  readonly #closeMs: number
  /** When a value within `closeMs` of the least was last seen, or `touch` called. */
  refreshedMs = 0
  #current = Number.POSITIVE_INFINITY
  #previous = Number.POSITIVE_INFINITY
  #startedMs: number | undefined

  constructor(memoryMs: number, closeMs: number) {
    this.#halfMs = memoryMs / 2
    this.#closeMs = closeMs
  }

  get value(): number {
    return Math.min(this.#current, this.#previous)
  }

  touch(nowMs: number): void {
    this.refreshedMs = nowMs
  }

  add(value: number, nowMs: number): void {
    this.#startedMs ??= nowMs
    if (value <= this.value + this.#closeMs) this.refreshedMs = nowMs
    if (nowMs - this.#startedMs > this.#halfMs) {
      this.#previous = this.#current
      this.#current = value
      this.#startedMs = nowMs
    } else this.#current = Math.min(this.#current, value)
  }
}
