import { type DelaySummary, DelayWindow, INTERVAL_MS } from './delay-window.ts'

/** RFC 8382 section 2.2: a route passes a bottleneck when its skewness is below `skewed`, or below `hysteresis` if it did. */
const SKEWED = 0.1
const SKEW_HYSTERESIS = 0.3
/** ... or when it is late in more than this share of the intervals; in the RFC, of lost packets. */
const LATE = 0.1
/** Section 3.3: greatest differences within a group. Those of variability and lateness are shares of the value. */
const SAME_FREQUENCY = 0.1
const SAME_VARIABILITY = 0.1
const SAME_SKEW = 0.15
const SAME_LATENESS = 0.1
/** Below this variability, in ms, there is no queue to compare. */
const LEAST_VARIABILITY_MS = 1
/** Rank correlation from which two routes are said to wait in the same queue. */
const SAME_QUEUE = 0.5
/** What a route gets more the rest of the group gets less: correlation of its rate with that of the rest, at most. */
const COMPETING = -0.6
/** Rates that vary less than this, as a share, say nothing. */
const LEAST_RATE_VARIATION = 0.02
/** A group is told after it was found in so many intervals in a row, and taken back after it was not in so many. */
const CONFIRM_INTERVALS = 5
const FORGET_INTERVALS = 25

export interface BottleneckChange {
  routes: number[]
  /** False when these routes are no longer seen to share one. */
  shared: boolean
}

/**
 * Tells which routes share a bottleneck, after RFC 8382: one-way delays (in clocks that need not agree) are summed up in
 * skewness, variability and frequency of oscillation, lateness stands for packet loss, and routes with like summaries form a
 * group (section 3.3).
 *
 * One planner that fills equal routes makes their queues alike, however independent they are, and then the RFC's test alone
 * finds a bottleneck where there is none. So two more signs are asked for: the routes' delays rise and fall together, and
 * what one route gets more the others get less. A bottleneck with a queue for each flow shows neither, and is not found:
 * there the routes do not wait for each other. Pure.
 */
export class SharedBottleneckDetector {
  readonly #windows = new Map<number, DelayWindow>()
  readonly #bottlenecked = new Set<number>()
  /** By the group's routes: intervals since it was found, in a row, and since it was not. */
  readonly #groups = new Map<string, { routes: number[]; found: number; missed: number; told: boolean }>()
  #interval: number | undefined

