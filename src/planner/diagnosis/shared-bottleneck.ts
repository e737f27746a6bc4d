import { DelayHistory, type DelaySummary, INTERVAL_MS } from '../estimate/delay-history.ts'

/**
 * Two routes share a bottleneck only if their `lateness` differs by less than this share; the RFC compares lost
 * packets.
 */
const SAME_LATENESS = 0.1
/** A route whose delays vary by less than this many ms has no queue to compare. */
const LEAST_VARIABILITY_MS = 1
/** Two routes wait in the same queue if the rank correlation of their delays is at least this. */
const SAME_QUEUE = 0.4
/** Two routes compete if their summed rate varies by less than this share of how much either varies alone. */
const COMPETING = 0.6
/**
 * Rates that vary by less than this share say nothing: a route that fills its own link varies by its segments alone.
 */
const LEAST_RATE_SPREAD = 0.03
/**
 * The spread leaves out this share of the values at either end, so that a dip of all routes at once does not count.
 */
const SPREAD = 0.2
/** A group is told once it was found in this many intervals in a row. */
const CONFIRM_INTERVALS = 5
/** A group that was told is taken back once it was not found in this many intervals in a row. */
const FORGET_INTERVALS = 25

export interface BottleneckChange {
  routes: number[]
  /** False when these routes are no longer seen to share one. */
  shared: boolean
}

/**
 * Finds the routes that share a bottleneck, by one-way delays (in clocks that need not agree) as
 * RFC 8382 does: in intervals, with variability as the sign of a queue, and lateness in place of
 * packet loss.
 *
 * The RFC groups routes whose delays have like summaries (section 3.3), as nobody there sees the
 * delays of all. One client that fills all its routes up to the same queue makes these alike,
 * however independent the routes are, while two routes through one queue can differ by more than
 * the RFC allows. So here the delays themselves are compared, interval by interval, and above all
 * the rates: if one route of a group gets more, the others get less by the same amount. A
 * bottleneck with a queue for each flow shows neither sign and is not found: there the routes do
 * not wait for each other. Pure.
 */
export class SharedBottleneckDetector {
  readonly #histories = new Map<number, DelayHistory>()
  /** Candidates and groups, by their routes; `found` and `missed` count intervals in a row. */
  readonly #groups = new Map<string, { routes: number[]; found: number; missed: number; told: boolean }>()
  #interval: number | undefined

  /** The groups that were told and not taken back, each in ascending order. */
  get groups(): number[][] {
    return [...this.#groups.values()].filter(({ told }) => told).map(({ routes }) => routes)
  }

  /** Takes the arrival of a segment; `transitMs` is its arrival minus the source's stamp. */
  arrived(route: number, bytes: number, transitMs: number, nowMs: number): void {
    const history = this.#histories.get(route) ?? new DelayHistory()
    this.#histories.set(route, history)
    history.add(bytes, transitMs, nowMs)
  }

  /** Forgets the route, which has closed, and takes its groups back at the next interval: its letter may be another's soon. */
  closed(route: number): void {
    this.#histories.delete(route)
    for (const group of this.#groups.values()) {
      if (group.routes.includes(route)) group.missed = FORGET_INTERVALS
    }
  }

  /**
   * Compares the routes where an interval is over; to be called at every control tick. `late` are
   * the routes that are late or parked. `limited` says that the client itself holds the routes
   * back, so that they compete for work and not for a link. Returns the changes, mostly none.
   */
  tick(nowMs: number, late: ReadonlySet<number>, limited: boolean): BottleneckChange[] {
    const interval = Math.floor(nowMs / INTERVAL_MS)
    for (const [route, history] of this.#histories) history.mark(interval, late.has(route), limited)
    if (this.#interval === interval) return []
    this.#interval = interval
    const summaries = new Map<number, DelaySummary>()
    for (const [route, history] of this.#histories) {
      const summary = history.summary(interval)
      if (summary) summaries.set(route, summary)
    }
    return this.#follow(findGroups(summaries))
  }

  /** Turns the groups found in one interval into the changes to tell. */
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

/** Finds the groups of two or more routes. */
function findGroups(summaries: ReadonlyMap<number, DelaySummary>): number[][] {
  const candidates = [...summaries].filter(
    ([, { variabilityMs, rates }]) =>
      variabilityMs >= LEAST_VARIABILITY_MS && spread(rates) >= LEAST_RATE_SPREAD * mean(rates)
  )
  const groups = sameQueue(
    candidates.map(([route]) => route),
    route => summaries.get(route)!
  )
  return groups
    .map(routes => competing(routes, route => summaries.get(route)!.rates))
    .filter(routes => routes.length > 1)
    .map(routes => routes.sort((a, b) => a - b))
}

/** Groups routes whose delays rise and fall together. */
function sameQueue(routes: readonly number[], summaryOf: (route: number) => DelaySummary): number[][] {
  const ranksOf = new Map(routes.map(route => [route, ranks(summaryOf(route).delaysMs)]))
  const linked = (a: number, b: number) =>
    Math.abs(summaryOf(a).lateness - summaryOf(b).lateness) < SAME_LATENESS &&
    correlation(ranksOf.get(a)!, ranksOf.get(b)!) >= SAME_QUEUE
  const groups: number[][] = []
  for (const route of routes) {
    const own = groups.filter(group => group.some(other => linked(route, other)))
    const rest = groups.filter(group => !own.includes(group))
    groups.splice(0, groups.length, ...rest, [...own.flat(), route])
  }
  return groups
}

/**
 * The routes that take from each other: the one that does so least is left out, again and again,
 * until all that are left do.
 */
function competing(routes: readonly number[], ratesOf: (route: number) => readonly number[]): number[] {
  const left = [...routes]
  while (left.length > 1) {
    const total = ratesOf(left[0]!).map((_, i) => left.reduce((sum, route) => sum + ratesOf(route)[i]!, 0))
    const shares = left.map(route => {
      const own = ratesOf(route)
      const rest = total.map((rate, i) => rate - own[i]!)
      return spread(total) / Math.min(spread(own), spread(rest))
    })
    const worst = Math.max(...shares)
    if (worst <= COMPETING) return left
    left.splice(shares.indexOf(worst), 1)
  }
  return []
}

/** The distance between two values, below and above which lie a share SPREAD of all values. */
function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const cut = Math.floor(SPREAD * (sorted.length - 1))
  return sorted[sorted.length - 1 - cut]! - sorted[cut]!
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const result = new Array<number>(values.length)
  for (const [rank, i] of order.entries()) result[i] = rank
  return result
}

/** Correlation of two series; 0 where one of them does not vary. */
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
