/** The base interval, T of RFC 8382, in ms. It is shorter than the RFC's 350, which suit calls that last. */
export const INTERVAL_MS = 200
/** Intervals summed up, N and M of the RFC in one: 5 s. The RFC's 50 would be longer than most transfers. */
const INTERVALS = 25
/** Intervals after which one is complete: an arrival also says what the rate was in the gap before it. */
const SETTLING_INTERVALS = 2

/** Statistics of the last intervals of one route, after RFC 8382 section 3.2, with the values they come from. */
export interface DelaySummary {
  /** Mean absolute deviation of the delays, `var_est`, in ms. */
  variabilityMs: number
  /** Share of the intervals in which the route was late or parked. */
  lateness: number
  /** Mean delay and rate (bytes a ms) in each interval, oldest first. */
  delaysMs: number[]
  rates: number[]
}

interface Interval {
  transitsMs: number[]
  bytes: number
  late: boolean
  limited: boolean
}

/** Keeps the one-way delays and rates of one route over the last intervals. Pure. */
export class DelayHistory {
  readonly #intervals = new Map<number, Interval>()
  #lastArrivalMs: number | undefined

  add(bytes: number, transitMs: number, nowMs: number): void {
    this.#at(Math.floor(nowMs / INTERVAL_MS)).transitsMs.push(transitMs)
    this.#spread(bytes, nowMs)
    this.#lastArrivalMs = nowMs
  }

  mark(interval: number, late: boolean, limited: boolean): void {
    const marked = this.#at(interval)
    marked.late ||= late
    marked.limited ||= limited
  }

  /**
   * Sums up the intervals complete by `interval`; undefined until there are enough in which the network set the pace.
   */
  summary(interval: number): DelaySummary | undefined {
    const end = interval - SETTLING_INTERVALS
    for (const index of this.#intervals.keys()) if (index < end - INTERVALS) this.#intervals.delete(index)
    const intervals: Interval[] = []
    for (let index = end - INTERVALS; index < end; index++) {
      const found = this.#intervals.get(index)
      if (!found || found.limited || (found.transitsMs.length === 0 && !found.late)) return undefined
      intervals.push(found)
    }
    return intervals.every(({ transitsMs }) => transitsMs.length === 0) ? undefined : summaryOf(intervals)
  }

  /**
   * Spreads a segment's bytes over the gap before it: else the rate would show the segments' size and not the route.
   */
  #spread(bytes: number, nowMs: number): void {
    const fromMs = Math.max(this.#lastArrivalMs ?? nowMs, nowMs - SETTLING_INTERVALS * INTERVAL_MS)
    const first = Math.floor(fromMs / INTERVAL_MS)
    const last = Math.floor(nowMs / INTERVAL_MS)
    if (nowMs <= fromMs) {
      this.#at(last).bytes += bytes
      return
    }
    for (let index = first; index <= last; index++) {
      const overlapMs = Math.min(nowMs, (index + 1) * INTERVAL_MS) - Math.max(fromMs, index * INTERVAL_MS)
      this.#at(index).bytes += (bytes * overlapMs) / (nowMs - fromMs)
    }
  }

  #at(index: number): Interval {
    const interval = this.#intervals.get(index)
    if (interval) return interval
    const fresh = { transitsMs: [], bytes: 0, late: false, limited: false }
    this.#intervals.set(index, fresh)
    return fresh
  }
}

function summaryOf(intervals: readonly Interval[]): DelaySummary {
  const all = intervals.flatMap(({ transitsMs }) => transitsMs)
  // Each interval deviates from the mean of the one before, as in the RFC's incremental form: slow drift does not count.
  let deviationMs = 0
  let before = mean(all)
  const delaysMs = intervals.map(({ transitsMs }) => {
    const own = transitsMs.length > 0 ? mean(transitsMs) : before
    for (const value of transitsMs) deviationMs += Math.abs(value - before)
    before = own
    return own
  })
  return {
    variabilityMs: deviationMs / all.length,
    lateness: intervals.filter(({ late }) => late).length / intervals.length,
    delaysMs,
    rates: intervals.map(({ bytes }) => bytes / INTERVAL_MS)
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
