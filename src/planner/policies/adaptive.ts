import { Pattern } from '../../pattern/pattern.ts'
import type { PlannerInit } from '../planner.ts'
import { BULK, type Tuning } from '../tuning.ts'
import { withoutBackups } from './backups.ts'
import { Deadlines } from './deadlines.ts'
import { keptHorizon, prefixOf, type Room, walkedHorizon } from './extension.ts'
import { firstFlight } from './first-flight.ts'
import { withHeirs } from './heirs.ts'
import {
  cheapestOf,
  haveBeenOpenLong,
  isOverdue,
  isProven,
  isWanting,
  type Lane,
  learnFromTestBlock,
  needBytes,
  newTrack,
  priceOf,
  silenceOf,
  soonestEnd,
  steadyPattern,
  type Takings,
  type Track,
  withoutOverloaded,
  withoutUnproven
} from './lanes.ts'
import { type ArrivedEvent, PolicyCore } from './policy-core.ts'
import type { PolicyRoute } from './policy-route.ts'
import { CopyBudget, type Load, relieved, rescued, unloaded } from './rebalance.ts'
import { usualSegmentBytes } from './usual-segment.ts'

/**
 * `adaptive`, the default: every route carries what it can, and each segment goes where it is predicted to arrive
 * first.
 *
 * A pattern whose weights are the routes' capacities repeats; the horizon is extended just in time, about a loop
 * ahead. A new cut-over is always at the horizon, which no cursor can have passed, so it holds as predicted. Only
 * when the routes' predicted arrivals drift apart by more than `hysteresisMs` is there a new pattern: a short
 * correction, then the new weights. Relief and rescue move or copy segments that would come too late.
 */
export class AdaptivePolicy extends PolicyCore {
  readonly name = 'adaptive'
  readonly #redundancy: number
  readonly #tuning: Tuning
  readonly #tracks = new Map<number, Track>()
  #started = false
  readonly #copies: CopyBudget
  #decidedMs = 0
  /** This process was held up: segments that came meanwhile are unread, and silence says nothing. */
  #isBlind = false
  readonly #deadlines: Deadlines

  /** `redundancy`: over how many routes, the best ones, each segment travels. Default: 1. */
  constructor(init: PlannerInit, redundancy = 1, tuning: Tuning = BULK) {
    super(init)
    this.#redundancy = redundancy
    this.#tuning = tuning
    this.#deadlines = new Deadlines(init)
    this.#copies = new CopyBudget(tuning.moves)
  }

  protected override onGrown(nowMs: number): void {
    this.#deadlines.grown(this.extent, nowMs)
  }

  protected override onLatencyChanged(latencyMs: number | undefined): void {
    this.#deadlines.latencyMs = latencyMs
  }

  /** Whoever unpins wants the policy's own pattern, and what was parked is to be used again. */
  protected override onSteered(): void {
    this.needsPattern = true
  }

  protected override onPutBack({ route }: PolicyRoute, nowMs: number): void {
    const track = this.#tracks.get(route)
    if (track?.busySinceMs !== undefined) track.busySinceMs = nowMs
  }

  protected override onRouteOpened(record: PolicyRoute, nowMs: number): void {
    this.#tracks.set(record.route, newTrack(record, this.extent.segmentBytes, nowMs, this.#tuning))
  }

  protected override onRouteClosed(record: PolicyRoute): void {
    this.#tracks.delete(record.route)
  }

  protected override onTestReply(
    record: PolicyRoute,
    rttMs: number,
    bytes: number,
    spreadMs: number | undefined
  ): void {
    const track = this.#tracks.get(record.route)
    if (!track) return
    const isIdle = this.ledger.owed(record.route).size === 0
    learnFromTestBlock(track, isIdle, { rttMs, bytes, spreadMs })
    record.rttMs = track.estimator.rttMs
    if (bytes > 0 && record.state === 'parked') this.#resume(record, 'answers again')
  }

  protected override onArrived(
    record: PolicyRoute,
    event: ArrivedEvent,
    _fresh: boolean,
    nowMs: number
  ): void {
    this.#copies.arrived(event.bytes)
    const track = this.#tracks.get(record.route)
    track?.estimator.addArrival(event.bytes, event.sentAtMs, nowMs)
    track?.testBlocks.arrived(event.bytes)
    this.#heard(record, nowMs)
  }

