import { IdleRoundTrips } from './estimate/idle-round-trips.ts'
import type { OrderBook } from './order-book.ts'
import type { Decision, Planner, PlannerEvent, RouteEstimate } from './planner.ts'

/** Time in ms between two empty test blocks over a route that stands by. */
const TEST_MS = 40
/** A route waits in no queue of others if its round trips are less than this above their least, in ms. */
const FLAT_MS = 5
/** A carrier has filled its links this many ms after it began to carry. Round trips before that say nothing. */
const FILLING_MS = 250
/** Round trips of so many ms decide whether a route joins. */
const LOOK_MS = 300
/** When it is first tried which of two routes has queues of its own, in ms after the last one joined, and how the time grows. */
const FIRST_TRIAL_MS = 3_000
const TRIAL_GROWTH = 3
/** How long a trial goes on, in ms. */
const TRIAL_MS = 1_000
/** A route that opens has to be open this many ms after the first that did, or another one carries. */
const OPENING_MS = 200
/** A carrier may bring nothing for this many ms after it began, before another one takes its place. */
const GRACE_MS = 1_000

/** How long a route stands by at least that was found to share a bottleneck, in ms; each time it is, twice as long. */
const SHARED_MS = 30_000

/** Why a route that stands by is parked, and why it carries again. */
const STANDS_BY = 'stands by, as it may share a bottleneck'
const SHARES = 'shares a bottleneck'
const JOINS = 'shares no bottleneck with others'
const REPLACES = 'in place of another'

/** What is kept of a route that has not closed. */
interface Member {
  route: number
  known: number
  costMs: number
  openedAtMs: number | undefined
  isCarrying: boolean
  isByHand: boolean
  idle: IdleRoundTrips
  /** How often it was found to share a bottleneck, and until when it therefore stands by. */
  shared: { times: number; untilMs: number }
  /** When the route last began to carry, and stood down. */
  beganAtMs: number
  stoodDownAtMs: number
  /** When a test block was last asked for. */
  testedAtMs: number
}

/** One route carries alone, in place of those that did. */
interface Trial {
  route: number
  before: number[]
  sinceMs: number
}

/**
 * Keeps routes that may share a bottleneck from taking more of it than one connection does: of such routes one carries,
 * and the others stand by, set aside. That is the second goal of RFC 6356 by other means, as each hop's kernel decides how
 * much a connection sends. What it decides goes to a policy as `aside` events. Pure.
 *
 * At first one route carries. Another joins when it is seen to wait in no queue of those that carry: empty test blocks
 * over it take no longer than they ever did, while these fill their links. One whose round trips have risen may share a
 * queue with them, or have one of its own. So at times it carries alone: if the round trips of the others are flat
 * meanwhile, they share nothing, and all carry. Routes that carry and are found to share a bottleneck later (see
 * `sharing`) stand by again, all but the fastest.
 */
export class CoupledPlanner implements Planner {
  readonly name: string
  readonly #planner: Planner
  readonly #members = new Map<number, Member>()
  /** How many carry as long as there are so many. */
  #wanted = 0
  /** When the carriers last became others. */
  #changedAtMs = 0
  #trial: Trial | undefined
  #trialAfterMs = FIRST_TRIAL_MS
  #lastTried = -1

  constructor(planner: Planner) {
    this.name = planner.name
    this.#planner = planner
  }

  handle(event: PlannerEvent, nowMs: number): void {
    switch (event.type) {
      case 'aside':
        this.#byHand(event.route, event.isAside, nowMs)
        return
      case 'routeAdded':
        this.#planner.handle(event, nowMs)
        this.#added(event, nowMs)
        return
      case 'routeOpened':
        this.#opened(event.route, event.rttMs, nowMs)
        break
      case 'routeClosed':
        this.#members.delete(event.route)
        break
      case 'testReply':
        if (event.bytes === 0) this.#members.get(event.route)?.idle.add(event.rttMs, nowMs)
        break
      default:
    }
    this.#planner.handle(event, nowMs)
  }

