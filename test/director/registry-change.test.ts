import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerQuery } from '../../src/director/answer.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { recordBytes, recordText } from '../../src/director/record-text.ts'
import { Registry } from '../../src/director/registry.ts'
import type { RegistryChange } from '../../src/director/registry-change.ts'
import { directorView } from '../../src/director/view.ts'
import type { QueryRequest } from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'

const limits = { ...DIRECTOR_LIMITS, maxNodes: 6, maxCatalogEntries: 3, maxCatalogBytesInAll: 5_000 }

const OWNERS = ['d1', 'd2']
const NODES = ['s1', 's2', 's3', 'r1', 'r2', 'r3', 'r4']
const ADDRESSES = ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.9/tcp/1', '/dns/a.example/tcp/2']
const NAMES = ['a', 'b', 'c', 'd']

const peerId = fc.constantFrom(...NODES)
const owner = fc.constantFrom(...OWNERS)
const name = fc.constantFrom(...NAMES)
const leaseMs = fc.integer({ min: 1, max: 1_000 })
const rttMs = fc.double({ min: 0, max: 500, noNaN: true })
const entry = fc.record({
  name,
  rootHash: fc.constantFrom('00', '01'),
  record: fc.uint8Array({ maxLength: 3 }).map(recordText)
})
const node = fc.record(
  {
    peerId,
    addresses: fc.array(fc.constantFrom(...ADDRESSES), { maxLength: 2 }),
    labels: fc.array(fc.constantFrom('eu', 'de'), { maxLength: 2 }),
    restricted: fc.boolean(),
    capacityBytesPerSecond: fc.nat(),
    neighbors: fc.subarray(NODES),
    capabilities: fc.subarray(['split', 'cache']),
    routeProtocol: fc.oneof({ weight: 9, arbitrary: fc.constant(ROUTE_PROTOCOL) }, fc.constant('other'))
  },
  { requiredKeys: ['peerId', 'addresses', 'labels', 'restricted', 'capabilities', 'routeProtocol'] }
)
const role = (id: string) => (id.startsWith('s') ? ('source' as const) : ('relay' as const))

function kind<K extends RegistryChange['kind']>(value: K) {
  return fc.constant(value)
}

/** A change of any kind; registrations, contents and measurements are more likely than what ends them. */
const change: fc.Arbitrary<RegistryChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind('registered'),
      owner,
      node: node.map(told => ({ ...told, role: role(told.peerId) })),
      from: fc.constantFrom('/ip4/127.0.0.1/tcp/1', '/ip4/8.8.8.8/tcp/1'),
      leaseMs
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('reached'), owner, peerId, addresses: fc.subarray(ADDRESSES) })
  },
  { weight: 3, arbitrary: fc.record({ kind: kind('contentsBegun'), peerId }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('contentsPut'), peerId, entries: fc.array(entry, { maxLength: 4 }) })
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('measured'),
      peerId,
      peers: fc.array(fc.record({ peerId, rttMs }, { requiredKeys: ['peerId'] }), { maxLength: 7 }),
      ttlMs: leaseMs
    })
  },
  fc.record({ kind: kind('contentsRemoved'), peerId, names: fc.array(name, { maxLength: 2 }) }),
  fc.record({ kind: kind('contentsComplete'), peerId }),
  fc.record({
    kind: kind('contentChecked'),
    peerId,
    name,
    record: entry.map(({ record }) => record),
    isGenuine: fc.boolean()
  }),
  fc.record({
    kind: kind('renewed'),
    peerId,
    draining: fc.boolean(),
    load: fc.double({ min: 0, max: 1, noNaN: true }),
    indexing: fc.boolean(),
    leaseMs
  }),
  fc.record({
    kind: kind('complained'),
    host: fc.constantFrom('h1', 'h2'),
    relays: fc.array(peerId, { minLength: 1, maxLength: 2 })
  }),
  fc.record({ kind: kind('touched'), peerId, leaseMs }),
  fc.record({ kind: kind('disconnected'), owner, peerId, graceMs: leaseMs }),
  fc.record({ kind: kind('gone'), owner, peerId })
)