  /** Groups told and not taken back, each ascending. */
  get groups(): number[][] {
    return [...this.#groups.values()].filter(({ told }) => told).map(({ routes }) => routes)
  }

  /** A segment of the route is here; `transitMs` is its arrival minus the source's stamp. */
  arrived(route: number, bytes: number, transitMs: number, nowMs: number): void {
    const window = this.#windows.get(route) ?? new DelayWindow()
    this.#windows.set(route, window)
    window.add(bytes, transitMs, nowMs)
  }

  /** The route is not what it was: nothing seen of it counts any more. */
  closed(route: number): void {
    this.#windows.delete(route)
    this.#bottlenecked.delete(route)
  }

  /**
   * At every control tick. `late` are the routes behind their prediction. `limited`: the client itself holds the routes back,
   * so that they compete for work and not for a link. Returns what has changed, mostly nothing.
   */
  tick(nowMs: number, late: ReadonlySet<number>, limited: boolean): BottleneckChange[] {
    const interval = Math.floor(nowMs / INTERVAL_MS)
    for (const [route, window] of this.#windows) window.mark(interval, late.has(route), limited)
    if (this.#interval === interval) return []
    this.#interval = interval
    const summaries = new Map<number, DelaySummary>()
    for (const [route, window] of this.#windows) {
      const summary = window.summary(interval)
      if (summary) summaries.set(route, summary)
    }
    return this.#follow(findGroups(summaries, this.#bottlenecked))
  }

  /** Turns what was found in one interval into what is told. */
  #follow(found: number[][]): BottleneckChange[] {
    const names = new Set(found.map(routes => routes.join()))
    for (const routes of found) {
      const name = routes.join()
      if (!this.#groups.has(name)) this.#groups.set(name, { routes, found: 0, missed: 0, told: false })
    }
    const changes: BottleneckChange[] = []
    for (const [name, group] of this.#groups) {
      if (names.has(name)) [group.found, group.missed] = [group.found + 1, 0]
      else [group.found, group.missed] = [0, group.missed + 1]
      if (!group.told && group.found >= CONFIRM_INTERVALS) {
        group.told = true
        changes.push({ routes: group.routes, shared: true })
      }
      if (group.missed < (group.told ? FORGET_INTERVALS : 1)) continue
      this.#groups.delete(name)
      if (group.told) changes.push({ routes: group.routes, shared: false })
    }
    return changes
  }
}

/** Groups of two and more routes. `bottlenecked` remembers which passed a bottleneck the last time, for the hysteresis. */
function findGroups(summaries: ReadonlyMap<number, DelaySummary>, bottlenecked: Set<number>): number[][] {
  const candidates = [...summaries].filter(([route, { skew, lateness, variabilityMs }]) => {
    const congested = skew < SKEWED || (skew < SKEW_HYSTERESIS && bottlenecked.has(route)) || lateness > LATE
    if (congested) bottlenecked.add(route)
    else bottlenecked.delete(route)
    return congested && variabilityMs >= LEAST_VARIABILITY_MS
  })
  let groups = [candidates.map(([route]) => route)]
  const summaryOf = (route: number) => summaries.get(route)!
  const split = (value: (summary: DelaySummary) => number, mayDiffer: (value: number) => number) => {
    groups = groups.flatMap(routes => splitSorted(routes, route => value(summaryOf(route)), mayDiffer))
  }
  split(
    summary => summary.frequency,
    () => SAME_FREQUENCY
  )
  split(
    summary => summary.variabilityMs,
    value => SAME_VARIABILITY * value
  )
  split(
    summary => summary.skew,
    () => SAME_SKEW
  )
  split(
    summary => (summary.lateness > LATE ? summary.lateness : 0),
    value => Math.max(Number.MIN_VALUE, SAME_LATENESS * value)
  )
  return groups
    .flatMap(routes => sameQueue(routes, summaryOf))
    .map(routes => competing(routes, summaryOf))
    .filter(routes => routes.length > 1)
    .map(routes => routes.sort((a, b) => a - b))
}

/** Section 3.3: sorted from highest to lowest, a new group begins where the difference to the one before is too large. */
function splitSorted(
  routes: readonly number[],
  measure: (route: number) => number,
  mayDiffer: (value: number) => number
): number[][] {
  const sorted = [...routes].sort((a, b) => measure(b) - measure(a))
  const groups: number[][] = []
  for (const [index, route] of sorted.entries()) {
    const before = sorted[index - 1]
    const near = before !== undefined && measure(before) - measure(route) < mayDiffer(measure(before))
    if (near) groups.at(-1)!.push(route)
    else groups.push([route])
  }
  return groups
}

/** Routes that are linked by delays which rise and fall together. */
function sameQueue(routes: readonly number[], summaryOf: (route: number) => DelaySummary): number[][] {
  const groups: number[][] = []
  for (const route of routes) {
    const linked = groups.filter(group =>
      group.some(other => rankCorrelation(summaryOf(route).delaysMs, summaryOf(other).delaysMs) >= SAME_QUEUE)
    )
    const rest = groups.filter(group => !linked.includes(group))
    groups.splice(0, groups.length, ...rest, [...linked.flat(), route])
  }
  return groups
}

/** Of the routes those that take from each other; the one that does so least is left out until all do. */
function competing(routes: readonly number[], summaryOf: (route: number) => DelaySummary): number[] {
  const left = routes.filter(route => variation(summaryOf(route).rates) >= LEAST_RATE_VARIATION)
  while (left.length > 1) {
    const correlations = left.map(route => {
      const others = left.filter(other => other !== route).map(other => summaryOf(other).rates)
      const rest = others[0]!.map((_, i) => others.reduce((sum, rates) => sum + rates[i]!, 0))
      return correlation(summaryOf(route).rates, rest)
    })
    const worst = Math.max(...correlations)
    if (worst <= COMPETING) return left
    left.splice(correlations.indexOf(worst), 1)
  }
  return []
}

function variation(values: readonly number[]): number {
  const average = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0)
  return average > 0 ? Math.sqrt(squares / values.length) / average : 0
}

function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  return correlation(ranks(a), ranks(b))
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const result = new Array<number>(values.length)
  for (const [rank, i] of order.entries()) result[i] = rank
  return result
}

/** 0 where one of them does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)]
  let [together, squaresA, squaresB] = [0, 0, 0]
  for (const [i, value] of a.entries()) {
    const [offA, offB] = [value - meanA, b[i]! - meanB]
    together += offA * offB
    squaresA += offA ** 2
    squaresB += offB ** 2
  }
  const scale = Math.sqrt(squaresA * squaresB)
  return scale > 0 ? together / scale : 0
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
