import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { standpointOf } from '../../src/director/addresses-for.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import type { Registry } from '../../src/director/registry.ts'
import type { Registration } from '../../src/director/registry-change.ts'
import { type FoundRoutes, findRoutes, type RouteQuery } from '../../src/director/route-finder.ts'
import { HERE, ScriptedRegistry } from './scripted-registry.ts'

const limits = { ...DIRECTOR_LIMITS, maxNodes: 100 }

/** `s-a:10 a-b:5` -> a registry with these nodes (those named s... are sources of `film`) and links. */
function registryOf(links: string, details: Record<string, Partial<Registration>> = {}): ScriptedRegistry {
  const registry = new ScriptedRegistry(limits)
  const parsed = links.split(' ').map(link => /^(\w+)-(\w+):(\d+)$/.exec(link)!)
  for (const peerId of new Set(parsed.flatMap(([, from, to]) => [from!, to!])))
    add(registry, peerId, details[peerId])
  for (const [, from, to, rttMs] of parsed)
    registry.measure(from!, [{ peerId: to!, rttMs: Number(rttMs) }], 0)
  return registry
}

/** A source offers `film` with these bytes from now on. */
function offer(registry: ScriptedRegistry, peerId: string, rootHash: string): void {
  registry.putContents(peerId, [{ name: 'film', rootHash, record: '' }])
}

function add(registry: ScriptedRegistry, peerId: string, more: Partial<Registration> = {}): void {
  const role = peerId.startsWith('s') ? 'source' : 'relay'
  registry.register(
    { peerId, role, addresses: [], labels: [], restricted: false, capabilities: [], ...more },
    0
  )
  if (role === 'source') offer(registry, peerId, 'root')
}

function find(registry: Registry, query: Partial<RouteQuery> = {}, nowMs = 0): FoundRoutes | undefined {
  const asked = { content: { name: 'film' }, count: 3, asker: standpointOf(HERE), ...query }
  return findRoutes(registry, asked, limits, nowMs)
}

/** The routes to one source, as a query holds them. */
const heldTo = (sourceId: string, routes: readonly (readonly string[])[]) =>
  routes.map(relays => ({ sourceId, relays }))

/** The sources to which the routes lead, or those that have the content where there is none. */
function sourcesOf(found: FoundRoutes | undefined): string[] {
  const sources = found!.routes.map(({ sourceId }) => sourceId)
  return sources.length > 0 ? [...new Set(sources)].sort() : found!.holders.map(({ source }) => source.peerId)
}

function relaysOf(found: FoundRoutes | undefined): string[] | undefined {
  return found?.routes.map(route => route.relays.map(relay => relay.peerId).join('>'))
}