/** How each history begins: a content, two relays and the links between. */
const BEGINNING: RegistryChange[] = [
  ...['s1', 'r1', 'r2'].map(id => ({
    kind: 'registered' as const,
    owner: 'd1',
    node: {
      peerId: id,
      role: role(id),
      addresses: [],
      labels: [],
      restricted: false,
      capabilities: [],
      routeProtocol: ROUTE_PROTOCOL
    },
    from: '/ip4/127.0.0.1/tcp/1',
    leaseMs: 500
  })),
  ...['s1', 'r1', 'r2'].map(id => ({
    kind: 'reached' as const,
    owner: 'd1',
    peerId: id,
    addresses: [`/dns/${id}/tcp/1`]
  })),
  { kind: 'contentsBegun', peerId: 's1' },
  { kind: 'contentsPut', peerId: 's1', entries: [{ name: 'a', rootHash: '00', record: '' }] },
  { kind: 'measured', peerId: 's1', peers: ['r1', 'r2'].map(id => ({ peerId: id, rttMs: 10 })), ttlMs: 500 }
]

/** What happens, and how long after what happened before. In between, owners look for what is overdue. */
const history = fc.array(
  fc.record({ change, waitMs: fc.nat(20), sweeping: fc.option(owner, { nil: undefined, freq: 4 }) }),
  { minLength: 10, maxLength: 60 }
)

function queries(): QueryRequest[] {
  const contents = [...NAMES.map(asked => ({ name: asked })), { rootHash: new Uint8Array(1) }]
  return [undefined, 's2'].flatMap(source =>
    contents.map(content => ({
      kind: 'query' as const,
      content,
      routes: 3,
      held: [],
      watch: false,
      ...(source ? { source } : {})
    }))
  )
}

/** All that can be seen of a registry. */
function seen(registry: Registry, nowMs: number) {
  return {
    view: directorView(registry, [], nowMs, limits),
    answers: queries().map(query => answerQuery(registry, query, {}, [], { nowMs, settling: false }, limits)),
    neighbors: NODES.map(id => registry.neighborsOf(id).chosen.map(neighbor => neighbor.peerId)),
    namesTaken: NODES.map(id => registry.namesTaken(id, NAMES)),
    overdue: OWNERS.map(id => registry.overdue(id, nowMs))
  }
}

describe('a history of changes', () => {
  it('makes the same registry, outcomes and effects after it went through JSON', () => {
    let found = 0
    fc.assert(
      fc.property(history, steps => {
        const [original, copy] = [new Registry(limits), new Registry(limits)]
        const told: [unknown[], unknown[]] = [[], []]
        original.follow((...heard) => told[0].push(heard))
        copy.follow((...heard) => told[1].push(heard))
        // The copy's clock shows another time.
        const aheadMs = 12_345
        let nowMs = 0
        const take = (next: RegistryChange) => {
          const outcome = original.apply(next, nowMs)
          const replayed = copy.apply(JSON.parse(JSON.stringify(next)), nowMs + aheadMs)
          expect(replayed).toEqual(outcome)
        }
        for (const first of BEGINNING) take(first)
        for (const { change: next, waitMs, sweeping } of steps) {
          nowMs += waitMs
          take(next)
          const overdue = sweeping && original.overdue(sweeping, nowMs)
          if (overdue) take({ kind: 'expired', owner: sweeping, ...overdue })
        }
        const result = seen(original, nowMs)
        expect(seen(copy, nowMs + aheadMs)).toEqual(result)
        expect(told[1]).toEqual(told[0])
        if (result.answers.some(({ reply }) => reply.routes.length > 0)) found++
      }),
      { numRuns: 500 }
    )
    // Else the histories would be too dull to say much.
    expect(found).toBeGreaterThan(50)
  })

  it('leaves nothing behind once every node has gone', () => {
    fc.assert(
      fc.property(history, steps => {
        const registry = new Registry(limits)
        for (const step of steps) registry.apply(step.change, 0)
        for (const gone of NODES)
          for (const by of OWNERS) registry.apply({ kind: 'gone', owner: by, peerId: gone }, 0)
        expect(directorView(registry, [], 0, limits)).toEqual({
          nodes: [],
          links: [],
          contents: [],
          contentCount: 0,
          watches: []
        })
        expect(registry.overdue('d1', 1_000)).toBeUndefined()
      })
    )
  })
})

it('keeps the bytes of a record in its text', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  const text = recordText(bytes.subarray(1))
  expect(recordBytes({ name: 'a', rootHash: '', record: text })).toEqual(bytes.slice(1))
})
