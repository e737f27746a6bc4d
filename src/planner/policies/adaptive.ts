import { Pattern } from '../../pattern/pattern.ts'
import { type PlannerInit, TICK_MS } from '../planner.ts'
import { BULK, type Tuning } from '../tuning.ts'
import { Deadlines } from './deadlines.ts'
import { firstFlight } from './first-flight.ts'
import {
  Copies,
  cheapestOf,
  endMs,
  haveBeenOpenLong,
  isCopyDue,
  isOverdue,
  isProven,
  isWanting,
  type Lane,
  needBytes,
  newTrack,
  prefixOf,
  priceOf,
  silenceOf,
  soonestEnd,
  soonestRepair,
  steadyPattern,
  Takings,
  type Track,
  usualSpreadMs,
  withoutOverloaded,
  withoutUnproven,
  worthwhile
} from './lanes.ts'
import { type ArrivedEvent, PolicyCore, type PolicyRoute, withoutBackups } from './policy-core.ts'

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
  #copiedBytes = 0
  #decidedMs = 0
  /** This process was held up: segments that came meanwhile are unread, and silence says nothing. */
  #isBlind = false
  #arrivedBytes = 0
  readonly #deadlines: Deadlines
  /** The share of the segments of a live content that goes over two routes, so that it is here in time. */
  #copiedShare = 0
  readonly #copies = new Copies()

  /** `redundancy`: over how many routes, the best ones, each segment travels. Default: 1. */
  constructor(init: PlannerInit, redundancy = 1, tuning: Tuning = BULK) {
    super(init)
    this.#redundancy = redundancy
    this.#tuning = tuning
    this.#deadlines = new Deadlines(init)
  }

  protected override onGrown(nowMs: number): void {
    this.#deadlines.grown(this.extent, nowMs)
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
    const { estimator } = track
    // A block that is back sooner than the least round trip says that this was too long, and nothing of the rate.
    const tookMs = spreadMs ?? (rttMs > estimator.rttMs ? rttMs - estimator.rttMs : undefined)
    track.testBlocks.answered(bytes, tookMs)
    if (bytes === 0 || tookMs === undefined) estimator.addRtt(rttMs)
    else if (spreadMs !== undefined || this.ledger.owed(record.route).size === 0)
      estimator.addBlockSample(bytes, tookMs)
    record.rttMs = estimator.rttMs
    if (bytes > 0 && record.state === 'parked') this.#resume(record, 'answers again')
  }

  protected override onArrived(
    record: PolicyRoute,
    event: ArrivedEvent,
    _fresh: boolean,
    nowMs: number
  ): void {
    this.#arrivedBytes += event.bytes
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
    if (this.#redundancy === 1 && this.#copiedShare === 0) return
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
    if (!this.#started) this.#begin()
    this.#isBlind = nowMs - this.#decidedMs > this.#tuning.silence.blindMs
    this.#decidedMs = nowMs
    for (const track of this.#tracks.values()) this.#observe(track, nowMs)
    const lanes = this.#lanes()
    this.#adoptOrphans(lanes)
    this.#extend(lanes, nowMs)
    this.#rebalance(nowMs)
    const copies = this.#deadlines.copies(this.#tracks, this.ledger, lanes, this.#arrivedBytes, nowMs)
    for (const [route, taken] of copies) this.#give(route, taken)
    for (const { record, estimator } of this.#tracks.values()) {
      if (record.state !== 'parked') this.credit(record, estimator.windowBytes)
    }
  }

  /**
   * Orders the first segments with the very request, over the routes that the director takes to be alike: in turn, or as
   * their rates demand where all are known.
   */
  #begin(): void {
    const opening = withoutBackups([...this.routes.values()].filter(record => record.state === 'opening'))
    if (opening.length === 0) return
    const leastPrice = Math.min(...opening.map(({ price }) => price))
    const waiting = opening.filter(({ price }) => price === leastPrice || !this.init.pace)
    this.#started = true
    const { costRatio, costSlackMs } = this.#tuning.start
    const best = Math.min(...waiting.map(record => record.costMs ?? 0))
    const alike = waiting.filter(
      record => (record.costMs ?? 0) <= Math.max(best * costRatio, best + costSlackMs)
    )
    const known = alike.flatMap(({ route, known }) => (known ? [{ route, known }] : []))
    const areKnown = known.length === alike.length
    const { firstSeq, segmentBytes } = this.extent
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

  /** Updates the estimates of one route, and its state by its silence. */
  #observe(track: Track, nowMs: number): void {
    const { record, estimator } = track
    estimator.tick(nowMs, this.backlogBytes(record))
    const isOwing = this.ledger.owed(record.route).size > 0
    if (this.backlogBytes(record) === 0) track.busySinceMs = undefined
    else track.busySinceMs ??= nowMs
    if (!isOwing && nowMs - record.lastArrivalMs > estimator.loopMs + this.#tuning.silence.settleMs) {
      this.ledger.settle(record.route, record.receivedBytes)
    }
    const silenceMs = silenceOf(track, nowMs)
    this.#testIfDue(track, nowMs)
    if (this.#isBlind) return
    if (record.state === 'open' && silenceMs > Math.max(this.#tuning.silence.lateMs, estimator.usualGapMs)) {
      this.setState(record, 'late', `nothing for ${Math.round(silenceMs)} ms longer than predicted`)
      track.latePeriod = { sinceMs: nowMs - Math.max(0, silenceMs - estimator.lossWaitMs), copies: 0 }
    }
    if (record.state !== 'late') return
    // A route that owes nothing would stay late for ever; a parked one is measured by test blocks.
    const isSpare = this.backlogBytes(record) === 0
    if (!isSpare && (silenceMs <= this.#tuning.silence.parkMs || !this.#isOneOpen())) return
    const reason = isSpare
      ? 'others bring what it owed'
      : `nothing for ${Math.round(silenceMs)} ms longer than predicted`
    this.setState(record, 'parked', reason)
    estimator.restart()
  }

  #testIfDue({ record, testBlocks }: Track, nowMs: number): void {
    // What a backup or a dear route could carry is not worth its bytes.
    const isSpare = record.isBackup || [...this.routes.values()].some(({ price }) => price < record.price)
    const isIdle = record.state === 'open' && this.backlogBytes(record) === 0 && !isSpare
    const as = record.state === 'parked' ? 'parked' : isIdle ? 'idle' : 'busy'
    const bytes = testBlocks.due(as, nowMs)
    if (bytes !== undefined) this.askForTestBlock(record, bytes)
  }

  #isOneOpen(): boolean {
    return [...this.routes.values()].some(({ state }) => state === 'open')
  }

  #resume(record: PolicyRoute, reason: string): void {
    this.#tracks.get(record.route)?.estimator.restart()
    this.setState(record, 'open', reason)
  }

  /** The lanes of the open routes that are worth giving something to. */
  #lanes(): Lane[] {
    const records = withoutBackups([...this.routes.values()].filter(record => record.state === 'open'))
    const open = withoutUnproven(records.flatMap(({ route }) => this.#tracks.get(route) ?? []))
    return worthwhile(open, this.#tuning.lanes).map(track => ({
      track,
      backlogBytes: this.backlogBytes(track.record),
      needBytes: needBytes(track.estimator)
    }))
  }

  /** Extends the horizon until every lane has work for about a loop. */
  #extend(candidates: Lane[], nowMs: number): void {
    const limit = this.extent.capped(this.farthestHorizon())
    if (candidates.length === 0 || this.ledger.horizon >= limit) return
    if (this.#redundancy > 1) {
      this.#extendRedundantly(candidates, limit)
      return
    }
    const copiedShare = this.#deadlines.copiedShare(cheapestOf(candidates), nowMs)
    if (copiedShare !== this.#copiedShare) this.needsPattern = true
    this.#copiedShare = copiedShare
    const lanes = withoutOverloaded(candidates)
    const cheapest = cheapestOf(lanes)
    if (!isWanting(lanes)) return
    const mustOrder = this.needsPattern || !isWanting(cheapest)
    const kept = mustOrder ? undefined : this.#walkPattern(cheapest, limit)
    this.needsPattern = false
    if (kept === undefined) this.#setPrefix(lanes, limit)
    else {
      this.grantTo(kept)
      // Routes of the lowest price have enough now: the others get what there is to get beyond that.
      if (cheapest.length < lanes.length) this.#setPrefix(withoutOverloaded(this.#lanes()), limit)
    }
  }

  /** Extends the horizon until every lane has enough, the cheapest first, and goes on with a pattern for these. */
  #setPrefix(lanes: Lane[], limit: number): void {
    const from = this.ledger.horizon
    const most = Math.min(limit - from, this.#tuning.lanes.maxPrefix)
    const prefix = prefixOf(lanes, most, this.extent.segmentBytes, () => this.#copies.next(this.#copiedShare))
    if (prefix.length === 0) return
    this.setPattern(from, new Pattern(prefix))
    this.grantTo(from + prefix.length)
    if (this.extent.endsBy(from + prefix.length)) return
    const steady = steadyPattern(cheapestOf(lanes), this.#tuning.lanes, this.#copiedShare)
    this.setPattern(from + prefix.length, steady)
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

  /** The horizon to which the pattern in force may go on; undefined if the lanes' ends have drifted apart. */
  #walkPattern(lanes: Lane[], limit: number): number | undefined {
    const { schedule, horizon } = this.ledger
    const pattern = schedule.entryAt(horizon)?.pattern
    if (!pattern || pattern.routes.length !== lanes.length) return undefined
    const walked = new Map(lanes.map(lane => [lane.track.record.route, { ...lane }]))
    if (pattern.routes.some(route => !walked.has(route))) return undefined
    const walkedLanes = [...walked.values()]
    let seq = horizon
    while (seq < limit && isWanting(walkedLanes) && seq - horizon < this.#tuning.lanes.maxPrefix) {
      for (const route of schedule.routesOf(seq)) walked.get(route)!.backlogBytes += this.extent.segmentBytes
      seq++
    }
    const ends = walkedLanes.map(lane => endMs(lane))
    const allowed =
      this.#tuning.lanes.hysteresisMs + Math.max(...walkedLanes.map(lane => usualSpreadMs(lane)))
    return Math.max(...ends) - Math.min(...ends) <= allowed ? seq : undefined
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
    const isRedundant = this.#redundancy > 1
    const ending = this.extent.endsBy(this.ledger.horizon)
    for (const track of this.#tracks.values()) {
      const isSilent = track.record.state !== 'open'
      const others = (isSilent ? rescuers : takers).filter(lane => lane.track !== track)
      if (others.length === 0 || this.ledger.owed(track.record.route).size === 0) continue
      if (isSilent) this.#rescue(track, others, nowMs)
      else if (!isRedundant) {
        const cheap = others.filter(lane => priceOf(lane) <= track.record.price)
        if (cheap.length > 0) this.#relieve(track, cheap, ending, nowMs)
      }
    }
    for (const record of this.routes.values()) {
      const track = this.#tracks.get(record.route)
      const isUnproven = record.state === 'open' && track !== undefined && !isProven(track)
      if (record.state === 'opening') this.#rescueUnproven(record, takers, nowMs)
      else if (isUnproven) this.#rescueUnproven(record, known, nowMs)
    }
  }

  /**
   * Relief: the route delivers, but its last segments would come sooner over others. From the last one backwards
   * unsent segments are moved; those that may have been sent are copied, for a larger gain only.
   */
  #relieve(track: Track, others: Lane[], ending: boolean, nowMs: number): void {
    const { record, estimator } = track
    const { bytesPerMs } = estimator
    const isPatient = this.ledger.horizon < this.memoryHorizon()
    const { moves, silence, start } = this.#tuning
    const usualCopyGainMs = isPatient ? moves.patientCopyGainMs : moves.copyGainMs
    const [moveGainMs, copyGainMs] = ending
      ? [moves.endMoveGainMs, moves.endCopyGainMs]
      : [moves.moveGainMs, usualCopyGainMs]
    let aheadBytes = this.backlogBytes(record)
    const sentBytes = this.sentBytes(record)
    const leastMs = Math.min(...others.map(lane => endMs(lane)))
    // The estimate of a young route that is probed grows with every round trip.
    if (estimator.probing && !ending && nowMs - record.openedAtMs < start.youngMs) return
    const slackMs = moveGainMs + 2 * estimator.segmentMs
    if (aheadBytes / bytesPerMs < leastMs + slackMs || (!ending && nowMs - track.relievedMs < 2 * TICK_MS))
      return
    // Silence makes a route look slow. Whether it is shows once it is late, or delivers again.
    const isDoubtful = (isPatient && estimator.isReturning(nowMs)) || isOverdue(track, nowMs)
    const taken = new Takings()
    const descending = [...this.ledger.owed(record.route)].sort((a, b) => b - a)
    for (const seq of descending) {
      const ownMs = aheadBytes / bytesPerMs
      const isSent = aheadBytes <= sentBytes || record.kept.has(seq)
      aheadBytes -= this.extent.segmentBytes
      if (this.ledger.ownersOf(seq).length > 1) continue
      const [lane, otherMs] = isSent
        ? soonestRepair(others, taken, this.extent.segmentBytes)
        : soonestEnd(others, this.extent.segmentBytes)
      if (ownMs - otherMs < (isSent ? copyGainMs : moveGainMs)) break
      if (isSent && (isDoubtful || nowMs - track.recoveredMs < silence.recoveryMs || !this.#mayCopy())) break
      taken.add(lane, seq, isSent)
      lane.backlogBytes += this.extent.segmentBytes
      if (isSent) this.#copiedBytes += this.extent.segmentBytes
    }
    if (taken.isEmpty) return
    track.relievedMs = nowMs
    this.#give(record.route, taken)
  }

  /**
   * Rescue: the route is late or parked, and what it owes goes elsewhere, in the order in which the output needs it.
   */
  #rescue(track: Track, others: Lane[], nowMs: number): void {
    const { record } = track
    const { copyGainMs, moveGainMs, silenceFactor } = this.#tuning.moves
    // A late route is predicted to deliver after a multiple of its silence so far, a parked one never.
    const delayMs =
      record.state === 'parked'
        ? Number.POSITIVE_INFINITY
        : silenceFactor * Math.max(0, silenceOf(track, nowMs))
    const taken = new Takings()
    const ascending = [...this.ledger.owed(record.route)].sort((a, b) => a - b)
    const sentBytes = this.sentBytes(record)
    let aheadBytes = 0
    let isBlocked = false
    for (const seq of ascending) {
      aheadBytes += this.extent.segmentBytes
      if (this.ledger.ownersOf(seq).length > 1) continue
      const isSent = record.state === 'parked' || aheadBytes <= sentBytes || record.kept.has(seq)
      const [lane, otherMs] = soonestRepair(others, taken, this.extent.segmentBytes)
      const gainMs = delayMs + (aheadBytes / this.extent.segmentBytes) * track.segmentMs - otherMs
      const isWorth = gainMs >= (isSent ? copyGainMs : moveGainMs)
      // Segments behind one that is not copied would wait for it in the reassembler, so they are not copied either.
      if (isSent && record.state !== 'parked')
        isBlocked ||= !isWorth || !this.#mayCopy() || !isCopyDue(track, nowMs)
      if (!isWorth || (isSent && isBlocked)) continue
      taken.add(lane, seq, isSent)
      lane.backlogBytes += this.extent.segmentBytes
      if (!isSent) continue
      this.#copiedBytes += this.extent.segmentBytes
      track.latePeriod.copies++
    }
    this.#give(record.route, taken)
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

  /** Whether the budget of duplicates allows one more copy. */
  #mayCopy(): boolean {
    const { duplicateBytes, duplicateShare } = this.#tuning.moves
    return this.#copiedBytes < duplicateBytes + duplicateShare * this.#arrivedBytes
  }
}
