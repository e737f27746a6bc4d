import fc from 'fast-check'
import { minCostFlow } from 'min-cost-flow'
import { describe, expect, it } from 'vitest'
import {
  findDisjointPaths as findIn,
  graphOf,
  type PathEdge,
  type PathGraph,
  type PathQuery
} from '../../src/paths/disjoint-paths.ts'

const SOURCE = 's'
const CLIENT = 'c'

/** A query with its graph as edges, and its relays' costs in a map. */
interface EdgesQuery extends Omit<PathQuery, 'graph' | 'relayCost'> {
  edges: readonly PathEdge[]
  relayCosts?: ReadonlyMap<string, number>
}

function findDisjointPaths({ edges, relayCosts, ...query }: EdgesQuery, bounds: Partial<PathGraph> = {}) {
  const graph = { ...graphOf(edges), ...bounds }
  return findIn({ ...query, graph, relayCost: relay => relayCosts?.get(relay) ?? 0 })
}

/** `s-a:10 a-c:5` -> edges towards the client. */
function edges(text: string): PathEdge[] {
  return text.split(' ').map(link => {
    const [, from, to, cost] = /^(\w+)-(\w+):([\d.]+)$/.exec(link)!
    return { from: from!, to: to!, cost: Number(cost) }
  })
}

function find(text: string, count: number, relayCosts?: Record<string, number>) {
  return findDisjointPaths({
    edges: edges(text),
    sources: [SOURCE],
    client: CLIENT,
    count,
    relayCosts: new Map(Object.entries(relayCosts ?? {}))
  })
}

