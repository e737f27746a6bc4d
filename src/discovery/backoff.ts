import { STEADY_CONNECTION_MS } from '../transport/limits.ts'

/**
 * Milliseconds between attempts at a director whose access rules do not admit this node, which only
 * people can change.
 */
const NOT_ADMITTED_MS = 30_000

/**
 * Milliseconds to wait before the next attempt: they double from 100 ms to 1.5 s, less up to half
 * of them at random. The doubling starts again only after a connection that has lasted: otherwise
 * two nodes that push each other out would try without a pause.
 */
export class Backoff {
  readonly #random: () => number
  #attempts = 0
  #upSinceMs: number | undefined

  constructor(random: () => number) {
    this.#random = random
  }

  /** An attempt has brought a connection. */
  succeeded(nowMs: number): void {
    this.#upSinceMs = nowMs
  }

  /** An attempt failed, or its connection was lost. Returns milliseconds, at most 1,500. */
  next(nowMs: number): number {
    if (this.#upSinceMs !== undefined && nowMs - this.#upSinceMs >= STEADY_CONNECTION_MS) this.#attempts = 0
    this.#upSinceMs = undefined
    const ceilingMs = Math.min(1_500, 100 * 2 ** this.#attempts++)
    return this.#lessUpToHalf(ceilingMs)
  }

  /** The director does not admit this node. Returns milliseconds, at most 30,000. */
  nextWhenNotAdmitted(): number {
    return this.#lessUpToHalf(NOT_ADMITTED_MS)
  }

  #lessUpToHalf(ceilingMs: number): number {
    return ceilingMs * (1 - this.#random() / 2)
  }
}
