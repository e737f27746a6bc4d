import type { Scheduler } from '../scheduler.ts'

/** Milliseconds for which tasks are done in one go: a query that has come meanwhile waits that long at most. */
const PIECE_MS = 4
/** How many times as long others have their turn after each piece: a fifth of the time goes into the tasks at most. */
const PAUSE = 4

/** Does tasks one after the other, a few at a time, so that whoever waits for an answer gets in between. */
export class PieceWork {
  readonly #scheduler: Scheduler
  #cancelNext: (() => void) | undefined
  #isBusy = false

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** True from `begin` on, until all is done. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Begins at once; `done` is called behind the last task. One series at a time. */
  begin(tasks: Iterator<() => void>, done: () => void): void {
    this.#isBusy = true
    const startedAtMs = this.#scheduler.nowMs()
    for (;;) {
      const { value: task, done: isOver } = tasks.next()
      if (isOver) break
      task()
      const tookMs = this.#scheduler.nowMs() - startedAtMs
      if (tookMs < PIECE_MS) continue
      this.#cancelNext = this.#scheduler.after(PAUSE * tookMs, () => this.begin(tasks, done))
      return
    }
    this.#isBusy = false
    done()
  }

  /** Leaves what is not done yet. */
  stop(): void {
    this.#cancelNext?.()
    this.#isBusy = false
  }
}
