import { type Scheduler, systemScheduler } from '../scheduler.ts'

/**
 * Lets handshakes begin one after the other, each in a turn of the event loop of its own. Where hundreds of peers come at
 * once, the work of their handshakes would else be done in one go, and what comes over connections that stand would wait
 * for all of it.
 */
export class HandshakeTurns {
  readonly #scheduler: Scheduler
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  constructor(scheduler: Scheduler = systemScheduler) {
    this.#scheduler = scheduler
  }

  /** Resolves when the next handshake may begin: at once, unless one has begun in this turn. */
  async next(): Promise<void> {
    if (this.#isTaken) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#take()
  }

  #take(): void {
    this.#isTaken = true
    this.#scheduler.after(0, () => {
      const next = this.#waiting.shift()
      if (next) {
        this.#take()
        next()
      } else this.#isTaken = false
    })
  }
}
