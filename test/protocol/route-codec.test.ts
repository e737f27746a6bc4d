import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pattern, PatternError } from '../../src/pattern/pattern.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import { MalformedMessageError } from '../../src/protocol/malformed-message.ts'
import * as wire from '../../src/protocol/route.ts'
import {
  decodeRequest,
  decodeRouteMessage,
  encodeRequest,
  encodeRouteMessage,
  forwardedOpen
} from '../../src/protocol/route-codec.ts'
import { KINDS, relayKindOf } from '../../src/protocol/route-kinds.ts'
import {
  type Control,
  emptyControl,
  type Open,
  type Plan,
  type Request,
  type RouteMessage,
  type SeqRange
} from '../../src/protocol/route-messages.ts'
import { SEGMENT_HEADER_BYTES } from '../../src/protocol/segment-frame.ts'
import { opened, open as openTo, request as requestOf } from './messages.ts'

const seqs = fc.nat(Number.MAX_SAFE_INTEGER)
const routes = fc.nat(51)
const uint32s = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const bytes = (constraints: { minLength?: number; maxLength?: number }) =>
  fc.uint8Array(constraints).map(array => Uint8Array.from(array))
const texts = fc.string({ unit: 'grapheme', maxLength: 40 })
const ranges: fc.Arbitrary<SeqRange[]> = fc
  .uniqueArray(fc.nat(1e12), { maxLength: 8 })
  .map(numbers => numbers.sort((a, b) => a - b))
  .map(numbers =>
    numbers.flatMap((from, i) =>
      i % 2 === 0 && i + 1 < numbers.length ? [{ from, to: numbers[i + 1]! }] : []
    )
  )
const patterns = fc
  .array(fc.uniqueArray(routes, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 20 })
  .map(elements => new Pattern(elements))

const patternChanges = fc.array(
  fc.record({ version: fc.integer({ min: 1, max: 2 ** 32 - 1 }), from: seqs, pattern: patterns }),
  { maxLength: 4 }
)

const controls: fc.Arbitrary<Control> = fc.record({
  patterns: patternChanges,
  reassignments: fc.array(
    fc.record({ id: uint32s, fromRoute: routes, toRoute: routes, copy: fc.boolean(), ranges }),
    { maxLength: 4 }
  ),
  credits: fc.array(fc.record({ route: routes, limitBytes: seqs }), { maxLength: 6 }),
  horizon: seqs,
  done: seqs,
  hashed: fc.array(seqs, { maxLength: 8 })
})

const capabilities = fc.array(fc.stringMatching(/^[a-z0-9-]{1,32}$/), { maxLength: 16 })

const plans: fc.Arbitrary<Plan> = fc.record({
  patterns: patternChanges,
  drops: fc.array(fc.record({ id: uint32s, ranges }), { maxLength: 4 }),
  done: seqs
})

const requests: fc.Arbitrary<Request> = fc.record(
  {
    name: texts,
    rootHash: fc.oneof(bytes({ minLength: 32, maxLength: 32 }), fc.constant(new Uint8Array(0))),
    firstSeq: fc.nat(1e6),
    endSeq: fc.integer({ min: 1e6, max: 2e6 }),
    control: controls,
    testBytes: fc.nat(ROUTE_LIMITS.maxTestBytes),
    capabilities
  },
  { requiredKeys: ['name', 'rootHash', 'firstSeq', 'control', 'testBytes', 'capabilities'] }
)

const openParts = {
  hops: fc.array(
    fc.record({
      peerId: fc.string({ maxLength: 60 }),
      addresses: fc.array(fc.string({ maxLength: 80 }), { maxLength: 3 })
    }),
    { maxLength: ROUTE_LIMITS.maxHops }
  ),
  sessionId: bytes({ minLength: 16, maxLength: 16 }),
  route: routes,
  plan: plans,
  capabilities,
  pass: bytes({ minLength: 1, maxLength: 200 }),
  request: requests.map(encodeRequest)
}
const opens: fc.Arbitrary<Open> = fc.record(openParts, {
  requiredKeys: ['hops', 'sessionId', 'route', 'plan', 'capabilities', 'request']
})

const of = <K extends RouteMessage['kind'], T>(kind: K, body: fc.Arbitrary<T>) =>
  body.map(value => ({ kind, ...value }))
