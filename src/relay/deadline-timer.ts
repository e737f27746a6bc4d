import type { Scheduler } from '../scheduler.ts'

/**
 * Calls back when a deadline that moves all the time is over. Moving the deadline on costs no
 * timer: the one that runs looks when it fires whether it was too early.
 */
export class DeadlineTimer {
  readonly #scheduler: Scheduler
  readonly #deadlineMs: () => number
  readonly #onOver: () => void
  #firesAtMs = Number.POSITIVE_INFINITY
  #cancel: () => void = () => {}

  /** `deadlineMs` gives the present deadline, Infinity for none; `onOver` has to move it on. */
  constructor(scheduler: Scheduler, deadlineMs: () => number, onOver: () => void) {
    this.#scheduler = scheduler
    this.#deadlineMs = deadlineMs
    this.#onOver = onOver
  }

  /** Has to be called when the deadline may have come nearer. */
  look(): void {
    const deadlineMs = this.#deadlineMs()
    if (deadlineMs >= this.#firesAtMs) return
    this.stop()
    this.#firesAtMs = deadlineMs
    this.#cancel = this.#scheduler.after(Math.max(1, deadlineMs - this.#scheduler.nowMs()), () =>
      this.#fire()
    )
  }

  stop(): void {
    this.#cancel()
    this.#firesAtMs = Number.POSITIVE_INFINITY
  }

  #fire(): void {
    this.#firesAtMs = Number.POSITIVE_INFINITY
    if (this.#scheduler.nowMs() >= this.#deadlineMs()) this.#onOver()
    this.look()
  }
}
