import type { Scheduler } from '../src/scheduler.ts'

interface Task {
  dueMs: number
  run: () => void
}

/** Time that stands still until `advance`. What is due at once runs in the event loop's next turn. */
export class VirtualScheduler implements Scheduler {
  readonly #tasks = new Set<Task>()
  #nowMs = 0

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): () => void {
    if (delayMs === 0) {
      const immediate = setImmediate(run)
      return () => clearImmediate(immediate)
    }
    const task = { dueMs: this.#nowMs + delayMs, run }
    this.#tasks.add(task)
    return () => this.#tasks.delete(task)
  }

  /** Runs all that falls due in the next `byMs`, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs
    for (let task = this.#next(untilMs); task; task = this.#next(untilMs)) {
      this.#tasks.delete(task)
      this.#nowMs = Math.max(this.#nowMs, task.dueMs)
      task.run()
    }
    this.#nowMs = untilMs
  }

  get pendingDelaysMs(): number[] {
    return [...this.#tasks].map(task => task.dueMs - this.#nowMs).sort((a, b) => a - b)
  }

  #next(untilMs: number): Task | undefined {
    let next: Task | undefined
    for (const task of this.#tasks) {
      if (task.dueMs <= untilMs && (!next || task.dueMs < next.dueMs)) next = task
    }
    return next
  }
}
