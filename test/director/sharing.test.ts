import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DirectorEvent } from '../../src/director/director-event.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { Registry } from '../../src/director/registry.ts'
import type { Registration, RegistryChange, ToldEntry } from '../../src/director/registry-change.ts'
import { SHARED } from '../../src/director/shared-limits.ts'
import { Sharing } from '../../src/director/sharing.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { MemoryHub } from './memory-hub.ts'

/** Some writes and their echoes. */
const SOON_MS = 2_000

/** Directors over one hub, without their streams: a test says what their nodes would. */
class Directors {
  readonly clock = new VirtualScheduler()
  readonly hub = new MemoryHub(this.clock)

  start(id: string): DirectorStub {
    return new DirectorStub(id, this)
  }

  /** Lets time pass in steps, in which leases are looked through and promises kept. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left))
      await setImmediate()
    }
  }
}

class DirectorStub {
  readonly id: string
  readonly registry = new Registry(DIRECTOR_LIMITS)
  readonly events: DirectorEvent[] = []
  readonly sharing: Sharing
  readonly #directors: Directors
  #isRunning = true

  constructor(id: string, directors: Directors) {
    this.id = id
    this.#directors = directors
    this.sharing = new Sharing({
      state: directors.hub.member(),
      owner: id,
      registry: this.registry,
      limits: DIRECTOR_LIMITS,
      scheduler: directors.clock,
      onEvent: event => this.events.push(event)
    })
    void this.sharing.start()
    this.#sweep()
  }

  publish(change: RegistryChange): void {
    if (!this.registry.apply(change, this.#directors.clock.nowMs()).refusal) this.sharing.published(change)
  }

  register(peerId: string, contents: ToldEntry[] = []): void {
    const node = registration(peerId)
    this.publish({ kind: 'registered', owner: this.id, node, from: FROM, leaseMs: 1e9 })
    this.publish({ kind: 'reached', owner: this.id, peerId, addresses: node.addresses })
    if (node.role === 'relay') return
    this.publish({ kind: 'contentsBegun', peerId })
    this.publish({ kind: 'contentsPut', peerId, entries: contents })
    this.publish({ kind: 'contentsComplete', peerId })
  }

  measure(peerId: string, to: string, rttMs?: number): void {
    const peers = [{ peerId: to, ...(rttMs === undefined ? {} : { rttMs }) }]
    this.publish({ kind: 'measured', peerId, peers, ttlMs: 1e9 })
  }

  gone(peerId: string): void {
    this.publish({ kind: 'gone', owner: this.id, peerId })
  }

  async kill(): Promise<void> {
    this.#isRunning = false
    await this.sharing.stop()
  }

  /** All that clients could be told, in an order of its own. */
  known() {
    const nodes = this.registry.nodes().sort((a, b) => (a.peerId < b.peerId ? -1 : 1))
    return {
      nodes: nodes.map(({ peerId, reachable, draining, load, labels, attachedTo }) => ({
        peerId,
        ...{ reachable, draining, load, labels, attachedTo: [...attachedTo].sort() },
        links: this.registry.linkedTo(peerId).sort(),
        rtts: this.registry
          .linkedTo(peerId)
          .map(other => [other, this.registry.linkRttMs(peerId, other)!.toFixed(1)])
          .sort()
      })),
      contents: [...this.registry.contents()]
        .map(({ name, rootHash, holders }) => ({ name, rootHash, holders: holders.sort() }))
        .sort((a, b) => (a.name + a.rootHash < b.name + b.rootHash ? -1 : 1))
    }
  }

  get peers(): string[] {
    return this.known().nodes.map(({ peerId }) => peerId)
  }

  get contents(): string[] {
    return this.known().contents.map(({ name }) => name)
  }

  heard(kind: DirectorEvent['kind']): number {
    return this.events.filter(event => event.kind === kind).length
  }

  #sweep(): void {
    this.#directors.clock.after(1_000, () => {
      if (!this.#isRunning) return
      const overdue = this.registry.overdue(this.id, this.#directors.clock.nowMs())
      if (overdue) this.publish({ kind: 'expired', owner: this.id, ...overdue })
      this.#sweep()
    })
  }
}

const FROM = '/ip4/8.8.8.8/tcp/1'

function registration(peerId: string): Registration {
  return {
    peerId,
    role: peerId.startsWith('s') ? 'source' : 'relay',
    addresses: [`/ip4/8.8.8.8/tcp/${peerId.charCodeAt(1)}/p2p/${peerId}`],
    labels: [],
    restricted: false,
    capabilities: [],
    routeProtocol: ROUTE_PROTOCOL
  }
}

function entry(name: string, rootHash = '00'): ToldEntry {
  return { name, rootHash, record: `record of ${name} ${rootHash}` }
}

async function startTwo() {
  const directors = new Directors()
  const [a, b] = [directors.start('a'), directors.start('b')]
  await directors.pass(SOON_MS)
  return { directors, a, b }
}

