import { describe, expect, test } from 'vitest'
import { checkExpectation } from '../../src/lab/expectation.ts'
import { bytesToClients, leastShare, trafficFigures, trafficNotes } from '../../src/lab/traffic-figures.ts'
import { PAYLOAD_SHARE, parseTopology } from '../../src/topology/topology.ts'

const topology = parseTopology(
  `name: shared
topology:
  nodes:
    src: {role: source}
    a: {role: router}
    r1: {role: relay}
    dir: {role: director}
    cli: {role: client}
  links:
    - {endpoints: [src, a], rate: 8mbit}
    - {endpoints: [a, r1], rate: 16mbit}
    - {endpoints: [r1, cli]}
    - {endpoints: [dir, cli]}
content: {size: 10MB}
traffic:
  - {kind: tcp, from: src, to: r1, at: 1s}
  - {kind: udp-cbr, from: src, to: a, rate: 4mbit, until: 3s}
  - {kind: tcp, from: r1, to: cli, at: 9s}
`,
  'x.yaml'
)
const [tcp, udp, late] = topology.traffic

describe('figures of traffic', () => {
  const courses = [
    {
      traffic: tcp!,
      progress: [
        { atMs: 1000, bytes: 0 },
        { atMs: 4900, bytes: 1_170_000 },
        { atMs: 5100, bytes: 1_230_000 }
      ]
    },
    { traffic: udp!, progress: [{ atMs: 3000, bytes: 1_400_000 }] },
    { traffic: late!, progress: [] }
  ]
  const figures = trafficFigures(topology, new Map(), courses, 5000)

  test('count until the transfer ends, and share what its way carries beside constant traffic', () => {
    expect(figures[0]).toMatchObject({ seconds: 4, bytes: 1_200_000, goodputBytesPerSecond: 300_000 })
    // Two seconds beside 4 Mbit/s, then two with all of 8 Mbit/s.
    expect(figures[0]!.share).toBeCloseTo(1.2e6 / (3e6 * PAYLOAD_SHARE), 6)
    expect(figures[1]).toMatchObject({ seconds: 3, bytes: 1_400_000 })
    expect(figures[1]!.share).toBeUndefined()
  })

  test('one that never ran has no share', () => {
    expect(figures[2]).toMatchObject({ seconds: 0, bytes: 0, goodputBytesPerSecond: 0 })
    expect(leastShare(figures)).toBe(figures[0]!.share)
    expect(leastShare(figures.slice(1))).toBeUndefined()
  })

  test('are told in sentences and compared with what is expected', () => {
    expect(trafficNotes(figures)[0]).toBe(
      'tcp traffic from src to r1: 2.40 Mbit/s over 4.0 s, 0.418 of what its way carries'
    )
    const measured = { efficiency: 1, longestStallMs: 0, completionMs: 1, wireOverhead: 1, identical: true }
    const expected = { trafficShare: { sign: '>=' as const, value: 0.45 } }
    expect(checkExpectation(expected, { ...measured, traffic: figures }, 1, 1)).toEqual([
      { name: 'trafficShare', wanted: '>=0.450', measured: '0.418', met: false }
    ])
  })

  test('tell what of the bytes at the clients is not theirs', () => {
    expect(
      bytesToClients(topology, [{ traffic: late!, progress: [{ atMs: 1, bytes: 7 }] }, courses[0]!])
    ).toBe(7)
  })
})
