import { fastestWithRoom } from './min-rtt.ts'
import type { Pending, Rule, Subflow } from './rule.ts'

/** The paper's beta: by what share a slower route has to be better before waiting, once begun, is given up. */
const HYSTERESIS = 0.25

/**
 * `ecf`, earliest completion first: where the fastest route is full, the segment waits for it if all that is pending
 * would be there sooner that way than one segment over the next route, and goes to that one otherwise.
 *
 * Source: Y. Lim, E. Nahum, D. Towsley, R. Gibbens, "ECF: An MPTCP Path Scheduler to Manage Heterogeneous Paths", ACM CoNEXT
 * 2017, algorithm 1. As in the authors' own implementation for the kernel, what is pending takes one round trip at least.
 */
export class EarliestCompletionFirst implements Rule {
  #isWaiting = false

  next(subflows: readonly Subflow[], pending: Pending): readonly number[] {
    const [fastest] = subflows
    const slower = fastestWithRoom(subflows)
    if (!fastest || !slower) return []
    if (slower === fastest) return [fastest.route]
    const deltaMs = Math.max(fastest.deviationMs, slower.deviationMs)
    const waitedMs = fastest.rttMs + sendingMs(fastest, pending)
    const slowMs = slower.rttMs + deltaMs
    if (waitedMs >= (this.#isWaiting ? 1 + HYSTERESIS : 1) * slowMs) {
      this.#isWaiting = false
      return [slower.route]
    }
    // The slower route would take all that is pending sooner than the fastest one has room again: both are used.
    if (sendingMs(slower, pending) < 2 * fastest.rttMs + deltaMs) return [slower.route]
    this.#isWaiting = true
    return []
  }
}

/** The paper's k / CWND x RTT: in how long a time the route's window passes all that is pending. */
function sendingMs({ rttMs, windowBytes }: Subflow, { segments, segmentBytes }: Pending): number {
  return Math.max(1, (segments * segmentBytes) / windowBytes) * rttMs
}
