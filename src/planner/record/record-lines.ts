import { z } from 'zod'
import { AnabranchError, ExitCode } from '../../errors.ts'
import { MAX_ROUTES, Pattern } from '../../pattern/pattern.ts'
import { Extent } from '../../protocol/extent.ts'
import { SegmentLengths } from '../../protocol/segment-lengths.ts'
import { Pace } from '../pace.ts'
import type { PlannerEvent, PlannerInit } from '../planner.ts'
import { RECORD_VERSION, type RecordedDecision, type RecordHeader } from './recording.ts'

/** A line of a record is not usable. */
export class RecordFileError extends AnabranchError {
  readonly line: number

  constructor(line: number, problem: string, cause?: unknown) {
    super(
      'ERR_RECORD',
      `The record is bad at line ${line}: ${problem}; give a file that a fetch has recorded`,
      {
        exitCode: ExitCode.configuration,
        cause
      }
    )
    this.line = line
  }
}

/** The part of the planner's estimate of one route that a replay shows. */
export interface RecordedEstimate {
  weight: number
  rateBytesPerSecond: number
}

/** One parsed line after the header. Times in ms of the client's clock. */
export type ParsedLine =
  | { kind: 'event'; atMs: number; event: PlannerEvent }
  | {
      kind: 'decision'
      atMs: number
      decision: RecordedDecision
      estimates: ReadonlyMap<number, RecordedEstimate>
    }

/**
 * Most segments that a record's memory may hold: the planner takes memory for each, and no client
 * comes near it.
 */
const MAX_SEGMENTS_AHEAD = 2 ** 20

const count = z.int().nonnegative()
const route = z
  .int()
  .min(0)
  .max(MAX_ROUTES - 1)
const range = z.object({ from: count, to: count })
const time = z.number()
const duration = z.number().nonnegative()

const known = z.object({ rateBytesPerSecond: z.number().positive(), rttMs: duration })

const EVENT = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('routeAdded'),
    route,
    holder: z.string(),
    costMs: duration.optional(),
    known: known.optional(),
    backup: z.boolean().optional(),
    price: z.number().positive().optional()
  }),
  z.object({ type: z.literal('routeAsked'), route }),
  z.object({ type: z.literal('routeOpened'), route, rttMs: duration }),
  z.object({ type: z.literal('routeClosed'), route, reason: z.string() }),
  z.object({
    type: z.literal('testReply'),
    route,
    rttMs: duration,
    bytes: count,
    spreadMs: duration.optional()
  }),
  z.object({ type: z.literal('arrived'), route, seq: count, bytes: count, sentAtMs: z.number() }),
  z.object({
    type: z.literal('dropped'),
    route,
    bytes: count,
    ranges: z.array(range),
    skipped: z.boolean().optional()
  }),
  z.object({ type: z.literal('held'), route, waitMs: duration }),
  z.object({ type: z.literal('patternApplied'), route, version: count, from: count }),
  z.object({ type: z.literal('reassigned'), route, id: count, kept: z.array(range) }),
  z.object({ type: z.literal('consumed'), seq: count }),
  z.object({
    type: z.literal('extentGrew'),
    edgeSeq: count.optional(),
    endBytes: count.optional(),
    toldMs: count.optional(),
    lengths: z.array(count).optional()
  }),
  z.object({ type: z.literal('passed'), seq: count }),
  z.object({
    type: z.literal('pinned'),
    pattern: z.string().refine(isPattern, 'it is no pattern').optional()
  }),
  z.object({ type: z.literal('aside'), route, isAside: z.boolean(), reason: z.string().optional() }),
  z.object({ type: z.literal('paused'), isPaused: z.boolean() }),
  z.object({ type: z.literal('limited'), rateBytesPerSecond: z.number().positive().optional() }),
  z.object({ type: z.literal('latencyChanged'), latencyMs: duration.optional() })
])

// The object is loose: a field that a later version adds to a decision counts as a difference and
// is not lost here.
const DECISION = z.looseObject({
  patterns: z.array(z.looseObject({ version: count, from: count, pattern: z.string() })),
  reassignments: z.array(
    z.looseObject({
      id: count,
      fromRoute: route,
      toRoute: route,
      copy: z.boolean(),
      ranges: z.array(range)
    })
  ),
  credits: z.array(z.looseObject({ route, limitBytes: z.number() })),
  horizon: count,
  states: z.array(
    z.looseObject({
      route,
      state: z.enum(['opening', 'open', 'late', 'parked', 'closed']),
      reason: z.string()
    })
  ),
  probes: z.array(z.looseObject({ route, replyBytes: count }))
})

