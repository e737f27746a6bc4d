import { describe, expect, it } from 'vitest'
import { standpointOf } from '../../src/director/addresses-for.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { drawRelays } from '../../src/director/relay-draw.ts'
import { findRoutes, type RouteQuery } from '../../src/director/route-finder.ts'
import { ScriptedRegistry } from './scripted-registry.ts'

interface Told {
  peerId: string
  load: number
  capacityBytesPerSecond?: number
}

const relays = (count: number, more: (at: number) => Partial<Told> = () => ({})): Told[] =>
  Array.from({ length: count }, (_, at) => ({ peerId: `r${at}`, load: 0, ...more(at) }))

/** How often each relay is drawn by so many clients. */
function timesDrawn(some: readonly Told[], count: number, clients: number): number[] {
  const draws = Array.from({ length: clients }, (_, at) => drawRelays(some, { seed: `host ${at}`, count }))
  return some.map(({ peerId }) => draws.filter(drawn => drawn.has(peerId)).length)
}

describe('a draw of relays', () => {
  it('is the same for the same client, and of as many as are wanted', () => {
    const some = relays(32)
    const first = drawRelays(some, { seed: 'a', count: 8 })
    expect(first.size).toBe(8)
    expect(drawRelays(some.toReversed(), { seed: 'a', count: 8 })).toEqual(first)
    expect(drawRelays(some, { seed: 'b', count: 8 })).not.toEqual(first)
  })

  it('spreads clients evenly over relays that are alike', () => {
    for (const times of timesDrawn(relays(32), 8, 2_000)) {
      expect(times).toBeGreaterThan(400)
      expect(times).toBeLessThan(600)
    }
  })

  it('falls on relays in proportion to their free rates', () => {
    const byRate = timesDrawn(
      relays(10, at => ({ capacityBytesPerSecond: at === 0 ? 4e6 : 1e6 })),
      1,
      3_000
    )
    expect(byRate[0]! / byRate[1]!).toBeGreaterThan(3)
    expect(byRate[0]! / byRate[1]!).toBeLessThan(5)
    const byLoad = timesDrawn(
      relays(10, at => ({ load: at === 0 ? 0.75 : 0 })),
      1,
      3_000
    )
    expect(byLoad[1]! / byLoad[0]!).toBeGreaterThan(3)
    expect(byLoad[1]! / byLoad[0]!).toBeLessThan(5)
  })

  it('takes a relay that tells no rate for the median one, and believes no boundless rate', () => {
    const rates = [undefined, 1e3, 1e6, 1e6, 1e15]
    const some = relays(5, at => {
      const rate = rates[at]
      return rate === undefined ? {} : { capacityBytesPerSecond: rate }
    })
    const [unknown, slow, usual, , boundless] = timesDrawn(some, 1, 4_000) as [
      number,
      number,
      number,
      number,
      number
    ]
    expect(unknown / usual).toBeGreaterThan(0.6)
    expect(unknown / usual).toBeLessThan(1.6)
    expect(slow).toBeLessThan(20)
    expect(boundless / usual).toBeLessThan(32)
    expect(usual).toBeGreaterThan(50)
  })

  it('still draws full relays where there is nothing else', () => {
    expect(
      drawRelays(
        relays(4, () => ({ load: 1 })),
        { seed: 'a', count: 3 }
      ).size
    ).toBe(3)
  })
})

describe('findRoutes with a draw', () => {
  const limits = { ...DIRECTOR_LIMITS, maxNodes: 100 }

  function networkOf(count: number): ScriptedRegistry {
    const registry = new ScriptedRegistry(limits)
    const node = { addresses: [], labels: [], restricted: false, capabilities: [] }
    registry.register({ peerId: 's', role: 'source', ...node }, 0)
    registry.putContents('s', [{ name: 'film', rootHash: 'root', record: '' }])
    for (let at = 0; at < count; at++) registry.register({ peerId: `r${at}`, role: 'relay', ...node }, 0)
    const peers = Array.from({ length: count }, (_, at) => ({ peerId: `r${at}`, rttMs: 10 + at }))
    registry.measure('s', peers, 0)
    return registry
  }

  function relaysFor(registry: ScriptedRegistry, host: string, more: Partial<RouteQuery> = {}): string[] {
    const asker = standpointOf(`/ip4/${host}/tcp/1`)
    const query = { content: { name: 'film' }, count: 2, asker, ...more }
    return findRoutes(registry, query, limits, 0)!.routes.flatMap(route =>
      route.relays.map(({ peerId }) => peerId)
    )
  }

  const HOSTS = Array.from({ length: 200 }, (_, at) => `8.8.${at}.1`)

  it('gives the cheapest routes to all where a source has few relays', () => {
    const registry = networkOf(4)
    for (const host of HOSTS) expect(relaysFor(registry, host)).toEqual(['r0', 'r1'])
  })

  it('gives clients of different hosts different relays where a source has many, and each client always the same', () => {
    const registry = networkOf(32)
    const answers = HOSTS.map(host => relaysFor(registry, host))
    expect(new Set(answers.flat()).size).toBeGreaterThan(16)
    expect(HOSTS.map(host => relaysFor(registry, host))).toEqual(answers)
  })

  it('prefers the nearer ones of those that are drawn', () => {
    const taken = HOSTS.flatMap(host => relaysFor(networkOf(32), host)).map(relay => Number(relay.slice(1)))
    expect(taken.reduce((sum, at) => sum + at, 0) / taken.length).toBeLessThan(31 / 2)
  })

  it('leads fewer clients over a relay that is loaded', () => {
    const registry = networkOf(32)
    const count = () => HOSTS.filter(host => relaysFor(registry, host).includes('r0')).length
    const before = count()
    registry.renew('r0', { draining: false, load: 0.95 }, 0)
    expect(before).toBeGreaterThan(10)
    expect(count()).toBeLessThan(before / 3)
  })

  it('finds as many routes as without, also where more are wanted than are drawn in different networks', () => {
    const registry = networkOf(16)
    for (const host of HOSTS) expect(relaysFor(registry, host, { count: 8 })).toHaveLength(8)
    for (let at = 0; at < 14; at++) registry.reach(`r${at}`, [`/ip4/9.9.9.${at + 1}/tcp/1`])
    for (const host of HOSTS) expect(relaysFor(registry, host, { count: 3 })).toHaveLength(3)
  })

  it('keeps held routes, and leaves the choice to clients that name their relays and to those of its own host', () => {
    const registry = networkOf(32)
    const held = [{ sourceId: 's', relays: ['r31'] }]
    for (const host of HOSTS) expect(relaysFor(registry, host, { held })).toContain('r31')
    const neighbors = Array.from({ length: 20 }, (_, at) => ({ peerId: `r${at}`, rttMs: 5 }))
    for (const host of HOSTS) expect(relaysFor(registry, host, { neighbors })).toEqual(['r0', 'r1'])
    expect(relaysFor(registry, '127.0.0.1')).toEqual(['r0', 'r1'])
  })
})
