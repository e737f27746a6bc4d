import { Pattern } from '../../pattern/pattern.ts'
import { SmoothedRoundTrip } from '../estimate/smoothed-round-trip.ts'
import type { PlannerInit } from '../planner.ts'
import { BULK } from '../tuning.ts'
import { withoutBackups } from './backups.ts'
import { walkedHorizon } from './extension.ts'
import { withHeirs } from './heirs.ts'
import { learnFromTestBlock, needBytes, newTrack, type Track } from './lanes.ts'
import { type ArrivedEvent, PolicyCore } from './policy-core.ts'
import type { PolicyRoute } from './policy-route.ts'
import { type Pending, type Rule, Subflow } from './rules/rule.ts'
import { usualSegmentBytes } from './usual-segment.ts'

/** Least time without an arrival after which a transport sends again, in ms: Linux's. RFC 6298 has 1 s. */
const LEAST_TIMEOUT_MS = 200
/** Over how long a time the rate is averaged at which segments are passed over, in ms. */
const PASSING_MS = 100

/** What is kept of one open route. */
interface Flow {
  track: Track
  roundTrip: SmoothedRoundTrip
  /** Payload bytes that have come over it. */
  arrivedBytes: number
  /** Bytes that were given to it and will not come, as others have brought them; and how fast they become more. */
  passed: { bytes: number; bytesPerMs: number }
}

/** Segments that no open route owes, from whom they are taken: nobody for an orphan. */
interface Repair {
  seq: number
  from: number | undefined
  isCopy: boolean
}

/**
 * A packet scheduler of a multipath transport as a policy: at each plan its rule says, for one segment after another,
 * which route takes it, as long as windows and memory have room. The horizon is never further than that.
 *
 * Rate, round trip and credit of the routes are estimated as for `adaptive`, so that schedulers differ in their rule
 * alone. As in a kernel, a route that times out gets nothing until it delivers again, and what it owes is sent over
 * others; and nothing is taken from a route that delivers. docs/write-a-policy.md has the mapping.
 */
export class PacketScheduler extends PolicyCore {
  readonly name: string
  readonly #rule: Rule
  readonly #flows = new Map<number, Flow>()
  #decidedMs = 0

  constructor(name: string, init: PlannerInit, rule: Rule) {
    super(init)
    this.name = name
    this.#rule = rule
  }

  protected override onSteered(): void {
    this.needsPattern = true
  }

  protected override onPutBack({ route }: PolicyRoute, nowMs: number): void {
    const track = this.#flows.get(route)?.track
    if (track?.busySinceMs !== undefined) track.busySinceMs = nowMs
  }

  protected override onRouteOpened(record: PolicyRoute, nowMs: number): void {
    const track = newTrack(record, this.extent.segmentBytes, nowMs, BULK)
    const roundTrip = new SmoothedRoundTrip(record.rttMs)
    this.#flows.set(record.route, { track, roundTrip, arrivedBytes: 0, passed: { bytes: 0, bytesPerMs: 0 } })
  }

  protected override onRouteClosed(record: PolicyRoute): void {
    this.#flows.delete(record.route)
  }

  protected override onTestReply(
    record: PolicyRoute,
    rttMs: number,
    bytes: number,
    spreadMs: number | undefined
  ): void {
    const track = this.#flows.get(record.route)?.track
    if (!track) return
    const isIdle = this.ledger.owed(record.route).size === 0
    learnFromTestBlock(track, isIdle, { rttMs, bytes, spreadMs })
    record.rttMs = track.estimator.rttMs
    if (bytes === 0 || record.state !== 'late') return
    track.estimator.restart()
    this.setState(record, 'open', 'answers again')
  }

  protected override onArrived(
    record: PolicyRoute,
    event: ArrivedEvent,
    _fresh: boolean,
    nowMs: number
  ): void {
    const flow = this.#flows.get(record.route)
    if (!flow) return
    const { estimator, testBlocks } = flow.track
    estimator.addArrival(event.bytes, event.sentAtMs, nowMs)
    testBlocks.arrived(event.bytes)
    flow.arrivedBytes += event.bytes
    flow.roundTrip.add(nowMs - event.sentAtMs, estimator.rttMs, nowMs)
    this.#heard(record, flow, nowMs)
  }

  protected override onHeld(record: PolicyRoute, nowMs: number): void {
    this.#flows.get(record.route)?.track.estimator.addHeld(nowMs)
  }

  /** Another route has brought what this one owed: that less arrives says nothing of its rate. */
  protected override onDropped(record: PolicyRoute, nowMs: number): void {
    const flow = this.#flows.get(record.route)
    if (!flow) return
    flow.track.estimator.skipped()
    this.#heard(record, flow, nowMs)
  }

