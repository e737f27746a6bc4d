import { describe, expect, test } from 'vitest'
import { idealTimeMs, minimumCut, payloadCapacity } from '../../src/topology/capacity.ts'
import { disjointPaths } from '../../src/topology/paths.ts'
import { networkSlices } from '../../src/topology/timeline.ts'
import { PAYLOAD_SHARE, parseTopology } from '../../src/topology/topology.ts'
import { parseTrace } from '../../src/topology/trace-formats.ts'
import { aroundRouter, behindRouter, parallelRoutes } from '../lab/fixtures.ts'

const NO_TRACES = new Map()

describe('payload capacity', () => {
  test('parallel routes add up', () => {
    const topology = parallelRoutes(['rate: 40mbit', 'rate: 8mbit'])
    expect(idealTimeMs(topology, NO_TRACES)).toBeCloseTo((10e6 / (6e6 * PAYLOAD_SHARE)) * 1000, 3)
  })

  test('a link that routes share counts once', () => {
    const topology = parseTopology(
      `name: shared
topology:
  nodes: {src: {role: source}, hub: {role: relay}, r1: {role: relay}, r2: {role: relay}, dir: {role: director}, cli: {role: client}}
  links:
    - {endpoints: [src, hub], rate: 30mbit}
    - {endpoints: [hub, r1], rate: 20mbit}
    - {endpoints: [hub, r2], rate: 20mbit}
    - {endpoints: [r1, cli], rate: 20mbit}
    - {endpoints: [r2, cli], rate: 20mbit}
    - {endpoints: [dir, cli]}
content: {size: 1MB}
`,
      'x.yaml'
    )
    const [slice] = networkSlices(topology, NO_TRACES, 1)
    expect(minimumCut(topology, slice!)).toBeCloseTo((30e6 / 8) * PAYLOAD_SHARE, 0)
    expect(disjointPaths(topology)).toHaveLength(1)
  })

  test('a link behind a router counts once, though routes that have no relay in common share it', () => {
    const topology = behindRouter()
    const [slice] = networkSlices(topology, NO_TRACES, 1)
    expect(disjointPaths(topology)).toHaveLength(3)
    expect(minimumCut(topology, slice!)).toBeCloseTo((50e6 / 8) * PAYLOAD_SHARE, 0)
  })

  test('content does not come to the client over routers alone', () => {
    const star = aroundRouter()
    const [slice] = networkSlices(star, NO_TRACES, 1)
    expect(minimumCut(star, slice!)).toBeCloseTo((30e6 / 8) * PAYLOAD_SHARE, 0)
  })

  test("a relay's own limit counts", () => {
    const topology = parallelRoutes(['rate: 40mbit'])
    topology.nodes.find(node => node.name === 'r1')!.maxRateBytesPerSecond = 1e6
    expect(idealTimeMs(topology, NO_TRACES)).toBeCloseTo(10_000, 3)
  })

  test('events and late relays change it over time', () => {
    const topology = parallelRoutes(
      ['rate: 8mbit', 'rate: 8mbit'],
      `events:
  - {at: 1s, link: [src, r1], set: {rate: 4mbit}}
  - {at: 2s, link: [src, r1], reset: true}
  - {at: 3s, link: [r2, cli], down: true}
  - {at: 4s, link: [r2, cli], up: true}
  - {at: 5s, node: r1, action: kill}
`
    )
    topology.nodes.find(node => node.name === 'r2')!.startAtMs = 500
    const steps = [...payloadCapacity(topology, NO_TRACES, 6000)]
    expect(
      steps.map(step => [step.fromMs, Math.round(step.payloadBytesPerSecond / PAYLOAD_SHARE / 1e3)])
    ).toEqual([
      [0, 1000],
      [500, 2000],
      [1000, 1500],
      [2000, 2000],
      [3000, 1000],
      [4000, 2000],
      [5000, 1000]
    ])
  })

  test('repeated events repeat', () => {
    const topology = parallelRoutes(
      ['rate: 8mbit'],
      `events:
  - {at: 1s, every: 2s, link: [src, r1], set: {rate: 4mbit}}
  - {at: 2s, every: 2s, link: [src, r1], reset: true}
`
    )
    const rates = [...payloadCapacity(topology, NO_TRACES, 6000)].map(step =>
      Math.round(step.payloadBytesPerSecond / PAYLOAD_SHARE / 1e3)
    )
    expect(rates).toEqual([1000, 500, 1000, 500, 1000, 500])
  })

  test('a trace says nothing of a time for which there is no memory', () => {
    expect(() => parseTrace('50\n99999999999\n')).toThrow(RangeError)
    expect(() => parseTrace('50\n99999999999\n')).toThrow('a day long at most')
  })

  test('a trace is followed and starts again at its end', () => {
    const topology = parallelRoutes(['trace: t'])
    const trace = parseTrace('50\n60\n150\n200\n')
    expect(trace.ratesBytesPerSecond).toEqual([30_000, 30_000])
    const uneven = parseTrace('50\n60\n150\n160\n170\n200\n')
    const rates = [...payloadCapacity(topology, new Map([['t', uneven]]), 400)].map(
      s => s.payloadBytesPerSecond / PAYLOAD_SHARE
    )
    expect(rates.map(Math.round)).toEqual([30_000, 60_000, 30_000, 60_000])
  })

  test('a content that can never arrive has no ideal time', () => {
    const topology = parallelRoutes(['rate: 8mbit'], 'events: [{at: 1s, link: [src, r1], down: true}]')
    expect(idealTimeMs(topology, NO_TRACES)).toBe(Number.POSITIVE_INFINITY)
  })
})
