import type { EventQueue } from './event-queue.ts'
import { type Interval, type OverTime, Steps } from './over-time.ts'

/** One direction of a link, with one queue for all connections that pass it. */
export interface SharedLinkSpec {
  /** Rate in bytes a second on the wire. */
  rateBytesPerSecond: OverTime
  /** Size in bytes of the drop-tail queue. */
  queueBytes: number
}

/**
 * A link that serves several connections in the order in which they come. A connection whose frame
 * finds the queue full waits for its turn to have room; as with a single connection, this stands
 * for TCP finding out how much room there is.
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

  /** Puts bytes into the queue now. Returns the times at which the first and the last byte leave. */
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
