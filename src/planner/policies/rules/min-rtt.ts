import type { Rule, Subflow } from './rule.ts'

/**
 * `min-rtt`: the segment goes to the route with the least round trip that has room in its window; the next slower one
 * gets something only while that window is full. The default of the kernel's MPTCP.
 *
 * Source: C. Paasch, S. Ferlin, O. Alay, O. Bonaventure, "Experimental Evaluation of Multipath TCP Schedulers", ACM SIGCOMM
 * Capacity Sharing Workshop 2014, section 3 (LowRTT). Its opportunistic retransmission and penalisation are left out, as
 * the kernel has given them up.
 */
export class MinRtt implements Rule {
  next(subflows: readonly Subflow[]): readonly number[] {
    const best = fastestWithRoom(subflows)
    return best ? [best.route] : []
  }
}

/** The route with the least round trip of those that have room. */
export function fastestWithRoom(subflows: readonly Subflow[]): Subflow | undefined {
  return subflows.find(({ hasRoom }) => hasRoom)
}