const messages: fc.Arbitrary<RouteMessage> = fc.oneof(
  of('open', opens),
  of('opened', fc.record({ record: bytes({ maxLength: 200 }), capabilities })),
  of(
    'relay',
    fc.record({
      peerId: texts,
      maxRateBytesPerSecond: seqs,
      bufferBytes: seqs,
      sessions: uint32s,
      maxSessions: uint32s,
      setUpMs: uint32s,
      capabilities
    })
  ),
  of('plan', plans),
  of('control', controls),
  of(
    'report',
    fc.record({
      source: texts,
      patterns: fc.array(fc.record({ version: uint32s, from: seqs }), { maxLength: 4 }),
      reassigned: fc.array(fc.record({ id: uint32s, kept: ranges }), { maxLength: 4 })
    })
  ),
  of('test', fc.record({ nonce: uint32s, replyBytes: fc.nat(ROUTE_LIMITS.maxTestBytes) })),
  of('testReply', fc.record({ nonce: uint32s, padding: bytes({ maxLength: 100 }) })),
  of(
    'hashes',
    fc.record({
      group: seqs,
      leaves: bytes({ minLength: 64, maxLength: 64 }),
      proof: bytes({ minLength: 32, maxLength: 32 })
    })
  ),
  of('dropped', fc.record({ bytes: seqs, ranges })),
  of('skipped', fc.record({ bytes: seqs, ranges })),
  of('parts', fc.record({ ranges, coming: ranges })),
  of('held', fc.record({ waitMs: uint32s })),
  of('status', fc.record({ status: fc.nat(499), message: texts, peerId: texts })),
  of(
    'segment',
    fc.record({
      seq: fc.nat(2 ** 48 - 1),
      sentAtUs: fc.nat(2 ** 48 - 1),
      repair: fc.boolean(),
      more: fc.boolean(),
      payload: bytes({ minLength: 1, maxLength: 100 })
    })
  )
)

