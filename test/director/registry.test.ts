import { describe, expect, it } from 'vitest'
import { entryBytes } from '../../src/director/content-index.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { HostFullError, type Registry, RegistryFullError } from '../../src/director/registry.ts'
import {
  noEffects,
  type Registration,
  type RegistryChange,
  type ToldEntry
} from '../../src/director/registry-change.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { HERE, OWNER, ScriptedRegistry } from './scripted-registry.ts'

const limits = { ...DIRECTOR_LIMITS, maxNodes: 3, maxCatalogEntries: 2 }

function registration(peerId: string, more: Partial<Registration> = {}): Registration {
  const role = peerId.startsWith('s') ? 'source' : 'relay'
  return {
    peerId,
    role,
    addresses: [`/dns/${peerId}/tcp/1`],
    labels: [],
    restricted: false,
    capabilities: [],
    routeProtocol: ROUTE_PROTOCOL,
    ...more
  }
}

function entry(name: string, rootHash = `root of ${name}`): ToldEntry {
  return { name, rootHash, record: Buffer.from(`${name} ${rootHash}`).toString('latin1') }
}

function holders(registry: Registry, key: Parameters<Registry['findContent']>[0]): string[] {
  return registry.findContent(key).map(({ sourceId }) => sourceId)
}

describe('Registry', () => {
  it('offers no node of another route protocol, and forgets its links when it comes back as one', () => {
    const registry = new ScriptedRegistry(limits)
    for (const peerId of ['s1', 'r1']) registry.register(registration(peerId), 0)
    registry.putContents('s1', [entry('a')])
    registry.measure('r1', [{ peerId: 's1', rttMs: 5 }], 0)
    expect(registry.linkedTo('s1')).toEqual(['r1'])
    for (const peerId of ['s1', 'r1'])
      registry.register(registration(peerId, { routeProtocol: '/anabranch/route/99.0.0' }), 1)
    expect(registry.offeredNodes()).toEqual([])
    expect(holders(registry, { name: 'a' })).toEqual([])
    registry.measure('r1', [{ peerId: 's1', rttMs: 5 }], 1)
    expect(registry.linkedTo('s1')).toEqual([])
    expect(registry.neighborsOf('r1')).toEqual({ chosen: [], linked: [] })
  })
})

