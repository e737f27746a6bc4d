import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findDisjointPaths, graphOf } from '../../src/paths/disjoint-paths.ts'
import { leastCosts } from '../../src/paths/least-costs.ts'

const CLIENT = 'client'
const RELAYS = ['a', 'b', 'c', 'd', 'e', 'f']
const link = fc.record({
  from: fc.constantFrom('s', ...RELAYS),
  to: fc.constantFrom(...RELAYS, CLIENT),
  cost: fc.integer({ min: 1, max: 50 })
})

describe('leastCosts', () => {
  it('leads a search to paths of the same costs, however many nodes were looked at', () => {
    const network = fc.record({
      links: fc.array(link, { minLength: 4, maxLength: 30 }),
      most: fc.nat({ max: 7 }),
      count: fc.integer({ min: 1, max: 3 })
    })
    fc.assert(
      fc.property(network, ({ links, most, count }) => {
        const graph = graphOf(links)
        const query = { graph, sources: ['s'], client: CLIENT, count, relayCost: () => 5 }
        const leastBehind = leastCosts(
          {
            last: links
              .filter(({ from, to }) => to === CLIENT && from !== 's')
              .map(each => [each.from, each.cost]),
            linksTo: node =>
              links.filter(({ from, to }) => to === node && from !== 's').map(each => [each.from, each.cost]),
            passing: () => 5
          },
          most,
          () => {}
        )
        const led = findDisjointPaths({ ...query, graph: { ...graph, leastRelayCost: 5, leastBehind } })
        const sum = (found: typeof led) => found.paths.reduce((all, { cost }) => all + cost, 0)
        const plain = findDisjointPaths(query)
        expect([led.paths.length, sum(led)]).toEqual([plain.paths.length, sum(plain)])
        // Which links are named depends on which of several paths of the same cost were found.
        expect(led.shared?.relays).toEqual(plain.shared?.relays)
      }),
      { numRuns: 500 }
    )
  })

  it('looks for no more paths than there can be, and names where they end as what they share', () => {
    const graph = graphOf([
      { from: 's', to: 'a', cost: 1 },
      { from: 'a', to: 'b', cost: 1 },
      { from: 'b', to: CLIENT, cost: 1 }
    ])
    const found = findDisjointPaths({ graph, sources: ['s'], client: CLIENT, count: 2, mostPaths: 1 })
    expect(found.paths).toHaveLength(1)
    expect(found.shared).toEqual({ relays: ['b'], links: [] })
  })
})
