import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { standpointOf } from '../../src/director/addresses-for.ts'
import { answerQuery } from '../../src/director/answer.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { recordText } from '../../src/director/record-text.ts'
import { Registry } from '../../src/director/registry.ts'
import type { RegistryChange } from '../../src/director/registry-change.ts'
import { toHex } from '../../src/protocol/bytes.ts'
import {
  decodeDirectorReply,
  decodeDirectorRequest,
  encodeDirectorReply,
  encodeDirectorRequest
} from '../../src/protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../../src/protocol/director-limits.ts'
import { type DirectorRequest, FAULTS, type QueryRequest } from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { law, must } from './law.ts'

const LIMITS = { ...DIRECTOR_LIMITS, maxNodes: 4, maxCatalogEntries: 3, maxCatalogBytesInAll: 6_000 }
const HERE = '/ip4/127.0.0.1/tcp/1'
const PEERS = [
  '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
  '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
  '12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq',
  '12D3KooWRndVhVZPCiQwHBBBdg769GyrPUW13zxwqQyf9r3ANaba',
  '12D3KooWQ4aJs4TVm93rBRtVqXXKEMBqHFKoXLWXiJSDwxWVTrYH'
]

const peers = fc.constantFrom(...PEERS)
const names = fc.constantFrom('a', 'b', 'c/d', 'ü', 'constructor', '__proto__')
const protocols = fc.constantFrom(ROUTE_PROTOCOL, '/anabranch/route/99.0.0')
const roots = fc.nat(1).map(byte => new Uint8Array(32).fill(byte))
const measured = fc.array(
  fc.record({ peerId: peers, rttMs: fc.constantFrom(0, 0.5, 20, 60_000) }, { requiredKeys: ['peerId'] }),
  { maxLength: 6 }
)
const addresses = fc.array(fc.constantFrom('/ip4/1.2.3.4/tcp/1', '/dns4/a.example/tcp/2'), { maxLength: 2 })
const queries: fc.Arbitrary<QueryRequest> = fc.record(
  {
    kind: fc.constant('query' as const),
    content: fc.oneof(fc.record({ name: names }), fc.record({ rootHash: roots })),
    source: peers,
    routes: fc.constantFrom(1, 3, 16),
    neighbors: measured,
    held: fc.array(fc.record({ relays: fc.array(peers, { maxLength: 8 }), source: peers }), {
      maxLength: 16
    }),
    watch: fc.boolean(),
    routeProtocol: protocols
  },
  { requiredKeys: ['kind', 'content', 'routes', 'held', 'watch'] }
)
const requests: fc.Arbitrary<DirectorRequest> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('register' as const),
      role: fc.constantFrom('source' as const, 'relay' as const),
      addresses,
      capacityBytesPerSecond: fc.constantFrom(1, Number.MAX_SAFE_INTEGER),
      labels: fc.subarray(['eu', 'de']),
      restricted: fc.boolean(),
      neighbors: fc.subarray(PEERS),
      capabilities: fc.subarray(['x', 'y']),
      routeProtocol: protocols
    },
    { requiredKeys: ['kind', 'role', 'addresses', 'labels', 'restricted', 'capabilities'] }
  ),
  fc.record({
    kind: fc.constant('renew' as const),
    draining: fc.boolean(),
    load: fc.constantFrom(0, 0.5, 1),
    indexing: fc.boolean()
  }),
  fc.constant<DirectorRequest>({ kind: 'leave' }),
  fc.record({
    kind: fc.constant('catalog' as const),
    put: fc.array(
      fc.record({ name: names, rootHash: roots, record: fc.nat(2).map(byte => Uint8Array.of(byte)) }),
      { maxLength: 5 }
    ),
    remove: fc.array(names, { maxLength: 2 }),
    complete: fc.boolean()
  }),
  fc.record({ kind: fc.constant('measurements' as const), peers: measured }),
  fc.record({
    kind: fc.constant('complaint' as const),
    relays: fc.array(peers, { minLength: 1, maxLength: 8 }),
    fault: fc.constantFrom(...FAULTS)
  }),
  fc.record(
    { kind: fc.constant('list' as const), prefix: fc.constantFrom('', 'c/'), source: peers },
    { requiredKeys: ['kind', 'prefix'] }
  ),
  queries
)
const histories = fc.array(
  fc.record({ peerId: peers, request: requests, afterMs: fc.nat(30_000), isLost: fc.boolean() }),
  { maxLength: 40 }
)