describe('findRoutes', () => {
  it('offers one-hop routes by round trip, and says what they cost', () => {
    const found = find(registryOf('s-a:30 s-b:10 s-c:20'))
    expect(relaysOf(found)).toEqual(['b', 'c', 'a'])
    expect(found!.routes[0]!.costMs).toBe(10 + 5 + 50)
    expect(found!.shortfall).toBeUndefined()
  })

  it('goes over a relay last of which hosts complain, until that is long ago', () => {
    const registry = registryOf('s-a:10 s-b:20 s-c:30')
    for (const host of ['h1', 'h2']) registry.complain(host, ['a'], 0)
    expect(relaysOf(find(registry))).toEqual(['b', 'c', 'a'])
    expect(relaysOf(find(registry, { count: 2 }))).toEqual(['b', 'c'])
    expect(find(registry)!.routes.at(-1)!.costMs).toBe(10 + 5 + 50 + 2 * 100)
    expect(relaysOf(find(registry, {}, 3_600_000))).toEqual(['a', 'b', 'c'])
  })

  it('takes no more of the word of one host than of the load that a relay tells of itself', () => {
    const registry = registryOf('s-a:10 s-b:120')
    for (let times = 0; times < 9; times++) registry.complain('h1', ['a'], 0)
    expect(relaysOf(find(registry))).toEqual(['a', 'b'])
  })

  it('holds against a relay what was said of it before it left and came back', () => {
    const registry = registryOf('s-a:10 s-b:20')
    registry.complain('h1', ['a'], 0)
    registry.remove('a')
    add(registry, 'a')
    registry.measure('s', [{ peerId: 'a', rttMs: 10 }], 0)
    expect(relaysOf(find(registry))).toEqual(['b', 'a'])
  })

  it('knows nothing of a content that nobody holds', () => {
    expect(find(registryOf('s-a:1'), { content: { name: 'other' } })).toBeUndefined()
  })

  it('finds a content by its root hash', () => {
    expect(relaysOf(find(registryOf('s-a:1'), { content: { rootHash: 'root' } }))).toEqual(['a'])
  })

  it('leads to no other source than the one that is wanted', () => {
    const registry = registryOf('s1-a:10 s1-b:10 s2-a:20')
    expect(sourcesOf(find(registry))).toEqual(['s1', 's2'])
    const held = heldTo('s1', [['a']])
    expect(sourcesOf(find(registry, { sourceId: 's2', held }))).toEqual(['s2'])
    expect(find(registry, { sourceId: 's3' })).toBeUndefined()
  })

  it('takes what the source that is wanted has under a name, whatever others have told first', () => {
    const registry = registryOf('s1-a:10 s2-a:20')
    const own = { name: 'film', rootHash: 'own', record: '' }
    registry.putContents('s2', [own])
    expect(find(registry)!.holders[0]!.entry.rootHash).toBe('root')
    expect(find(registry, { sourceId: 's2' })!.holders[0]!.entry).toMatchObject(own)
  })

  it('goes over more than one relay where the client reaches only the farther ones', () => {
    const registry = registryOf('s-a:10 s-b:10 a-c:10 b-d:10')
    const found = find(registry, { neighbors: [{ peerId: 'c', rttMs: 2 }, { peerId: 'd' }, { peerId: 'x' }] })
    expect(relaysOf(found)).toEqual(['c>a', 'd>b'])
    expect(found!.routes[0]!.costMs).toBe(2 + 10 + 10 + 2 * 5)
    expect(found!.shortfall).toMatchObject({ reason: 'shared', relays: ['a', 'b'] })
  })

  it('keeps clients away from restricted relays but leads over them', () => {
    const registry = registryOf('s-a:10 a-b:10', { a: { restricted: true } })
    expect(relaysOf(find(registry))).toEqual(['b>a'])
  })

  it('leaves out draining relays and prefers those with less load', () => {
    const registry = registryOf('s-a:10 s-b:10 s-c:10')
    registry.renew('a', { draining: true, load: 0 }, 0)
    registry.renew('b', { draining: false, load: 1 }, 0)
    expect(relaysOf(find(registry))).toEqual(['c', 'b'])
  })

  it('offers no route of more relays than an open can name', () => {
    const chain = 's-r1:1 r1-r2:1 r2-r3:1 r3-r4:1 r4-r5:1 r5-r6:1 r6-r7:1 r7-r8:1 r8-r9:1'
    expect(relaysOf(find(registryOf(chain), { neighbors: [{ peerId: 'r9' }] }))).toEqual([])
    expect(relaysOf(find(registryOf(chain), { neighbors: [{ peerId: 'r8' }] }))).toHaveLength(1)
  })

  it('tells why there is no route at all', () => {
    const lonely = new ScriptedRegistry(limits)
    add(lonely, 's')
    expect(find(lonely)!.shortfall!.reason).toBe('no-relay')
    add(lonely, 'a')
    expect(find(lonely)!.shortfall!.reason).toBe('source-unlinked')
    const linked = registryOf('s-a:1 b-c:1')
    expect(find(linked, { neighbors: [] })!.shortfall!.reason).toBe('client-unlinked')
    expect(find(linked, { neighbors: [{ peerId: 'b' }] })!.shortfall!.reason).toBe('not-joined')
    expect(find(linked, { neighbors: [{ peerId: 'b' }] })!.shortfall!.message).toMatch(
      /^0 of 3 routes: no chain/
    )
  })

  it('leads to all sources, over relays of which each is in one route', () => {
    const found = find(registryOf('s1-a:1 s2-a:50 s2-b:50'))
    expect(found!.routes.map(({ sourceId, relays }) => [sourceId, relays[0]!.peerId])).toEqual([
      ['s1', 'a'],
      ['s2', 'b']
    ])
    expect(found!.holders.map(({ source }) => source.peerId)).toEqual(['s1', 's2'])
    expect(sourcesOf(find(registryOf('s1-a:50 s2-a:1'), { count: 1 }))).toEqual(['s2'])
  })

  it('gives a source its second route once each other has one, unless that costs too much', () => {
    const near = 's1-a:1 s1-b:1 s1-c:1'
    expect(sourcesOf(find(registryOf(`${near} s2-b:60`), { count: 2 }))).toEqual(['s1', 's2'])
    expect(sourcesOf(find(registryOf(`${near} s2-b:400`), { count: 2 }))).toEqual(['s1'])
  })

  it('leads to a source that comes though all routes to another are held', () => {
    const registry = registryOf('s1-a:1 s1-b:1')
    const held = heldTo('s1', [['a'], ['b']])
    expect(sourcesOf(find(registry, { count: 2, held }))).toEqual(['s1'])
    add(registry, 's2')
    registry.measure('s2', [{ peerId: 'b', rttMs: 20 }], 0)
    registry.measure('b', [{ peerId: 's2', rttMs: 20 }], 0)
    expect(sourcesOf(find(registry, { count: 2, held }))).toEqual(['s1', 's2'])
  })

  it('finds by a name the sources that have the same content under another one, too', () => {
    const registry = registryOf('s1-a:1')
    add(registry, 's2')
    offer(registry, 's2', 'else')
    registry.putContents('s2', [{ name: 'same film', rootHash: 'root', record: '' }])
    registry.measure('s2', [{ peerId: 'b', rttMs: 1 }], 0)
    add(registry, 'b')
    registry.measure('s2', [{ peerId: 'b', rttMs: 1 }], 0)
    expect(sourcesOf(find(registry))).toEqual(['s1', 's2'])
  })

  it('goes straight to sources that the client can dial where it is asked to', () => {
    const registry = registryOf('s1-a:1 s2-b:1')
    expect(relaysOf(find(registry, { count: 4 }))).toEqual(['a', 'b'])
    expect(relaysOf(find(registry, { count: 4, direct: 'also' }))!.sort()).toEqual(['', '', 'a', 'b'])
    const only = find(registry, { count: 4, direct: 'only' })
    expect(relaysOf(only)).toEqual(['', ''])
    expect(only!.shortfall).toMatchObject({ reason: 'shared', relays: [], links: [] })
    const held = heldTo('s1', [[]])
    expect(relaysOf(find(registry, { count: 1, direct: 'also', held }))).toEqual([''])
  })
})

