/** What is told of an outage: that it has begun or has another reason, and that it is over. Times in milliseconds. */
export type OutageEvent =
  | { type: 'waiting'; reason: string; leftMs: number }
  | { type: 'resumed'; waitedMs: number }

/** An outage that is over sooner than this many milliseconds is not worth a word. */
const TELL_AFTER_MS = 3_000
/** Another reason is told no sooner than this many milliseconds after the one before: each path may have its own. */
const TELL_AGAIN_MS = 30_000
/** The most that one step counts, in milliseconds: a process that was stopped meanwhile could not have reached anybody. */
const LONGEST_STEP_MS = 1_000

/** For how long a transfer has been without any route, and when its patience ends. Pure. */
export class Outage {
  readonly #patienceMs: number
  #lastStepMs: number
  #waitedMs = 0
  #toldReason: string | undefined
  #toldAtMs = 0

  /** `patienceMs` may be infinite. */
  constructor(patienceMs: number, nowMs: number) {
    this.#patienceMs = patienceMs
    this.#lastStepMs = nowMs
  }

  /** The transfer has been without a route for longer than it is to wait. */
  get isTooLong(): boolean {
    return this.#waitedMs >= this.#patienceMs
  }

  /** To be called again and again; `reason` says why the last route failed. Returns what is to be told now. */
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

  #end(): OutageEvent | undefined {
    const waitedMs = this.#waitedMs
    const wasTold = this.#toldReason !== undefined
    this.#waitedMs = 0
    this.#toldReason = undefined
    return wasTold ? { type: 'resumed', waitedMs } : undefined
  }
}
