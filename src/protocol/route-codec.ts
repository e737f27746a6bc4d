import { AnabranchError, WireStatus } from '../errors.ts'
import { MAX_ROUTES, Pattern } from '../pattern/pattern.ts'
import { utf8Length } from './bytes.ts'
import { ROUTE_LIMITS as LIMITS } from './limits.ts'
import * as wire from './route.ts'

/** The protocol of a route's stream. A change that older peers would misread gets a new number. */
export const ROUTE_PROTOCOL = '/anabranch/route/3.0.0'

/** A peer sent bytes that are no message of the protocol, or one whose values make no sense. */
export class MalformedMessageError extends AnabranchError {
  constructor(what: string, cause?: unknown) {
    super('ERR_MALFORMED', `A peer sent a malformed message: ${what}`, {
      wireStatus: WireStatus.malformed,
      cause
    })
  }
}

export type {
  Credit,
  Hashes,
  Held,
  Hop,
  HopLimits,
  Opened,
  PatternApplied,
  SeqRange,
  Status,
  Test,
  TestReply
} from './route.ts'

/** From segment `from` on, `pattern` applies. Versions count up from 1 in a session. */
export interface PatternChange {
  version: number
  from: number
  pattern: Pattern
}

/**
 * The segments of `ranges` (from inclusive, to exclusive) that `fromRoute` carries go to `toRoute`: only those not sent
 * yet, or with `copy` also those already sent.
 */
export interface Reassignment {
  id: number
  fromRoute: number
  toRoute: number
  copy: boolean
  ranges: wire.SeqRange[]
}

/**
 * The client's standing orders to the source. Each is cumulative or numbered, so that the same orders may come over every
 * route, in any order, repeatedly: the first to arrive counts.
 */
export interface Control {
  patterns: PatternChange[]
  reassignments: Reassignment[]
  /** Payload bytes that a route may have sent since it was opened. */
  credits: wire.Credit[]
  /** No segment at or above this may be sent yet. */
  horizon: number
  /** All segments below this are with the client. */
  done: number
  /** Groups at or above `done` whose hashes the client has: no route needs to bring them again. */
  hashed: number[]
}

export interface Open {
  /** 16 random bytes: the source joins routes with the same id to one session. */
  sessionId: Uint8Array<ArrayBuffer>
  route: number
  name: string
  /** The content's root, 32 bytes; none asks for the content that the source has under the name now. */
  rootHash: Uint8Array<ArrayBuffer>
  /** The rest of the path; the last hop is the source. Empty for the source itself. */
  hops: wire.Hop[]
  firstSeq: number
  control: Control
  /** Padding that the source sends back behind its `opened`, for the first measurement of rate. */
  testBytes: number
}

export interface Segment {
  seq: number
  /** When the source handed the segment to the route, by the source's own clock: microseconds, any origin. */
  sentAtUs: number
  /** True when the segment is sent because of a reassignment. */
  repair: boolean
  /** True for a piece: the rest of the segment follows in the route's next segment messages. */
  more: boolean
  payload: Uint8Array
}

/** The source's answers to the client's orders. */
export interface Report {
  patterns: wire.PatternApplied[]
  reassigned: wire.Reassigned[]
}

export interface Dropped {
  bytes: number
  ranges: wire.SeqRange[]
}

export type RouteMessage =
  | ({ kind: 'open' } & Open)
  | ({ kind: 'opened' } & wire.Opened)
  | ({ kind: 'control' } & Control)
  | ({ kind: 'report' } & Report)
  | ({ kind: 'test' } & wire.Test)
  | ({ kind: 'testReply' } & wire.TestReply)
  | ({ kind: 'hashes' } & wire.Hashes)
  | ({ kind: 'dropped' } & Dropped)
  | ({ kind: 'status' } & wire.Status)
  | ({ kind: 'segment' } & Segment)
  | ({ kind: 'held' } & wire.Held)

const KINDS = [
  'open',
  'opened',
  'control',
  'report',
  'test',
  'testReply',
  'hashes',
  'dropped',
  'status',
  'segment',
  'held'
] as const
const SEGMENT_KIND = KINDS.indexOf('segment')
/** Bytes of a segment's header: kind, flags, 6 bytes of seq, 6 bytes of sentAtUs. */
export const SEGMENT_HEADER_BYTES = 14
const FLAG_REPAIR = 1
const FLAG_MORE = 2

const CONTROL_LIMITS = {
  patterns: LIMITS.maxPatternsPerControl,
  reassignments: LIMITS.maxReassignmentsPerControl,
  reassignments$: { ranges: LIMITS.maxRangesPerMessage },
  credits: MAX_ROUTES,
  hashed: LIMITS.maxHashGroupsPerControl
}
/** Most elements of each repeated field, checked while decoding (a field of messages has its own under `name$`). */
const REPEATED_LIMITS = {
  ...CONTROL_LIMITS,
  control: CONTROL_LIMITS,
  hops: LIMITS.maxHops,
  hops$: { addresses: LIMITS.maxAddressesPerHop },
  limits: LIMITS.maxHops + 1,
  reassigned: LIMITS.maxReassignmentsPerControl,
  reassigned$: { kept: LIMITS.maxRangesPerMessage },
  ranges: LIMITS.maxRangesPerMessage
}

