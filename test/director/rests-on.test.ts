import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { standpointOf } from '../../src/director/addresses-for.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { findRoutes } from '../../src/director/route-finder.ts'
import { HERE, ScriptedRegistry } from './scripted-registry.ts'

const limits = { ...DIRECTOR_LIMITS, maxNodes: 100 }
const NAMES = ['s1', 's2', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

const name = fc.constantFrom(...NAMES)
const link = fc.record({
  kind: fc.constant('link' as const),
  from: name,
  to: name,
  rttMs: fc.nat({ max: 99 })
})
const cut = fc.record({ kind: fc.constant('cut' as const), from: name, to: name })
const state = fc.record({
  kind: fc.constantFrom('drain' as const, 'lose' as const, 'go' as const, 'come' as const, 'hide' as const),
  from: name
})
const change = fc.oneof(link, link, cut, state)
type Step = typeof change extends fc.Arbitrary<infer T> ? T : never

function add(registry: ScriptedRegistry, peerId: string): void {
  const role = peerId.startsWith('s') ? 'source' : 'relay'
  const network = NAMES.indexOf(peerId) >> 1
  registry.register(
    {
      peerId,
      role,
      addresses: [`/ip4/8.8.${network}.9/tcp/1`],
      labels: [],
      restricted: false,
      capabilities: []
    },
    0
  )
  if (role === 'source')
    registry.putContents(peerId, [{ name: `film of ${peerId}`, rootHash: 'root', record: '' }])
}

function take(registry: ScriptedRegistry, step: Step): void {
  if (step.kind === 'link') registry.measure(step.from, [{ peerId: step.to, rttMs: step.rttMs }], 0)
  else if (step.kind === 'cut') registry.measure(step.from, [{ peerId: step.to }], 0)
  else if (step.kind === 'drain') registry.renew(step.from, { draining: true, load: 0 }, 0)
  else if (step.kind === 'lose') registry.disconnected(step.from, 0)
  else if (step.kind === 'go') registry.remove(step.from)
  else if (step.kind === 'hide') registry.reach(step.from, [])
  else add(registry, step.from)
}

describe('what an answer rests on', () => {
  it('changes with each change that gives another answer', () => {
    const history = fc.record({
      before: fc.array(link, { minLength: 4, maxLength: 30 }),
      after: fc.array(change, { minLength: 1, maxLength: 20 }),
      neighbors: fc.option(fc.subarray(NAMES.slice(2), { minLength: 1 }), { nil: undefined }),
      count: fc.integer({ min: 1, max: 3 })
    })
    fc.assert(
      fc.property(history, ({ before, after, neighbors, count }) => {
        const registry = new ScriptedRegistry(limits)
        for (const peerId of NAMES) add(registry, peerId)
        for (const step of before) take(registry, step)
        const named = neighbors ? { neighbors: neighbors.map(peerId => ({ peerId })) } : {}
        const query = { content: { name: 'film of s1' }, count, asker: standpointOf(HERE), ...named }
        const find = () => findRoutes(registry, query, limits, 0)
        const told = (found: ReturnType<typeof find>) =>
          found && [
            found.holders.map(({ source }) => source.peerId),
            found.routes.map(({ sourceId, relays }) =>
              [sourceId, ...relays.map(({ peerId }) => peerId)].join()
            ),
            found.shortfall
          ]
        for (const step of after) {
          const known = find()
          registry.takeChanges()
          take(registry, step)
          const { topology, places, contents } = registry.takeChanges()
          const { restsOn } = known ?? {}
          const isTold = restsOn
            ? [...restsOn].some(each => places.has(each) || contents.has(each))
            : topology || contents.size > 0
          // Round trips of links that are there move no watch, and a link that both ends have measured outlasts one of them.
          const isRoundTrip = step.kind === 'link' || step.kind === 'cut'
          if (!isTold && (!isRoundTrip || topology)) expect(told(find())).toEqual(told(known))
        }
      }),
      { numRuns: 500 }
    )
  })
})
