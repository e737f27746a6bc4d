import { Pattern } from '../../../src/pattern/pattern.ts'
import type { OrderBook } from '../../../src/planner/order-book.ts'
import { Pace } from '../../../src/planner/pace.ts'
import type {
  Decision,
  Planner,
  PlannerEvent,
  PlannerInit,
  RouteEstimate
} from '../../../src/planner/planner.ts'
import { createPlanner } from '../../../src/planner/policies/index.ts'
import {
  type Interval,
  type Scenario,
  type SimulatedHop,
  type SimulatedRoute,
  type SimulationResult,
  simulate
} from '../../../src/simulation/index.ts'

export const SEGMENT_BYTES = 32 * 1024
/** Of a full frame, what is TCP payload. */
export const PAYLOAD_SHARE = 1448 / 1514

/** Bytes a second. */
export const mbit = (rate: number) => rate * 125_000

export const hop = (rate: number, delayMs: number, more: Partial<SimulatedHop> = {}): SimulatedHop => ({
  rateBytesPerSecond: mbit(rate),
  delayMs,
  ...more
})

export interface Arrival {
  atMs: number
  route: number
  seq: number
  bytes: number
  /** Source's stamp to arrival; the clocks differ, so only differences say something. */
  transitMs: number
}

/** What a planner was told and what it decided, with the time of each. */
export interface Trace {
  arrivals: Arrival[]
  decisions: Array<{ atMs: number; decision: Decision }>
}

export interface Trial {
  result: SimulationResult
  trace: Trace
}

export interface TrialOptions {
  redundancy?: number
  wrap?: (planner: Planner) => Planner
  /** What the planner is told of routes besides, by their numbers. */
  facts?: Record<number, { backup?: boolean; price?: number }>
  maxRateBytesPerSecond?: number
}

/** One simulated transfer under a policy, with everything that its planner saw and decided. */
export function trial(
  policy: string,
  sizeBytes: number,
  routes: SimulatedRoute[],
  more: Partial<Scenario> & TrialOptions = {}
): Trial {
  const { redundancy, wrap = planner => planner, facts = {}, maxRateBytesPerSecond, ...scenario } = more
  const trace: Trace = { arrivals: [], decisions: [] }
  const pace = maxRateBytesPerSecond ? { pace: new Pace(maxRateBytesPerSecond) } : {}
  const create = (init: PlannerInit) => {
    const planner = createPlanner(policy, { ...init, ...pace }, redundancy ? { redundancy } : {})
    return new TracedPlanner(wrap(planner), facts, trace)
  }
  const result = simulate({
    sizeBytes,
    segmentBytes: SEGMENT_BYTES,
    createPlanner: create,
    routes,
    ...scenario
  })
  return { result, trace }
}

