import type { Ledger } from '../ledger.ts'
import { TICK_MS } from '../planner.ts'
import type { MoveTuning, Tuning } from '../tuning.ts'
import {
  endMs,
  isCopyDue,
  isOverdue,
  type Lane,
  silenceOf,
  soonestEnd,
  soonestRepair,
  Takings,
  type Track
} from './lanes.ts'

/** How many bytes may be copied: few for what has arrived. */
export class CopyBudget {
  readonly #tuning: MoveTuning
  #copiedBytes = 0
  #arrivedBytes = 0

  constructor(tuning: MoveTuning) {
    this.#tuning = tuning
  }

  get arrivedBytes(): number {
    return this.#arrivedBytes
  }

  arrived(bytes: number): void {
    this.#arrivedBytes += bytes
  }

  copied(bytes: number): void {
    this.#copiedBytes += bytes
  }

  /** Whether the budget allows one more copy. */
  get isLeft(): boolean {
    const { duplicateBytes, duplicateShare } = this.#tuning
    return this.#copiedBytes < duplicateBytes + duplicateShare * this.#arrivedBytes
  }
}

/** What one route has to carry, and what decides whether others take some of it. */
export interface Load {
  track: Track
  ledger: Ledger
  segmentBytes: number
  /** See PolicyCore. */
  backlogBytes: number
  sentBytes: number
  /** Nothing more is to be granted. */
  isEnding: boolean
  /** The memory leaves room for more to be granted, so that the output need not wait for this route. */
  isPatient: boolean
  tuning: Tuning
  copies: CopyBudget
}

/**
 * Relief: the route delivers, but its last segments would come sooner over others. From the last one backwards
 * unsent segments are moved; those that may have been sent are copied, for a larger gain only.
 */
export function relieved(load: Load, others: Lane[], nowMs: number): Takings {
  const { track, ledger, segmentBytes, isPatient, copies } = load
  const { record, estimator } = track
  const { bytesPerMs } = estimator
  const { silence } = load.tuning
  const taken = new Takings()
  if (!needsRelief(load, others, nowMs)) return taken
  const { moveGainMs, copyGainMs } = gainsOf(load)
  let aheadBytes = load.backlogBytes
  // Silence makes a route look slow. Whether it is shows once it is late, or delivers again.
  const isDoubtful = (isPatient && estimator.isReturning(nowMs)) || isOverdue(track, nowMs)
  const descending = [...ledger.owed(record.route)].sort((a, b) => b - a)
  for (const seq of descending) {
    const ownMs = aheadBytes / bytesPerMs
    const isSent = aheadBytes <= load.sentBytes || record.kept.has(seq)
    aheadBytes -= segmentBytes
    if (ledger.ownersOf(seq).length > 1) continue
    const [lane, otherMs] = isSent
      ? soonestRepair(others, taken, segmentBytes)
      : soonestEnd(others, segmentBytes)
    if (ownMs - otherMs < (isSent ? copyGainMs : moveGainMs)) break
    if (isSent && (isDoubtful || nowMs - track.recoveredMs < silence.recoveryMs || !copies.isLeft)) break
    taken.add(lane, seq, isSent)
    lane.backlogBytes += segmentBytes
    if (isSent) copies.copied(segmentBytes)
  }
  if (!taken.isEmpty) track.relievedMs = nowMs
  return taken
}

function needsRelief(load: Load, others: Lane[], nowMs: number): boolean {
  const { track, backlogBytes, isEnding, tuning } = load
  const { record, estimator } = track
  // The estimate of a young route that is probed grows with every round trip.
  if (estimator.probing && !isEnding && nowMs - record.openedAtMs < tuning.start.youngMs) return false
  const leastMs = Math.min(...others.map(lane => endMs(lane)))
  const slackMs = gainsOf(load).moveGainMs + 2 * estimator.segmentMs
  if (backlogBytes / estimator.bytesPerMs < leastMs + slackMs) return false
  return isEnding || nowMs - track.relievedMs >= 2 * TICK_MS
}

function gainsOf({ isEnding, isPatient, tuning: { moves } }: Load) {
  if (isEnding) return { moveGainMs: moves.endMoveGainMs, copyGainMs: moves.endCopyGainMs }
  return {
    moveGainMs: moves.moveGainMs,
    copyGainMs: isPatient ? moves.patientCopyGainMs : moves.copyGainMs
  }
}

/**
 * Rescue: the route is late or parked, and what it owes goes elsewhere, in the order in which the output needs it.
 */
export function rescued(load: Load, others: Lane[], nowMs: number): Takings {
  const { track, ledger, segmentBytes, sentBytes, copies } = load
  const { record } = track
  const { copyGainMs, moveGainMs, silenceFactor } = load.tuning.moves
  // A late route is predicted to deliver after a multiple of its silence so far, a parked one never.
  const delayMs =
    record.state === 'parked'
      ? Number.POSITIVE_INFINITY
      : silenceFactor * Math.max(0, silenceOf(track, nowMs))
  const taken = new Takings()
  const ascending = [...ledger.owed(record.route)].sort((a, b) => a - b)
  let aheadBytes = 0
  let isBlocked = false
  for (const seq of ascending) {
    aheadBytes += segmentBytes
    if (ledger.ownersOf(seq).length > 1) continue
    const isSent = record.state === 'parked' || aheadBytes <= sentBytes || record.kept.has(seq)
    const [lane, otherMs] = soonestRepair(others, taken, segmentBytes)
    const gainMs = delayMs + (aheadBytes / segmentBytes) * track.segmentMs - otherMs
    const isWorth = gainMs >= (isSent ? copyGainMs : moveGainMs)
    // Segments behind one that is not copied would wait for it in the reassembler, so they are not copied either.
    if (isSent && record.state !== 'parked')
      isBlocked ||= !isWorth || !copies.isLeft || !isCopyDue(track, nowMs)
    if (!isWorth || (isSent && isBlocked)) continue
    taken.add(lane, seq, isSent)
    lane.backlogBytes += segmentBytes
    if (!isSent) continue
    copies.copied(segmentBytes)
    track.latePeriod.copies++
  }
  return taken
}

/** The route is set aside by hand and delivers: all that its source has not sent yet goes elsewhere. */
export function unloaded({ track, ledger, segmentBytes }: Load, others: Lane[]): Takings {
  const { route, kept } = track.record
  const taken = new Takings()
  for (const seq of [...ledger.owed(route)].sort((a, b) => a - b)) {
    if (kept.has(seq)) continue
    const [lane] = soonestRepair(others, taken, segmentBytes)
    taken.add(lane, seq, false)
    lane.backlogBytes += segmentBytes
  }
  return taken
}
