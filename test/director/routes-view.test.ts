import { expect, it } from 'vitest'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { routesView } from '../../src/director/routes-view.ts'
import { ScriptedRegistry } from './scripted-registry.ts'

function registryOf(relays: Record<string, string>): ScriptedRegistry {
  const registry = new ScriptedRegistry(DIRECTOR_LIMITS)
  const told = { labels: [], restricted: false, capabilities: [] }
  registry.register({ peerId: 's1', role: 'source', addresses: [], ...told }, 0)
  registry.putContents('s1', [{ name: 'film', rootHash: '00', record: '' }])
  for (const [peerId, address] of Object.entries(relays)) {
    registry.register({ peerId, role: 'relay', addresses: [address], ...told }, 0)
    registry.measure('s1', [{ peerId, rttMs: 5 }], 0)
  }
  return registry
}

it('shows the routes that a client would be told of, and what further ones would share', () => {
  const registry = registryOf({ r1: '/ip4/1.2.3.4/tcp/1' })
  expect(routesView(registry, { name: 'film', routes: 2 }, 0, DIRECTOR_LIMITS)).toMatchObject({
    holders: ['s1'],
    routes: [{ id: 'r1>s1', relays: ['r1'], source: 's1', costMs: expect.any(Number) }],
    shortfall: { reason: 'shared', relays: ['r1'], message: expect.stringContaining('share relay r1') }
  })
})

it('takes into account what a client can dial from where it is', () => {
  const registry = registryOf({ r1: '/ip4/1.2.3.4/tcp/1', r2: '/ip4/10.0.0.2/tcp/1' })
  const relaysFrom = (from?: string) => {
    const question = { name: 'film', routes: 4, ...(from === undefined ? {} : { from }) }
    return routesView(registry, question, 0, DIRECTOR_LIMITS).routes.flatMap(({ relays }) => relays)
  }
  expect(relaysFrom().sort()).toEqual(['r1', 'r2'])
  expect(relaysFrom('/ip4/5.6.7.8')).toEqual(['r1'])
})

it('shows no holders of a content that nobody has', () => {
  expect(routesView(registryOf({}), { name: 'other', routes: 2 }, 0, DIRECTOR_LIMITS)).toEqual({
    holders: [],
    routes: []
  })
})
