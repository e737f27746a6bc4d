import { describe, expect, it } from 'vitest'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { directorView, watchView } from '../../src/director/view.ts'
import { WireStatus } from '../../src/errors.ts'
import type { AnswerReply, QueryRequest } from '../../src/protocol/director-messages.ts'
import { ScriptedRegistry } from './scripted-registry.ts'

function registryOf(...peerIds: string[]): ScriptedRegistry {
  const registry = new ScriptedRegistry(DIRECTOR_LIMITS)
  for (const peerId of peerIds) {
    const role = peerId.startsWith('s') ? ('source' as const) : ('relay' as const)
    const labels = [`label of ${peerId}`]
    registry.register(
      { peerId, role, addresses: [`/dns/${peerId}/tcp/1`], labels, restricted: false, capabilities: [] },
      0
    )
  }
  return registry
}

describe('the view of a director', () => {
  it('shows nodes with what they say and what is left of their leases', () => {
    const registry = registryOf('s1', 'r1')
    registry.putContents('s1', [{ name: 'a', rootHash: '00', record: '' }])
    registry.renew('r1', { draining: true, load: 0.5 }, 4_000)
    registry.disconnected('s1', 5_000)
    expect(directorView(registry, [], 6_000, DIRECTOR_LIMITS).nodes).toEqual([
      {
        peerId: 's1',
        role: 'source',
        addresses: ['/dns/s1/tcp/1'],
        reachable: ['/dns/s1/tcp/1'],
        attachedTo: [],
        labels: ['label of s1'],
        restricted: false,
        capabilities: [],
        otherVersion: false,
        draining: false,
        load: 0,
        state: 'grace',
        leaseLeftMs: 4_000,
        contentCount: 1
      },
      expect.objectContaining({
        peerId: 'r1',
        draining: true,
        load: 0.5,
        state: 'connected',
        leaseLeftMs: 13_000
      })
    ])
    expect(directorView(registry, [], 60_000, DIRECTOR_LIMITS).nodes[0]!.leaseLeftMs).toBe(0)
  })

  it('shows since when nobody can dial a node, and what the director has tried', () => {
    const registry = registryOf('r1')
    registry.reach('r1', [])
    const failed = [{ address: '/ip4/192.0.2.1/tcp/4003', reason: 'no answer' }]
    const verdictOf = () => ({ reached: [], open: ['/ip4/192.0.2.2/tcp/1'], failed })
    const unreachable = () =>
      directorView(registry, [], 7_000, DIRECTOR_LIMITS, verdictOf).nodes[0]!.unreachable
    expect(unreachable()).toEqual({ forMs: 7_000, isChecking: true, failed })
    registry.reach('r1', ['/dns/r1/tcp/1'])
    expect(unreachable()).toBeUndefined()
  })

  it('shows how many hosts complain of a relay, and who speaks another protocol', () => {
    const registry = registryOf('r1')
    registry.apply({ kind: 'complained', host: 'h1', relays: ['r1'] }, 0)
    registry.apply({ kind: 'complained', host: 'h2', relays: ['r1'] }, 0)
    const told = { addresses: [], labels: [], restricted: false, capabilities: [] }
    registry.register({ peerId: 'r2', role: 'relay', routeProtocol: '/another/1', ...told }, 0)
    expect(directorView(registry, [], 0, DIRECTOR_LIMITS).nodes).toMatchObject([
      { complaints: 2, otherVersion: false },
      { otherVersion: true }
    ])
  })

  it('shows each link once, whichever end has measured it', () => {
    const registry = registryOf('s1', 'r1', 'r2')
    registry.measure('r1', [{ peerId: 's1', rttMs: 5 }], 0)
    registry.measure('s1', [{ peerId: 'r1', rttMs: 7 }], 0)
    registry.measure('r2', [{ peerId: 'r1', rttMs: 9 }], 0)
    expect(directorView(registry, [], 0, DIRECTOR_LIMITS).links).toEqual([
      { ends: ['s1', 'r1'], rttMs: 7 },
      { ends: ['r1', 'r2'], rttMs: 9 }
    ])
  })

  it('lists so many contents only, and says how many there are', () => {
    const registry = registryOf('s1')
    const names = ['a', 'b', 'c']
    registry.putContents(
      's1',
      names.map(name => ({ name, rootHash: '00', record: '' }))
    )
    const view = directorView(registry, [], 0, { ...DIRECTOR_LIMITS, maxContentsInView: 2 })
    expect(view.contents.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(view.contentCount).toBe(3)
  })
})

describe('the view of a watch', () => {
  const query: QueryRequest = { kind: 'query', content: { name: 'a' }, routes: 2, held: [], watch: true }

  it('shows what is asked, before there is an answer too', () => {
    expect(watchView(query, undefined)).toEqual({ content: { name: 'a' }, wanted: 2 })
    const narrow = { ...query, content: { rootHash: Uint8Array.of(1, 255) }, source: 's1' }
    expect(watchView({ ...narrow, neighbors: [{ peerId: 'r1', rttMs: 3 }] }, undefined)).toEqual({
      content: { rootHash: '01ff' },
      wanted: 2,
      onlySource: 's1',
      reachable: ['r1']
    })
  })

  it('shows the routes that were told last, and why there are not more', () => {
    const relay = { peerId: 'r1', addresses: ['/dns/r1/tcp/1'], labels: [], capabilities: [] }
    const told: AnswerReply = {
      kind: 'answer',
      status: WireStatus.ok,
      message: '',
      settling: false,
      holders: [{ peerId: 's1', addresses: [], record: new Uint8Array(200), capabilities: [] }],
      routes: [{ relays: [relay], source: 's1', costMs: 55 }],
      shortfall: { reason: 'shared', relays: ['r1'], links: [], message: '1 of 2 routes' },
      gained: ['r1>s1'],
      lost: []
    }
    expect(watchView(query, told).told).toEqual({
      status: WireStatus.ok,
      holders: ['s1'],
      routes: [{ id: 'r1>s1', relays: ['r1'], source: 's1', costMs: 55 }],
      shortfall: '1 of 2 routes'
    })
  })
})