  protected override onHeld(record: PolicyRoute, nowMs: number): void {
    this.#tracks.get(record.route)?.estimator.addHeld(nowMs)
  }

  /** With redundancy other copies may be here first: a route that says so has done its work. */
  protected override onDropped(record: PolicyRoute, nowMs: number): void {
    if (this.#redundancy === 1) return
    this.#tracks.get(record.route)?.estimator.skipped()
    this.#heard(record, nowMs)
  }

  /** The route delivers, or would have: its silence ends. */
  #heard(record: PolicyRoute, nowMs: number): void {
    const track = this.#tracks.get(record.route)
    if (track) {
      track.busySinceMs = nowMs
      track.segmentMs = track.estimator.segmentMs
      if (record.state === 'late') track.recoveredMs = nowMs
    }
    if (record.state === 'late') this.setState(record, 'open', '')
    else if (record.state === 'parked') this.#resume(record, 'delivers again')
  }

  protected override measures(record: PolicyRoute) {
    const estimator = this.#tracks.get(record.route)?.estimator
    return {
      rateBytesPerSecond: (estimator?.bytesPerMs ?? 0) * 1000,
      queueMs: estimator?.queueMs ?? 0,
      windowBytes: estimator?.windowBytes ?? 0,
      isMeasured: estimator?.isMeasured ?? false,
      lossWaitMs: estimator?.lossWaitMs ?? 0
    }
  }

