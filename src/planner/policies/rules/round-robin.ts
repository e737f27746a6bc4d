import type { Rule, Subflow } from './rule.ts'

/**
 * `round-robin`: the routes take the segments in turn, and one whose window is full misses its turn.
 *
 * Source: C. Paasch, S. Ferlin, O. Alay, O. Bonaventure, "Experimental Evaluation of Multipath TCP Schedulers", ACM SIGCOMM
 * Capacity Sharing Workshop 2014, section 3 (Round-Robin). With more to send than the windows hold, whichever has room
 * gets the next segment, as the paper notes.
 */
export class RoundRobin implements Rule {
  #last = Number.NEGATIVE_INFINITY

  next(subflows: readonly Subflow[]): readonly number[] {
    const inTurn = subflows.filter(({ hasRoom }) => hasRoom).toSorted((a, b) => a.route - b.route)
    const chosen = inTurn.find(({ route }) => route > this.#last) ?? inTurn[0]
    if (!chosen) return []
    this.#last = chosen.route
    return [chosen.route]
  }
}