describe('Registry leases', () => {
  it('forgets a node, its contents and its links when its lease ends', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('s1'), 0)
    registry.register(registration('r1'), 1_000)
    registry.putContents('s1', [entry('a')])
    registry.measure('r1', [{ peerId: 's1', rttMs: 5 }], 1_000)
    expect(registry.expire(14_999)).toEqual([])
    expect(registry.expire(15_000)).toEqual(['s1'])
    expect(holders(registry, { name: 'a' })).toEqual([])
    expect(registry.linkedTo('r1').length).toBe(0)
    expect(registry.contentCount).toBe(0)
  })

  it('keeps a node that renews, with what it says of itself', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('r1'), 0)
    registry.renew('r1', { draining: true, load: 0.5 }, 10_000)
    expect(registry.expire(24_999)).toEqual([])
    expect(registry.node('r1')).toMatchObject({ draining: true, load: 0.5 })
    registry.renew('r2', { draining: false, load: 0 }, 0)
    expect(registry.node('r2')).toBeUndefined()
  })

  it('gives a node whose connection broke a short grace, and the whole lease again when it returns', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('r1'), 0)
    registry.disconnected('r1', 1_000)
    expect(registry.expire(5_999)).toEqual([])
    registry.register(registration('r1'), 5_999)
    expect(registry.expire(20_998)).toEqual([])
    registry.disconnected('r1', 20_900)
    expect(registry.expire(20_999)).toEqual(['r1'])
  })

  it('knows which nodes are in their grace, and that what leads to them has changed', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('s1'), 0)
    registry.takeChanges()
    registry.disconnected('s1', 1_000)
    expect(registry.node('s1')!.connected).toBe(false)
    expect(registry.takeChanges().topology).toBe(true)
    registry.register(registration('s1'), 2_000)
    expect(registry.node('s1')!.connected).toBe(true)
  })

  it('refuses more nodes than its limit but not those that it knows', () => {
    const registry = new ScriptedRegistry(limits)
    for (const peerId of ['r1', 'r2', 'r3']) registry.register(registration(peerId), 0)
    registry.takeChanges()
    expect(registry.register(registration('r4'), 0).refusal).toBeInstanceOf(RegistryFullError)
    expect([registry.node('r4'), registry.takeChanges().topology]).toEqual([undefined, false])
    expect(registry.register(registration('r3'), 0).refusal).toBeUndefined()
  })

  it('gives one host half of the places for nodes at most, and those on loopback as many as there are', () => {
    const registry = new ScriptedRegistry({ ...limits, maxNodes: 8 })
    for (const peerId of ['r1', 'r2', 'r3', 'r4'])
      registry.register(registration(peerId), 0, '/ip4/8.8.8.8/tcp/1')
    expect(registry.register(registration('r5'), 0, '/ip4/8.8.8.8/tcp/1').refusal).toBeInstanceOf(
      HostFullError
    )
    expect(registry.register(registration('r4'), 0, '/ip4/8.8.8.8/tcp/1').refusal).toBeUndefined()
    for (const peerId of ['r5', 'r6', 'r7', 'r8'])
      expect(registry.register(registration(peerId), 0).refusal).toBeUndefined()
    expect(registry.register(registration('r9'), 0).refusal).toBeInstanceOf(RegistryFullError)
  })

  it("leaves it to a node's owner to end its lease", () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('r1'), 0)
    registry.register(registration('r2'), 0)
    registry.measure('r1', [{ peerId: 'r2', rttMs: 5 }], 0)
    const moved = {
      kind: 'registered',
      owner: 'other',
      node: registration('r1'),
      from: HERE,
      leaseMs: 1_000
    } as const
    registry.apply(moved, 1)
    expect(registry.overdue(OWNER, 100_000)).toEqual({ peerIds: ['r2'], measurements: [] })
    expect(registry.overdue('other', 100_000)).toEqual({ peerIds: ['r1'], measurements: [['r1', 'r2']] })
    registry.disconnected('r1', 2)
    registry.remove('r1')
    registry.apply({ kind: 'expired', owner: OWNER, peerIds: ['r1'], measurements: [['r1', 'r2']] }, 3)
    expect(registry.node('r1')).toMatchObject({ connected: true, leaseEndsAtMs: 1_001 })
    expect(registry.linkRttMs('r1', 'r2')).toBe(5)
    registry.apply({ kind: 'gone', owner: 'other', peerId: 'r1' }, 4)
    expect(registry.node('r1')).toBeUndefined()
  })

  it('tells all its followers of each change that was taken, until they have heard enough', () => {
    const registry = new ScriptedRegistry({ ...limits, maxNodes: 1 })
    const heard: [RegistryChange['kind'], string[]][] = []
    const ends = [1, 2].map(() =>
      registry.follow(({ kind }, { contents }) => heard.push([kind, [...contents]]))
    )
    registry.register(registration('s1'), 0)
    registry.register(registration('s2'), 0)
    ends[0]!()
    registry.putContents('s1', [entry('a')])
    const twice = (kind: RegistryChange['kind']) => [
      [kind, []],
      [kind, []]
    ]
    expect(heard).toEqual([
      ...twice('registered'),
      ...twice('reached'),
      ...twice('contentsBegun'),
      ...twice('contentsBegun'),
      ['contentsPut', ['a', 'root of a']]
    ])
  })

  it('tells which changes there were, once', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('s1'), 0)
    registry.register(registration('r1'), 0)
    registry.putContents('s1', [entry('a')])
    expect(registry.takeChanges()).toEqual({
      topology: true,
      places: new Set(['s1', 'r1']),
      choosers: 'all',
      contents: new Set(['a', 'root of a'])
    })
    registry.measure('s1', [{ peerId: 'r1', rttMs: 5 }], 0)
    expect(registry.takeChanges()).toEqual({
      topology: true,
      places: new Set(['s1', 'r1']),
      choosers: new Set(),
      contents: new Set()
    })
    registry.measure('s1', [{ peerId: 'r1', rttMs: 9 }], 0)
    registry.renew('r1', { draining: false, load: 1 }, 0)
    expect(registry.takeChanges()).toEqual(noEffects())
  })
})

