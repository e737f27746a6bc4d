/**
 * Events of an outage: it has begun or has another reason (`waiting`), or it is over (`resumed`).
 * Times in milliseconds.
 */
export type OutageEvent =
  | { type: 'waiting'; reason: string; leftMs: number }
  | { type: 'resumed'; waitedMs: number }

/** Shortest outage that is told, in milliseconds; one that is over sooner is not worth a word. */
const TELL_AFTER_MS = 3_000
/**
 * Least time between two reasons told for one outage, in milliseconds, as each path may fail for
 * its own reason.
 */
const TELL_AGAIN_MS = 30_000
/**
 * The most that one step adds to an outage, in milliseconds: a process that was stopped meanwhile
 * could not have reached anybody.
 */
const LONGEST_STEP_MS = 1_000

/** Measures how long a transfer has been without any route, and when its patience ends. Pure. */
export class Outage {
  readonly #patienceMs: number
  #lastStepMs: number
  #waitedMs = 0
  #toldReason: string | undefined
  #toldAtMs = 0

  /** `patienceMs` is how long to wait for a route, in milliseconds; it may be infinite. */
  constructor(patienceMs: number, nowMs: number) {
    this.#patienceMs = patienceMs
    this.#lastStepMs = nowMs
  }

  /** Whether the transfer has been without a route for longer than its patience. */
  get isTooLong(): boolean {
    return this.#waitedMs >= this.#patienceMs
  }

  /**
   * Counts the time since the last step; to be called regularly. `reason` says why the last route
   * failed. Returns the event to tell now, if any.
   */
  step(hasRoute: boolean, reason: string, nowMs: number): OutageEvent | undefined {
    const stepMs = Math.min(LONGEST_STEP_MS, nowMs - this.#lastStepMs)
    this.#lastStepMs = nowMs
    if (hasRoute) return this.#end()
    this.#waitedMs += stepMs
    const tellAtMs = this.#toldReason === undefined ? TELL_AFTER_MS : this.#toldAtMs + TELL_AGAIN_MS
    if (this.#waitedMs < tellAtMs || reason === this.#toldReason) return undefined
    this.#toldReason = reason
    this.#toldAtMs = this.#waitedMs
    return { type: 'waiting', reason, leftMs: Math.max(0, this.#patienceMs - this.#waitedMs) }
  }

  /** Counts nothing of the time since the last step. */
  rest(nowMs: number): void {
    this.#lastStepMs = nowMs
  }

  #end(): OutageEvent | undefined {
    const waitedMs = this.#waitedMs
    const wasTold = this.#toldReason !== undefined
    this.#waitedMs = 0
    this.#toldReason = undefined
    return wasTold ? { type: 'resumed', waitedMs } : undefined
  }
}
