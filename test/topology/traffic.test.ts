import { describe, expect, test } from 'vitest'
import { idealTimeMs } from '../../src/topology/capacity.ts'
import { networkSlices } from '../../src/topology/timeline.ts'
import { PAYLOAD_SHARE, parseTopology, TopologyError } from '../../src/topology/topology.ts'

const file = (traffic: string, rest = '') => `name: shared
topology:
  nodes:
    src: {role: source}
    a: {role: router}
    b: {role: router}
    r1: {role: relay}
    dir: {role: director}
    cli: {role: client}
  links:
    - {endpoints: [src, a]}
    - {endpoints: [a, b], rate: 20mbit, loss: 10%}
    - {endpoints: [b, r1], rate: 5mbit}
    - {endpoints: [r1, cli]}
    - {endpoints: [dir, cli]}
content: {size: 10MB}
traffic: ${traffic}
${rest}`

function problemsOf(text: string) {
  try {
    parseTopology(text, 'x.yaml')
  } catch (error) {
    if (error instanceof TopologyError) return error.problems
    throw error
  }
  return []
}

describe('traffic of others', () => {
  test('becomes rates and times', () => {
    const text = file(
      '[{kind: tcp, from: a, to: b}, {kind: web, from: b, to: a, rate: 1mbit, at: 1s, until: 2s}]'
    )
    expect(parseTopology(text, 'x.yaml').traffic).toEqual([
      { kind: 'tcp', from: 'a', to: 'b', atMs: 0 },
      { kind: 'web', from: 'b', to: 'a', rateBytesPerSecond: 125_000, atMs: 1000, untilMs: 2000 }
    ])
  })

  test.each([
    ['{kind: tcp, from: a, to: b, rate: 1mbit}', 'tcp takes what it gets', 'traffic.0.rate'],
    ['{kind: udp-cbr, from: a, to: b}', 'udp-cbr needs a rate', 'traffic.0.rate'],
    ['{kind: tcp, from: a, to: a}', 'must be another node', 'traffic.0.to'],
    ['{kind: tcp, from: x, to: b}', "'x' is no node of this file", 'traffic.0.from'],
    ['{kind: tcp, from: src, to: cli}', 'links and routers alone do not join', 'traffic.0.to'],
    ['{kind: tcp, from: a, to: b, at: 2s, until: 2s}', 'must be after its start', 'traffic.0.until']
  ])('%s is refused: %s', (traffic, message, path) => {
    expect(problemsOf(file(`[${traffic}]`))).toMatchObject([
      { path, message: expect.stringContaining(message) }
    ])
  })

  test('is refused where its receiver takes no connections', () => {
    const text = file('[{kind: tcp, from: a, to: r1}]').replace(
      'role: relay',
      'role: relay, firewall: inbound'
    )
    expect(problemsOf(text)).toMatchObject([
      { path: 'traffic.0.to', message: 'r1 takes no connections of a' }
    ])
  })

  test('is told with the place in the file', () => {
    const [problem] = problemsOf(file('[]', 'expect: {trafficShare: ">=0.4"}\n'))
    expect(problem).toMatchObject({ line: 18, column: 24, message: 'needs traffic of the kind tcp' })
  })

  test('at a constant rate takes of each link what got through the one before', () => {
    const text = file('[{kind: udp-cbr, from: src, to: r1, rate: 10mbit, at: 1s, until: 3s}]')
    const slices = [...networkSlices(parseTopology(text, 'x.yaml'), new Map(), 5000)]
    expect(slices.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [0, 1000],
      [1000, 3000],
      [3000, 5000]
    ])
    const mbit = slices[1]!.constant.taken.map(({ down, up }) => [down / 125_000, up])
    expect(mbit.slice(0, 3)).toEqual([
      [10, 0],
      [10, 0],
      // All but the least rate of a link of 5 Mbit/s: 9 Mbit/s come there.
      [expect.closeTo(4.992, 6), 0]
    ])
    expect(slices[2]!.constant.arriving).toEqual([0])
  })

  test('counts in the ideal time at a constant rate, and tcp does not', () => {
    const idealMs = (traffic: string) => idealTimeMs(parseTopology(file(traffic), 'x.yaml'), new Map())
    const alone = 10e6 / (0.625 * PAYLOAD_SHARE * 1000)
    expect(idealMs('[]')).toBeCloseTo(alone, 0)
    expect(idealMs('[{kind: tcp, from: a, to: r1}]')).toBeCloseTo(alone, 0)
    // It leaves 2.5 Mbit/s of the first link.
    expect(idealMs('[{kind: udp-cbr, from: a, to: b, rate: 17.5mbit}]')).toBeCloseTo(alone * 2, 0)
  })
})