  /** These routes were found to share a bottleneck: of those that carry, the fastest goes on. */
  sharing(routes: readonly number[], nowMs: number): void {
    const carriers = this.#carriers.filter(({ route }) => routes.includes(route))
    const estimates = this.#planner.estimates()
    const rateOf = ({ route }: Member) => estimates.get(route)?.rateBytesPerSecond ?? 0
    const slower = carriers.sort((a, b) => rateOf(b) - rateOf(a)).slice(1)
    if (slower.length === 0 || this.#trial) return
    for (const member of slower) {
      member.shared = {
        times: member.shared.times + 1,
        untilMs: nowMs + SHARED_MS * 2 ** member.shared.times
      }
      this.#set(member, false, SHARES, nowMs)
    }
    this.#wanted -= slower.length
  }

  plan(nowMs: number): Decision {
    const estimates = this.#planner.estimates()
    if (this.#trial) this.#judge(this.#trial, estimates, nowMs)
    else {
      this.#replace(estimates, nowMs)
      this.#join(nowMs)
      this.#try(nowMs)
    }
    const decision = this.#planner.plan(nowMs)
    for (const route of this.#dueForTest(nowMs)) decision.probes.push({ route, replyBytes: 0 })
    return decision
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    return this.#planner.estimates()
  }

  get orders(): OrderBook {
    return this.#planner.orders
  }

  get #carriers(): Member[] {
    return [...this.#members.values()].filter(({ isCarrying }) => isCarrying)
  }

  /** The open routes that carry nothing, but might. */
  get #standbys(): Member[] {
    return [...this.#members.values()].filter(
      ({ isCarrying, isByHand, openedAtMs }) => !isCarrying && !isByHand && openedAtMs !== undefined
    )
  }

  /** Those of them that may share no bottleneck. */
  #candidates(nowMs: number): Member[] {
    return this.#standbys.filter(({ shared }) => nowMs >= shared.untilMs)
  }

  #added({ route, known, costMs = 0 }: PlannerEvent & { type: 'routeAdded' }, nowMs: number): void {
    const member: Member = {
      route,
      known: known?.rateBytesPerSecond ?? 0,
      costMs,
      openedAtMs: undefined,
      isCarrying: false,
      isByHand: false,
      idle: new IdleRoundTrips(),
      shared: { times: 0, untilMs: Number.NEGATIVE_INFINITY },
      beganAtMs: nowMs,
      stoodDownAtMs: 0,
      testedAtMs: Number.NEGATIVE_INFINITY
    }
    this.#members.set(route, member)
    this.#tell(member, STANDS_BY, nowMs)
  }

