import type { Pending, Rule, Subflow } from '../../../src/planner/policies/rules/rule.ts'

/** By how much sooner another route has to deliver before it gets the next segment, in ms. */
const WORTH_MS = 5

/**
 * `soonest`, earliest delivery path first: of the routes with room, the segment goes to the one on
 * which it would be there first, behind all that is under way on it.
 *
 * Source: K. Chebrolu, R. Rao, "Bandwidth Aggregation for Real-Time Applications in Heterogeneous
 * Wireless Networks", IEEE Transactions on Mobile Computing 5(4), 2006.
 */
export class Soonest implements Rule {
  /** The route that the last segment went to. */
  #last: number | undefined

  next(subflows: readonly Subflow[], pending: Pending): readonly number[] {
    const withRoom = subflows.filter(({ hasRoom }) => hasRoom)
    const best = this.#best(withRoom, pending)
    if (!best) return []
    this.#last = best.route
    return [best.route]
  }

  /** The route of the soonest delivery; the last one, unless another is sooner by more than a trifle. */
  #best(subflows: readonly Subflow[], pending: Pending): Subflow | undefined {
    const soonest = [...subflows].sort((a, b) => deliveryMs(a, pending) - deliveryMs(b, pending))[0]
    const last = subflows.find(({ route }) => route === this.#last)
    if (!soonest || !last) return soonest
    return deliveryMs(last, pending) - deliveryMs(soonest, pending) > WORTH_MS ? soonest : last
  }
}

/** When one more segment would be there, in ms from now. */
function deliveryMs(subflow: Subflow, { segmentBytes }: Pending): number {
  const { rttMs, windowBytes, underWayBytes } = subflow
  const bytesPerMs = windowBytes / rttMs
  // What is under way takes its time at the route's rate, and half a round trip is the way itself.
  return (underWayBytes + segmentBytes) / bytesPerMs + rttMs / 2
}
