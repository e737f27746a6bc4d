/** A value that holds from `fromMs` on. */
export interface Step {
  fromMs: number
  value: number
}

/**
 * A value over time: a constant, or steps with ascending times. The first step's value also holds
 * before it.
 */
export type OverTime = number | readonly Step[]

/** An interval of time, the end excluded. */
export interface Interval {
  fromMs: number
  /** End of the interval; Infinity where it never ends. */
  toMs: number
}

/** A piecewise constant function of time, quick to ask at times that mostly ascend. */
export class Steps {
  readonly steps: readonly Step[]
  #index = 0

  constructor(value: OverTime) {
    this.steps = typeof value === 'number' ? [{ fromMs: 0, value }] : value
  }

  at(atMs: number): number {
    return this.steps[this.#indexAt(atMs)]!.value
  }

  /** Time of the value's next change after `atMs`; Infinity where there is none. */
  nextChange(atMs: number): number {
    return this.steps[this.#indexAt(atMs) + 1]?.fromMs ?? Number.POSITIVE_INFINITY
  }

  /** Time in ms at which the integral from `fromMs` on reaches `sum`; Infinity where it never does. */
  reached(sum: number, fromMs: number): number {
    let left = sum
    for (let atMs = fromMs; ; ) {
      const changeMs = this.nextChange(atMs)
      const value = this.at(atMs)
      if (value > 0 && left <= (changeMs - atMs) * value) return atMs + left / value
      if (changeMs === Number.POSITIVE_INFINITY) return changeMs
      left -= (changeMs - atMs) * value
      atMs = changeMs
    }
  }

  /** The same function with zero inside the intervals. */
  without(intervals: readonly Interval[]): Steps {
    if (intervals.length === 0) return this
    const times = new Set([0, ...this.steps.map(step => step.fromMs)])
    for (const { fromMs, toMs } of intervals) for (const time of [fromMs, toMs]) times.add(time)
    return new Steps(
      [...times]
        .filter(Number.isFinite)
        .sort((a, b) => a - b)
        .map(fromMs => ({ fromMs, value: intervalAt(intervals, fromMs) ? 0 : this.at(fromMs) }))
    )
  }

  #indexAt(atMs: number): number {
    if (this.steps[this.#index]!.fromMs > atMs) this.#index = 0
    while (this.#index + 1 < this.steps.length && this.steps[this.#index + 1]!.fromMs <= atMs) this.#index++
    return this.#index
  }
}

/** The interval that contains the time. */
export function intervalAt(intervals: readonly Interval[], atMs: number): Interval | undefined {
  return intervals.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)
}