describe('findRoutes where sources have other bytes under one name', () => {
  it('leads to sources with the bytes of the first one only, however good the others are', () => {
    const registry = registryOf('s1-a:50 s2-a:1 s2-b:1 s3-a:20')
    offer(registry, 's2', 'forged')
    expect(sourcesOf(find(registry))).toEqual(['s3'])
    expect(sourcesOf(find(registry, { held: heldTo('s2', [['a']]) }))).toEqual(['s3'])
    registry.measure('s1', [{ peerId: 'a' }], 0)
    registry.measure('s3', [{ peerId: 'a' }], 0)
    expect(find(registry)).toMatchObject({
      holders: [{ source: { peerId: 's1' } }, { source: { peerId: 's3' } }],
      routes: []
    })
  })

  it('finds the others by their root hash', () => {
    const registry = registryOf('s1-a:1 s2-a:1')
    offer(registry, 's2', 'other')
    expect(sourcesOf(find(registry, { content: { rootHash: 'other' } }))).toEqual(['s2'])
  })

  it('leaves the name to the first one when it changes its bytes, and to the next when it goes', () => {
    const registry = registryOf('s1-a:50 s2-a:1 s3-a:2')
    offer(registry, 's1', 'changed')
    expect(find(registry)!.holders).toMatchObject([
      { source: { peerId: 's1' }, entry: { rootHash: 'changed' } }
    ])
    registry.disconnected('s1', 0)
    expect(sourcesOf(find(registry))).toEqual(['s1'])
    registry.remove('s1')
    expect(find(registry)!.holders[0]).toMatchObject({
      source: { peerId: 's2' },
      entry: { rootHash: 'root' }
    })
  })
})

