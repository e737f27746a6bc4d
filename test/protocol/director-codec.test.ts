import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnabranchError, WireStatus } from '../../src/errors.ts'
import { MAX_CAPABILITIES } from '../../src/protocol/capabilities.ts'
import * as wire from '../../src/protocol/director.ts'
import {
  decodeDirectorReply,
  decodeDirectorRequest,
  encodeDirectorReply,
  encodeDirectorRequest
} from '../../src/protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../../src/protocol/director-limits.ts'
import type {
  AnswerReply,
  DirectorReply,
  DirectorRequest,
  Holder
} from '../../src/protocol/director-messages.ts'
import { MalformedMessageError } from '../../src/protocol/malformed-message.ts'

const ids = await Promise.all(
  [0, 1, 2].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString())
)
const [a, b, c] = ids as [string, string, string]
const address = `/ip4/127.0.0.1/tcp/4000/p2p/${a}`

const requests: DirectorRequest[] = [
  { kind: 'register', role: 'source', addresses: [], labels: [], restricted: false, capabilities: [] },
  {
    kind: 'register',
    role: 'relay',
    addresses: [address],
    labels: ['region=eu'],
    restricted: true,
    capacityBytesPerSecond: 5_000_000,
    neighbors: [a, b],
    capabilities: ['x', 'longer-name-2']
  },
  {
    kind: 'register',
    role: 'relay',
    addresses: [],
    labels: [],
    restricted: false,
    capabilities: [],
    neighbors: [],
    routeProtocol: '/anabranch/route/99.0.0'
  },
  { kind: 'renew', draining: true, load: 0.25, indexing: true },
  { kind: 'leave' },
  {
    kind: 'catalog',
    put: [{ name: 'b', rootHash: new Uint8Array(32), record: Uint8Array.of(1, 2) }],
    remove: ['films/a.mkv'],
    complete: true
  },
  { kind: 'measurements', peers: [{ peerId: a, rttMs: 0 }, { peerId: b }] },
  { kind: 'query', content: { name: 'films/a.mkv' }, routes: 3, held: [], watch: false },
  {
    kind: 'query',
    content: { rootHash: new Uint8Array(32).fill(7) },
    routes: 16,
    watch: true,
    neighbors: [{ peerId: a, rttMs: 12.5 }],
    held: [
      { relays: [b, c], source: a },
      { relays: [c], source: b },
      { relays: [], source: a }
    ]
  },
  { kind: 'query', content: { name: 'films/a.mkv' }, source: b, routes: 3, held: [], watch: true },
  {
    kind: 'query',
    content: { name: 'films/a.mkv' },
    routes: 3,
    held: [],
    watch: true,
    sameNetwork: true,
    direct: 'also'
  },
  {
    kind: 'query',
    content: { name: 'films/a.mkv' },
    routes: 1,
    held: [],
    watch: false,
    routeProtocol: 'x'.repeat(DIRECTOR_WIRE_LIMITS.maxProtocolBytes)
  },
  { kind: 'complaint', relays: [a, b], fault: 'tampered' }
]

const answer: AnswerReply = {
  kind: 'answer',
  status: WireStatus.ok,
  message: '',
  settling: true,
  holders: [
    { peerId: a, addresses: [address], record: Uint8Array.of(9, 9), capabilities: ['x'] },
    { peerId: b, addresses: [], record: Uint8Array.of(8), capabilities: [] }
  ],
  routes: [
    {
      relays: [
        { peerId: b, addresses: [], labels: ['x'], capabilities: [], capacityBytesPerSecond: 2_000 },
        { peerId: c, addresses: [], labels: [], capabilities: ['x', 'y'] }
      ],
      source: a,
      costMs: 42.5
    },
    { relays: [], source: b, costMs: 0 }
  ],
  shortfall: { reason: 'shared', relays: [b], links: [[b, c]], message: '1 of 2 routes' },
  gained: [`${b}>${c}>${a}`, b],
  lost: [`${c}>${a}`]
}

const [holderA, holderB] = answer.holders as [Holder, Holder]
const routeOverTwo = answer.routes[0]!

const replies: DirectorReply[] = [
  { kind: 'registered', leaseMs: 15_000, capabilities: ['x'] },
  { kind: 'registered', leaseMs: 1, capabilities: [], observed: address, timeMs: 1 },
  { kind: 'verdict', reached: [address], unreached: [{ address, reason: 'no answer' }] },
  {
    kind: 'neighbors',
    peers: [{ peerId: a, addresses: [address] }],
    linked: [{ peerId: b, addresses: [] }],
    attach: true
  },
  { kind: 'catalogStored', entries: 0 },
  { kind: 'notice', status: 300, message: 'full' },
  answer,
  {
    kind: 'answer',
    status: WireStatus.unknownContent,
    message: 'no',
    settling: false,
    indexing: true,
    holders: [],
    routes: [],
    gained: [],
    lost: []
  }
]