describe('findDisjointPaths', () => {
  it('begins at any of the sources, and spreads paths over them by what a further one costs', () => {
    const two = edges('s-a:1 a-c:1 s-b:1 b-c:1 t-b:40 t-c:60')
    const sourcesOf = (count: number, furtherCost: number) => {
      const query = { edges: two, sources: [SOURCE, 't'], client: CLIENT, count, furtherCost }
      return findDisjointPaths(query).paths.map(({ source, relays }) => `${source}>${relays.join('>')}`)
    }
    expect(sourcesOf(2, 0)).toEqual(['s>a', 's>b'])
    expect(sourcesOf(2, 30)).toEqual(['s>a', 's>b'])
    expect(sourcesOf(2, 50)).toEqual(['s>a', 't>b'])
    expect(sourcesOf(3, 50)).toEqual(['s>a', 's>b', 't>'])
  })

  it('lists one-hop paths cheapest first', () => {
    const { paths, shared } = find('s-a:30 a-c:5 s-b:10 b-c:5 s-d:20 d-c:5', 2)
    expect(paths).toEqual([
      { source: 's', relays: ['b'], cost: 15 },
      { source: 's', relays: ['d'], cost: 25 }
    ])
    expect(shared).toBeUndefined()
  })

  it('names the relays of a longer path from the client towards the source', () => {
    expect(find('s-a:1 a-b:2 b-c:3', 1).paths).toEqual([{ source: 's', relays: ['b', 'a'], cost: 6 }])
  })

  it('gives up the cheapest single path where two disjoint ones need its relays', () => {
    const trap = 's-a:1 a-b:1 b-c:1 s-b:5 a-c:5'
    expect(find(trap, 1).paths).toEqual([{ source: 's', relays: ['b', 'a'], cost: 3 }])
    expect(find(trap, 2).paths.map(path => path.relays)).toEqual([['a'], ['b']])
  })

  it('never passes a relay twice even over different links', () => {
    const { paths, shared } = find('s-a:1 s-b:1 a-m:1 b-m:1 m-x:1 m-y:1 x-c:1 y-c:1', 2)
    expect(paths).toHaveLength(1)
    expect(shared?.relays).toEqual(['m'])
  })

  it('names the relay and the only link between two halves of the network', () => {
    const { shared } = find('s-a:1 s-b:1 a-m:1 b-m:1 m-n:1 n-x:1 n-y:1 x-c:1 y-c:1', 2)
    expect(shared).toEqual({ relays: ['m'], links: [['m', 'n']] })
  })

  it('names every relay when there are not enough of them', () => {
    const { paths, shared } = find('s-a:1 a-c:1 s-b:1 b-c:1', 3)
    expect(paths).toHaveLength(2)
    expect(shared).toEqual({ relays: ['a', 'b'], links: [] })
  })

  it('shares nothing when source and client are not joined at all', () => {
    expect(find('s-a:1 b-c:1', 2)).toEqual({ paths: [], shared: { relays: [], links: [] } })
  })

  it('counts what passing through a relay costs', () => {
    expect(find('s-a:1 a-c:1 s-b:1 b-c:1', 1, { a: 10 }).paths).toEqual([
      { source: 's', relays: ['b'], cost: 2 }
    ])
  })

  it('takes the cheaper of two equal links and refuses a cost that is no cost', () => {
    expect(find('s-a:9 s-a:1 a-c:1', 1).paths[0]!.cost).toBe(2)
    for (const cost of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const query = { edges: [{ from: 's', to: 'a', cost }], sources: ['s'], client: 'c', count: 1 }
      expect(() => findDisjointPaths(query)).toThrow(RangeError)
    }
  })

  it('finds as many paths at the same total cost as a general min-cost flow solver', () => {
    fc.assert(
      fc.property(randomQuery(), query => {
        const { paths } = findDisjointPaths(query)
        const oracle = solveByOracle(query)
        expect(paths.length).toBe(oracle.count)
        expect(total(paths)).toBe(oracle.cost)
        assertDisjoint(query, paths)
      }),
      { numRuns: 300 }
    )
  })

  it('finds paths at the same total cost, and the same cut, where it knows the least costs', () => {
    fc.assert(
      fc.property(randomQuery(), query => {
        const lastCosts = query.edges.filter(({ to }) => to === CLIENT).map(({ cost }) => cost)
        const bounds = {
          leastLastCost: lastCosts.length > 0 ? Math.min(...lastCosts) : 0,
          leastRelayCost: Math.min(...query.relayCosts!.values())
        }
        const { paths, shared } = findDisjointPaths(query, bounds)
        const plain = findDisjointPaths(query)
        expect(paths.length).toBe(plain.paths.length)
        expect(total(paths)).toBe(total(plain.paths))
        expect(shared?.relays).toEqual(plain.shared?.relays)
        assertDisjoint(query, paths)
      }),
      { numRuns: 300 }
    )
  })

  it('looks at a part of a large graph that does not grow with the graph', () => {
    const asked = new Set<string>()
    const ring = (at: number) => `r${(at + 10_000) % 10_000}`
    const linksFrom = (from: string): PathEdge[] => {
      asked.add(from)
      const at = from === SOURCE ? 0 : Number(from.slice(1))
      const beside = [1, 2, 3].flatMap(step => [ring(at + step), ring(at - step)])
      const links = beside.map(to => ({ from, to, cost: 10 }))
      return from === SOURCE ? links : [...links, { from, to: CLIENT, cost: 50 }]
    }
    const query = { sources: [SOURCE], client: CLIENT, count: 4, relayCost: () => 5 }
    const { paths } = findIn({ ...query, graph: { linksFrom, leastLastCost: 50, leastRelayCost: 5 } })
    expect(paths.map(({ cost }) => cost)).toEqual([65, 65, 65, 65])
    expect(asked.size).toBeLessThan(20)
  })

  it('names a cut that really separates source and client and is as small as the number of paths', () => {
    fc.assert(
      fc.property(randomQuery(), query => {
        const { paths, shared } = findDisjointPaths({ ...query, count: 20 })
        const relayCut = new Set(shared!.relays)
        const direct = paths.filter(path => path.relays.length === 0).length
        expect(relayCut.size).toBe(paths.length - direct)
        const left = query.edges.filter(
          edge =>
            !relayCut.has(edge.from) &&
            !relayCut.has(edge.to) &&
            !(edge.from === SOURCE && edge.to === CLIENT)
        )
        expect(findDisjointPaths({ ...query, edges: left }).paths).toEqual([])
        assertLinksAreUnavoidable(query, paths.length, shared!.links)
      }),
      { numRuns: 200 }
    )
  })
})