describe('findRoutes while a source is not connected', () => {
  it('leads to a connected one, also where the lost one is held and has more routes', () => {
    const registry = registryOf('s1-a:1 s1-b:1 s2-a:50')
    const held = heldTo('s1', [['a'], ['b']])
    registry.disconnected('s1', 0)
    expect(sourcesOf(find(registry))).toEqual(['s2'])
    expect(sourcesOf(find(registry, { held }))).toEqual(['s2'])
    registry.register(registry.node('s1')!, 0)
    expect(sourcesOf(find(registry, { held }))).toContain('s1')
  })

  it('leads to those that are lost where no route leads to a connected one', () => {
    const registry = registryOf('s1-a:1 s2-a:50 s2-b:50 s3-c:1')
    for (const source of ['s1', 's2']) registry.disconnected(source, 0)
    registry.measure('s3', [{ peerId: 'c' }], 0)
    expect(sourcesOf(find(registry))).toEqual(['s1', 's2'])
  })

  it('sees a connected one behind many that are not', () => {
    const lost = Array.from({ length: limits.maxSourcesCompared }, (_, index) => `s${index}`)
    const registry = registryOf([...lost, 's'].map(source => `${source}-a:1`).join(' '))
    for (const source of lost) registry.disconnected(source, 0)
    expect(sourcesOf(find(registry))).toEqual(['s'])
  })
})

describe('findRoutes with held routes', () => {
  it('keeps them though better ones came up, and adds what fits beside them', () => {
    const registry = registryOf('s-a:50 s-b:10 s-c:5')
    const found = find(registry, { count: 2, held: heldTo('s', [['a']]) })
    expect(relaysOf(found)).toEqual(['c', 'a'])
  })

  it('drops those whose relay or link is gone, or that cross another one', () => {
    const registry = registryOf('s-a:1 s-b:2 s-c:3 a-b:1')
    registry.measure('s', [{ peerId: 'a' }], 0)
    const routes = [['a'], ['c'], ['b', 'c'], ['x'], []]
    expect(relaysOf(find(registry, { count: 2, held: heldTo('s', routes) }))).toEqual(['b', 'c'])
  })

  it('rearranges only what it must where that gives another route', () => {
    // b>a blocks both ways; the route over x need not move although y is nearer.
    const registry = registryOf('s-a:1 a-b:1 s-b:60 s-x:20 s-y:2', { y: { restricted: true } })
    const held = heldTo('s', [['b', 'a'], ['x']])
    expect(relaysOf(find(registry, { count: 3, held }))!.sort()).toEqual(['a', 'b', 'x'])
    expect(relaysOf(find(registry, { count: 2, held }))!.sort()).toEqual(['b>a', 'x'])
  })

  it('never offers fewer routes than without holding any, nor routes that cross', () => {
    const names = ['s', 'a', 'b', 'c', 'd', 'e', 'f']
    const link = fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: 99 })
    )
    const history = fc.record({
      before: fc.array(link, { minLength: 3, maxLength: 20 }),
      gone: fc.array(fc.nat({ max: 19 })),
      came: fc.array(link, { maxLength: 5 }),
      neighbors: fc.subarray(names.slice(1), { minLength: 2 }),
      count: fc.integer({ min: 1, max: 4 })
    })
    fc.assert(
      fc.property(history, ({ before, gone, came, neighbors, count }) => {
        const registry = new ScriptedRegistry(limits)
        for (const name of names) add(registry, name)
        const query = { count, neighbors: neighbors.map(peerId => ({ peerId })) }
        for (const [from, to, rttMs] of before) registry.measure(from, [{ peerId: to, rttMs }], 0)
        const first = find(registry, query)!
        for (const at of gone) {
          const lost = before[at]
          if (!lost) continue
          registry.measure(lost[0], [{ peerId: lost[1] }], 0)
          registry.measure(lost[1], [{ peerId: lost[0] }], 0)
        }
        for (const [from, to, rttMs] of came) registry.measure(from, [{ peerId: to, rttMs }], 0)
        const held = heldTo(
          's',
          first.routes.map(route => route.relays.map(relay => relay.peerId))
        )
        const found = find(registry, { ...query, held })!
        expect(found.routes.length).toBe(find(registry, query)!.routes.length)
        const used = found.routes.flatMap(route => route.relays.map(relay => relay.peerId))
        expect(new Set(used).size).toBe(used.length)
        for (const { relays } of found.routes) {
          const nodes = [...relays.map(relay => relay.peerId), 's']
          expect(neighbors).toContain(nodes[0])
          for (let at = 1; at < nodes.length; at++)
            expect(registry.linkedTo(nodes[at - 1]!)).toContain(nodes[at])
        }
      }),
      { numRuns: 300 }
    )
  })
})

