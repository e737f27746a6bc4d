/** Time and timers, so that tests can bring their own. */
export interface Scheduler {
  /** Milliseconds since any fixed moment; never goes back. */
  nowMs(): number
  /** Runs `task` once after `delayMs`, unless the function returned is called first. */
  after(delayMs: number, task: () => void): () => void
}

export const systemScheduler: Scheduler = {
  nowMs: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  }
}
