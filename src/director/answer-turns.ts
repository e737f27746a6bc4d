import type { Scheduler } from '../scheduler.ts'

/** Milliseconds for which answers are worked out in one go at most, and one answer more. */
const GO_MS = 8
/** Part of the time that answers may take for longer: nodes that register and renew have the rest. */
const PART = 0.5

/**
 * Works out answers at once while there is time for it, and else one after the other, as they were asked. So a director
 * that is asked more than it can answer still takes registrations: one that comes back to a crowd would else never know
 * anything.
 */
export class AnswerTurns {
  readonly #scheduler: Scheduler
  readonly #waiting: (() => void)[] = []
  /** Milliseconds that answers have taken above their part. */
  #debtMs = 0
  #countedAtMs = 0
  #cancelNext: (() => void) | undefined

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Number of answers that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length
  }

  take(answer: () => void): void {
    this.#waiting.push(answer)
    if (!this.#cancelNext) this.#go()
  }

  /** Leaves what is not answered yet. */
  stop(): void {
    this.#waiting.length = 0
    this.#cancelNext?.()
    this.#cancelNext = undefined
  }

  #go(): void {
    for (let nowMs = this.#count(0); this.#waiting.length > 0 && this.#debtMs < GO_MS; ) {
      const answer = this.#waiting.shift()!
      answer()
      nowMs = this.#count(this.#scheduler.nowMs() - nowMs)
    }
    if (this.#waiting.length === 0) return
    this.#cancelNext = this.#scheduler.after(Math.ceil(this.#debtMs / PART), () => {
      this.#cancelNext = undefined
      this.#go()
    })
  }

  /** Counts what an answer has taken, and lets time pass. Returns the time. */
  #count(tookMs: number): number {
    const nowMs = this.#scheduler.nowMs()
    this.#debtMs = Math.max(0, this.#debtMs + tookMs - PART * (nowMs - this.#countedAtMs))
    this.#countedAtMs = nowMs
    return nowMs
  }
}