describe('findRoutes over relays of one network or operator', () => {
  const at = (ip: string) => ({ addresses: [`/ip4/${ip}/tcp/1`] })
  const by = (operator: string) => ({ labels: [`operator=${operator}`] })

  it('goes over one of them, the nearest, unless the client asks for more, and says what that costs', () => {
    const details = { a: at('8.1.1.1'), b: at('8.1.1.200'), c: at('8.1.2.1') }
    const registry = registryOf('s-a:30 s-b:10 s-c:20', details)
    const found = find(registry)!
    expect(relaysOf(found)).toEqual(['b', 'c'])
    expect(found.shortfall).toMatchObject({ reason: 'same-network', relays: [], links: [] })
    expect(found.shortfall!.message).toMatch(/^2 of 3 routes: .*ask for those of one network, too/)
    expect(find(registry, { count: 2 })!.shortfall).toBeUndefined()
    const together = find(registry, { sameNetwork: true })!
    expect([relaysOf(together), together.shortfall]).toEqual([['b', 'c', 'a'], undefined])
  })

  it.each([
    ['IPv6 networks of 48 bits', at6('2a00:1450:1::1'), at6('2a00:1450:1:ff::1'), ['a']],
    ['other IPv6 networks', at6('2a00:1450:1::1'), at6('2a00:1450:2::1'), ['a', 'b']],
    ['private networks', at('10.0.0.1'), at('10.0.0.2'), ['a', 'b']],
    ['loopback', at('127.0.0.1'), at('127.0.0.1'), ['a', 'b']],
    ['operators', by('x'), by('x'), ['a']],
    ['other operators', by('x'), by('y'), ['a', 'b']],
    ['other labels', { labels: ['eu'] }, { labels: ['eu'] }, ['a', 'b']]
  ])('goes by %s', (_, a, b, relays) => {
    expect(relaysOf(find(registryOf('s-a:1 s-b:2', { a, b })))).toEqual(relays)
  })

  function at6(ip: string) {
    return { addresses: [`/ip6/${ip}/tcp/1`] }
  }

  it('may go over two of them in one route', () => {
    const registry = registryOf('s-a:10 a-b:10 s-c:20', { a: by('x'), b: by('x'), c: by('x') })
    expect(relaysOf(find(registry, { count: 1, neighbors: [{ peerId: 'b' }] }))).toEqual(['b>a'])
  })

  it('keeps a held route though a nearer relay of its network came up, and drops the second of two', () => {
    const registry = registryOf('s-a:50 s-b:5 s-c:10', { a: by('x'), b: by('x') })
    const routes = [['a']]
    expect(relaysOf(find(registry, { held: heldTo('s', routes) }))!.sort()).toEqual(['a', 'c'])
    const both = [['a'], ['b']]
    expect(relaysOf(find(registry, { held: heldTo('s', both) }))!.sort()).toEqual(['a', 'c'])
  })

  it('never offers two routes over one group, nor a chain without links, whatever is held', () => {
    const names = ['s', 'a', 'b', 'c', 'd', 'e', 'f', 'g']
    const link = fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: 99 })
    )
    const groups = fc.array(fc.subarray(['x', 'y', 'z'], { maxLength: 2 }), { minLength: 8, maxLength: 8 })
    const held = fc.array(fc.subarray(names.slice(1), { minLength: 1, maxLength: 2 }), { maxLength: 3 })
    fc.assert(
      fc.property(fc.array(link, { maxLength: 25 }), groups, held, (links, groupsOf, routes) => {
        const registry = new ScriptedRegistry(limits)
        const labelsOf = (name: string) => groupsOf[names.indexOf(name)]!.map(group => `operator=${group}`)
        for (const name of names) add(registry, name, { labels: labelsOf(name) })
        for (const [from, to, rttMs] of links) registry.measure(from, [{ peerId: to, rttMs }], 0)
        const found = find(registry, { count: 4, held: heldTo('s', routes) })!
        const used = found.routes.map(({ relays }) => new Set(relays.flatMap(relay => relay.labels)))
        const all = used.flatMap(labels => [...labels])
        expect(new Set(all).size).toBe(all.length)
        for (const { relays } of found.routes) {
          const path = [...relays.map(({ peerId }) => peerId), 's']
          for (let hop = 1; hop < path.length; hop++)
            expect(registry.linkedTo(path[hop - 1]!)).toContain(path[hop])
        }
        const together = find(registry, { count: 4, sameNetwork: true })!.routes.length
        expect(together).toBeGreaterThanOrEqual(found.routes.length)
        if (found.routes.length < Math.min(4, together)) expect(found.shortfall!.reason).toBe('same-network')
      }),
      {
        numRuns: 300,
        // Keeping the held path leaves room for fewer routes than there are without it.
        examples: [
          [
            [
              ['c', 's', 1],
              ['s', 'a', 1],
              ['g', 'e', 1],
              ['d', 's', 1],
              ['g', 's', 1]
            ],
            [[], [], [], [], ['x'], ['x'], [], []],
            [['e', 'g']]
          ]
        ]
      }
    )
  })
})