describe('Registry addresses', () => {
  it('tells others of a node once it was found, and of no address but those', () => {
    const registry = new ScriptedRegistry(limits)
    for (const peerId of ['s1', 'r1']) registry.register(registration(peerId), 0)
    registry.putContents('s1', [entry('a')])
    registry.reach('s1', [])
    expect(holders(registry, { name: 'a' })).toEqual([])
    expect(registry.neighborsOf('r1')).toEqual({ chosen: [], linked: [] })
    registry.takeChanges()
    registry.reach('s1', ['/ip4/8.20.1.7/tcp/1'])
    expect(registry.takeChanges()).toMatchObject({ topology: true, choosers: 'all' })
    expect(registry.neighborsOf('r1').chosen).toMatchObject([
      { peerId: 's1', reachable: ['/ip4/8.20.1.7/tcp/1'], network: '8.20.1.0/24' }
    ])
    expect(holders(registry, { name: 'a' })).toEqual(['s1'])
  })

  it('tells nobody of a link to a node that is not found any more', () => {
    const registry = new ScriptedRegistry({ ...limits, maxNeighbors: 0 })
    for (const peerId of ['r1', 'r2']) registry.register(registration(peerId), 0)
    registry.measure('r1', [{ peerId: 'r2', rttMs: 5 }], 0)
    expect(registry.neighborsOf('r2').linked.map(({ peerId }) => peerId)).toEqual(['r1'])
    registry.reach('r1', [])
    expect(registry.neighborsOf('r2')).toEqual({ chosen: [], linked: [] })
  })

  it('leads to a node that is not found anywhere over the relays that say that it is attached to them', () => {
    const registry = new ScriptedRegistry({ ...limits, maxNodes: 4 })
    for (const peerId of ['s1', 'r1', 'r2']) registry.register(registration(peerId), 0)
    registry.putContents('s1', [entry('a')])
    registry.reach('s1', [])
    const idsOf = (nodes: readonly { peerId: string }[]) => nodes.map(({ peerId }) => peerId).sort()
    expect(idsOf(registry.neighborsOf('s1').chosen)).toEqual(['r1', 'r2'])
    registry.measure('s1', [{ peerId: 'r1', rttMs: 5 }], 0)
    expect(holders(registry, { name: 'a' })).toEqual([])
    registry.measure('r1', [{ peerId: 's1', rttMs: 5 }], 0)
    expect(holders(registry, { name: 'a' })).toEqual(['s1'])
    expect(idsOf(registry.neighborsOf('s1').linked)).toEqual(['r1'])
    registry.measure('r1', [{ peerId: 's1' }], 0)
    expect(holders(registry, { name: 'a' })).toEqual([])
  })

  it('lets a relay that is not found anywhere lead to sources that it can dial', () => {
    const registry = new ScriptedRegistry({ ...limits, maxNodes: 4 })
    for (const peerId of ['s1', 'r1', 'r2']) registry.register(registration(peerId), 0)
    registry.reach('r1', [])
    registry.measure(
      'r1',
      [
        { peerId: 's1', rttMs: 5 },
        { peerId: 'r2', rttMs: 5 }
      ],
      0
    )
    expect(registry.linkedTo('r1')).toEqual(['s1'])
  })

  it('knows a node that comes back at the addresses of before until it was looked for anew', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('r1', { addresses: ['/ip6/2a00:1450:1::1/tcp/1'] }), 0)
    registry.disconnected('r1', 1)
    const node = registration('r1')
    registry.apply({ kind: 'registered', owner: OWNER, node, from: HERE, leaseMs: 1_000 }, 2)
    expect(registry.node('r1')).toMatchObject({ network: '2a00:1450:1::/48' })
    registry.reach('r1', ['/ip4/127.0.0.1/tcp/1'])
    expect(registry.node('r1')).not.toHaveProperty('network')
  })

  it("leaves it to a node's owner to find it", () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('r1'), 0)
    registry.apply({ kind: 'reached', owner: 'other', peerId: 'r1', addresses: [] }, 0)
    expect(registry.node('r1')!.reachable).toEqual(['/dns/r1/tcp/1'])
  })
})

