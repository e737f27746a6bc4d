import type { LaneLimits } from './lanes.ts'

/** Decides when a route brings so much that a lane pays, which takes its hops' encryption off the processors. Pure. */
export class LaneWish {
  readonly #limits: LaneLimits
  #bytes = 0
  #sinceMs: number | undefined

  constructor(limits: LaneLimits) {
    this.#limits = limits
  }

  /** The route has brought so many bytes more. Returns true when a lane pays. */
  brought(bytes: number, nowMs: number): boolean {
    this.#sinceMs ??= nowMs
    this.#bytes += bytes
    const { stretchBytes, leastBytesPerSecond } = this.#limits
    if (this.#bytes < stretchBytes) return false
    const pays = this.#bytes * 1000 >= leastBytesPerSecond * (nowMs - this.#sinceMs)
    this.#bytes = 0
    this.#sinceMs = nowMs
    return pays
  }
}
