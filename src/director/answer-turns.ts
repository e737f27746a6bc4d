import type { Scheduler } from '../scheduler.ts'

/** Milliseconds for which answers are worked out in one go, and one answer more. */
const GO_MS = 8
/** Milliseconds until the next go: all that has come meanwhile is read before. */
const PAUSE_MS = 1

/**
 * Works out answers at once while they are few, and else one after the other, as they were asked, with all that others send
 * read in between. So a director that is asked more than it can answer still takes registrations: one that comes back to a
 * crowd would else never know anything.
 */
export class AnswerTurns {
  readonly #scheduler: Scheduler
  #waiting: (() => void)[] = []
  /** Milliseconds that answers have taken in this go. */
  #tookMs = 0
  #cancelNext: (() => void) | undefined

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Number of answers that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length
  }

  take(answer: () => void): void {
    if (this.#waiting.length > 0 || this.#tookMs >= GO_MS) this.#waiting.push(answer)
    else this.#work(answer)
  }

  /** Leaves what is not answered yet. */
  stop(): void {
    this.#waiting = []
    this.#cancelNext?.()
    this.#cancelNext = undefined
  }

  #work(answer: () => void): void {
    this.#cancelNext ??= this.#scheduler.after(PAUSE_MS, () => this.#goOn())
    const startedAtMs = this.#scheduler.nowMs()
    answer()
    this.#tookMs += this.#scheduler.nowMs() - startedAtMs
  }

  #goOn(): void {
    this.#cancelNext = undefined
    this.#tookMs = 0
    let done = 0
    while (done < this.#waiting.length && this.#tookMs < GO_MS) this.#work(this.#waiting[done++]!)
    this.#waiting = this.#waiting.slice(done)
  }
}
