import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { scenarioOf, simulate } from '../../src/simulation/index.ts'
import { parseTopology } from '../../src/topology/topology.ts'
import { behindRouter, parallelRoutes } from '../lab/fixtures.ts'

describe('scenarioOf', () => {
  it('makes a route of each disjoint path, its hops from the source to the client', () => {
    const topology = parallelRoutes([
      'rate: 30mbit, delay: 10ms',
      'down: {rate: 8mbit}, up: {rate: 2mbit}, delay: 40ms'
    ])
    const { sizeBytes, routes } = scenarioOf(topology, new Map())
    expect(sizeBytes).toBe(10_000_000)
    expect(routes.length).toBe(2)
    expect(routes[0]!.hops.map(hop => hop.rateBytesPerSecond)).toEqual([
      [{ fromMs: 0, value: 3_750_000 }],
      [{ fromMs: 0, value: 3_750_000 }]
    ])
    expect(routes[1]!.hops[0]).toMatchObject({
      rateBytesPerSecond: [{ fromMs: 0, value: 1_000_000 }],
      upRateBytesPerSecond: [{ fromMs: 0, value: 250_000 }],
      delayMs: [{ fromMs: 0, value: 40 }]
    })
  })

  it('follows events on links and relays', () => {
    const topology = parallelRoutes(
      ['rate: 30mbit', 'rate: 30mbit'],
      `events:
  - {at: 2s, link: [src, r1], set: {rate: 8mbit}}
  - {at: 3s, link: [src, r1], down: true}
  - {at: 4s, link: [src, r1], up: true}
  - {at: 5s, node: r2, action: kill}
`
    )
    const { routes } = scenarioOf(topology, new Map())
    const first = routes.find(route => route.diesAtMs === undefined)!
    expect(first.outages).toEqual([{ fromMs: 3_000, toMs: 4_000 }])
    expect(first.hops[0]!.rateBytesPerSecond).toEqual([
      { fromMs: 0, value: 3_750_000 },
      { fromMs: 2_000, value: 1_000_000 }
    ])
    expect(routes.find(route => route !== first)!.diesAtMs).toBe(5_000)
  })

  it('makes a path whose relay is started again a further route', () => {
    const topology = parallelRoutes(
      ['delay: 1ms', 'delay: 2ms'],
      `events:
  - {at: 3s, node: r1, action: kill}
  - {at: 5s, node: r1, action: start}
`
    )
    const { routes, paths } = scenarioOf(topology, new Map())
    expect(paths.map(({ nodes }) => nodes[1])).toEqual(['r1', 'r2', 'r1'])
    expect(routes.map(({ joinsAtMs, diesAtMs }) => [joinsAtMs, diesAtMs])).toEqual([
      [8, 3_000],
      [8, undefined],
      [5_000, undefined]
    ])
  })

  it("takes a relay's maximum for the rate of its link towards the client", () => {
    const topology = parallelRoutes(['rate: 30mbit'])
    topology.nodes.find(node => node.name === 'r1')!.maxRateBytesPerSecond = 1_448_000
    const [near, far] = scenarioOf(topology, new Map()).routes[0]!.hops
    expect(near!.rateBytesPerSecond).toEqual([{ fromMs: 0, value: 3_750_000 }])
    expect(far!.rateBytesPerSecond).toEqual([{ fromMs: 0, value: 1_514_000 }])
  })

  it('has one queue for the connections that pass a link behind a router', () => {
    const { routes, links } = scenarioOf(behindRouter(), new Map())
    expect(routes.map(({ hops }) => hops.map(hop => hop.links))).toEqual([
      [{ down: ['0 down', '1 down'], up: ['1 up', '0 up'] }, undefined],
      [{ down: ['0 down', '2 down'], up: ['2 up', '0 up'] }, undefined],
      [undefined, undefined]
    ])
    expect(links!['0 down']).toEqual({
      rateBytesPerSecond: [{ fromMs: 0, value: 3_750_000 }],
      queueBytes: 375_000
    })
    expect(routes[0]!.hops[0]).toMatchObject({
      rateBytesPerSecond: [{ fromMs: 0, value: 3_750_000 }],
      delayMs: [{ fromMs: 0, value: 14 }]
    })
    expect(routes.map(({ costMs }) => costMs)).toEqual([83, 85, 75])
  })

  it("takes a relay's maximum for a link of its own where its link is shared", () => {
    const topology = behindRouter()
    const relay = topology.nodes.find(({ name }) => name === 'r1')!
    relay.maxRateBytesPerSecond = 1_448_000
    topology.links[3]!.endpoints = ['r1', 'hub']
    topology.links[4]!.endpoints = ['r2', 'hub']
    topology.links.push({ ...topology.links[0]!, endpoints: ['hub', 'cli'] })
    const { routes, links } = scenarioOf(topology, new Map())
    const names = routes.flatMap(({ hops }) => hops.flatMap(hop => hop.links?.down ?? []))
    const limits = names.filter(name => name.endsWith('limit'))
    expect(limits.map(name => links![name]!.rateBytesPerSecond)).toEqual([1_514_000])
  })

  it('offers routes once the director can have answered, at the cost that it would tell', () => {
    const { routes } = scenarioOf(parallelRoutes(['delay: 10ms', 'delay: 30ms']), new Map())
    expect(routes.map(({ joinsAtMs, costMs }) => [joinsAtMs, costMs])).toEqual([
      [8, 75],
      [8, 115]
    ])
  })

  it('drives the simulator with a ready topology file', () => {
    const name = 'topology/collapse-and-recovery.yaml'
    const scenario = scenarioOf(parseTopology(readFileSync(name, 'utf8'), name), new Map())
    const result = simulate({
      ...scenario,
      segmentBytes: 32 * 1024,
      createPlanner: init => createPlanner('adaptive', init)
    })
    expect(result.completed).toBe(true)
    expect(result.efficiency).toBeGreaterThan(0.9)
  })
})