function total(paths: { cost: number }[]): number {
  return paths.reduce((sum, path) => sum + path.cost, 0)
}

function randomQuery(): fc.Arbitrary<EdgesQuery> {
  const names = [SOURCE, CLIENT, 'r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6']
  const edge = fc.record({
    from: fc.constantFrom(...names),
    to: fc.constantFrom(...names),
    cost: fc.integer({ min: 0, max: 50 })
  })
  return fc.record({
    edges: fc.array(edge, { maxLength: 40 }),
    sources: fc.constant([SOURCE]),
    client: fc.constant(CLIENT),
    count: fc.integer({ min: 1, max: 5 }),
    relayCosts: fc
      .array(fc.integer({ min: 1, max: 20 }), { minLength: 7, maxLength: 7 })
      .map(costs => new Map(costs.map((cost, index) => [`r${index}`, cost])))
  })
}

/** Node-split graph with a middle node on every arc, because the oracle takes no back edges and no double ones. */
function solveByOracle(query: EdgesQuery): { count: number; cost: number } {
  const arcs: { from: string; to: string; capacity: number; cost: number }[] = []
  const relays = new Set<string>()
  query.edges.forEach(({ from, to, cost }, index) => {
    if (from === to || to === SOURCE || from === CLIENT) return
    for (const name of [from, to]) if (name !== SOURCE && name !== CLIENT) relays.add(name)
    const tail = from === SOURCE ? 'SOURCE' : `${from}.out`
    const head = to === CLIENT ? 'SINK' : `${to}.in`
    // Two equal direct links are one link: the dearer cannot be used as a second path.
    const cheaper = query.edges.some(
      (other, at) =>
        other.from === from && other.to === to && (other.cost < cost || (other.cost === cost && at < index))
    )
    if (cheaper) return
    arcs.push({ from: tail, to: `m${index}`, capacity: 1, cost })
    arcs.push({ from: `m${index}`, to: head, capacity: 1, cost: 0 })
  })
  for (const name of relays) {
    arcs.push({ from: `${name}.in`, to: `${name}.out`, capacity: 1, cost: query.relayCosts!.get(name)! })
  }
  if (!arcs.some(arc => arc.from === 'SOURCE') || !arcs.some(arc => arc.to === 'SINK'))
    return { count: 0, cost: 0 }
  const solved = minCostFlow(arcs, { desiredFlow: query.count })
  const count = solved.filter(arc => arc.from === 'SOURCE').reduce((sum, arc) => sum + arc.flow, 0)
  return { count, cost: solved.reduce((sum, arc) => sum + arc.flow * arc.cost, 0) }
}

function assertDisjoint(query: EdgesQuery, paths: { relays: string[]; cost: number }[]): void {
  const used = paths.flatMap(path => path.relays)
  expect(new Set(used).size).toBe(used.length)
  for (const path of paths) {
    const nodes = [SOURCE, ...[...path.relays].reverse(), CLIENT]
    for (let at = 1; at < nodes.length; at++) {
      expect(query.edges.some(edge => edge.from === nodes[at - 1] && edge.to === nodes[at])).toBe(true)
    }
  }
  const costs = paths.map(path => path.cost)
  expect(costs).toEqual([...costs].sort((a, b) => a - b))
}

function assertLinksAreUnavoidable(query: EdgesQuery, count: number, links: [string, string][]): void {
  for (const [from, to] of links) {
    const without = query.edges.filter(edge => edge.from !== from || edge.to !== to)
    expect(findDisjointPaths({ ...query, edges: without, count: 20 }).paths.length).toBeLessThan(count)
  }
}
