import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { standpointOf } from '../../src/director/addresses-for.ts'
import { DIRECTOR_LIMITS, ROUTE_COSTS } from '../../src/director/limits.ts'
import { findRoutes } from '../../src/director/route-finder.ts'
import { findDisjointPaths, graphOf, type PathEdge } from '../../src/paths/disjoint-paths.ts'
import { DIRECTOR_WIRE_LIMITS } from '../../src/protocol/director-limits.ts'
import { HERE, ScriptedRegistry } from './scripted-registry.ts'

const CLIENT = 'client'

interface Drawn {
  relays: number
  links: number
  known: number
  count: number
  seed: number
}

const drawn = fc.record({
  relays: fc.integer({ min: 70, max: 200 }),
  links: fc.integer({ min: 1, max: 10 }),
  known: fc.integer({ min: 1, max: 12 }),
  count: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat()
})

/** Relays on a square of 150 ms, each with links to some others, which both ends have measured; the client knows some. */
function networkOf({ relays, links, known, seed }: Drawn) {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const registry = new ScriptedRegistry({ ...DIRECTOR_LIMITS })
  const ids = [...Array.from({ length: relays }, (_, at) => `r${at}`), 's']
  const places = ids.map(() => ({ x: random(), y: random() }))
  for (const [at, peerId] of ids.entries()) {
    const role = peerId === 's' ? ('source' as const) : ('relay' as const)
    const addresses = [`/ip4/20.${at >> 8}.${at & 255}.1/tcp/1`]
    registry.register({ peerId, role, addresses, labels: [], restricted: false, capabilities: [] }, 0)
  }
  registry.putContents('s', [{ name: 'film', rootHash: 'root', record: '' }])
  const edges = new Map<string, PathEdge>()
  for (const [at, a] of ids.entries())
    for (let left = links; left > 0; left--) {
      const other = Math.floor(random() * relays)
      const b = ids[other]!
      if (a === b || edges.has(`${a} ${b}`)) continue
      const [from, to] = [places[at]!, places[other]!]
      const rttMs = 2 + 150 * Math.hypot(from.x - to.x, from.y - to.y)
      registry.measure(a, [{ peerId: b, rttMs }], 0)
      registry.measure(b, [{ peerId: a, rttMs }], 0)
      edges.set(`${a} ${b}`, { from: a, to: b, cost: rttMs })
      edges.set(`${b} ${a}`, { from: b, to: a, cost: rttMs })
    }
  const neighbors = Array.from({ length: known }, (_, at) => ({
    peerId: `r${at}`,
    rttMs: 10 + 60 * random()
  }))
  const last = neighbors.map(({ peerId, rttMs }) => ({ from: peerId, to: CLIENT, cost: rttMs }))
  return { registry, neighbors, edges: [...edges.values(), ...last] }
}

/** The routes that a director finds, and those that a search of the whole network finds. */
function bothOf(network: Drawn) {
  const { registry, neighbors, edges } = networkOf(network)
  const { count } = network
  const query = { content: { name: 'film' }, count, asker: standpointOf(HERE), neighbors }
  const { routes, restsOn } = findRoutes(registry, query, DIRECTOR_LIMITS, 0)!
  const { paths } = findDisjointPaths({
    ...{ graph: graphOf(edges), sources: ['s'], client: CLIENT, count },
    relayCost: () => ROUTE_COSTS.relayPenaltyMs,
    furtherCost: ROUTE_COSTS.furtherRouteMs
  })
  const linked = new Set(edges.map(({ from, to }) => `${from} ${to}`))
  return { routes, paths, linked, restsOn, neighbors }
}

function sum(costs: number[]): number {
  return costs.reduce((all, cost) => all + cost, 0)
}

describe('routes over relays that the client names, in a network of which not all is looked at', () => {
  it('are disjoint, and as many as a look at the whole network finds that can be opened', () => {
    fc.assert(
      fc.property(drawn, network => {
        const { routes, paths, linked } = bothOf(network)
        const usable = paths.filter(({ relays }) => relays.length <= DIRECTOR_WIRE_LIMITS.maxRelaysPerRoute)
        expect(routes.length).toBeGreaterThanOrEqual(usable.length)
        expect(routes.length).toBeLessThanOrEqual(paths.length)
        const used = routes.flatMap(({ relays }) => relays.map(({ peerId }) => peerId))
        expect(new Set(used).size).toBe(used.length)
        for (const { relays } of routes) {
          const way = [CLIENT, ...relays.map(({ peerId }) => peerId), 's'].reverse()
          for (const [at, to] of way.slice(1).entries()) expect(linked.has(`${way[at]} ${to}`)).toBe(true)
        }
      }),
      { numRuns: 150 }
    )
  })

  it('cost some per cent more at most', () => {
    const ratios: number[] = []
    fc.assert(
      fc.property(drawn, network => {
        const { routes, paths } = bothOf(network)
        if (paths.length === 0 || routes.length < paths.length) return
        ratios.push(sum(routes.map(({ costMs }) => costMs)) / sum(paths.map(({ cost }) => cost)))
        expect(ratios.at(-1)).toBeLessThan(1.3)
      }),
      { numRuns: 150 }
    )
    expect(sum(ratios) / ratios.length).toBeLessThan(1.05)
  })

  it('rest on each relay that they go over', () => {
    fc.assert(
      fc.property(drawn, network => {
        const { routes, restsOn } = bothOf(network)
        for (const { relays } of routes)
          for (const { peerId } of relays) expect(restsOn === undefined || restsOn.has(peerId)).toBe(true)
      }),
      { numRuns: 30 }
    )
  })
})
