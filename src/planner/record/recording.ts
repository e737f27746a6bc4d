import { Pattern } from '../../pattern/pattern.ts'
import type { OrderBook } from '../order-book.ts'
import type { Decision, Planner, PlannerEvent, PlannerInit, RouteEstimate } from '../planner.ts'
import type { PolicyOptions } from '../policies/index.ts'

/** Version of the record's format; a reader refuses any other. */
export const RECORD_VERSION = 2

export interface RecordHeader {
  record: typeof RECORD_VERSION
  policy: string
  /** Pattern of the policy `fixed`. */
  pattern?: string
  /** Number of routes a segment travels, for the policy `adaptive`. */
  redundancy?: number
  init: PlannerInit
}

/** A decision as a record holds it: patterns as text. */
export type RecordedDecision = Omit<Decision, 'patterns'> & {
  patterns: Array<{ version: number; from: number; pattern: string }>
}

/** One line of a record after its header; times in ms of the client's clock. */
export type RecordLine =
  | { atMs: number; event: PlannerEvent }
  | { atMs: number; decision: RecordedDecision; estimates: Record<number, RouteEstimate> }

/** Passes everything through to a planner, and writes each event and decision down, one JSON text a line. */
export class RecordingPlanner implements Planner {
  readonly name: string
  readonly #planner: Planner
  readonly #write: (line: string) => void

  constructor(planner: Planner, header: RecordHeader, write: (line: string) => void) {
    this.name = planner.name
    this.#planner = planner
    this.#write = write
    write(JSON.stringify({ ...header, init: recordableInit(header.init) }))
  }

  handle(event: PlannerEvent, nowMs: number): void {
    this.#write(JSON.stringify({ atMs: nowMs, event } satisfies RecordLine))
    this.#planner.handle(event, nowMs)
  }

  plan(nowMs: number): Decision {
    const decision = this.#planner.plan(nowMs)
    const estimates = Object.fromEntries(this.#planner.estimates())
    this.#write(
      JSON.stringify({ atMs: nowMs, decision: recordable(decision), estimates } satisfies RecordLine)
    )
    return decision
  }

  estimates(): ReadonlyMap<number, RouteEstimate> {
    return this.#planner.estimates()
  }

  get orders(): OrderBook {
    return this.#planner.orders
  }
}

/** The extent's numbers under the names that they have in a record. */
function recordableInit({ extent, memoryBytes, latencyMs, pace }: PlannerInit) {
  const { firstSeq, endSeq, segmentBytes, endBytes, edgeSeq, lengths } = extent
  const { rateBytesPerSecond } = pace ?? {}
  const maxRate = rateBytesPerSecond === undefined ? {} : { maxRateBytesPerSecond: rateBytesPerSecond }
  return {
    ...{ segmentCount: endSeq, firstSeq, segmentBytes, sizeBytes: endBytes, edgeSeq },
    ...(lengths ? { hasLengths: true } : {}),
    ...{ memoryBytes, latencyMs, ...maxRate }
  }
}

export function recordable(decision: Decision): RecordedDecision {
  return {
    ...decision,
    patterns: decision.patterns.map(({ version, from, pattern }) => ({
      version,
      from,
      pattern: pattern.toString()
    }))
  }
}

/** The policy's options in a header. */
export function policyOptionsOf({ pattern, redundancy }: RecordHeader): PolicyOptions {
  return {
    ...(pattern === undefined ? {} : { pattern: Pattern.parse(pattern) }),
    ...(redundancy === undefined ? {} : { redundancy })
  }
}
