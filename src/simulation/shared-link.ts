import type { EventQueue } from './event-queue.ts'
import { type Interval, type OverTime, Steps } from './over-time.ts'

/** A link in one direction, with one queue for all connections that pass it. */
export interface SharedLinkSpec {
  /** Bytes a second on the wire. */
  rateBytesPerSecond: OverTime
  /** Its drop-tail queue. */
  queueBytes: number
}

/**
 * What several connections pass: first come, first served. A connection whose frame finds the queue full waits for room in
 * its turn; as for a single connection, that stands for TCP finding out how much there is.
 */
export class SharedLink {
  readonly #events: EventQueue
  readonly #rate: Steps
  readonly #queueBytes: number
  #waiting: Array<() => void> = []
  #queuedBytes = 0
  #freeAtMs = 0

  constructor(events: EventQueue, { rateBytesPerSecond, queueBytes }: SharedLinkSpec) {
    this.#events = events
    this.#rate = new Steps(rateBytesPerSecond)
    this.#queueBytes = queueBytes
  }

  get hasRoom(): boolean {
    return this.#queuedBytes < this.#queueBytes
  }

  /** Calls back once, when there may be room. */
  whenRoom(callback: () => void): void {
    this.#waiting.push(callback)
  }

  /** Something joins the queue now. Returns when its first and its last byte leave. */
  enter(wireBytes: number): Interval {
    const fromMs = Math.max(this.#events.nowMs, this.#freeAtMs)
    const toMs = this.#rate.reached(wireBytes * 1000, fromMs)
    this.#freeAtMs = toMs
    this.#queuedBytes += wireBytes
    this.#events.at(toMs, () => {
      this.#queuedBytes -= wireBytes
      const waiting = this.#waiting
      this.#waiting = []
      for (const callback of waiting) callback()
    })
    return { fromMs, toMs }
  }
}