describe('directors that share', () => {
  it('know nodes, contents, links, loads and complaints of one another', async () => {
    const { directors, a, b } = await startTwo()
    a.register('r1')
    b.register('r2')
    b.register('s1', [entry('film')])
    await directors.pass(SOON_MS)
    a.measure('r1', 'r2', 10)
    b.measure('r2', 's1', 20)
    a.publish({ kind: 'renewed', peerId: 'r1', draining: true, load: 0.5, indexing: false, leaseMs: 1e9 })
    a.publish({ kind: 'complained', host: '1.2.3.4', relays: ['r2'] })
    await directors.pass(SOON_MS + SHARED.loadsMs)
    expect(b.known()).toEqual(a.known())
    expect(b.peers).toEqual(['r1', 'r2', 's1'])
    expect(b.registry.linkedTo('r2').sort()).toEqual(['r1', 's1'])
    expect(b.registry.node('r1')).toMatchObject({ draining: true, load: 0.5, owner: 'a' })
    expect(b.registry.standingOf('r2', directors.clock.nowMs()).hosts).toBe(1)
  })

  it('forget what only a director has told that is silent for its lease, and know it again when it is back', async () => {
    const { directors, a, b } = await startTwo()
    a.register('r1')
    a.register('r2')
    b.register('r2')
    await directors.pass(SOON_MS)
    await a.kill()
    await directors.pass(SHARED.leaseMs - SOON_MS)
    expect(b.peers).toEqual(['r1', 'r2'])
    await directors.pass(2 * SOON_MS)
    expect(b.peers).toEqual(['r2'])
    expect(b.heard('directorLost')).toBe(1)
    directors.start('a').register('r1')
    await directors.pass(SOON_MS)
    expect(b.peers).toEqual(['r1', 'r2'])
  })

  it('lose nothing when one starts anew: its nodes have a lease to come back', async () => {
    const { directors, a, b } = await startTwo()
    a.register('r1')
    a.register('r2')
    a.register('s1', [entry('film')])
    a.measure('r1', 's1', 5)
    await directors.pass(SOON_MS)
    const before = b.known()
    await a.kill()
    const again = directors.start('a')
    expect(again.known()).toEqual(before)
    expect(again.registry.node('r1')!.connected).toBe(false)
    await directors.pass(SOON_MS)
    again.register('s1', [entry('film'), entry('series')])
    again.register('r1')
    expect(again.registry.linkedTo('s1')).toEqual(['r1'])
    await directors.pass(SHARED.leaseMs)
    expect(b.peers).toEqual(['r1', 's1'])
    expect(b.contents).toEqual(['film', 'series'])
    expect([...directors.hub.values.keys()].filter(key => key.includes('r2'))).toEqual([])
  })

  it('follow a node that moves from one to another, with no moment without it', async () => {
    const { directors, a, b } = await startTwo()
    const c = directors.start('c')
    a.register('s1', [entry('film')])
    await directors.pass(SOON_MS)
    const leaving: string[] = []
    for (const { registry } of [b, c])
      registry.follow(change => {
        if (registry.findContent({ name: 'film' }).length === 0) leaving.push(change.kind)
      })
    b.register('s1', [entry('film')])
    await directors.pass(SOON_MS)
    a.gone('s1')
    await directors.pass(SOON_MS)
    expect([a, b, c].map(({ registry }) => registry.node('s1')?.owner)).toEqual(['b', 'b', 'b'])
    b.gone('s1')
    await directors.pass(SOON_MS)
    expect([a, b, c].map(({ peers }) => peers)).toEqual([[], [], []])
    expect(leaving).not.toContain('registered')
    expect(leaving).not.toContain('reached')
  })

  it('know a link whichever of its ends comes first', async () => {
    const { directors, a, b } = await startTwo()
    a.register('r1')
    b.register('r2')
    await directors.pass(SOON_MS)
    a.measure('r1', 'r2', 10)
    await directors.pass(SOON_MS)
    await a.kill()
    // It is told of the link before it knows both ends.
    const c = directors.start('c')
    expect(c.registry.linkedTo('r1')).toEqual([])
    const again = directors.start('a')
    again.register('r1')
    await directors.pass(SOON_MS)
    expect([b, c, again].map(({ registry }) => registry.linkedTo('r2'))).toEqual([['r1'], ['r1'], ['r1']])
    await directors.pass(SHARED.leaseMs)
    expect(c.registry.linkedTo('r2')).toEqual(['r1'])
    again.measure('r1', 'r2')
    await directors.pass(SOON_MS)
    expect(c.registry.linkedTo('r2')).toEqual([])
  })

  it('know who is attached to whom, also where the node is found to be out of reach only later', async () => {
    const { directors, a, b } = await startTwo()
    a.register('r1')
    b.register('s1', [entry('film')])
    await directors.pass(SOON_MS)
    a.measure('r1', 's1', 10)
    await directors.pass(SOON_MS)
    b.publish({ kind: 'reached', owner: 'b', peerId: 's1', addresses: [] })
    await directors.pass(SOON_MS)
    expect(b.registry.linkedTo('s1')).toEqual(['r1'])
  })

  it('go on with what they know while the state is away, say so, and tell all when it is back, and empty', async () => {
    const { directors, a, b } = await startTwo()
    a.register('r1')
    await directors.pass(SOON_MS)
    expect(b.sharing.isSettling).toBe(false)
    directors.hub.isBroken = true
    await directors.pass(2 * SHARED.leaseMs)
    expect(b.peers).toEqual(['r1'])
    expect(b.sharing.isSettling).toBe(true)
    expect(b.heard('stateLost')).toBe(1)
    b.register('r2')
    directors.hub.values.clear()
    directors.hub.isBroken = false
    directors.hub.readAnew()
    await directors.pass(2 * SOON_MS)
    expect(b.sharing.isSettling).toBe(false)
    expect(b.heard('stateFound')).toBe(2)
    expect(a.peers).toEqual(['r1', 'r2'])
    expect(b.peers).toEqual(['r1', 'r2'])
  })

  it('pass over what no director of this version has told', async () => {
    const { directors, a, b } = await startTwo()
    const hub = directors.hub.member()
    for (const key of ['node.b.r9', 'pack.b.r9.0', 'links.b.r9', 'x'])
      void hub.put(key, new TextEncoder().encode('{"a":1}'))
    hub.say(new TextEncoder().encode('no word'))
    b.register('r2')
    await directors.pass(SOON_MS)
    expect(a.peers).toEqual(['r2'])
    expect(a.heard('stateProblem')).toBe(4)
  })
})