  #heard(record: PolicyRoute, { track }: Flow, nowMs: number): void {
    track.busySinceMs = nowMs
    track.segmentMs = track.estimator.segmentMs
    if (record.state === 'late') this.setState(record, 'open', '')
  }

  protected override measures(record: PolicyRoute) {
    const estimator = this.#flows.get(record.route)?.track.estimator
    return {
      rateBytesPerSecond: (estimator?.bytesPerMs ?? 0) * 1000,
      queueMs: estimator?.queueMs ?? 0,
      windowBytes: estimator?.windowBytes ?? 0,
      isMeasured: estimator?.isMeasured ?? false,
      lossWaitMs: estimator?.lossWaitMs ?? 0
    }
  }

  protected override decide(nowMs: number): void {
    // This process was held up: segments that came meanwhile are unread, and silence says nothing.
    const elapsedMs = nowMs - this.#decidedMs
    const isBlind = elapsedMs > BULK.silence.blindMs
    this.#decidedMs = nowMs
    for (const flow of this.#flows.values()) {
      this.#observe(flow, isBlind, nowMs)
      watchPassed(flow, elapsedMs)
    }
    const subflows = this.#subflows()
    if (subflows.length > 0) {
      this.#repair(subflows, nowMs)
      if (this.pinned) this.#extendPinned(this.pinned)
      else this.#extend(subflows, nowMs)
    }
    for (const { track, passed } of this.#flows.values()) {
      const { record, estimator } = track
      // What is passed over until the source has this credit counts there as sent, and is under way nowhere.
      const passingBytes = passed.bytesPerMs * estimator.loopMs
      if (record.state === 'open') this.credit(record, estimator.windowBytes + passingBytes)
    }
  }

  /** Updates the estimates of a route, and its state by its silence. */
  #observe(flow: Flow, isBlind: boolean, nowMs: number): void {
    const { record, estimator, testBlocks } = flow.track
    const isOwing = this.ledger.owed(record.route).size > 0
    estimator.tick(nowMs, this.backlogBytes(record))
    if (this.backlogBytes(record) === 0) flow.track.busySinceMs = undefined
    else flow.track.busySinceMs ??= nowMs
    if (!isOwing && nowMs - record.lastArrivalMs > estimator.loopMs + BULK.silence.settleMs)
      this.ledger.settle(record.route, record.receivedBytes)
    const bytes = testBlocks.due(record.state === 'late' ? 'parked' : 'busy', nowMs)
    if (bytes !== undefined) this.askForTestBlock(record, bytes)
    if (record.state === 'open' && isOwing && !isBlind && isTimedOut(flow, nowMs))
      this.setState(record, 'late', `nothing for ${Math.round(silentMs(flow, nowMs))} ms`)
  }

  /** The open routes, the least round trip first. */
  #subflows(): Subflow[] {
    const open = withoutBackups([...this.routes.values()].filter(({ state }) => state === 'open'))
    const announced = this.ledger.announced()
    const segmentBytes = usualSegmentBytes(this.extent)
    const subflows = open.flatMap(record => {
      const flow = this.#flows.get(record.route)
      if (!flow) return []
      const { estimator } = flow.track
      const rttMs = flow.roundTrip.ms + estimator.segmentMs
      return new Subflow({
        route: record.route,
        rttMs,
        deviationMs: flow.roundTrip.deviationMs,
        windowBytes: estimator.bytesPerMs * rttMs,
        underWayBytes: this.backlogBytes(record) + (announced.get(record.route) ?? 0) * segmentBytes,
        mostBytes: needBytes(estimator)
      })
    })
    return subflows.sort((a, b) => a.rttMs - b.rttMs)
  }

  /** Extends the horizon by the segments that the rule gives out now, with a pattern that names their routes. */
  #extend(subflows: readonly Subflow[], nowMs: number): void {
    const { horizon, schedule } = this.ledger
    const limit = this.farthestHorizon()
    if (this.isSynchronous && this.#usesConfirmed(limit)) return
    const groups: Array<readonly number[]> = []
    while (groups.length < Math.min(limit - horizon, BULK.lanes.maxPrefix)) {
      const group = this.#next(subflows, limit - horizon - groups.length, nowMs)
      if (group.length === 0) break
      groups.push(group)
    }
    if (horizon + groups.length >= this.memoryHorizon() && subflows[0]?.hasRoom) this.#rule.blocked?.(nowMs)
    if (groups.length === 0) return
    const isInForce = groups.every((group, i) => isSame(schedule.routesOf(horizon + i), group))
    if (this.needsPattern || !isInForce) this.setPattern(horizon, new Pattern(groups))
    this.needsPattern = false
    this.grantTo(horizon + groups.length)
  }

  /** The routes of the next segment, which is then under way on them; none to wait. */
  #next(subflows: readonly Subflow[], segments: number, nowMs: number): readonly number[] {
    if (!subflows.some(({ hasRoom }) => hasRoom)) return []
    const segmentBytes = usualSegmentBytes(this.extent)
    const pending: Pending = { segments, segmentBytes, memoryBytes: this.init.memoryBytes, nowMs }
    const routes = this.#rule.next(subflows, pending)
    const chosen = subflows.filter(({ route }) => routes.includes(route))
    // A rule that names full routes alone would give out all that memory holds.
    if (!chosen.some(({ hasRoom }) => hasRoom)) return []
    for (const subflow of chosen) subflow.give(segmentBytes)
    return chosen.map(({ route }) => route)
  }

  /** Uses a pattern once that all have confirmed: another one would have to be confirmed first. */
  #usesConfirmed(limit: number): boolean {
    const { horizon, schedule } = this.ledger
    const inForce = schedule.entryAt(horizon)
    if (inForce?.from !== horizon || limit <= horizon) return false
    if (!inForce.pattern.routes.some(route => this.isUsable(route))) return false
    this.grantTo(horizon + inForce.pattern.length)
    return true
  }

  /** Extends the horizon by the pattern that is pinned; elements of routes that are not there go to the open ones. */
  #extendPinned(pinned: Pattern): void {
    const { ledger } = this
    const usable = [...this.routes.keys()].filter(route => this.isUsable(route))
    const open = usable.filter(route => this.route(route).state === 'open')
    const pattern = withHeirs(pinned, usable, open)
    if (this.needsPattern || !ledger.schedule.entryAt(ledger.horizon)?.pattern.equals(pattern))
      this.setPattern(ledger.horizon, pattern)
    this.needsPattern = false
    const lanes = open
      .filter(route => pattern.routes.includes(route))
      .flatMap(route => this.#flows.get(route)?.track ?? [])
      .map(track => ({
        track,
        backlogBytes: this.backlogBytes(track.record),
        needBytes: needBytes(track.estimator)
      }))
    const segmentBytes = usualSegmentBytes(this.extent)
    const room = { ledger, limit: this.farthestHorizon(), segmentBytes, tuning: BULK.lanes }
    this.grantTo(walkedHorizon(lanes, room))
  }

  /** Gives what no open route owes to those that the rule chooses, before anything new. */
  #repair(subflows: readonly Subflow[], nowMs: number): void {
    const repairs = this.#repairs(nowMs)
    const given = new Map<string, { to: number; repairs: Repair[] }>()
    let count = 0
    for (; count < repairs.length; count++) {
      const repair = repairs[count]!
      const [to] = this.#next(subflows, repairs.length - count, nowMs)
      if (to === undefined) break
      const key = `${repair.from} ${to} ${repair.isCopy}`
      const share = given.get(key)
      if (share) share.repairs.push(repair)
      else given.set(key, { to, repairs: [repair] })
    }
    // Those that have found no room wait for the next plan.
    this.orphans = repairs.slice(count).flatMap(({ seq, from }) => (from === undefined ? [seq] : []))
    for (const { to, repairs } of given.values()) {
      const seqs = repairs.map(({ seq }) => seq)
      const { from, isCopy } = repairs[0]!
      if (from === undefined) this.adopt(seqs, to)
      else this.reassign(seqs, from, to, isCopy)
    }
  }

  /** What no open route owes, in the order in which the output needs it. */
  #repairs(nowMs: number): Repair[] {
    const repairs: Repair[] = []
    for (const seq of new Set(this.orphans))
      if (!this.ledger.has(seq)) repairs.push({ seq, from: undefined, isCopy: true })
    const taken = new Set<number>()
    for (const { route, state, isAside, kept } of this.routes.values()) {
      if (state === 'open' || state === 'closed') continue
      const flow = this.#flows.get(route)
      // A route that is set aside by hand brings what its source has sent.
      const isDelivering = isAside && flow !== undefined && !isTimedOut(flow, nowMs)
      for (const seq of this.ledger.owed(route)) {
        if (taken.has(seq) || (isDelivering && kept.has(seq)) || this.#isOwedByOpen(seq)) continue
        taken.add(seq)
        repairs.push({ seq, from: route, isCopy: !isDelivering })
      }
    }
    return repairs.sort((a, b) => a.seq - b.seq)
  }

  #isOwedByOpen(seq: number): boolean {
    return this.ledger.ownersOf(seq).some(route => this.routes.get(route)?.state === 'open')
  }
}

/** Takes note of what the route was spared since the last plan, `elapsedMs` ago. */
function watchPassed({ track, arrivedBytes, passed }: Flow, elapsedMs: number): void {
  if (elapsedMs <= 0) return
  const bytes = track.record.receivedBytes - arrivedBytes
  const share = Math.min(1, elapsedMs / PASSING_MS)
  passed.bytesPerMs += ((bytes - passed.bytes) / elapsedMs - passed.bytesPerMs) * share
  passed.bytes = bytes
}

/** How long the route has brought nothing while it had something to bring, in ms. */
function silentMs({ track: { record, busySinceMs } }: Flow, nowMs: number): number {
  return busySinceMs === undefined ? 0 : nowMs - Math.max(busySinceMs, record.lastArrivalMs)
}

/** Whether a transport would send again by now (RFC 6298). A segment is longer than a packet, and has its time besides. */
function isTimedOut(flow: Flow, nowMs: number): boolean {
  const { roundTrip, track } = flow
  const timeoutMs = Math.max(LEAST_TIMEOUT_MS, roundTrip.ms + 4 * roundTrip.deviationMs)
  return silentMs(flow, nowMs) > timeoutMs + 2 * track.segmentMs
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every(route => others.includes(route))
}