/** Orders that ask for nothing. */
export function emptyControl(): Control {
  return { patterns: [], reassignments: [], credits: [], horizon: 0, done: 0, hashed: [] }
}

/** Encodes a message as one frame in memory of its own, with a single copy of its payload. */
export function encodeRouteFrame(message: RouteMessage): Uint8Array {
  const parts = encodeRouteMessage(message)
  const frame = new Uint8Array(parts.reduce((bytes, part) => bytes + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    frame.set(part, at)
    at += part.byteLength
  }
  return frame
}

/** The frame of a message, in parts to be sent one after the other; a segment's payload is not copied. */
export function encodeRouteMessage(message: RouteMessage): Uint8Array[] {
  switch (message.kind) {
    case 'segment':
      return encodeSegment(message)
    case 'open':
      return withKind(message.kind, wire.Open.encode({ ...message, control: toWireControl(message.control) }))
    case 'control':
      return withKind(message.kind, wire.Control.encode(toWireControl(message)))
    case 'opened':
      return withKind(message.kind, wire.Opened.encode(message))
    case 'report':
      return withKind(message.kind, wire.Report.encode(message))
    case 'test':
      return withKind(message.kind, wire.Test.encode(message))
    case 'testReply':
      return withKind(message.kind, wire.TestReply.encode(message))
    case 'hashes':
      return withKind(message.kind, wire.Hashes.encode(message))
    case 'dropped':
      return withKind(message.kind, wire.Dropped.encode(message))
    case 'status':
      return withKind(message.kind, wire.Status.encode(message))
    case 'held':
      return withKind(message.kind, wire.Held.encode(message))
  }
}

/** Reads one frame. A segment's payload is a view of it. Throws MalformedMessageError. */
export function decodeRouteMessage(frame: Uint8Array): RouteMessage {
  const kind = frame[0]
  if (kind === SEGMENT_KIND) return decodeSegment(frame)
  const body = frame.subarray(1)
  switch (kind === undefined ? undefined : KINDS[kind]) {
    case 'open':
      return { kind: 'open', ...checkOpen(decode(wire.Open, body)) }
    case 'control':
      return { kind: 'control', ...fromWireControl(decode(wire.Control, body)) }
    case 'opened':
      return { kind: 'opened', ...checkOpened(decode(wire.Opened, body)) }
    case 'report':
      return { kind: 'report', ...checkReport(decode(wire.Report, body)) }
    case 'test':
      return { kind: 'test', ...checkTest(decode(wire.Test, body)) }
    case 'testReply':
      return { kind: 'testReply', ...decode(wire.TestReply, body) }
    case 'hashes':
      return { kind: 'hashes', ...checkHashes(decode(wire.Hashes, body)) }
    case 'dropped':
      return { kind: 'dropped', ...checkDropped(decode(wire.Dropped, body)) }
    case 'status':
      return { kind: 'status', ...checkStatus(decode(wire.Status, body)) }
    case 'held':
      return { kind: 'held', ...decode(wire.Held, body) }
    default:
      throw new MalformedMessageError(`unknown kind ${kind}`)
  }
}

/** Tells which message a frame holds, its body left unread. Throws MalformedMessageError. */
export function peekKind(frame: Uint8Array): RouteMessage['kind'] {
  const kind = KINDS[frame[0] ?? KINDS.length]
  if (kind === undefined) throw new MalformedMessageError(`unknown kind ${frame[0]}`)
  return kind
}

/** Reads what a node that only forwards must know of a segment's frame. Throws MalformedMessageError. */
export function peekSegment(frame: Uint8Array): Omit<Segment, 'payload'> & { payloadBytes: number } {
  if (frame.byteLength <= SEGMENT_HEADER_BYTES) throw new MalformedMessageError('a segment without content')
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  return {
    seq: readUint48(view, 2),
    sentAtUs: readUint48(view, 8),
    repair: (frame[1]! & FLAG_REPAIR) !== 0,
    more: (frame[1]! & FLAG_MORE) !== 0,
    payloadBytes: frame.byteLength - SEGMENT_HEADER_BYTES
  }
}

function encodeSegment(segment: Segment): Uint8Array[] {
  const header = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(header.buffer)
  header[0] = SEGMENT_KIND
  header[1] = (segment.repair ? FLAG_REPAIR : 0) | (segment.more ? FLAG_MORE : 0)
  writeUint48(view, 2, segment.seq)
  writeUint48(view, 8, segment.sentAtUs)
  return [header, segment.payload]
}

function decodeSegment(frame: Uint8Array): RouteMessage {
  if (frame.byteLength <= SEGMENT_HEADER_BYTES) throw new MalformedMessageError('a segment without content')
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  return {
    kind: 'segment',
    seq: readUint48(view, 2),
    sentAtUs: readUint48(view, 8),
    repair: (frame[1]! & FLAG_REPAIR) !== 0,
    more: (frame[1]! & FLAG_MORE) !== 0,
    payload: frame.subarray(SEGMENT_HEADER_BYTES)
  }
}

function writeUint48(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, Math.floor(value / 2 ** 32))
  view.setUint32(offset + 2, value >>> 0)
}

