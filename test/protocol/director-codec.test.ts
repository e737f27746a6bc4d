import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnabranchError, WireStatus } from '../../src/errors.ts'
import * as wire from '../../src/protocol/director.ts'
import {
  decodeDirectorReply,
  decodeDirectorRequest,
  encodeDirectorReply,
  encodeDirectorRequest
} from '../../src/protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../../src/protocol/director-limits.ts'
import type { AnswerReply, DirectorReply, DirectorRequest } from '../../src/protocol/director-messages.ts'
import { MalformedMessageError } from '../../src/protocol/route-codec.ts'

const ids = await Promise.all(
  [0, 1, 2].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString())
)
const [a, b, c] = ids as [string, string, string]
const address = `/ip4/127.0.0.1/tcp/4000/p2p/${a}`

const requests: DirectorRequest[] = [
  { kind: 'register', role: 'source', addresses: [], labels: [], restricted: false },
  {
    kind: 'register',
    role: 'relay',
    addresses: [address],
    labels: ['region=eu'],
    restricted: true,
    capacityBytesPerSecond: 5_000_000,
    neighbors: [a, b]
  },
  { kind: 'register', role: 'relay', addresses: [], labels: [], restricted: false, neighbors: [] },
  { kind: 'renew', draining: true, load: 0.25 },
  { kind: 'leave' },
  {
    kind: 'catalog',
    put: [{ name: 'b', rootHash: new Uint8Array(32), record: Uint8Array.of(1, 2) }],
    remove: ['films/a.mkv'],
    complete: true
  },
  { kind: 'measurements', peers: [{ peerId: a, rttMs: 0 }, { peerId: b }] },
  { kind: 'query', content: { name: 'films/a.mkv' }, routes: 3, watch: false },
  {
    kind: 'query',
    content: { rootHash: new Uint8Array(32).fill(7) },
    routes: 16,
    watch: true,
    neighbors: [{ peerId: a, rttMs: 12.5 }],
    held: { source: a, routes: [[b, c], [c]] }
  },
  { kind: 'query', content: { name: 'films/a.mkv' }, source: b, routes: 3, watch: true }
]

const answer: AnswerReply = {
  kind: 'answer',
  status: WireStatus.ok,
  message: '',
  settling: true,
  record: Uint8Array.of(9, 9),
  source: { peerId: a, addresses: [address] },
  routes: [
    {
      id: `${b}>${c}`,
      costMs: 42.5,
      capacityBytesPerSecond: 1_000,
      relays: [
        { peerId: b, addresses: [], labels: ['x'], capacityBytesPerSecond: 2_000 },
        { peerId: c, addresses: [], labels: [], capacityBytesPerSecond: 1_000 }
      ]
    }
  ],
  shortfall: { reason: 'shared', relays: [b], links: [[b, c]], message: '1 of 2 routes' },
  gained: [`${b}>${c}`],
  lost: [c]
}

const replies: DirectorReply[] = [
  { kind: 'registered', leaseMs: 15_000 },
  { kind: 'neighbors', peers: [{ peerId: a, addresses: [address] }] },
  { kind: 'catalogStored', entries: 0 },
  { kind: 'notice', status: 300, message: 'full' },
  answer,
  {
    kind: 'answer',
    status: WireStatus.unknownContent,
    message: 'no',
    settling: false,
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

function wirePut(item: Partial<wire.CatalogItem>): Uint8Array {
  const put = [{ name: 'a', rootHash: new Uint8Array(32), record: Uint8Array.of(1), ...item }]
  return wire.DirectorRequest.encode({ catalog: { put, remove: [], complete: false } })
}

function wireRegister(register: Partial<wire.Register>): Uint8Array {
  const empty = wire.Register.decode(new Uint8Array(0))
  return wire.DirectorRequest.encode({ register: { ...empty, role: 'relay', ...register } })
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
      wire.DirectorRequest.encode({ renew: { draining: false, load: Number.NaN } })
    ],
    ['a query for nothing', wireQuery({})],
    ['a query for a source that is no peer', wireQuery({ name: 'a', source: 'x' })],
    ['a query for two contents at once', wireQuery({ name: 'a', rootHash: new Uint8Array(32) })],
    ['a root hash that is cut off', wireQuery({ rootHash: new Uint8Array(31) })],
    ['a name that leaves its directory', wireQuery({ name: '../a' })],
    ['no routes', wireQuery({ name: 'a', routes: 0 })],
    ['too many routes', wireQuery({ name: 'a', routes: 17 })],
    [
      'a negative round trip',
      wireQuery({ name: 'a', neighborsGiven: true, neighbors: [{ peerId: a, rttMs: -1 }] })
    ],
    ['a huge record', wirePut({ record: new Uint8Array(4097) })]
  ])('refuses a request with %s', (_, frame) => {
    expect(() => decodeDirectorRequest(frame)).toThrow(AnabranchError)
  })

  it('refuses a reply that makes no sense', () => {
    expect(() => decodeDirectorReply(new Uint8Array(0))).toThrow(MalformedMessageError)
    expect(() => decodeDirectorReply(encodeDirectorReply({ kind: 'registered', leaseMs: 0 }))).toThrow(
      MalformedMessageError
    )
    const noRelay = { ...answer.routes[0]!, relays: [] }
    expect(() => decodeDirectorReply(encodeDirectorReply({ ...answer, routes: [noRelay] }))).toThrow(
      MalformedMessageError
    )
    const { source: _, ...noSource } = answer
    expect(() => decodeDirectorReply(encodeDirectorReply(noSource))).toThrow(MalformedMessageError)
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
    const longest = `/dns/${'x'.repeat(DIRECTOR_WIRE_LIMITS.maxAddressBytes - 80)}/tcp/1/p2p/${a}`
    const relay = { peerId: a, addresses: new Array<string>(16).fill(longest), labels: [] }
    const route = { id: a, costMs: 1, relays: new Array<typeof relay>(8).fill(relay) }
    const largest = encodeDirectorReply({ ...answer, routes: new Array<typeof route>(16).fill(route) })
    expect(largest.byteLength).toBeLessThan(DIRECTOR_WIRE_LIMITS.maxReplyBytes)
  })
})