/** Payload bytes that came over a route within the interval. */
export function bytesOver({ trace }: Trial, route: number, { fromMs, toMs }: Interval): number {
  return trace.arrivals
    .filter(arrival => arrival.route === route && arrival.atMs >= fromMs && arrival.atMs < toMs)
    .reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Passes everything through, with what it is to be told of routes besides, and writes it down. */
class TracedPlanner implements Planner {
  readonly name: string
  readonly #planner: Planner
  readonly #facts: NonNullable<TrialOptions['facts']>
  readonly #trace: Trace

  constructor(planner: Planner, facts: NonNullable<TrialOptions['facts']>, trace: Trace) {
    this.name = planner.name
    this.#planner = planner
    this.#facts = facts
    this.#trace = trace
  }

  handle(event: PlannerEvent, nowMs: number): void {
    if (event.type === 'arrived') {
      const { route, seq, bytes, sentAtMs } = event
      this.#trace.arrivals.push({ atMs: nowMs, route, seq, bytes, transitMs: nowMs - sentAtMs })
    }
    const facts = event.type === 'routeAdded' ? this.#facts[event.route] : {}
    this.#planner.handle({ ...event, ...facts }, nowMs)
  }

  plan(nowMs: number): Decision {
    const decision = this.#planner.plan(nowMs)
    this.#trace.decisions.push({ atMs: nowMs, decision })
    return decision
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    return this.#planner.estimates()
  }

  get orders(): OrderBook {
    return this.#planner.orders
  }
}

/** What is wanted by hand, each at its time. */
export type Script = Array<[atMs: number, event: PlannerEvent]>

/** Tells a planner what is wanted by hand when the time has come, and of a route that comes back again that it is set aside. */
export class Steered implements Planner {
  readonly name: string
  readonly #planner: Planner
  readonly #script: Script
  readonly #aside = new Set<number>()

  constructor(planner: Planner, script: Script) {
    this.name = planner.name
    this.#planner = planner
    this.#script = [...script]
  }

  handle(event: PlannerEvent, nowMs: number): void {
    this.#planner.handle(event, nowMs)
    if (event.type === 'routeAdded' && this.#aside.has(event.route))
      this.#planner.handle({ type: 'aside', route: event.route, isAside: true }, nowMs)
  }

  plan(nowMs: number): Decision {
    for (let next = this.#script[0]; next && next[0] <= nowMs; next = this.#script[0]) {
      this.#script.shift()
      if (next[1].type === 'aside') this.#aside.add(next[1].route)
      this.#planner.handle(next[1], nowMs)
    }
    return this.#planner.plan(nowMs)
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    return this.#planner.estimates()
  }

  get orders(): OrderBook {
    return this.#planner.orders
  }
}

/** In the interval small test blocks of the route are answered as if all was well; full ones get lost like all bulk. */
export class PingsPass implements Planner {
  readonly name: string
  readonly #planner: Planner
  readonly #route: number
  readonly #rttMs: number
  readonly #interval: Interval
  #due: number[] = []
  answered = 0

  constructor(planner: Planner, route: number, rttMs: number, interval: Interval) {
    this.name = planner.name
    this.#planner = planner
    this.#route = route
    this.#rttMs = rttMs
    this.#interval = interval
  }

  handle(event: PlannerEvent, nowMs: number): void {
    this.#planner.handle(event, nowMs)
  }

  plan(nowMs: number): Decision {
    for (; this.#due.length > 0 && this.#due[0]! <= nowMs; this.#due.shift()) {
      this.answered++
      this.#planner.handle({ type: 'testReply', route: this.#route, rttMs: this.#rttMs, bytes: 0 }, nowMs)
    }
    const decision = this.#planner.plan(nowMs)
    const isBlackHole = nowMs >= this.#interval.fromMs && nowMs < this.#interval.toMs
    for (const { route, replyBytes } of decision.probes) {
      if (isBlackHole && route === this.#route && replyBytes === 0) this.#due.push(nowMs + this.#rttMs)
    }
    return decision
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    return this.#planner.estimates()
  }

  get orders(): OrderBook {
    return this.#planner.orders
  }
}

/** Payload in bytes a second that reached the client on these routes in the interval, duplicates included. */
export function goodput({ trace }: Trial, { fromMs, toMs }: Interval, routes?: readonly number[]): number {
  let sum = 0
  for (const { atMs, route, bytes } of trace.arrivals) {
    if (atMs >= fromMs && atMs < toMs && (routes?.includes(route) ?? true)) sum += bytes
  }
  return (sum / (toMs - fromMs)) * 1000
}

/** Queueing delays of a route's segments in the interval, ascending, in ms: transit above the least of the whole trial. */
export function queueDelays({ trace }: Trial, route: number, { fromMs, toMs }: Interval): number[] {
  const own = trace.arrivals.filter(arrival => arrival.route === route)
  const leastMs = Math.min(...own.map(({ transitMs }) => transitMs))
  return own
    .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    .map(({ transitMs }) => transitMs - leastMs)
    .sort((a, b) => a - b)
}

/** The longest time without progress of the in-order output, of those that began in the interval; in ms. */
export function longestGapMs({ trace }: Trial, { fromMs, toMs }: Interval): number {
  const ahead = new Set<number>()
  let [next, movedMs, longestMs] = [0, 0, 0]
  for (const { atMs, seq } of trace.arrivals) {
    if (seq >= next) ahead.add(seq)
    if (seq !== next) continue
    while (ahead.delete(next)) next++
    if (movedMs >= fromMs && movedMs < toMs) longestMs = Math.max(longestMs, atMs - movedMs)
    movedMs = atMs
  }
  return longestMs
}

/** The first segment that arrived after this time. */
export function seqAfter({ trace }: Trial, afterMs: number): number {
  return trace.arrivals.find(({ atMs }) => atMs > afterMs)!.seq
}

/** States that a route went through, in order. */
export function statesOf({ result }: Trial, route: number): string[] {
  return result.states.filter(change => change.route === route).map(({ state }) => state)
}

/** Which routes the patterns named for each segment from `from` up to `to`, excluded. */
export function scheduled({ result }: Trial, from: number, to: number): Array<readonly number[]> {
  const entries: Array<{ from: number; pattern: Pattern }> = []
  for (const { actual, pattern } of result.patterns) {
    while (entries.length > 0 && entries.at(-1)!.from >= actual) entries.pop()
    entries.push({ from: actual, pattern: Pattern.parse(pattern) })
  }
  return Array.from({ length: to - from }, (_, i) => {
    const entry = entries.findLast(candidate => candidate.from <= from + i)!
    return entry.pattern.elements[(from + i - entry.from) % entry.pattern.length]!
  })
}

/** The longest run of consecutive segments that travel on `route`. */
export function longestRun(groups: ReadonlyArray<readonly number[]>, route: number): number {
  let longest = 0
  let run = 0
  for (const group of groups) {
    run = group.includes(route) ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}
