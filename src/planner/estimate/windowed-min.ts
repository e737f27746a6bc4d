/** A transit this close to the least confirms it. */
const CLOSE_MS = 2

/** The least of the values of about the last `memoryMs`, in two halves. */
export class WindowedMin {
  readonly #halfMs: number
  /** When a value close to the least was last seen. */
  refreshedMs = 0
  #current = Number.POSITIVE_INFINITY
  #previous = Number.POSITIVE_INFINITY
  #startedMs: number | undefined

  constructor(memoryMs: number) {
    this.#halfMs = memoryMs / 2
  }

  get value(): number {
    return Math.min(this.#current, this.#previous)
  }

  touch(nowMs: number): void {
    this.refreshedMs = nowMs
  }

  add(value: number, nowMs: number): void {
    this.#startedMs ??= nowMs
    if (value <= this.value + CLOSE_MS) this.refreshedMs = nowMs
    if (nowMs - this.#startedMs > this.#halfMs) {
      this.#previous = this.#current
      this.#current = value
      this.#startedMs = nowMs
    } else this.#current = Math.min(this.#current, value)
  }
}
