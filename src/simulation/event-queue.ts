interface TimedEvent {
  atMs: number
  order: number
  run: () => void
}

/**
 * Virtual time: runs events in the order of their times, and in the order of planning where times
 * are equal.
 */
export class EventQueue {
  /** A binary heap, the next event first. */
  readonly #heap: TimedEvent[] = []
  #planned = 0
  #nowMs = 0

  /** The time of the event that runs. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Plans a call of `run` at `atMs`, or now if that is past. At an infinite time it never runs. */
  at(atMs: number, run: () => void): void {
    if (atMs === Number.POSITIVE_INFINITY) return
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#planned++, run }
    this.#heap.push(event)
    let i = this.#heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >>> 1
      if (!isBefore(event, this.#heap[parent]!)) break
      this.#heap[i] = this.#heap[parent]!
      i = parent
    }
    this.#heap[i] = event
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run)
  }

  /** Runs the next event. Returns false when there is none. */
  step(): boolean {
    const next = this.#heap[0]
    if (!next) return false
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last)
    this.#nowMs = next.atMs
    next.run()
    return true
  }

  #sink(event: TimedEvent): void {
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= this.#heap.length) break
      const right = this.#heap[child + 1]
      if (right && isBefore(right, this.#heap[child]!)) child++
      if (!isBefore(this.#heap[child]!, event)) break
      this.#heap[i] = this.#heap[child]!
      i = child
    }
    this.#heap[i] = event
  }
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
