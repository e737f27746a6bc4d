import { WireStatus } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import {
  type HeldPass,
  InvalidPassError,
  MAX_CLOCK_SKEW_MS,
  type PassUse,
  verifyPass
} from '../protocol/pass.ts'
import { RouteRefusedError } from './errors.ts'
import { MAX_COUNTED_PASSES } from './limits.ts'

/** Counts bytes that a route has forwarded; false once those of its pass are used up. */
export type Spend = (bytes: number) => boolean

interface Count {
  bytes: number
  forgottenAtMs: number
}

/**
 * Takes the passes of routes and counts, for each pass that limits them, the bytes that were
 * forwarded. Pure: the time is passed in.
 */
export class PassBook {
  readonly #relay: string
  readonly #directors: PassUse['directors']
  /** By director and id of the pass. */
  readonly #counts = new Map<string, Count>()

  /** `relay` is the relay's own peer id; `directors` are those whose passes count. */
  constructor(relay: string, directors: PassUse['directors']) {
    this.#relay = relay
    this.#directors = directors
  }

  /** Number of passes whose bytes are counted now. */
  get size(): number {
    return this.#counts.size
  }

  /**
   * Takes the pass of a route that `asker` wants to have to `source`. `nowMs`: milliseconds since
   * 1970, UTC. Throws InvalidPassError, and RouteRefusedError where too many passes are counted.
   */
  take(bytes: Uint8Array | undefined, asker: string, source: string, nowMs: number): Spend {
    if (!bytes) throw new InvalidPassError('there is none; ask for routes at a director of this relay')
    const use = { nowMs, directors: this.#directors, asker, relay: this.#relay, source }
    const pass = verifyPass(bytes, use)
    const { maxBytes } = pass
    if (maxBytes === undefined) return () => true
    const count = this.#countOf(pass, nowMs)
    if (count.bytes >= maxBytes) throw new InvalidPassError('its bytes are used up')
    return spent => {
      count.bytes += spent
      return count.bytes < maxBytes
    }
  }

  #countOf({ director, id, expiresAtMs }: HeldPass, nowMs: number): Count {
    const key = `${director} ${toHex(id)}`
    const known = this.#counts.get(key)
    if (known) return known
    this.#forgetExpired(nowMs)
    if (this.#counts.size >= MAX_COUNTED_PASSES)
      throw new RouteRefusedError({
        status: WireStatus.refusedSessions,
        message: `The relay counts the bytes of ${MAX_COUNTED_PASSES} passes already`
      })
    const count = { bytes: 0, forgottenAtMs: expiresAtMs + MAX_CLOCK_SKEW_MS }
    this.#counts.set(key, count)
    return count
  }

  /**
   * Nobody asks for the count of a pass that has expired. The first to come are about the first to
   * expire, so the look ends at the first that has not.
   */
  #forgetExpired(nowMs: number): void {
    for (const [key, { forgottenAtMs }] of this.#counts) {
      if (nowMs < forgottenAtMs) return
      this.#counts.delete(key)
    }
  }
}