  protected override decide(nowMs: number): void {
    if (!this.#started) this.#begin(nowMs)
    this.#isBlind = nowMs - this.#decidedMs > this.#tuning.silence.blindMs
    this.#decidedMs = nowMs
    const announced = this.ledger.announced()
    for (const track of this.#tracks.values()) this.#observe(track, announced.has(track.record.route), nowMs)
    const lanes = this.#lanes()
    this.#adoptOrphans(lanes)
    this.#extend(this.#withAnnounced(lanes))
    this.#rebalance(nowMs)
    const copies = this.#deadlines.copies(this.#tracks, this.ledger, lanes, this.#copies.arrivedBytes, nowMs)
    for (const [route, taken] of copies) this.#give(route, taken)
    for (const { record, estimator } of this.#tracks.values()) {
      if (record.state !== 'parked') this.credit(record, estimator.windowBytes)
    }
  }

  /**
   * Orders the first segments with the very request, over the routes that the director takes to be alike: in turn, or as
   * their rates demand where all are known. Those of a short content go over routes whose sources could be asked by then.
   */
  #begin(nowMs: number): void {
    const opening = withoutBackups(
      [...this.routes.values()].filter(({ state, isAside }) => state === 'opening' && !isAside)
    )
    if (opening.length === 0) return
    const leastPrice = Math.min(...opening.map(({ price }) => price))
    const isLimited = Number.isFinite(this.pace?.rateBytesPerSecond ?? Number.POSITIVE_INFINITY)
    const waiting = opening.filter(({ price }) => price === leastPrice || !isLimited)
    const { costRatio, costSlackMs, shortSegments } = this.#tuning.start
    const best = Math.min(...waiting.map(record => record.costMs ?? 0))
    const near = waiting.filter(
      record => (record.costMs ?? 0) <= Math.max(best * costRatio, best + costSlackMs)
    )
    const known = near.flatMap(({ route, known }) => (known ? [{ route, known }] : []))
    const areKnown = known.length === near.length
    const { firstSeq, segmentBytes } = this.extent
    const isShort = this.extent.endsBy(firstSeq + shortSegments)
    const asked = near.filter(({ isAsked }) => isAsked)
    const isRace = isShort && !areKnown
    if (isRace && asked.length === 0) return
    this.#started = true
    // Where a source can be asked at once, nothing shows how far it is.
    const isWon = isRace && asked.every(({ openedAtMs }) => nowMs > openedAtMs)
    const alike = isWon ? asked : near
    const most = Math.max(1, this.extent.capped(this.farthestHorizon()) - firstSeq)
    const pattern = areKnown
      ? firstFlight(known, segmentBytes, most, this.#tuning)
      : alike.map(record => record.route)
    const rounds = areKnown ? 1 : this.#tuning.window.initialSegments
    this.setPattern(firstSeq, Pattern.ofRoutes(pattern))
    this.grantTo(firstSeq + rounds * pattern.length)
    for (const record of alike) {
      const segments = rounds * pattern.filter(route => route === record.route).length
      this.credit(record, segments * segmentBytes)
    }
  }

  /** Updates the estimates of one route, and its state by its silence. `isAwaiting`: what will be made is granted to it. */
  #observe(track: Track, isAwaiting: boolean, nowMs: number): void {
    const { record, estimator } = track
    estimator.tick(nowMs, this.backlogBytes(record))
    const isOwing = this.ledger.owed(record.route).size > 0
    if (this.backlogBytes(record) === 0) track.busySinceMs = undefined
    else track.busySinceMs ??= nowMs
    if (!isOwing && nowMs - record.lastArrivalMs > estimator.loopMs + this.#tuning.silence.settleMs) {
      this.ledger.settle(record.route, record.receivedBytes)
    }
    const silenceMs = silenceOf(track, nowMs)
    this.#testIfDue(track, isAwaiting, nowMs)
    if (this.#isBlind) return
    if (record.state === 'open' && silenceMs > Math.max(this.#tuning.silence.lateMs, estimator.usualGapMs)) {
      this.setState(record, 'late', `nothing for ${Math.round(silenceMs)} ms longer than predicted`)
      track.latePeriod = { sinceMs: nowMs - Math.max(0, silenceMs - estimator.lossWaitMs), copies: 0 }
    }
    if (record.state !== 'late') return
    // A route that owes nothing would stay late for ever; a parked one is measured by test blocks.
    const isSpare = this.backlogBytes(record) === 0
    const { parkMs, parkGaps } = this.#tuning.silence
    if (!isSpare && (silenceMs <= Math.max(parkMs, parkGaps * estimator.usualGapMs) || !this.#isOneOpen()))
      return
    const reason = isSpare
      ? 'others bring what it owed'
      : `nothing for ${Math.round(silenceMs)} ms longer than predicted`
    this.setState(record, 'parked', reason)
    estimator.restart()
  }

  #testIfDue({ record, testBlocks }: Track, isAwaiting: boolean, nowMs: number): void {
    // What a backup or a dear route could carry is not worth its bytes.
    const isSpare = record.isBackup || [...this.routes.values()].some(({ price }) => price < record.price)
    // While no route has anything to carry, nothing is wanted: what is wanted next would wait behind the blocks. Of a live
    // content there is nothing to carry between any two segments.
    const isLive = this.extent.edgeSeq !== undefined
    const isResting =
      !isLive && [...this.#tracks.values()].every(other => this.backlogBytes(other.record) === 0)
    const hasNothing = this.backlogBytes(record) === 0 && !isAwaiting && !isResting
    const isIdle = record.state === 'open' && hasNothing && !isSpare
    const as = record.state === 'parked' && !record.isAside ? 'parked' : isIdle ? 'idle' : 'busy'
    const bytes = testBlocks.due(as, nowMs)
    if (bytes !== undefined) this.askForTestBlock(record, bytes)
  }

  #isOneOpen(): boolean {
    return [...this.routes.values()].some(({ state }) => state === 'open')
  }

  #resume(record: PolicyRoute, reason: string): void {
    if (record.isAside) return
    this.#tracks.get(record.route)?.estimator.restart()
    this.setState(record, 'open', reason)
  }

  /** The lanes of the open routes that are worth giving something to. */
  #lanes(): Lane[] {
    const records = withoutBackups([...this.routes.values()].filter(record => record.state === 'open'))
    const open = withoutUnproven(records.flatMap(({ route }) => this.#tracks.get(route) ?? []))
    const total = open.reduce((sum, { estimator }) => sum + estimator.bytesPerMs, 0)
    const bestMs = Math.min(...open.map(({ estimator }) => estimator.loopMs))
    const { worthlessExtraMs, worthlessRatio, worthlessShare } = this.#tuning.lanes
    const mostMs = Math.max(bestMs + worthlessExtraMs, worthlessRatio * bestMs)
    return open
      .filter(({ estimator }) => estimator.bytesPerMs >= total * worthlessShare && estimator.loopMs <= mostMs)
      .map(track => this.#laneOf(track))
  }

  #laneOf(track: Track): Lane {
    return {
      track,
      backlogBytes: this.backlogBytes(track.record),
      needBytes: needBytes(track.estimator)
    }
  }

  /** The lanes with what will be made for them and is granted already. */
  #withAnnounced(lanes: Lane[]): Lane[] {
    const announced = this.ledger.announced()
    if (announced.size === 0) return lanes
    return lanes.map(lane => {
      const segments = announced.get(lane.track.record.route) ?? 0
      return { ...lane, backlogBytes: lane.backlogBytes + segments * usualSegmentBytes(this.extent) }
    })
  }

  /** Extends the horizon until every lane has work for about a loop. */
  #extend(candidates: Lane[]): void {
    const limit = this.farthestHorizon()
    if (candidates.length === 0 || this.ledger.horizon >= limit) return
    const { ledger } = this
    const room = { ledger, limit, segmentBytes: usualSegmentBytes(this.extent), tuning: this.#tuning.lanes }
    if (this.pinned) this.#extendPinned(this.pinned, room)
    else if (this.#redundancy > 1) this.#extendRedundantly(candidates, limit)
    else if (this.isSynchronous) this.#extendConfirmed(withoutOverloaded(candidates), room)
    else this.#extendFreely(withoutOverloaded(candidates), room)
  }

  #extendFreely(lanes: Lane[], room: Room): void {
    const cheapest = cheapestOf(lanes)
    if (!isWanting(lanes)) return
    const mustOrder = this.needsPattern || !isWanting(cheapest)
    const kept = mustOrder ? undefined : keptHorizon(cheapest, room)
    this.needsPattern = false
    if (kept === undefined) this.#setPrefix(lanes, room)
    else {
      this.grantTo(kept)
      // Routes of the lowest price have enough now: the others get what there is to get beyond that.
      if (cheapest.length < lanes.length)
        this.#setPrefix(withoutOverloaded(this.#withAnnounced(this.#lanes())), room)
    }
  }

  /** Extends the horizon until every lane has enough, the cheapest first, and goes on with a pattern for these. */
  #setPrefix(lanes: Lane[], room: Room): void {
    const from = this.ledger.horizon
    const prefix = prefixOf(lanes, room)
    if (prefix.length === 0) return
    this.setPattern(from, Pattern.ofRoutes(prefix))
    this.grantTo(from + prefix.length)
    if (!this.extent.endsBy(from + prefix.length))
      this.setPattern(from + prefix.length, steadyPattern(cheapestOf(lanes), this.#tuning.lanes))
  }

  /**
   * Extends the horizon where each pattern has to be confirmed. One that was is used once in any case: the routes go on
   * changing while the next one is confirmed.
   */
  #extendConfirmed(lanes: Lane[], room: Room): void {
    if (!isWanting(lanes)) return
    const { horizon, schedule } = this.ledger
    const inForce = schedule.entryAt(horizon)
    const isNew =
      inForce?.from === horizon &&
      lanes.some(lane => inForce.pattern.routes.includes(lane.track.record.route))
    const kept = this.needsPattern ? undefined : keptHorizon(lanes, room)
    if (isNew) this.grantTo(walkedHorizon(lanes, room))
    else if (kept !== undefined) this.grantTo(kept)
    else {
      this.needsPattern = false
      this.setPattern(horizon, steadyPattern(lanes, this.#tuning.lanes))
    }
  }

  /** Extends the horizon by the pattern that is pinned; what routes cannot carry that are not there goes to the others. */
  #extendPinned(pinned: Pattern, room: Room): void {
    const { horizon, schedule } = this.ledger
    const usable = [...this.routes.keys()].filter(route => this.isUsable(route))
    const open = [...this.#tracks.values()].filter(({ record }) => record.state === 'open')
    const pattern = withHeirs(
      pinned,
      usable,
      open.map(({ record }) => record.route)
    )
    if (this.needsPattern || !schedule.entryAt(horizon)?.pattern.equals(pattern))
      this.setPattern(horizon, pattern)
    this.needsPattern = false
    const lanes = open.filter(({ record }) => pattern.routes.includes(record.route))
    this.grantTo(
      walkedHorizon(
        lanes.map(track => this.#laneOf(track)),
        room
      )
    )
  }

  /** Extends the horizon with each segment on several routes at once, those that bring it soonest. */
  #extendRedundantly(lanes: Lane[], limit: number): void {
    const current = this.ledger.schedule.entryAt(this.ledger.horizon)?.pattern.routes ?? []
    const costOf = ({ track: { record, estimator } }: Lane) =>
      (estimator.loopMs + estimator.queueMs) *
      (current.includes(record.route) ? this.#tuning.lanes.keptRouteRatio : 1)
    const chosen = [...lanes].sort((a, b) => costOf(a) - costOf(b)).slice(0, this.#redundancy)
    const pattern = new Pattern([chosen.map(lane => lane.track.record.route)])
    if (!this.ledger.schedule.entryAt(this.ledger.horizon)?.pattern.equals(pattern)) {
      this.setPattern(this.ledger.horizon, pattern)
    }
    let horizon = this.ledger.horizon
    for (; horizon < limit && isWanting(chosen); horizon++) {
      for (const lane of chosen) lane.backlogBytes += this.extent.segmentBytes
    }
    this.grantTo(horizon)
  }

  /** Gives orphans to the lanes that bring them first. */
  #adoptOrphans(lanes: Lane[]): void {
    if (lanes.length === 0 || this.orphans.length === 0) return
    const shares = new Map<number, number[]>()
    for (const seq of this.orphans) {
      if (this.ledger.has(seq)) continue
      const [lane] = soonestEnd(lanes, this.extent.segmentBytes)
      lane.backlogBytes += this.extent.segmentBytes
      const route = lane.track.record.route
      const share = shares.get(route)
      if (share) share.push(seq)
      else shares.set(route, [seq])
    }
    for (const [route, seqs] of shares) this.adopt(seqs, route)
    this.orphans = []
  }

  /** Relieves and rescues: takes from each route what would come sooner over another. */
  #rebalance(nowMs: number): void {
    const lanes = this.#lanes()
    // A route that has brought nothing yet is a guess: nothing is taken from another for its sake.
    const known = lanes.filter(({ track }) => track.estimator.hasDelivered)
    const takers = known.length > 0 ? known : lanes
    if (takers.length === 0) return
    // What silences one route may silence another and end soon for both, such as a pause of their transports.
    const rescuers = takers.filter(
      ({ track }) => !isOverdue(track, nowMs) && nowMs - track.recoveredMs > this.#tuning.silence.recoveryMs
    )
    // With redundancy another copy is under way already: there is no relief, only rescue.
    const mayRelieve = this.#redundancy === 1 && !this.pinned
    for (const track of this.#tracks.values()) {
      const isSilent = track.record.state !== 'open'
      const others = (isSilent ? rescuers : takers).filter(lane => lane.track !== track)
      const { record } = track
      if (others.length === 0 || this.ledger.owed(record.route).size === 0) continue
      const load = this.#loadOf(track)
      if (record.isAside && !isOverdue(track, nowMs)) this.#give(record.route, unloaded(load, others))
      else if (isSilent) this.#give(record.route, rescued(load, others, nowMs))
      else if (mayRelieve) {
        const cheap = others.filter(lane => priceOf(lane) <= record.price)
        if (cheap.length > 0) this.#give(record.route, relieved(load, cheap, nowMs))
      }
    }
    for (const record of this.routes.values()) {
      const track = this.#tracks.get(record.route)
      const isUnproven = record.state === 'open' && track !== undefined && !isProven(track)
      if (record.state === 'opening') this.#rescueUnproven(record, takers, nowMs)
      else if (isUnproven) this.#rescueUnproven(record, known, nowMs)
    }
  }

  #loadOf(track: Track): Load {
    const { ledger, extent } = this
    return {
      track,
      ledger,
      segmentBytes: extent.segmentBytes,
      backlogBytes: this.backlogBytes(track.record),
      sentBytes: this.sentBytes(track.record),
      isEnding: extent.endsBy(ledger.horizon),
      isPatient: ledger.horizon < this.memoryHorizon(),
      tuning: this.#tuning,
      copies: this.#copies
    }
  }

  #give(from: number, taken: Takings): void {
    for (const [lane, seqs] of taken.moves) this.reassign(seqs, from, lane.track.record.route, false)
    for (const [lane, seqs] of taken.copies) this.reassign(seqs, from, lane.track.record.route, true)
  }

  /** Copies the first segments of a route that does not open, or that then brings nothing, to another: the output waits for them. */
  #rescueUnproven(record: PolicyRoute, others: Lane[], nowMs: number): void {
    if (others.length === 0 || !haveBeenOpenLong(others, this.#tuning.silence.lateMs, nowMs)) return
    const owed = [...this.ledger.owed(record.route)].filter(
      seq => record.state === 'opening' || this.ledger.ownersOf(seq).length === 1
    )
    const [lane] = soonestEnd(others, this.extent.segmentBytes)
    this.reassign(owed, record.route, lane.track.record.route, true)
  }
}