// JSON has null for numbers that are not finite.
const ESTIMATES = z.record(
  z.string(),
  z.looseObject({ weight: z.number().nullish(), rateBytesPerSecond: z.number().nullish() })
)

const LINE = z.union([
  z.object({ atMs: time, event: EVENT }),
  z.object({ atMs: time, decision: DECISION, estimates: ESTIMATES })
])

const HEADER = z.object({
  record: z.literal(RECORD_VERSION, { error: `this version reads records of format ${RECORD_VERSION}` }),
  policy: z.string(),
  pattern: z.string().optional(),
  redundancy: count.optional(),
  init: z
    .object({
      segmentCount: count.optional(),
      firstSeq: count,
      segmentBytes: z.int().positive(),
      sizeBytes: count.optional(),
      /** Of a live content, in place of its size. */
      edgeSeq: count.optional(),
      /** Its segments differ in size: events tell their lengths. */
      hasLengths: z.boolean().optional(),
      memoryBytes: z.number().positive(),
      latencyMs: duration.optional(),
      maxRateBytesPerSecond: z.number().positive().optional(),
      cutover: z.enum(['async', 'sync']).optional()
    })
    .refine(
      ({ segmentCount, segmentBytes, sizeBytes, edgeSeq }) =>
        sizeBytes === undefined
          ? segmentCount === undefined && edgeSeq !== undefined
          : segmentCount === Math.ceil(sizeBytes / segmentBytes),
      {
        error: 'its segments are not as many as its bytes make'
      }
    )
    .refine(({ memoryBytes, segmentBytes }) => memoryBytes / segmentBytes <= MAX_SEGMENTS_AHEAD, {
      error: `its memory holds more than ${MAX_SEGMENTS_AHEAD} segments`
    })
    .transform(
      ({
        firstSeq,
        segmentBytes,
        sizeBytes,
        edgeSeq,
        hasLengths,
        memoryBytes,
        latencyMs,
        maxRateBytesPerSecond,
        cutover
      }): PlannerInit => ({
        extent: new Extent({
          ...{ firstSeq, segmentBytes, endBytes: sizeBytes, edgeSeq },
          lengths: hasLengths ? new SegmentLengths(firstSeq) : undefined
        }),
        memoryBytes,
        latencyMs,
        ...(cutover ? { cutover } : {}),
        ...(maxRateBytesPerSecond ? { pace: new Pace(maxRateBytesPerSecond) } : {})
      })
    )
})

function isPattern(text: string): boolean {
  try {
    Pattern.parse(text)
    return true
  } catch {
    return false
  }
}

/** Parses the first line. Throws RecordFileError. */
export function parseHeader(text: string): RecordHeader {
  const header = checked(HEADER, parsed(text, 1), 1)
  if (header.pattern !== undefined) {
    try {
      Pattern.parse(header.pattern)
    } catch (error) {
      throw new RecordFileError(1, (error as Error).message, error)
    }
  }
  return header
}

/** Parses any later line. Throws RecordFileError. */
export function parseLine(text: string, line: number): ParsedLine {
  const value = parsed(text, line)
  // Only one schema is tried, so that the error fits the kind of line that was meant.
  const kind = (value as { event?: unknown } | null)?.event === undefined ? LINE.options[1] : LINE.options[0]
  const read = checked<z.output<typeof LINE>>(kind, value, line)
  if ('event' in read) return { kind: 'event', atMs: read.atMs, event: read.event }
  const estimates = Object.entries(read.estimates).map(
    ([route, { weight, rateBytesPerSecond }]) =>
      [Number(route), { weight: weight ?? 0, rateBytesPerSecond: rateBytesPerSecond ?? 0 }] as const
  )
  return { kind: 'decision', atMs: read.atMs, decision: read.decision, estimates: new Map(estimates) }
}

function parsed(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RecordFileError(line, 'it is not JSON', error)
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, line: number): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue!.path.join('.')
  throw new RecordFileError(line, `${path === '' ? '' : `${path}: `}${issue!.message}`)
}
