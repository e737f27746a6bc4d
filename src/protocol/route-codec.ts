import { MAX_ROUTES, Pattern } from '../pattern/pattern.ts'
import { concatBytes, utf8Length } from './bytes.ts'
import { checkCapabilities, MAX_CAPABILITIES } from './capabilities.ts'
import { ROUTE_LIMITS as LIMITS, SECRET_BYTES } from './limits.ts'
import { check, decodeWithin, type MessageType } from './malformed-message.ts'
import * as wire from './route.ts'
import { KINDS, type Kind, kindOf } from './route-kinds.ts'
import {
  type Control,
  emptyControl,
  type Lengths,
  type Open,
  type PatternChange,
  type Plan,
  type Request,
  type RouteMessage
} from './route-messages.ts'
import { decodeSegment, encodeSegment } from './segment-frame.ts'
import { MAX_HEAD_BYTES } from './stream-head.ts'

/** The protocol of a route's stream. A change that older peers would misread gets a new number. */
export const ROUTE_PROTOCOL = '/anabranch/route/4.0.0'

const CONTROL_LIMITS = {
  patterns: LIMITS.maxPatternsPerControl,
  reassignments: LIMITS.maxReassignmentsPerControl,
  reassignments$: { ranges: LIMITS.maxRangesPerMessage },
  credits: MAX_ROUTES,
  hashed: LIMITS.maxHashGroupsPerControl
}
const PLAN_LIMITS = {
  patterns: LIMITS.maxPatternsPerControl,
  drops: LIMITS.maxReassignmentsPerControl,
  drops$: { ranges: LIMITS.maxRangesPerMessage }
}
/** Most elements of each repeated field, checked while decoding (a field of messages has its own under `name$`). */
const REPEATED_LIMITS = {
  ...CONTROL_LIMITS,
  ...PLAN_LIMITS,
  control: CONTROL_LIMITS,
  plan: PLAN_LIMITS,
  hops: LIMITS.maxHops,
  hops$: { addresses: LIMITS.maxAddressesPerHop },
  reassigned: LIMITS.maxReassignmentsPerControl,
  reassigned$: { kept: LIMITS.maxRangesPerMessage },
  ranges: LIMITS.maxRangesPerMessage,
  coming: LIMITS.maxRangesPerMessage,
  capabilities: MAX_CAPABILITIES
}

/** Encodes a message as one frame, with a single copy of its payload. */
export function encodeRouteFrame(message: RouteMessage): Uint8Array {
  return concatBytes(encodeRouteMessage(message))
}

/** The frame of a message, in parts to be sent one after the other; a segment's payload is not copied. */
export function encodeRouteMessage(message: RouteMessage): Uint8Array[] {
  if (message.kind === 'segment') return encodeSegment(message)
  return withKind(message.kind, encodeBody(message))
}

/**
 * Reads one frame; undefined for one of an unknown kind that has to be skipped. A segment's payload is a view of the frame,
 * or of `opened`, which stands for what follows the frame's head where that was encrypted. Throws MalformedMessageError or
 * PatternError.
 */
export function decodeRouteMessage(frame: Uint8Array, opened?: Uint8Array): RouteMessage | undefined {
  const kind = kindOf(frame)
  const body = opened ?? frame.subarray(1)
  switch (kind) {
    case undefined:
      return undefined
    case 'open':
      return { kind, ...fromWireOpen(decode(wire.Open, body)) }
    case 'opened':
      return { kind, ...checkOpened(decode(wire.Opened, body)) }
    case 'relay':
      return { kind, ...checkRelay(decode(wire.Relay, body)) }
    case 'status':
      return { kind, ...checkStatus(decode(wire.Status, body)) }
    case 'segment':
      return { kind, ...decodeSegment(frame, opened) }
    case 'plan':
      return { kind, ...fromWirePlan(decode(wire.Plan, body)) }
    case 'dropped':
      return { kind, ...checkBytesAndRanges(decode(wire.Dropped, body)) }
    case 'held':
      return { kind, ...decode(wire.Held, body) }
    case 'lane':
      check(body.byteLength === SECRET_BYTES, `a lane's secret that is not ${SECRET_BYTES} bytes`)
      return { kind, secret: body }
    case 'laneBegins':
      return { kind }
    case 'receipt':
      return { kind, bytes: body }
    case 'hashes':
      return { kind, ...checkHashes(decode(wire.Hashes, body)) }
    case 'head':
      check(body.byteLength <= MAX_HEAD_BYTES, 'a head that is too long')
      return { kind, bytes: body }
    case 'lengths':
      return { kind, ...fromWireLengths(decode(wire.Lengths, body)) }
    case 'control':
      return { kind, ...fromWireControl(decode(wire.Control, body)) }
    case 'report':
      return { kind, ...checkReport(decode(wire.Report, body)) }
    case 'test':
      return { kind, ...checkTest(decode(wire.Test, body)) }
    case 'testReply':
      return { kind, ...decode(wire.TestReply, body) }
    case 'skipped':
      return { kind, ...checkBytesAndRanges(decode(wire.Skipped, body)) }
    case 'handshake':
      check(body.byteLength <= LIMITS.maxHandshakeBytes, 'a handshake that is too long')
      return { kind, bytes: body }
    case 'request':
      return { kind, request: body }
    case 'ended':
      return { kind, ...checkStatus(decode(wire.Ended, body)) }
    case 'parts':
      return { kind, ...checkParts(decode(wire.Parts, body)) }
  }
}