function readUint48(view: DataView, offset: number): number {
  return view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2)
}

function withKind(kind: (typeof KINDS)[number], body: Uint8Array): Uint8Array[] {
  return [Uint8Array.of(KINDS.indexOf(kind)), body]
}

interface MessageType<T> {
  decode(body: Uint8Array, options: { limits: object }): T
}

function decode<T>(type: MessageType<T>, body: Uint8Array): T {
  try {
    return type.decode(body, { limits: REPEATED_LIMITS })
  } catch (error) {
    throw new MalformedMessageError(error instanceof Error ? error.message : String(error), error)
  }
}

function toWireControl(control: Control): wire.Control {
  const encoder = new TextEncoder()
  return {
    ...control,
    patterns: control.patterns.map(change => ({
      ...change,
      pattern: encoder.encode(change.pattern.toString())
    }))
  }
}

function fromWireControl(control: wire.Control): Control {
  return {
    patterns: control.patterns.map(change => {
      check(change.version >= 1, 'a pattern without a version')
      checkSeq(change.from)
      check(change.pattern.byteLength <= LIMITS.maxPatternBytes, 'a pattern that is too long')
      return { ...change, pattern: Pattern.parse(new TextDecoder().decode(change.pattern)) }
    }),
    reassignments: control.reassignments.map(reassignment => {
      checkRoute(reassignment.fromRoute)
      checkRoute(reassignment.toRoute)
      checkRanges(reassignment.ranges)
      return reassignment
    }),
    credits: control.credits.map(credit => {
      checkRoute(credit.route)
      checkSeq(credit.limitBytes)
      return credit
    }),
    horizon: checkSeq(control.horizon),
    done: checkSeq(control.done),
    hashed: control.hashed.map(checkSeq)
  }
}

function checkOpen(open: wire.Open): Open {
  check(open.sessionId.byteLength === 16, 'a session id that is not 16 bytes')
  checkRoute(open.route)
  check(open.rootHash.byteLength === 32 || open.rootHash.byteLength === 0, 'a root hash that is not 32 bytes')
  check(utf8Length(open.name) <= LIMITS.maxNameBytes, 'a name that is too long')
  checkSeq(open.firstSeq)
  check(open.testBytes <= LIMITS.maxTestBytes, 'a test block that is too large')
  for (const hop of open.hops) {
    check(utf8Length(hop.peerId) <= LIMITS.maxPeerIdBytes, 'a peer id that is too long')
    check(
      hop.addresses.every(address => utf8Length(address) <= LIMITS.maxAddressBytes),
      'an address that is too long'
    )
  }
  return { ...open, control: open.control ? fromWireControl(open.control) : emptyControl() }
}

function checkOpened(opened: wire.Opened): wire.Opened {
  check(opened.record.byteLength <= LIMITS.maxRecordBytes, 'a content record that is too long')
  return opened
}

function checkReport(report: wire.Report): wire.Report {
  for (const { from } of report.patterns) checkSeq(from)
  for (const { kept } of report.reassigned) checkRanges(kept)
  return report
}

function checkTest(test: wire.Test): wire.Test {
  check(test.replyBytes <= LIMITS.maxTestBytes, 'a test block that is too large')
  return test
}

function checkHashes(hashes: wire.Hashes): wire.Hashes {
  checkSeq(hashes.group)
  check(hashes.leaves.byteLength % 32 === 0 && hashes.proof.byteLength % 32 === 0, 'hashes that are cut off')
  return hashes
}

function checkDropped(dropped: wire.Dropped): wire.Dropped {
  checkSeq(dropped.bytes)
  checkRanges(dropped.ranges)
  return dropped
}

function checkStatus(status: wire.Status): wire.Status {
  return { ...status, message: status.message.slice(0, LIMITS.maxMessageBytes) }
}

function checkRoute(route: number): void {
  check(route < MAX_ROUTES, `route number ${route}`)
}

function checkSeq(seq: number): number {
  check(Number.isSafeInteger(seq) && seq >= 0, 'a number out of range')
  return seq
}

function checkRanges(ranges: wire.SeqRange[]): void {
  let last = -1
  for (const { from, to } of ranges) {
    check(from > last && to > from && Number.isSafeInteger(to), 'ranges that are not ascending')
    last = to - 1
  }
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new MalformedMessageError(what)
}