describe('findRoutes where a relay lies about round trips', () => {
  it('takes no word of a relay alone for a short way to the source', () => {
    const registry = registryOf('liar-s:0 s-a:10')
    expect(relaysOf(find(registry))).toEqual(['a', 'liar'])
  })

  it('takes the larger of what both ends say', () => {
    const registry = registryOf('liar-s:0 s-liar:40 s-a:30')
    expect(relaysOf(find(registry))).toEqual(['a', 'liar'])
  })
})

describe('findRoutes among a thousand relays of one host', () => {
  it('still leads over honest relays, which are asked to measure one another', () => {
    const registry = new ScriptedRegistry({ ...DIRECTOR_LIMITS })
    const node = (peerId: string, ip: string) => {
      const role = peerId.startsWith('s-') ? ('source' as const) : ('relay' as const)
      const told = { peerId, role, labels: [], restricted: false, capabilities: [] }
      registry.register({ ...told, addresses: [`/ip4/${ip}/tcp/1`] }, 0, ip)
    }
    const honest = Array.from({ length: 300 }, (_, index) => `honest-${index}`)
    const sybils = Array.from({ length: 1_000 }, (_, index) => `sybil-${index}`)
    for (const peerId of sybils) node(peerId, '5.9.1.2')
    for (const [index, peerId] of honest.entries()) node(peerId, `8.${index >> 8}.${index & 255}.7`)
    node('s-1', '9.9.9.9')
    offer(registry, 's-1', 'root')
    expect(registry.nodeCount).toBe(1_301)
    // Sybils say that they are near to everybody; the others measure whom they are asked to.
    for (const peerId of sybils) {
      const near = [...honest.slice(0, 60), 's-1'].map(to => ({ peerId: to, rttMs: 0 }))
      registry.measure(peerId, near, 0)
    }
    for (const peerId of [...honest, 's-1']) {
      const asked = registry.neighborsOf(peerId).chosen
      expect(asked.filter(other => other.peerId.startsWith('honest')).length).toBeGreaterThanOrEqual(28)
      registry.measure(
        peerId,
        asked.map(other => ({ peerId: other.peerId, rttMs: 20 })),
        0
      )
    }
    const found = find(registry, { count: 8 })!
    expect(found.routes).toHaveLength(8)
    const relays = found.routes.flatMap(route => route.relays)
    expect(relays.filter(({ peerId }) => peerId.startsWith('sybil')).length).toBeLessThanOrEqual(1)
    expect(new Set(relays.map(({ network }) => network)).size).toBe(relays.length)
  })
})