describe('Registry contents', () => {
  it('finds a content by name and by root hash, wherever it is held', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('s1'), 0)
    registry.register(registration('s2'), 0)
    registry.putContents('s1', [entry('a', 'root'), entry('b', 'root')])
    registry.putContents('s2', [entry('a', 'other')])
    expect(holders(registry, { name: 'a' })).toEqual(['s1', 's2'])
    expect(holders(registry, { rootHash: 'root' })).toEqual(['s1'])
    registry.removeContents('s1', ['a'])
    expect(holders(registry, { name: 'a' })).toEqual(['s2'])
    expect(registry.findContent({ rootHash: 'root' })[0]!.entry.name).toBe('b')
  })

  it('keeps the order of sources under a name while they change what they hold or tell it again', () => {
    const registry = new ScriptedRegistry(limits)
    for (const source of ['s1', 's2']) {
      registry.register(registration(source), 0)
      registry.putContents(source, [entry('a', 'root')])
    }
    registry.putContents('s1', [entry('a', 'new')])
    registry.disconnected('s1', 1)
    registry.register(registration('s1'), 2)
    registry.putContents('s1', [entry('a', 'newest')])
    registry.completeContents('s1')
    expect(holders(registry, { name: 'a' })).toEqual(['s1', 's2'])
    registry.removeContents('s1', ['a'])
    registry.putContents('s1', [entry('a', 'root')])
    expect(holders(registry, { name: 'a' })).toEqual(['s2', 's1'])
  })

  it('knows which names of a source lead to another one', () => {
    const registry = new ScriptedRegistry({ ...limits, maxCatalogEntries: 3 })
    for (const source of ['s1', 's2']) registry.register(registration(source), 0)
    registry.putContents('s1', [entry('same'), entry('other')])
    registry.putContents('s2', [entry('same'), entry('other', 'changed'), entry('own')])
    const names = ['same', 'other', 'own', 'unknown']
    expect(registry.namesTaken('s2', names)).toEqual(['other'])
    expect(registry.namesTaken('s1', names)).toEqual([])
    registry.removeContents('s1', ['other'])
    expect(registry.namesTaken('s2', names)).toEqual([])
  })

  it('keeps a catalog while it is told again, then drops what was not repeated', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('s1'), 0)
    registry.putContents('s1', [entry('a'), entry('b')])
    registry.completeContents('s1')
    registry.register(registration('s1'), 1)
    registry.putContents('s1', [entry('b')])
    expect(holders(registry, { name: 'a' })).toEqual(['s1'])
    registry.completeContents('s1')
    expect(holders(registry, { name: 'a' })).toEqual([])
    expect(holders(registry, { name: 'b' })).toEqual(['s1'])
  })

  it('leaves out entries past its limits and counts them, and still takes new versions of known ones', () => {
    const registry = new ScriptedRegistry(limits)
    for (const source of ['s1', 's2']) registry.register(registration(source), 0)
    expect(registry.putContents('s1', [entry('a'), entry('b'), entry('c')])).toBe(1)
    expect(registry.putContents('s2', [entry('a')])).toBe(0)
    expect(registry.putContents('s1', [entry('a', 'new')])).toBe(0)
    expect(holders(registry, { rootHash: 'new' })).toEqual(['s1'])
    expect(holders(registry, { rootHash: 'root of a' })).toEqual(['s2'])
    expect([registry.contentCount, registry.contentCountOf('s1')]).toEqual([3, 2])
  })

  it('gives the sources of one host together no more than half of the memory, so that others find room', () => {
    const registry = new ScriptedRegistry({
      ...DIRECTOR_LIMITS,
      maxCatalogBytesInAll: 100 * entryBytes(entry('00'))
    })
    const all = Array.from({ length: 99 }, (_, index) => entry(`${index}`.padStart(2, '0')))
    for (const sybil of ['s1', 's2', 's3']) {
      registry.register(registration(sybil), 0, '/ip4/8.8.8.8/tcp/1')
      registry.putContents(sybil, all)
    }
    expect(registry.contentCount).toBe(50)
    registry.register(registration('s4'), 0, '/ip4/8.8.4.4/tcp/1')
    expect(registry.putContents('s4', all.slice(0, 20))).toBe(0)
    for (const sybil of ['s1', 's2', 's3']) registry.remove(sybil)
    expect(registry.putContents('s4', all)).toBe(99 - 50)
  })

  it('keeps what was found out of a record for as long as the record is the same', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('s1'), 0)
    const [first, second] = [entry('a'), { ...entry('a'), record: 'bmV3' }]
    const isVerified = () => registry.findContent({ name: 'a' })[0]?.entry.isVerified
    registry.putContents('s1', [first])
    expect(isVerified()).toBe(false)
    registry.check('s1', first, true)
    registry.putContents('s1', [first])
    expect(isVerified()).toBe(true)
    registry.putContents('s1', [second])
    registry.check('s1', first, true)
    registry.check('s1', first, false)
    expect(isVerified()).toBe(false)
    registry.check('s1', second, false)
    expect(isVerified()).toBeUndefined()
  })

  it('lists what there is, the bytes under each name with those that hold them', () => {
    const registry = new ScriptedRegistry(limits)
    for (const source of ['s1', 's2', 's3']) registry.register(registration(source), 0)
    registry.putContents('s2', [entry('b'), entry('a')])
    registry.putContents('s1', [entry('a')])
    registry.putContents('s3', [entry('a', 'other')])
    expect([...registry.contents()]).toEqual([
      { name: 'b', rootHash: 'root of b', holders: ['s2'] },
      { name: 'a', rootHash: 'root of a', holders: ['s2', 's1'] },
      { name: 'a', rootHash: 'other', holders: ['s3'] }
    ])
  })

  it('takes nothing from a source that is not registered', () => {
    const registry = new ScriptedRegistry(limits)
    expect(registry.putContents('s1', [entry('a')])).toBe(1)
    expect(registry.findContent({ name: 'a' })).toEqual([])
  })
})

