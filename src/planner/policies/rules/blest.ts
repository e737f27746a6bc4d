import { fastestWithRoom } from './min-rtt.ts'
import type { Pending, Rule, Subflow } from './rule.ts'

/** By how many bytes a window grows in a round trip, as the paper assumes: by one full packet. */
export const MSS_BYTES = 1448
/** The correction, as in the authors' own implementation for the kernel: where it begins, its bounds and its steps. */
const LAMBDA = { first: 1.2, least: 1, most: 1.3, up: 0.04, down: 0.01 }

/**
 * `blest`, blocking estimation: where the fastest route is full, a slower one gets the segment only if the send window
 * still holds what the fastest route can send until the segment is there. Otherwise the fastest route would be blocked,
 * and so the segment waits for it.
 *
 * Source: S. Ferlin, O. Alay, O. Mehani, R. Boreli, "BLEST: Blocking Estimation-based MPTCP Scheduler for Heterogeneous
 * Networks", IFIP Networking 2016, section 4.
 */
export class BlockingEstimation implements Rule {
  #lambda = LAMBDA.first
  #learntMs = Number.NEGATIVE_INFINITY
  #wasBlocked = false

  /** By what the estimate is multiplied: more after the fastest route was blocked, less otherwise. */
  get lambda(): number {
    return this.#lambda
  }

  next(subflows: readonly Subflow[], pending: Pending): readonly number[] {
    const [fastest] = subflows
    const slower = fastestWithRoom(subflows)
    if (!fastest || !slower) return []
    if (slower === fastest) return [fastest.route]
    this.#learn(slower, pending.nowMs)
    const freeBytes = pending.memoryBytes - (slower.underWayBytes + pending.segmentBytes)
    return this.#lambda * bytesMeanwhile(fastest, slower.rttMs) > freeBytes ? [] : [slower.route]
  }

  blocked(): void {
    this.#wasBlocked = true
  }

  /** Corrects lambda, once in a round trip of the slower route. */
  #learn({ rttMs }: Subflow, nowMs: number): void {
    if (nowMs - this.#learntMs < rttMs) return
    const step = this.#wasBlocked ? LAMBDA.up : -LAMBDA.down
    // The first look only begins the first round trip.
    if (Number.isFinite(this.#learntMs))
      this.#lambda = Math.max(LAMBDA.least, Math.min(LAMBDA.most, this.#lambda + step))
    this.#learntMs = nowMs
    this.#wasBlocked = false
  }
}

/**
 * The paper's X = MSS x (CWND + (rtts - 1) / 2) x rtts: what a route sends in a time, in bytes, while its window grows by
 * a packet each round trip.
 */
export function bytesMeanwhile({ windowBytes, rttMs }: Subflow, spanMs: number): number {
  const rtts = spanMs / rttMs
  return (windowBytes + (MSS_BYTES * (rtts - 1)) / 2) * rtts
}
