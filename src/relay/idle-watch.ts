import type { Scheduler } from '../scheduler.ts'

/**
 * Notices that nothing moves. A movement costs no timer: one timer runs, and looks when it fires whether it was too early.
 */
export class IdleWatch {
  readonly #scheduler: Scheduler
  readonly #patienceMs: () => number
  readonly #onIdle: (patienceMs: number) => void
  #lastMovedMs: number
  #cancel: () => void = () => {}

  /** `onIdle` is called once nothing has moved for as long as `patienceMs` says at that time. */
  constructor(scheduler: Scheduler, patienceMs: () => number, onIdle: (patienceMs: number) => void) {
    this.#scheduler = scheduler
    this.#patienceMs = patienceMs
    this.#onIdle = onIdle
    this.#lastMovedMs = scheduler.nowMs()
  }

  moved(): void {
    this.#lastMovedMs = this.#scheduler.nowMs()
  }

  /** Looks anew: to be called at the start and when the patience may have become shorter. */
  restart(): void {
    this.#cancel()
    const leftMs = this.#lastMovedMs + this.#patienceMs() - this.#scheduler.nowMs()
    this.#cancel = this.#scheduler.after(Math.max(1, leftMs), () => this.#look())
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const patienceMs = this.#patienceMs()
    if (this.#scheduler.nowMs() - this.#lastMovedMs < patienceMs) {
      this.restart()
      return
    }
    this.moved()
    this.restart()
    this.#onIdle(patienceMs)
  }
}
