import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Pattern, PatternError } from '../../src/pattern/pattern.ts'
import { InvalidContentNameError } from '../../src/protocol/content-name.ts'
import { InvalidContentRecordError, verifyContentRecord } from '../../src/protocol/content-record.ts'
import {
  decodeDirectorReply,
  decodeDirectorRequest,
  encodeDirectorReply,
  encodeDirectorRequest
} from '../../src/protocol/director-codec.ts'
import { MalformedMessageError } from '../../src/protocol/malformed-message.ts'
import { HASH_GROUP_SEGMENTS, verifyGroup } from '../../src/protocol/merkle.ts'
import {
  decodeRequest,
  decodeRouteMessage,
  encodeRequest,
  encodeRouteFrame,
  forwardedOpen
} from '../../src/protocol/route-codec.ts'
import { KINDS, kindOf, relayKindOf } from '../../src/protocol/route-kinds.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { decodeSegment } from '../../src/protocol/segment-frame.ts'
import { readVectors } from '../protocol/vectors.ts'
import { framesLike, wildNumbers, wildRanges, wildUint32s } from './inputs.ts'
import { checkSize, law, must, promisedResultOf, resultOf } from './law.ts'

const framesOf = (protocol: string, isWanted: (file: string) => boolean) =>
  readVectors(protocol, [])
    .filter(({ file }) => isWanted(file))
    .map(({ frame }) => frame)

const routeFrames = framesOf('route', file => !file.startsWith('request'))
const requests = framesOf('route', file => file.startsWith('request'))
const directorRequests = framesOf('director', file => file.startsWith('request'))
const directorReplies = framesOf('director', file => file.startsWith('reply'))

const ROUTE_ERRORS = [MalformedMessageError, PatternError]

/** Whatever can be read is read the same after it was written again, and takes no more memory than its bytes say. */
function readsBack<T>(
  frame: Uint8Array,
  decode: (frame: Uint8Array) => T,
  encode: (message: T & {}) => Uint8Array,
  errors: Parameters<typeof resultOf>[1]
): T | undefined {
  const message = resultOf(() => decode(frame), errors)
  if (message === undefined || message === null) return undefined
  checkSize(message, frame.byteLength)
  must(isSame(decode(encode(message)), message), 'it is read otherwise once it was written again')
  return message
}

/**
 * Whether two messages say the same. Halves of characters, which no writer can write, count as
 * U+FFFD, and -0 as 0.
 */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(wellFormed(a), wellFormed(b))
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, wellFormed(part)]))
}

/** Messages of the right form in which every number may be anything that the wire can carry. */
const patternChanges = fc.array(
  fc.record({
    version: wildUint32s,
    from: wildNumbers,
    pattern: fc.constantFrom('A', 'AAB', '[ABz]C').map(Pattern.parse)
  }),
  { maxLength: 3 }
)
const wildMessages: fc.Arbitrary<RouteMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('control' as const),
    patterns: patternChanges,
    reassignments: fc.array(
      fc.record({
        id: wildUint32s,
        fromRoute: wildUint32s,
        toRoute: wildUint32s,
        copy: fc.boolean(),
        ranges: wildRanges
      }),
      { maxLength: 3 }
    ),
    credits: fc.array(fc.record({ route: wildUint32s, limitBytes: wildNumbers }), { maxLength: 3 }),
    horizon: wildNumbers,
    done: wildNumbers,
    hashed: fc.array(wildNumbers, { maxLength: 4 })
  }),
  fc.record({
    kind: fc.constant('plan' as const),
    patterns: patternChanges,
    drops: fc.array(fc.record({ id: wildUint32s, ranges: wildRanges }), { maxLength: 3 }),
    done: wildNumbers
  }),
  fc.record({
    kind: fc.constant('report' as const),
    source: fc.string(),
    patterns: fc.array(fc.record({ version: wildUint32s, from: wildNumbers }), { maxLength: 3 }),
    reassigned: fc.array(fc.record({ id: wildUint32s, kept: wildRanges }), { maxLength: 3 })
  }),
  fc.record({ kind: fc.constant('dropped' as const), bytes: wildNumbers, ranges: wildRanges }),
  fc.record({ kind: fc.constant('skipped' as const), bytes: wildNumbers, ranges: wildRanges }),
  fc.record({ kind: fc.constant('parts' as const), ranges: wildRanges, coming: wildRanges }),
  fc.record({ kind: fc.constant('held' as const), waitMs: wildUint32s }),
  fc.record({ kind: fc.constant('test' as const), nonce: wildUint32s, replyBytes: wildUint32s }),
  fc.record({
    kind: fc.constant('hashes' as const),
    group: wildNumbers,
    leaves: fc.uint8Array({ maxLength: 65 }).map(bytes => Uint8Array.from(bytes)),
    proof: fc.uint8Array({ maxLength: 65 }).map(bytes => Uint8Array.from(bytes))
  })
)

/** The laws of everything that reads bytes from peers. */
export const FRAME_LAWS = [
  law('route-frame', 4_000, framesLike(routeFrames), frame => {
    const message = readsBack(frame, decodeRouteMessage, encodeRouteFrame, ROUTE_ERRORS)
    if (message?.kind !== 'open') return
    const onward = { ...message, hops: message.hops.slice(1) }
    must(isSame(decodeRouteMessage(forwardedOpen(frame)), onward), 'an open changes on its way')
  }),
  law('route-message', 2_000, wildMessages, message => {
    readsBack(encodeRouteFrame(message), decodeRouteMessage, encodeRouteFrame, ROUTE_ERRORS)
  }),
  law('route-request', 2_000, framesLike(requests), frame => {
    readsBack(frame, decodeRequest, encodeRequest, ROUTE_ERRORS)
  }),
  law('route-kind', 1_000, framesLike(routeFrames), frame => {
    const kind = resultOf(() => kindOf(frame), [MalformedMessageError])
    const seen = resultOf(() => relayKindOf(frame), [MalformedMessageError])
    const isForEnds = ['inOrder', 'overtaking'].includes(seen ?? '')
    must(isForEnds || kind === seen, 'a relay and an end read a kind otherwise')
  }),
  law('segment-frame', 1_000, framesLike([Uint8Array.of(KINDS.segment, ...Array(40).keys())]), frame => {
    const segment = resultOf(() => decodeSegment(frame), [MalformedMessageError])
    if (segment) must(segment.payload.buffer === frame.buffer, 'a payload was copied')
  }),
  law('director-request', 3_000, framesLike(directorRequests), frame => {
    const errors = [MalformedMessageError, InvalidContentNameError]
    readsBack(frame, decodeDirectorRequest, encodeDirectorRequest, errors)
  }),
  law('director-reply', 3_000, framesLike(directorReplies), frame => {
    readsBack(frame, decodeDirectorReply, encodeDirectorReply, [MalformedMessageError])
  }),
  law('content-record', 400, framesLike([Uint8Array.of(1, ...Array(180).keys())]), async frame => {
    const record = await promisedResultOf(() => verifyContentRecord(frame), [InvalidContentRecordError])
    must(record === undefined, 'a record without a signature was taken')
  }),
  law(
    'merkle-proof',
    1_000,
    fc.record({
      rootHash: fc.uint8Array({ maxLength: 40 }),
      segmentCount: wildNumbers,
      group: fc.oneof(wildNumbers, fc.double(), fc.integer()),
      leaves: fc.nat(HASH_GROUP_SEGMENTS + 1).map(count => new Uint8Array(32 * count)),
      proof: fc.uint8Array({ maxLength: 2_000 })
    }),
    claim => must(!verifyGroup(claim), 'a proof without a tree was taken')
  )
]
