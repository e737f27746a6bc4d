/** What a histogram has counted. */
export interface HistogramReading {
  /** Upper bounds of the classes, rising. */
  bounds: readonly number[]
  /** Values within each class alone, in the order of the bounds, and at last those above all bounds. */
  counts: readonly number[]
  /** Sum of all values. */
  sum: number
}

/** Counts values by classes of their size, in memory that does not grow. A value on a bound belongs to the class below it. Pure. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** `bounds`: upper bounds of the classes, rising; what is above all of them has a class of its own. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++
    this.#counts[at]!++
    this.#sum += value
  }

  get reading(): HistogramReading {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum }
  }
}

/** Bounds in seconds for what takes a few milliseconds up to half a minute: dials, waits of people. */
export const SECONDS_TO_ANSWER = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Bounds in seconds for what a processor or a short queue takes. */
export const SECONDS_TO_WORK = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