describe('Registry links', () => {
  it('has a link while one end has measured the other, at the larger of both smoothed round trips', () => {
    const registry = new ScriptedRegistry(limits)
    registry.register(registration('r1'), 0)
    registry.register(registration('r2'), 0)
    registry.measure('r1', [{ peerId: 'r2', rttMs: 10 }], 0)
    expect(registry.linkRttMs('r2', 'r1')).toBe(10)
    registry.measure('r2', [{ peerId: 'r1', rttMs: 20 }], 0)
    expect(registry.linkRttMs('r1', 'r2')).toBe(20)
    registry.measure('r1', [{ peerId: 'r2', rttMs: 60 }], 0)
    expect(registry.linkRttMs('r1', 'r2')).toBe(25)
    registry.measure('r1', [{ peerId: 'r2' }], 0)
    expect(registry.linkRttMs('r1', 'r2')).toBe(20)
    registry.measure('r2', [{ peerId: 'r1' }], 0)
    expect(registry.linkRttMs('r1', 'r2')).toBeUndefined()
  })

  it('forgets a measurement that is not repeated', () => {
    const registry = new ScriptedRegistry({ ...limits, leaseMs: 100_000 })
    registry.register(registration('r1'), 0)
    registry.register(registration('r2'), 0)
    registry.measure('r1', [{ peerId: 'r2', rttMs: 10 }], 0)
    registry.takeChanges()
    registry.expire(44_999)
    expect(registry.linkRttMs('r1', 'r2')).toBe(10)
    registry.expire(100_000)
    expect(registry.linkRttMs('r1', 'r2')).toBeUndefined()
    expect(registry.takeChanges().topology).toBe(true)
  })

  it('ignores measurements of unknown nodes and between sources', () => {
    const registry = new ScriptedRegistry(limits)
    for (const peerId of ['s1', 's2', 'r1']) registry.register(registration(peerId), 0)
    registry.measure(
      's1',
      [
        { peerId: 'r9', rttMs: 1 },
        { peerId: 's2', rttMs: 1 },
        { peerId: 's1', rttMs: 1 }
      ],
      0
    )
    registry.measure('r9', [{ peerId: 'r1', rttMs: 1 }], 0)
    expect(registry.linkedTo('s1').length).toBe(0)
  })

  it('keeps no more round trips of one node than it may tell at a time', () => {
    const registry = new ScriptedRegistry({ ...DIRECTOR_LIMITS, maxMeasured: 2 })
    const names = ['r1', 'r2', 'r3', 'r4']
    for (const peerId of names) registry.register(registration(peerId), 0)
    registry.measure(
      'r1',
      names.map(peerId => ({ peerId, rttMs: 1 })),
      0
    )
    expect(registry.linkedTo('r1')).toEqual(['r2', 'r3'])
    registry.measure('r1', [{ peerId: 'r2' }, { peerId: 'r4', rttMs: 1 }], 0)
    expect(registry.linkedTo('r1')).toEqual(['r3', 'r4'])
  })

  it('links a node that names its neighbours with no other, also when it names them later', () => {
    const registry = new ScriptedRegistry(limits)
    for (const peerId of ['s1', 'r1', 'r2']) registry.register(registration(peerId), 0)
    const both = [
      { peerId: 'r1', rttMs: 1 },
      { peerId: 'r2', rttMs: 1 }
    ]
    registry.measure('s1', both, 0)
    expect(registry.linkedTo('s1')).toEqual(['r1', 'r2'])
    registry.register(registration('s1', { neighbors: ['r2'] }), 0)
    registry.measure('s1', both, 0)
    expect(registry.linkedTo('s1')).toEqual(['r2'])
    expect(registry.neighborsOf('s1').chosen.map(node => node.peerId)).toEqual(['r2'])
    expect(registry.neighborsOf('r1').chosen.map(node => node.peerId)).toEqual(['r2'])
  })
})