  #opened(route: number, rttMs: number, nowMs: number): void {
    const member = this.#members.get(route)
    if (!member) return
    member.openedAtMs = nowMs
    member.idle.add(rttMs, nowMs)
  }

  #byHand(route: number, isByHand: boolean, nowMs: number): void {
    const member = this.#members.get(route)
    if (!member) return
    member.isByHand = isByHand
    this.#tell(member, undefined, nowMs)
  }

  /** Lets routes that stand by carry in place of those that are gone, or that bring nothing. */
  #replace(estimates: ReadonlyMap<number, RouteEstimate>, nowMs: number): void {
    this.#wanted = Math.max(1, this.#wanted)
    for (const member of this.#carriers) {
      if (this.#standbys.length === 0 || this.#mayDeliver(member, estimates, nowMs)) continue
      this.#set(member, false, STANDS_BY, nowMs)
      member.stoodDownAtMs = nowMs
    }
    while (this.#carriers.length < this.#wanted) {
      const others = [...this.#members.values()].filter(
        ({ isCarrying, isByHand }) => !isCarrying && !isByHand
      )
      const open = others.filter(({ openedAtMs }) => openedAtMs !== undefined)
      // Of those that have failed to carry, the one that did so longest ago.
      const [best] = (open.length > 0 ? open : others).sort(
        (a, b) => a.stoodDownAtMs - b.stoodDownAtMs || b.known - a.known || a.costMs - b.costMs
      )
      if (!best) break
      this.#set(best, true, REPLACES, nowMs)
    }
    this.#wanted = this.#carriers.length
  }

  #mayDeliver(
    { route, isByHand, openedAtMs, beganAtMs }: Member,
    estimates: ReadonlyMap<number, RouteEstimate>,
    nowMs: number
  ): boolean {
    if (isByHand) return false
    if (openedAtMs !== undefined)
      return estimates.get(route)?.state === 'open' || nowMs - Math.max(openedAtMs, beganAtMs) < GRACE_MS
    const first = Math.min(...this.#standbys.map(member => member.openedAtMs!))
    return nowMs - first < OPENING_MS
  }

  /** Lets one more route carry that waits in no queue of others. */
  #join(nowMs: number): void {
    const fromMs = this.#filledAtMs
    if (nowMs < fromMs + LOOK_MS) return
    const [flattest] = this.#candidates(nowMs)
      .map(member => ({ member, riseMs: member.idle.riseMs(fromMs) ?? FLAT_MS }))
      .sort((a, b) => a.riseMs - b.riseMs)
    if (!flattest || flattest.riseMs >= FLAT_MS) return
    this.#set(flattest.member, true, JOINS, nowMs)
    this.#wanted++
  }

  /** From when on the carriers fill their links. */
  get #filledAtMs(): number {
    const opened = this.#carriers.map(({ openedAtMs }) => openedAtMs ?? Number.POSITIVE_INFINITY)
    return Math.max(this.#changedAtMs, ...opened) + FILLING_MS
  }

  /** Lets one route that stands by carry alone, to see whether the others are flat meanwhile. */
  #try(nowMs: number): void {
    if (nowMs < this.#filledAtMs + this.#trialAfterMs) return
    const standbys = this.#candidates(nowMs).sort((a, b) => a.route - b.route)
    const tried = standbys.find(({ route }) => route > this.#lastTried) ?? standbys[0]
    const before = this.#carriers
    if (!tried || before.length === 0) return
    this.#lastTried = tried.route
    this.#trial = { route: tried.route, before: before.map(({ route }) => route), sinceMs: nowMs }
    this.#trialAfterMs *= TRIAL_GROWTH
    this.#set(tried, true, REPLACES, nowMs)
    for (const member of before) this.#set(member, false, STANDS_BY, nowMs)
  }

  /** Ends the trial when it has told enough, or when what carries alone brings nothing. */
  #judge(
    { route, before, sinceMs }: Trial,
    estimates: ReadonlyMap<number, RouteEstimate>,
    nowMs: number
  ): void {
    const isBroken = estimates.get(route)?.state !== 'open' || !this.#members.has(route)
    if (!isBroken && nowMs < sinceMs + TRIAL_MS) return
    this.#trial = undefined
    const former = before.flatMap(each => this.#members.get(each) ?? [])
    const isDisjoint =
      !isBroken && former.every(({ idle }) => (idle.riseMs(sinceMs + FILLING_MS) ?? FLAT_MS) < FLAT_MS)
    for (const member of former) this.#set(member, true, isDisjoint ? JOINS : REPLACES, nowMs)
    if (isDisjoint) this.#wanted++
    else {
      const tried = this.#members.get(route)
      if (tried) this.#set(tried, false, STANDS_BY, nowMs)
    }
  }

  /** The routes over which an empty test block is to go now: those that stand by, and those that have just opened. */
  #dueForTest(nowMs: number): number[] {
    const due = [...this.#members.values()].filter(
      ({ isCarrying, openedAtMs, testedAtMs }) =>
        openedAtMs !== undefined &&
        (!isCarrying || nowMs - openedAtMs < FILLING_MS) &&
        nowMs - testedAtMs >= TEST_MS
    )
    for (const member of due) member.testedAtMs = nowMs
    return due.map(({ route }) => route)
  }

  #set(member: Member, isCarrying: boolean, reason: string, nowMs: number): void {
    if (member.isCarrying === isCarrying) return
    member.isCarrying = isCarrying
    if (isCarrying) member.beganAtMs = nowMs
    this.#changedAtMs = nowMs
    this.#tell(member, reason, nowMs)
  }

  /** Tells the policy whether the route is set aside. */
  #tell({ route, isCarrying, isByHand }: Member, reason: string | undefined, nowMs: number): void {
    const why = isByHand || reason === undefined ? {} : { reason }
    this.#planner.handle({ type: 'aside', route, isAside: isByHand || !isCarrying, ...why }, nowMs)
  }
}
