import type { Extent } from '../../protocol/extent.ts'
import type { Decision, Planner, PlannerEvent } from '../planner.ts'
import { createPlanner } from '../policies/index.ts'
import { parseHeader, parseLine, RecordFileError } from './record-lines.ts'
import { policyOptionsOf, type RecordedDecision, type RecordHeader, recordable } from './recording.ts'
import { type PolicySummary, PolicyTally } from './replay-summary.ts'
import { isSameData } from './same-data.ts'

/** Most milliseconds by which a line's time may lie before that of an earlier line. */
const MOST_BACKWARDS_MS = 100

/** The decision at one line of the record; time in ms since the record's first line. */
export interface ReplayedDecision {
  line: number
  atMs: number
  decision: RecordedDecision
}

/** The first place where the planner decided otherwise than in the record. */
export interface ReplayDifference {
  line: number
  atMs: number
  /**
   * The part of the decision that differs: `patterns`, `reassignments`, `credits`, `horizon`,
   * `states` or `probes`.
   */
  part: string
  recorded: unknown
  replayed: unknown
}

export interface ReplayReport {
  /** Whether the policy is the record's own, whose decisions must be the same. */
  samePolicy: boolean
  /** Number of plan calls; `differing` counts those with another outcome, for the same policy only. */
  plans: number
  differing: number
  firstDifference: ReplayDifference | undefined
  durationMs: number
  recorded: PolicySummary
  replayed: PolicySummary
}

/**
 * Plans a recorded transfer again, line by line, at the recorded times.
 *
 * Under the record's own policy everything is told as it was, and the decisions are compared.
 * Another policy meets the same arrivals on the same routes, but the source's answers to orders are
 * made up, as if each order were carried out at once; an arrival that this policy has not granted
 * yet waits until it has. Nobody can know how that policy would have changed the arrivals: read its
 * decisions as opinions on this network. Pure.
 */
export class Replay {
  readonly #policy: string | undefined
  #run: Run | undefined
  #line = 0

  constructor(policy?: string) {
    this.#policy = policy
  }

