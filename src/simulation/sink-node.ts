import type { EventQueue } from './event-queue.ts'
import { Steps } from './over-time.ts'
import type { SimulatedSink } from './scenario.ts'

/** The receiver of the output: it takes everything at once, or at a rate and with pauses. */
export class SinkNode {
  readonly #events: EventQueue
  readonly #rate: Steps | undefined
  readonly #taken: (segments: number) => void
  readonly #waiting: number[] = []
  #busy = false
  waitingBytes = 0

  /** Calls `taken` with the number of further segments that were taken. */
  constructor(events: EventQueue, sink: SimulatedSink | undefined, taken: (segments: number) => void) {
    this.#events = events
    this.#taken = taken
    if (!sink) return
    const unlimited = 1e12
    this.#rate = new Steps(sink.rateBytesPerSecond ?? unlimited).without(sink.pauses ?? [])
  }

  get idle(): boolean {
    return this.#waiting.length === 0
  }

  push(payloads: readonly Uint8Array[]): void {
    if (!this.#rate) {
      this.#taken(payloads.length)
      return
    }
    for (const { length } of payloads) {
      this.#waiting.push(length)
      this.waitingBytes += length
    }
    this.#take()
  }

  #take(): void {
    const bytes = this.#waiting[0]
    if (bytes === undefined || this.#busy) return
    this.#busy = true
    this.#events.at(this.#takenAt(bytes), () => {
      this.#busy = false
      this.#waiting.shift()
      this.waitingBytes -= bytes
      this.#taken(1)
      this.#take()
    })
  }

  #takenAt(bytes: number): number {
    let [nowMs, left] = [this.#events.nowMs, bytes]
    for (;;) {
      const changeMs = this.#rate!.nextChange(nowMs)
      const bytesPerMs = this.#rate!.at(nowMs) / 1000
      if (bytesPerMs > 0 && left <= (changeMs - nowMs) * bytesPerMs) return nowMs + left / bytesPerMs
      if (changeMs === Number.POSITIVE_INFINITY) return changeMs
      left -= (changeMs - nowMs) * bytesPerMs
      nowMs = changeMs
    }
  }
}