/** The changes by which a director enters what a node says. */
function changesOf(peerId: string, request: DirectorRequest): RegistryChange[] {
  const leaseMs = LIMITS.leaseMs
  switch (request.kind) {
    case 'register': {
      const { kind: _, ...node } = request
      return [
        { kind: 'registered', owner: 'd', node: { ...node, peerId }, from: HERE, leaseMs },
        { kind: 'reached', owner: 'd', peerId, addresses: node.addresses },
        ...(node.role === 'source' ? [{ kind: 'contentsBegun' as const, peerId }] : [])
      ]
    }
    case 'renew': {
      const { kind: _, ...state } = request
      return [{ kind: 'renewed', peerId, ...state, leaseMs }]
    }
    case 'leave':
      return [{ kind: 'gone', owner: 'd', peerId }]
    case 'catalog':
      return [
        {
          kind: 'contentsPut',
          peerId,
          entries: request.put.map(({ name, rootHash, record }) => {
            return { name, rootHash: toHex(rootHash), record: recordText(record) }
          })
        },
        { kind: 'contentsRemoved', peerId, names: request.remove },
        ...(request.complete ? [{ kind: 'contentsComplete' as const, peerId }] : [])
      ]
    case 'measurements':
      return [{ kind: 'measured', peerId, peers: request.peers, ttlMs: LIMITS.measurementTtlMs }]
    case 'complaint':
      return [{ kind: 'complained', host: peerId, relays: request.relays }]
    case 'query':
    case 'list':
      return []
  }
}

/** How each history begins: a content, two relays, and the links between. */
const BEGINNING = PEERS.slice(0, 3).flatMap(
  (peerId, i): Array<{ peerId: string; request: DirectorRequest }> => {
    const role = i === 0 ? 'source' : 'relay'
    const others = PEERS.filter(other => other !== peerId).map(other => ({ peerId: other, rttMs: 10 }))
    const content = { name: 'a', rootHash: new Uint8Array(32), record: Uint8Array.of(1) }
    return [
      {
        peerId,
        request: {
          kind: 'register',
          role,
          addresses: [`/ip4/10.0.0.${i}/tcp/1/p2p/${peerId}`],
          labels: [],
          restricted: false,
          capabilities: [],
          routeProtocol: ROUTE_PROTOCOL
        }
      },
      { peerId, request: { kind: 'measurements', peers: others } },
      { peerId, request: { kind: 'catalog', put: [content], remove: [], complete: true } }
    ]
  }
)

const TWO_ROUTES: QueryRequest = { kind: 'query', content: { name: 'a' }, routes: 2, held: [], watch: false }

/** The answer has a form that the client can read, and no more in it than was asked for. Returns how many routes. */
function checkAnswer(registry: Registry, query: QueryRequest, nowMs: number): number {
  const moment = { nowMs, settling: false }
  const { reply } = answerQuery(registry, query, standpointOf(HERE), query.held, moment, LIMITS)
  const frame = encodeDirectorReply(reply)
  must(frame.length <= DIRECTOR_WIRE_LIMITS.maxReplyBytes, 'an answer is longer than its reader takes')
  must(isDeepStrictEqual(decodeDirectorReply(frame), reply), 'an answer is read otherwise')
  must(reply.routes.length <= query.routes, 'more routes than were asked for')
  const relays = reply.routes.flatMap(route => route.relays.map(({ peerId }) => peerId))
  must(new Set(relays).size === relays.length, 'two routes share a relay')
  const named = [...relays, ...reply.holders.map(({ peerId }) => peerId)]
  const speaks = (peerId: string) => registry.node(peerId)?.routeProtocol === ROUTE_PROTOCOL
  must(named.every(speaks), 'a node of another route protocol is named')
  return reply.routes.length
}

/** The laws of a director that nodes and clients tell anything. */
export const DIRECTOR_LAWS = [
  law('director', 300, histories, history => {
    const registry = new Registry(LIMITS)
    let nowMs = 0
    for (const { peerId, request } of BEGINNING)
      for (const change of changesOf(peerId, request)) registry.apply(change, nowMs)
    must(checkAnswer(registry, TWO_ROUTES, nowMs) === 2, 'there are no two routes at the beginning')
    for (const { peerId, request, afterMs, isLost } of history) {
      nowMs += afterMs
      const heard = decodeDirectorRequest(encodeDirectorRequest(request))
      for (const change of changesOf(peerId, heard)) registry.apply(change, nowMs)
      const graceMs = LIMITS.lostConnectionGraceMs
      if (isLost) registry.apply({ kind: 'disconnected', owner: 'd', peerId, graceMs }, nowMs)
      const overdue = registry.overdue('d', nowMs)
      if (overdue) registry.apply({ kind: 'expired', owner: 'd', ...overdue }, nowMs)
      must(registry.nodeCount <= LIMITS.maxNodes, 'more nodes than the limit')
      // No entry is estimated at less than 500 bytes.
      must(registry.contentCount <= LIMITS.maxCatalogBytesInAll / 500, 'more contents than the limit')
      if (heard.kind === 'query') checkAnswer(registry, heard, nowMs)
    }
  })
]