  /** Takes the next line. Returns the decision there, if the planner was asked. Throws RecordFileError. */
  take(text: string): ReplayedDecision | undefined {
    this.#line++
    if (this.#run) return this.#run.take(text, this.#line)
    this.#run = new Run(parseHeader(text), this.#policy)
    return undefined
  }

  /** Sums the replay up. Throws RecordFileError for a file without a line. */
  report(): ReplayReport {
    if (!this.#run) throw new RecordFileError(1, 'the file is empty')
    return this.#run.report()
  }
}

/** The replay of a record whose header is known. */
class Run {
  readonly #planner: Planner
  readonly #samePolicy: boolean
  readonly #recorded: PolicyTally
  readonly #replayed: PolicyTally
  readonly #routes = new Set<number>()
  /** The last route that was added of each holder. */
  readonly #routeOfHolder = new Map<string, number>()
  /**
   * The source's made-up answers to another policy, told before the next plan; `#early` holds
   * arrivals past that policy's horizon.
   */
  #answers: PlannerEvent[] = []
  #early: Array<PlannerEvent & { type: 'arrived' }> = []
  #extent: Extent
  #horizon: number
  #startMs: number | undefined
  #lastMs = 0
  #plans = 0
  #differing = 0
  #firstDifference: ReplayDifference | undefined

  constructor(header: RecordHeader, policy: string | undefined) {
    this.#samePolicy = policy === undefined || policy === header.policy
    this.#extent = header.init.extent
    this.#horizon = header.init.extent.firstSeq
    this.#recorded = new PolicyTally(header.policy)
    this.#replayed = new PolicyTally(policy ?? header.policy)
    try {
      this.#planner = createPlanner(policy ?? header.policy, header.init, policyOptionsOf(header))
    } catch (error) {
      if (policy !== undefined) throw error
      throw new RecordFileError(1, (error as Error).message, error)
    }
  }

  take(text: string, line: number): ReplayedDecision | undefined {
    const read = parseLine(text, line)
    this.#startMs ??= read.atMs
    // Times do not only ascend: the line on what the output took while a message was handled is a
    // little later than the message's own.
    if (read.atMs - this.#startMs < this.#lastMs - MOST_BACKWARDS_MS)
      throw new RecordFileError(line, 'it goes back in time')
    this.#lastMs = Math.max(this.#lastMs, read.atMs - this.#startMs)
    if (read.kind === 'event') {
      this.#check(read.event, line)
      if (this.#samePolicy) this.#planner.handle(read.event, read.atMs)
      else this.#tellOther(read.event, read.atMs)
      return undefined
    }
    this.#recorded.add(read.decision, read.estimates, this.#lastMs)
    return this.#plan(read.decision, read.atMs, line)
  }

  report(): ReplayReport {
    return {
      samePolicy: this.#samePolicy,
      plans: this.#plans,
      differing: this.#differing,
      firstDifference: this.#firstDifference,
      durationMs: this.#lastMs,
      recorded: this.#recorded.summary(),
      replayed: this.#replayed.summary()
    }
  }

  #plan(recorded: RecordedDecision, nowMs: number, line: number): ReplayedDecision {
    for (const answer of this.#answers.splice(0)) this.#planner.handle(answer, nowMs)
    const planned = this.#planner.plan(nowMs)
    // The decision takes the form that it has in a record, where numbers that are not finite are
    // null.
    const decision: RecordedDecision = JSON.parse(JSON.stringify(recordable(planned)))
    const atMs = this.#lastMs
    this.#plans++
    this.#replayed.add(decision, this.#planner.estimates(), atMs)
    if (this.#samePolicy) {
      const difference = differenceOf(recorded, decision)
      if (difference) {
        this.#differing++
        this.#firstDifference ??= { line, atMs, ...difference }
      }
    } else this.#answer(planned, nowMs)
    return { line, atMs, decision }
  }

  /** Tells another policy the events of the network, but not the source's answers to its predecessor. */
  #tellOther(event: PlannerEvent, nowMs: number): void {
    if (event.type === 'patternApplied' || event.type === 'reassigned' || event.type === 'dropped') return
    if (event.type === 'arrived' && event.seq >= this.#horizon) this.#early.push(event)
    else this.#planner.handle(event, nowMs)
  }

  #answer({ patterns, reassignments, horizon }: Decision, nowMs: number): void {
    // One route answers for each holder that there is at the time.
    for (const route of this.#routeOfHolder.values()) {
      for (const { version, from } of patterns)
        this.#answers.push({ type: 'patternApplied', route, version, from })
      for (const { id } of reassignments) this.#answers.push({ type: 'reassigned', route, id, kept: [] })
    }
    if (horizon <= this.#horizon) return
    this.#horizon = horizon
    const arrived = this.#early.filter(({ seq }) => seq < horizon)
    this.#early = this.#early.filter(({ seq }) => seq >= horizon)
    for (const event of arrived) this.#planner.handle(event, nowMs)
  }

  /** Checks the facts that planners rely on. */
  #check(event: PlannerEvent, line: number): void {
    if (event.type === 'routeAdded') {
      this.#routes.add(event.route)
      this.#routeOfHolder.set(event.holder, event.route)
    } else if ('route' in event && !this.#routes.has(event.route)) {
      throw new RecordFileError(line, `route ${event.route} was never added`)
    }
    if (event.type === 'extentGrew') {
      for (const bytes of event.lengths ?? []) this.#extent.lengths?.push(bytes)
      this.#extent = this.#extent.grownTo(event)
    }
    if (event.type !== 'arrived') return
    if (event.bytes === 0 || event.bytes !== this.#extent.lengthOf(event.seq))
      throw new RecordFileError(line, `there is no segment ${event.seq} of ${event.bytes} bytes`)
  }
}

function differenceOf(
  recorded: RecordedDecision,
  replayed: RecordedDecision
): Pick<ReplayDifference, 'part' | 'recorded' | 'replayed'> | undefined {
  const then = new Map<string, unknown>(Object.entries(recorded))
  const now = new Map<string, unknown>(Object.entries(replayed))
  for (const part of new Set([...then.keys(), ...now.keys()])) {
    const [was, is] = [then.get(part), now.get(part)]
    if (!isSameData(was, is)) return { part, recorded: was, replayed: is }
  }
  return undefined
}
