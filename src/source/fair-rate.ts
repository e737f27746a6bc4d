import type { Scheduler } from '../scheduler.ts'
import { FairScheduler } from '../transport/fair-scheduler.ts'

/** One route's part of a rate. */
export interface RouteTurns {
  /** Resolves when the route may send so many bytes, or is over. Has to be awaited before the next call. */
  take(bytes: number): Promise<void>
  /** The route has nothing to send for now. */
  rest(): void
  /** The route is over. */
  leave(): void
}

/** Keeps all that routes send within one rate: each owner with something to send gets an equal part of it. */
export class FairRate {
  readonly #scheduler: Scheduler
  readonly #turns: FairScheduler<RouteTurns>
  /** What is called when it is a route's turn. */
  readonly #waiting = new Map<RouteTurns, () => void>()
  #cancelTimer: (() => void) | undefined

  constructor(bytesPerSecond: number, scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#turns = new FairScheduler({
      inAllBytesPerSecond: bytesPerSecond,
      perSessionBytesPerSecond: undefined
    })
  }

  /** A route joins; those of one owner share what is that owner's. */
  join(owner: string): RouteTurns {
    const turns: RouteTurns = {
      take: async bytes => {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#waiting.set(turns, resolve)
        this.#turns.offer(turns, bytes, owner)
        this.#serve()
        await promise
      },
      rest: () => this.#turns.withdraw(turns),
      leave: () => {
        this.#turns.remove(turns)
        this.#go(turns)
        this.#serve()
      }
    }
    return turns
  }

  /** Lets go whoever's turn it is by now, and comes back when it is the next one's. */
  #serve(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    for (;;) {
      const turn = this.#turns.next(this.#scheduler.nowMs())
      if (!turn) return
      if (turn.session === undefined) {
        this.#cancelTimer = this.#scheduler.after(Math.ceil(turn.waitMs), () => this.#serve())
        return
      }
      this.#go(turn.session)
    }
  }

  #go(turns: RouteTurns): void {
    const go = this.#waiting.get(turns)
    this.#waiting.delete(turns)
    go?.()
  }
}