/** The frame of an `open` as the next hop gets it: without the first hop, and for the rest byte for byte. */
export function forwardedOpen(frame: Uint8Array): Uint8Array {
  const open = decode(wire.Open, frame.subarray(1))
  return concatBytes(withKind('open', wire.Open.encode({ ...open, hops: open.hops.slice(1) })))
}

export function encodeRequest(request: Request): Uint8Array<ArrayBuffer> {
  return wire.Request.encode({ ...request, control: toWireControl(request.control) })
}

export function encodeSecret(secret: wire.Secret): Uint8Array<ArrayBuffer> {
  return wire.Secret.encode(secret)
}

/** Reads what a client tells a source through their handshake. Throws MalformedMessageError. */
export function decodeSecret(bytes: Uint8Array): wire.Secret {
  const secret = decode(wire.Secret, bytes)
  check(secret.secret.byteLength === SECRET_BYTES, `a secret that is not ${SECRET_BYTES} bytes`)
  return secret
}

/** Reads the request of an `open`. Throws MalformedMessageError or PatternError. */
export function decodeRequest(bytes: Uint8Array): Request {
  const { endSeq, backMs, ...request } = decode(wire.Request, bytes)
  const { name, rootHash, firstSeq, testBytes, control } = request
  check(rootHash.byteLength === 32 || rootHash.byteLength === 0, 'a root hash that is not 32 bytes')
  check(utf8Length(name) <= LIMITS.maxNameBytes, 'a name that is too long')
  checkSeq(firstSeq)
  check(testBytes <= LIMITS.maxTestBytes, 'a test block that is too large')
  if (backMs !== undefined) checkSeq(backMs)
  if (endSeq !== undefined) check(checkSeq(endSeq) >= firstSeq, 'an end before the first segment')
  return {
    ...request,
    ...(endSeq === undefined ? {} : { endSeq }),
    ...(backMs === undefined ? {} : { backMs }),
    control: control ? fromWireControl(control) : emptyControl(),
    capabilities: checkCapabilities(request.capabilities)
  }
}

function encodeBody(message: Exclude<RouteMessage, { kind: 'segment' }>): Uint8Array {
  switch (message.kind) {
    case 'open':
      return wire.Open.encode(toWireOpen(message))
    case 'opened':
      return wire.Opened.encode(message)
    case 'relay':
      return wire.Relay.encode(message)
    case 'status':
      return wire.Status.encode(message)
    case 'plan':
      return wire.Plan.encode(toWirePlan(message))
    case 'dropped':
      return wire.Dropped.encode(message)
    case 'held':
      return wire.Held.encode(message)
    case 'lane':
      return message.secret
    case 'laneBegins':
      return new Uint8Array()
    case 'receipt':
      return message.bytes
    case 'hashes':
      return wire.Hashes.encode(message)
    case 'head':
      return message.bytes
    case 'lengths':
      return wire.Lengths.encode(toWireLengths(message))
    case 'control':
      return wire.Control.encode(toWireControl(message))
    case 'report':
      return wire.Report.encode(message)
    case 'test':
      return wire.Test.encode(message)
    case 'testReply':
      return wire.TestReply.encode(message)
    case 'skipped':
      return wire.Skipped.encode(message)
    case 'handshake':
      return message.bytes
    case 'request':
      return message.request
    case 'ended':
      return wire.Ended.encode(message)
    case 'parts':
      return wire.Parts.encode(message)
  }
}

function withKind(kind: Kind, body: Uint8Array): Uint8Array[] {
  return [Uint8Array.of(KINDS[kind]), body]
}

function decode<T>(type: MessageType<T>, body: Uint8Array): T {
  return decodeWithin(type, body, REPEATED_LIMITS)
}

function toWireOpen({ hops, request, handshake, plan, ...rest }: Open): wire.Open {
  const envelope = wire.Envelope.encode({ ...rest, plan: toWirePlan(plan) })
  return { hops, request, envelope, ...(handshake ? { handshake } : {}) }
}

