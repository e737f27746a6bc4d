import { describe, expect, test } from 'vitest'
import { groupFigures, jainIndex, together } from '../../src/lab/client-group.ts'
import { checkExpectation } from '../../src/lab/expectation.ts'
import type { LabResult } from '../../src/lab/lab-run.ts'
import type { ClientFetch } from '../../src/lab/measurement.ts'
import { chartsOf } from '../../src/lab/report/charts.ts'
import { figuresOf } from '../../src/lab/report/figures.ts'
import { resultLines } from '../../src/lab/report/tables.ts'
import { parseTopology } from '../../src/topology/topology.ts'

const TOPOLOGY = parseTopology(
  `name: pair
topology:
  nodes: {src: {role: source}, net: {role: router}, dir: {role: director}, c1: {role: client}, c2: {role: client, startAt: 1s}}
  links: [{endpoints: [src, net], rate: 8mbit}, {endpoints: [net, c1]}, {endpoints: [net, c2]}, {endpoints: [net, dir]}]
content: {size: 1MB}
client: {direct: only}
`,
  'pair.yaml'
)

function fetchOf(client: string, completionMs: number, more: Partial<ClientFetch> = {}): ClientFetch {
  return {
    client,
    startedAtMs: 0,
    idealMs: 1_000,
    completionMs,
    longestStallMs: 10,
    identical: true,
    progress: [{ atMs: completionMs, bytes: 1_000_000 }],
    story: { routes: {}, patterns: [], progress: [] },
    ...more
  }
}

function resultOf(clients: ClientFetch[]): LabResult {
  const measured = { goodputBytesPerSecond: 0, efficiency: 0.5, wireOverhead: 1, lostFrames: 0 }
  return {
    topology: { topology: TOPOLOGY, traces: new Map(), file: 'pair.yaml', text: '' },
    startedAt: new Date(0),
    emulation: 'host netem',
    idealMs: 2_000,
    measurements: [{ means: 'anabranch', ...measured, links: [], played: [], ...together(clients) }],
    expectations: []
  }
}

describe('several clients', () => {
  test('the index of fairness is 1 among equals, and the share of those who have anything', () => {
    expect(jainIndex([3, 3, 3])).toBe(1)
    expect(jainIndex([5, 0, 0, 0])).toBe(0.25)
    expect(jainIndex([0, 0])).toBe(0)
  })

  test('are done when the last one is', () => {
    const clients = [
      fetchOf('c1', 3_000),
      fetchOf('c2', 2_500, { startedAtMs: 1_000, longestStallMs: 99, identical: false })
    ]
    expect(together(clients)).toEqual({
      completionMs: 3_500,
      longestStallMs: 99,
      identical: false,
      progress: [],
      clients
    })
  })

  test('of which one fails fail, and say which', () => {
    const all = together([fetchOf('c1', 3_000), fetchOf('c2', 100, { failure: 'gone' })])
    expect(all.failure).toBe('c2: gone')
    expect(groupFigures(all.clients!)).toEqual({ fairness: 0.5, slowdown: Number.POSITIVE_INFINITY })
  })

  test('one alone is a transfer by itself', () => {
    expect(together([fetchOf('c1', 3_000)]).clients).toBeUndefined()
  })

  test('are compared with what is expected of them together', () => {
    const measured = {
      efficiency: 1,
      wireOverhead: 1,
      ...together([fetchOf('c1', 2_000), fetchOf('c2', 4_000)])
    }
    const bounds = { fairness: { sign: '>=', value: 0.95 }, slowdown: { sign: '<=', value: 4 } } as const
    expect(checkExpectation(bounds, measured, 0, 1).map(check => Object.values(check))).toEqual([
      ['fairness', '>=0.950', '0.900', false],
      ['slowdown', '<=4.00', '4.00', true]
    ])
  })

  test('have a row each, one of all, and a curve each', () => {
    const result = resultOf([fetchOf('c1', 2_000), fetchOf('c2', 4_000, { startedAtMs: 1_000 })])
    const rows = resultLines(figuresOf(result)).map(line => line.split(/ {2,}/))
    expect(rows.slice(1, 5)).toEqual([
      ['c1', '0.00 s', '2.00 s', '4.0', '2.00', '10 ms', 'identical'],
      ['c2', '1.00 s', '4.00 s', '2.0', '4.00', '10 ms', 'identical'],
      ['all', '5.00 s', '6.0', '4.00', '10 ms', '0.900', '0.500', '1.000', 'identical'],
      ['payload capacity', '2.00 s', '8.0', '1.000']
    ])
    const charts = chartsOf(result)
    expect([...charts.keys()]).toEqual(['progress'])
    expect(
      charts.get('progress')!.panels[0]!.series.map(({ name, points }) => [name, points.at(-1)])
    ).toEqual([
      ['c1', { x: 2, y: 1 }],
      ['c2', { x: 5, y: 1 }]
    ])
  })
})