const NODES = ['s1', 's2', 'r1', 'r2', 'r3']
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      at: fc.nat(2),
      node: fc.constantFrom(...NODES)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('gone' as const), at: fc.nat(2), node: fc.constantFrom(...NODES) })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('measure' as const),
      at: fc.nat(2),
      node: fc.constantFrom(...NODES),
      to: fc.constantFrom(...NODES),
      rttMs: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined })
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('contents' as const),
      at: fc.nat(2),
      node: fc.constantFrom('s1', 's2'),
      put: fc.subarray(['a', 'b', 'c']),
      remove: fc.subarray(['a', 'b', 'c']),
      root: fc.constantFrom('00', '01')
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reach' as const),
      at: fc.nat(2),
      node: fc.constantFrom(...NODES),
      isFound: fc.boolean()
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), at: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), isBroken: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(100, 1_000, 10_000) })
  }
)

it('all directors come to know the same, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      const directors = new Directors()
      const stubs = ['a', 'b', 'c'].map(id => directors.start(id))
      const ownOf = ({ id, registry }: DirectorStub, peerId: string) => registry.node(peerId)?.owner === id
      for (const each of steps) {
        const stub = 'at' in each ? stubs[each.at]! : stubs[0]!
        if (each.do === 'register')
          stub.register(each.node, each.node.startsWith('s') ? [entry('a'), entry(each.node)] : [])
        else if (each.do === 'pass') await directors.pass(each.ms)
        else if (each.do === 'break') {
          directors.hub.isBroken = each.isBroken
          if (!each.isBroken) directors.hub.readAnew()
        } else if (each.do === 'restart') {
          await stub.kill()
          stubs[each.at] = directors.start(stub.id)
        } else if (!ownOf(stub, each.node)) continue
        else if (each.do === 'gone') stub.gone(each.node)
        else if (each.do === 'measure') stub.measure(each.node, each.to, each.rttMs)
        else if (each.do === 'reach') {
          const addresses = each.isFound ? registration(each.node).addresses : []
          stub.publish({ kind: 'reached', owner: stub.id, peerId: each.node, addresses })
        } else {
          const entries = each.put.map(name => entry(name, each.root))
          stub.publish({ kind: 'contentsRemoved', peerId: each.node, names: each.remove })
          stub.publish({ kind: 'contentsPut', peerId: each.node, entries })
        }
      }
      directors.hub.isBroken = false
      directors.hub.readAnew()
      await directors.pass(2 * SHARED.leaseMs)
      const [a, b, c] = stubs.map(stub => stub.known())
      // Nodes that are registered with several directors may have told these different things.
      expect(b!.nodes.map(({ peerId }) => peerId)).toEqual(a!.nodes.map(({ peerId }) => peerId))
      expect(c!.nodes.map(({ peerId }) => peerId)).toEqual(a!.nodes.map(({ peerId }) => peerId))
      const owners = NODES.map(node => stubs.filter(stub => ownOf(stub, node)).length)
      if (owners.every(count => count <= 1)) for (const other of [b, c]) expect(other).toEqual(a)
    }),
    { numRuns: 60 }
  )
}, 60_000)