function wireQuery(query: Partial<wire.Query>): Uint8Array {
  return wire.DirectorRequest.encode({
    query: { ...wire.Query.decode(new Uint8Array(0)), routes: 1, ...query }
  })
}

function wireHeld(...held: wire.Path[]): Uint8Array {
  return wireQuery({ name: 'a', held })
}

function wirePut(item: Partial<wire.CatalogItem>): Uint8Array {
  const put = [{ name: 'a', rootHash: new Uint8Array(32), record: Uint8Array.of(1), ...item }]
  return wire.DirectorRequest.encode({ catalog: { put, remove: [], complete: false } })
}

function wireRegister(register: Partial<wire.Register>): Uint8Array {
  const empty = wire.Register.decode(new Uint8Array(0))
  return wire.DirectorRequest.encode({ register: { ...empty, role: 'relay', ...register } })
}

function wireComplaint(complaint: Partial<wire.Complaint>): Uint8Array {
  return wire.DirectorRequest.encode({ complaint: { relays: [a], fault: 'corrupt', ...complaint } })
}

describe('director codec', () => {
  it('reads every request as it was written', () => {
    for (const request of requests)
      expect(decodeDirectorRequest(encodeDirectorRequest(request))).toEqual(request)
  })

  it('reads every reply as it was written', () => {
    for (const reply of replies) expect(decodeDirectorReply(encodeDirectorReply(reply))).toEqual(reply)
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a role that does not exist', wireRegister({ role: 'client' })],
    ['an address that is no multiaddr', wireRegister({ addresses: ['here'] })],
    ['too many addresses', wireRegister({ addresses: new Array<string>(17).fill(address) })],
    ['a label with a control character', wireRegister({ labels: ['a\u0007'] })],
    ['a neighbour that is no peer id', wireRegister({ neighborsGiven: true, neighbors: ['x'] })],
    [
      'a load that is no number',
      wire.DirectorRequest.encode({ renew: { draining: false, load: Number.NaN, indexing: false } })
    ],
    ['a query for nothing', wireQuery({})],
    ['a query for a source that is no peer', wireQuery({ name: 'a', source: 'x' })],
    ['a query for two contents at once', wireQuery({ name: 'a', rootHash: new Uint8Array(32) })],
    ['a root hash that is cut off', wireQuery({ rootHash: new Uint8Array(31) })],
    ['a name that leaves its directory', wireQuery({ name: '../a' })],
    ['no routes', wireQuery({ name: 'a', routes: 0 })],
    ['direct routes of an unknown kind', wireQuery({ name: 'a', direct: 'perhaps' })],
    ['too many routes', wireQuery({ name: 'a', routes: 17 })],
    [
      'a negative round trip',
      wireQuery({ name: 'a', neighborsGiven: true, neighbors: [{ peerId: a, rttMs: -1 }] })
    ],
    ['a huge record', wirePut({ record: new Uint8Array(4097) })],
    ['no record', wirePut({ record: new Uint8Array(0) })],
    ['a held path without a source', wireHeld({ relays: [a], source: '' })],
    ['a held path over a relay that is no peer', wireHeld({ relays: ['x'], source: a })],
    ['a held path that is too long', wireHeld({ relays: new Array<string>(9).fill(a), source: b })],
    ['too many held paths', wireHeld(...new Array<wire.Path>(17).fill({ relays: [a], source: b }))],
    ['a route protocol that is too long', wireRegister({ routeProtocol: 'x'.repeat(65) })],
    ['a route protocol with a space', wireQuery({ name: 'a', routeProtocol: 'a b' })],
    ['an empty capability', wireRegister({ capabilities: [''] })],
    ['a capability in capitals', wireRegister({ capabilities: ['Cache'] })],
    ['a capability beyond ASCII', wireRegister({ capabilities: ['caché'] })],
    ['a capability that is too long', wireRegister({ capabilities: ['x'.repeat(33)] })],
    ['too many capabilities', wireRegister({ capabilities: new Array<string>(17).fill('x') })],
    ['a complaint of nobody', wireComplaint({ relays: [] })],
    ['a complaint of who is no peer', wireComplaint({ relays: ['x'] })],
    ['a complaint of too many relays', wireComplaint({ relays: new Array<string>(9).fill(a) })],
    ['a complaint of what is no fault', wireComplaint({ fault: 'slow' })]
  ])('refuses a request with %s', (_, frame) => {
    expect(() => decodeDirectorRequest(frame)).toThrow(AnabranchError)
  })

  it.each<[string, DirectorReply]>([
    ['a lease of no length', { kind: 'registered', leaseMs: 0, capabilities: [] }],
    ['a capability with a space', { kind: 'registered', leaseMs: 1, capabilities: ['a b'] }],
    ['a holder that is no peer', { ...answer, holders: [{ ...holderA, peerId: 'x' }, holderB] }],
    [
      'a holder without a record',
      { ...answer, holders: [{ ...holderA, record: new Uint8Array(0) }, holderB] }
    ],
    [
      'a holder with a huge record',
      { ...answer, holders: [{ ...holderA, record: new Uint8Array(4097) }, holderB] }
    ],
    [
      'a holder that can what no word says',
      { ...answer, holders: [{ ...holderA, capabilities: ['!'] }, holderB] }
    ],
    ['a holder that is named twice', { ...answer, holders: [holderA, holderA, holderB] }],
    ['a route to a source that is no holder', { ...answer, holders: [holderA] }],
    ['routes without any holder', { ...answer, holders: [] }],
    ['a route without a source', { ...answer, routes: [{ ...routeOverTwo, source: '' }] }],
    ['a cost that is no number', { ...answer, routes: [{ ...routeOverTwo, costMs: Number.NaN }] }],
    ['a pass that is too long', { ...answer, pass: new Uint8Array(DIRECTOR_WIRE_LIMITS.maxPassBytes + 1) }],
    ['an empty route id', { ...answer, gained: [''] }],
    ['a route id of no peers', { ...answer, lost: [`${a}>x`] }],
    ['a route id of too many peers', { ...answer, lost: [new Array<string>(10).fill(a).join('>')] }]
  ])('refuses a reply with %s', (_, reply) => {
    expect(() => decodeDirectorReply(encodeDirectorReply(reply))).toThrow(MalformedMessageError)
  })

  it('refuses an empty reply and one with too many holders', () => {
    expect(() => decodeDirectorReply(new Uint8Array(0))).toThrow(MalformedMessageError)
    const holders = new Array<Holder>(17).fill(holderA)
    expect(() => decodeDirectorReply(encodeDirectorReply({ ...answer, holders }))).toThrow(
      '"holders" had too many elements'
    )
  })

  it('skips fields that it does not know', () => {
    // Field 99, a varint; behind the whole message, and inside of it behind what is known.
    const unknown = [0x98, 0x06, 1]
    const reply = encodeDirectorReply({ kind: 'catalogStored', entries: 3 })
    expect(decodeDirectorReply(Uint8Array.of(...reply, ...unknown))).toMatchObject({ entries: 3 })
    const [tag, length, ...body] = reply
    const longer = Uint8Array.of(tag!, length! + unknown.length, ...body, ...unknown)
    expect(decodeDirectorReply(longer)).toEqual({ kind: 'catalogStored', entries: 3 })
  })

  it('takes control characters out of text that is shown to people', () => {
    const notice = decodeDirectorReply(
      encodeDirectorReply({ kind: 'notice', status: 200, message: 'a\u001b[2Jb' })
    )
    expect(notice).toMatchObject({ message: 'a [2Jb' })
  })

  it('answers any bytes with a message or its own error', () => {
    const frames = [...requests.map(encodeDirectorRequest), ...replies.map(encodeDirectorReply)]
    const mangled = fc
      .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }))
      .map(([frame, changes]) => {
        const copy = frame.slice()
        for (const [at, byte] of changes) if (copy.byteLength > 0) copy[at % copy.byteLength] = byte
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(mangled, fc.uint8Array({ maxLength: 200 })), frame => {
        for (const decode of [decodeDirectorRequest, decodeDirectorReply]) {
          try {
            decode(frame)
          } catch (error) {
            expect(error).toBeInstanceOf(AnabranchError)
          }
        }
      }),
      { numRuns: 2_000 }
    )
  })

  it('has room for the largest answer in a frame', () => {
    const { maxAddressBytes, maxLabelBytes, ...limits } = DIRECTOR_WIRE_LIMITS
    const many = <T>(count: number, item: T): T[] => new Array<T>(count).fill(item)
    const longest = `/dns/${'x'.repeat(maxAddressBytes - 13)}/tcp/1`
    const node = {
      peerId: a,
      addresses: many(limits.maxAddresses, longest),
      capabilities: many(MAX_CAPABILITIES, 'x'.repeat(32))
    }
    const relay = { ...node, labels: many(limits.maxLabels, 'x'.repeat(maxLabelBytes)) }
    const route = { costMs: 1, source: a, relays: many(limits.maxRelaysPerRoute, relay) }
    const id = many(limits.maxRelaysPerRoute + 1, a).join('>')
    const largest = encodeDirectorReply({
      ...answer,
      holders: many(limits.maxHolders, { ...node, record: new Uint8Array(limits.maxRecordBytes) }),
      routes: many(limits.maxRoutes, route),
      shortfall: {
        reason: 'shared',
        relays: many(limits.maxRoutes, a),
        links: many(limits.maxSharedLinks, [a, a]),
        message: 'x'.repeat(limits.maxMessageBytes)
      },
      gained: many(limits.maxRoutes, id),
      lost: many(limits.maxRoutes, id),
      pass: new Uint8Array(limits.maxPassBytes)
    })
    expect(largest.byteLength).toBeLessThan(limits.maxReplyBytes)
  })
})