function fromWireOpen({ hops, envelope, request, handshake }: wire.Open): Open {
  for (const hop of hops) {
    check(utf8Length(hop.peerId) <= LIMITS.maxPeerIdBytes, 'a peer id that is too long')
    check(
      hop.addresses.every(address => utf8Length(address) <= LIMITS.maxAddressBytes),
      'an address that is too long'
    )
  }
  check((handshake?.byteLength ?? 0) <= LIMITS.maxHandshakeBytes, 'a handshake that is too long')
  const { sessionId, route, plan, capabilities, pass, opening } = decode(wire.Envelope, envelope)
  check((pass?.byteLength ?? 0) <= LIMITS.maxPassBytes, 'a pass that is too long')
  check(sessionId.byteLength === 16, 'a session id that is not 16 bytes')
  checkRoute(route)
  return {
    hops,
    sessionId,
    route,
    plan: plan ? fromWirePlan(plan) : { patterns: [], drops: [], done: 0 },
    capabilities: checkCapabilities(capabilities),
    request,
    ...(pass ? { pass } : {}),
    ...(opening === undefined ? {} : { opening }),
    ...(handshake === undefined ? {} : { handshake })
  }
}

function toWirePlan(plan: Plan): wire.Plan {
  return { ...plan, patterns: toWirePatterns(plan.patterns) }
}

function fromWirePlan({ patterns, drops, done }: wire.Plan): Plan {
  for (const { ranges } of drops) checkRanges(ranges)
  return { patterns: fromWirePatterns(patterns), drops, done: checkSeq(done) }
}

function toWireControl(control: Control): wire.Control {
  return { ...control, patterns: toWirePatterns(control.patterns) }
}

function fromWireControl(control: wire.Control): Control {
  for (const { fromRoute, toRoute, ranges } of control.reassignments) {
    checkRoute(fromRoute)
    checkRoute(toRoute)
    checkRanges(ranges)
  }
  for (const { route, limitBytes } of control.credits) {
    checkRoute(route)
    checkSeq(limitBytes)
  }
  return {
    patterns: fromWirePatterns(control.patterns),
    reassignments: control.reassignments,
    credits: control.credits,
    horizon: checkSeq(control.horizon),
    done: checkSeq(control.done),
    hashed: control.hashed.map(checkSeq)
  }
}

function toWirePatterns(changes: readonly PatternChange[]): wire.PatternChange[] {
  const encoder = new TextEncoder()
  return changes.map(change => ({ ...change, pattern: encoder.encode(change.pattern.toString()) }))
}

function fromWirePatterns(changes: readonly wire.PatternChange[]): PatternChange[] {
  const decoder = new TextDecoder()
  return changes.map(change => {
    check(change.version >= 1, 'a pattern without a version')
    checkSeq(change.from)
    check(change.pattern.byteLength <= LIMITS.maxPatternBytes, 'a pattern that is too long')
    return { ...change, pattern: Pattern.parse(decoder.decode(change.pattern)) }
  })
}

function checkOpened(opened: wire.Opened): wire.Opened {
  check(opened.record.byteLength <= LIMITS.maxRecordBytes, 'a content record that is too long')
  checkCapabilities(opened.capabilities)
  if (opened.firstSeq !== undefined) checkSeq(opened.firstSeq)
  return opened
}

function checkRelay(relay: wire.Relay): wire.Relay {
  checkCapabilities(relay.capabilities)
  return relay
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

/** Bytes of one length on the wire. */
const LENGTH_BYTES = 3

function toWireLengths({ from, atByte, lengths }: Lengths): wire.Lengths {
  const bytes = new Uint8Array(lengths.length * LENGTH_BYTES)
  for (const [at, length] of lengths.entries())
    bytes.set([length >> 16, (length >> 8) & 0xff, length & 0xff], at * LENGTH_BYTES)
  return { from, atByte, lengths: bytes }
}

function fromWireLengths({ from, atByte, lengths: bytes }: wire.Lengths): Lengths {
  check(bytes.byteLength % LENGTH_BYTES === 0, 'lengths that are cut off')
  const count = bytes.byteLength / LENGTH_BYTES
  check(count <= LIMITS.maxLengthsPerMessage, 'too many lengths')
  const lengthAt = (at: number) => (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  const lengths = Array.from({ length: count }, (_, i) => lengthAt(i * LENGTH_BYTES))
  return { from: checkSeq(from), atByte: checkSeq(atByte), lengths }
}

function checkBytesAndRanges<T extends wire.Dropped | wire.Skipped>(message: T): T {
  checkSeq(message.bytes)
  checkRanges(message.ranges)
  return message
}

function checkParts(parts: wire.Parts): wire.Parts {
  checkRanges(parts.ranges)
  checkRanges(parts.coming)
  return parts
}

function checkStatus<T extends wire.Status | wire.Ended>(status: T): T {
  if ('retryAfterMs' in status && status.retryAfterMs !== undefined) checkSeq(status.retryAfterMs)
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