describe('the codec of a route', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(messages, message => {
        expect(comparable(decodeRouteMessage(frameOf(message))!)).toEqual(comparable(message))
      }),
      { numRuns: 500 }
    )
  })

  it('reads the request that it writes into an open', () => {
    fc.assert(
      fc.property(requests, request => {
        expect(comparable(decodeRequest(encodeRequest(request)))).toEqual(comparable(request))
      })
    )
  })

  it('takes the first hop off an open that it forwards, and passes the rest on byte for byte', () => {
    fc.assert(
      fc.property(opens, message => {
        // A field that this version does not know, in the part for relays.
        const { hops, envelope, request } = wire.Open.decode(
          frameOf({ kind: 'open', ...message }).subarray(1)
        )
        const longer = Uint8Array.of(...envelope, 0xfa, 0x01, 2, 9, 9)
        const frame = Uint8Array.of(KINDS.open, ...wire.Open.encode({ hops, envelope: longer, request }))
        const forwarded = wire.Open.decode(forwardedOpen(frame).subarray(1))
        expect(forwarded.hops).toEqual(hops.slice(1))
        expect([...forwarded.envelope]).toEqual([...longer])
        expect([...forwarded.request]).toEqual([...request])
      })
    )
  })

  it('throws nothing but its own errors, whatever the bytes', () => {
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.constantFrom(...Object.values(KINDS)), fc.uint8Array({ maxLength: 80 }))
        .map(([kind, rest]) => Uint8Array.of(kind, ...rest))
    )
    fc.assert(fc.property(frames, onlyOwnErrors), { numRuns: 3_000 })
  })

  it('throws nothing but its own errors when frames are damaged', () => {
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
        fc.nat(400),
        damage
      ),
      { numRuns: 2_000 }
    )
    function damage(message: RouteMessage, changes: [number, number][], length: number): void {
      const frame = frameOf(message)
      for (const [position, value] of changes) frame[position % frame.length] = value
      onlyOwnErrors(frame)
      onlyOwnErrors(frame.subarray(0, length % frame.length))
    }
  })

  it('does not copy the payload of a segment', () => {
    const payload = Uint8Array.of(1, 2, 3)
    const parts = encodeRouteMessage({
      kind: 'segment',
      seq: 7,
      sentAtUs: 9,
      repair: true,
      more: false,
      payload
    })
    expect(parts[0]!.byteLength).toBe(SEGMENT_HEADER_BYTES)
    expect(parts[1]).toBe(payload)
    const frame = frameOf({ kind: 'segment', seq: 7, sentAtUs: 9, repair: true, more: false, payload })
    const message = decodeRouteMessage(frame) as RouteMessage & { kind: 'segment' }
    expect(message.payload.buffer).toBe(frame.buffer)
  })

  it.each<[string, RouteMessage]>([
    ['a session id of another length', open({ sessionId: new Uint8Array(15) })],
    ['a route that no letter names', open({ route: 52 })],
    ['too many hops', open({ hops: Array.from({ length: 9 }, () => ({ peerId: 'p', addresses: [] })) })],
    ['too many addresses', open({ hops: [{ peerId: 'p', addresses: new Array(17).fill('/ip4/1.2.3.4') }] })],
    ['an address that is too long', open({ hops: [{ peerId: 'p', addresses: ['x'.repeat(513)] }] })],
    ['a pass that is too long', open({ pass: new Uint8Array(ROUTE_LIMITS.maxPassBytes + 1) })],
    ['a test block that is too large', { kind: 'test', nonce: 1, replyBytes: ROUTE_LIMITS.maxTestBytes + 1 }],
    ['a record that is too long', opened(new Uint8Array(4097))],
    ['a capability that is no short name', open({ capabilities: ['UPPER'] })],
    ['too many capabilities', open({ capabilities: new Array(17).fill('a') })],
    [
      'hashes that are cut off',
      { kind: 'hashes', group: 0, leaves: new Uint8Array(33), proof: new Uint8Array(0) }
    ],
    [
      'ranges that go back',
      {
        kind: 'dropped',
        bytes: 1,
        ranges: [
          { from: 5, to: 6 },
          { from: 3, to: 4 }
        ]
      }
    ],
    ['an empty range', { kind: 'dropped', bytes: 1, ranges: [{ from: 5, to: 5 }] }],
    [
      'a pattern without a version',
      control({ patterns: [{ version: 0, from: 0, pattern: Pattern.parse('A') }] })
    ],
    [
      'too many patterns',
      control({
        patterns: Array.from({ length: 65 }, (_, i) => ({
          version: i + 1,
          from: i,
          pattern: Pattern.parse('A')
        }))
      })
    ],
    [
      'too many ranges',
      control({
        reassignments: [
          {
            id: 1,
            fromRoute: 0,
            toRoute: 1,
            copy: false,
            ranges: Array.from({ length: 4097 }, (_, i) => ({ from: 2 * i, to: 2 * i + 1 }))
          }
        ]
      })
    ]
  ])('refuses %s', (_, message) => {
    expect(() => decodeRouteMessage(frameOf(message))).toThrow(MalformedMessageError)
  })

  it.each<[string, Partial<Request>]>([
    ['a root hash of another length', { rootHash: new Uint8Array(31) }],
    ['a name that is too long', { name: 'x'.repeat(ROUTE_LIMITS.maxNameBytes + 1) }],
    ['an end before the first segment', { firstSeq: 5, endSeq: 4 }],
    ['a test block that is too large', { testBytes: ROUTE_LIMITS.maxTestBytes + 1 }]
  ])('refuses a request with %s', (_, wishes) => {
    expect(() => decodeRequest(encodeRequest(requestOf(wishes)))).toThrow(MalformedMessageError)
  })

  it('skips an unknown kind that says so, and no other', () => {
    for (let kind = 0; kind < 256; kind++) {
      if (Object.values<number>(KINDS).includes(kind)) continue
      const read = () => decodeRouteMessage(Uint8Array.of(kind, 1, 2))
      if (kind >= 0x20 && kind < 0x40) expect(read()).toBeUndefined()
      else expect(read).toThrow(MalformedMessageError)
    }
  })

  it('tells a relay how to pass on every end kind, known or not', () => {
    const kinds = Array.from({ length: 256 }, (_, kind) => kind)
    const passed = kinds.slice(0x40).map(kind => relayKindOf(Uint8Array.of(kind)))
    expect(passed).toEqual([...new Array(0x40).fill('inOrder'), ...new Array(0x80).fill('overtaking')])
  })

  it('refuses numbers past 2^53', () => {
    const controlKind = frameOf(control({}))[0]!
    const horizonField = 4 << 3
    // 2^60 as a varint.
    const horizon = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]
    expect(() => decodeRouteMessage(Uint8Array.of(controlKind, horizonField, ...horizon))).toThrow(
      MalformedMessageError
    )
  })

  it('refuses an empty frame, an unknown kind and a segment without content', () => {
    expect(() => decodeRouteMessage(new Uint8Array(0))).toThrow(MalformedMessageError)
    expect(() => decodeRouteMessage(Uint8Array.of(77))).toThrow(MalformedMessageError)
    const empty = frameOf({
      kind: 'segment',
      seq: 1,
      sentAtUs: 1,
      repair: false,
      more: false,
      payload: new Uint8Array(0)
    })
    expect(() => decodeRouteMessage(empty)).toThrow(MalformedMessageError)
  })

  it('takes a control that reaches its limits', () => {
    const message = control({
      patterns: Array.from({ length: 64 }, (_, i) => ({
        version: i + 1,
        from: i,
        pattern: Pattern.parse('[AB]C')
      })),
      credits: Array.from({ length: 52 }, (_, route) => ({ route, limitBytes: 2 ** 53 - 1 }))
    })
    expect(comparable(decodeRouteMessage(frameOf(message))!)).toEqual(comparable(message))
  })

  it('cuts the text of a status', () => {
    const message = decodeRouteMessage(
      frameOf({ kind: 'status', status: 400, message: 'x'.repeat(10_000), peerId: '' })
    ) as RouteMessage & { kind: 'status' }
    expect(message.message.length).toBe(ROUTE_LIMITS.maxMessageBytes)
  })
})

function open(changes: Partial<Open>): RouteMessage {
  return { kind: 'open', ...openTo([], changes) }
}

function control(changes: Partial<Control>): RouteMessage {
  return { kind: 'control', ...emptyControl(), ...changes }
}

function frameOf(message: RouteMessage): Uint8Array {
  return Uint8Array.from(encodeRouteMessage(message).flatMap(part => [...part]))
}

function onlyOwnErrors(frame: Uint8Array): void {
  try {
    decodeRouteMessage(frame)
  } catch (error) {
    if (!(error instanceof MalformedMessageError || error instanceof PatternError)) throw error
  }
}

/** Patterns as text, and every byte array as a plain list. */
function comparable(message: object): unknown {
  return JSON.parse(
    JSON.stringify(message, (_, value: unknown) => {
      if (value instanceof Pattern) return value.toString()
      return ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value
    })
  )
}
