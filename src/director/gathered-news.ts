import type { Scheduler } from '../scheduler.ts'

/** Number of tellings for which nothing is gathered; each length of time begins with them. */
const AT_ONCE = 4

/** Tells news at once while they are few, and beyond that once for all that comes in a length of time. */
export class GatheredNews {
  readonly #scheduler: Scheduler
  readonly #gatherMs: number
  readonly #tell: () => void
  #isNews = false
  #toldOfLate = 0
  #cancelEnd: (() => void) | undefined

  /** `gatherMs`: milliseconds for which news are gathered. */
  constructor(scheduler: Scheduler, gatherMs: number, tell: () => void) {
    this.#scheduler = scheduler
    this.#gatherMs = gatherMs
    this.#tell = tell
  }

  add(): void {
    this.#isNews = true
    if (this.#toldOfLate < AT_ONCE) this.tellNow()
  }

  /** Tells what is gathered, if there is anything. */
  tellNow(): void {
    if (!this.#isNews) return
    this.#isNews = false
    this.#toldOfLate++
    this.#cancelEnd ??= this.#scheduler.after(this.#gatherMs, () => {
      this.#cancelEnd = undefined
      this.#toldOfLate = 0
      this.tellNow()
    })
    this.#tell()
  }

  stop(): void {
    this.#isNews = false
    this.#cancelEnd?.()
    this.#cancelEnd = undefined
  }
}
