import type { PatternChange } from '../../protocol/route-messages.ts'
import type { OrderBook } from '../order-book.ts'

/** What of a route counts for its holder's word. */
interface RouteView {
  holder: string
  state: string
}

/**
 * A synchronous cut-over: a new pattern applies once all holders have confirmed it, and until then nothing from its
 * cut-over on is granted. Only holders with an open route are waited for: who is silent or gone holds nothing up. Pure.
 */
export class Confirmations {
  #awaited: PatternChange[] = []

  /** The pattern is ordered. */
  ordered(change: PatternChange): void {
    this.#awaited.push(change)
  }

  /** The first segment that a pattern applies from which some holder has still to confirm; infinite where there is none. */
  barrier(orders: OrderBook, routes: Iterable<RouteView>): number {
    const holders = new Set([...routes].filter(({ state }) => state === 'open').map(({ holder }) => holder))
    this.#awaited = this.#awaited.filter(({ version }) =>
      [...holders].some(holder => orders.unansweredPattern(version, holder) !== undefined)
    )
    return Math.min(...this.#awaited.map(({ from }) => from))
  }
}
