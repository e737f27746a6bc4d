import { describe, expect, test } from 'vitest'
import { parseSample } from '../../src/lab/counter-sampler.ts'
import { checkExpectation } from '../../src/lab/expectation.ts'
import { routesUsed, storyOf } from '../../src/lab/fetch-story.ts'
import type { LabResult } from '../../src/lab/lab-run.ts'
import { chartsOf, patternShares } from '../../src/lab/report/charts.ts'
import { figuresOf } from '../../src/lab/report/figures.ts'
import { drawChart, ticks } from '../../src/lab/report/svg.ts'
import { tableOf } from '../../src/lab/report/tables.ts'
import { parallelRoutes } from './fixtures.ts'

describe('what a run found out', () => {
  test("the client's lines become routes by node names, patterns and progress", () => {
    const line = (readAtMs: number, event: string, more: object) => ({ readAtMs, event, ...more })
    const events = [
      line(1100, 'route', { id: 'A', state: 'open', relays: ['near', 'far'] }),
      line(1200, 'pattern', { pattern: 'AAB', predicted: 10, actual: 12 }),
      line(1300, 'progress', {
        bytes: 5,
        reorderBytes: 2,
        routes: { A: { bytes: 7, rateBytesPerSecond: 1 } }
      }),
      line(1400, 'done', { bytes: 5, longestStallMs: 3 })
    ]
    const names: Record<string, string> = { near: 'r1', far: 'r2' }
    const story = storyOf({ events, startedAtMs: 1000 }, id => names[id], parallelRoutes(['delay: 1ms']))
    expect(story.routes.A).toMatchObject({
      nodes: ['src', 'r2', 'r1', 'cli'],
      states: [{ atMs: 100, state: 'open' }]
    })
    expect(story.patterns).toEqual([{ atMs: 200, pattern: 'AAB', predicted: 10, actual: 12 }])
    expect(story.progress[0]).toMatchObject({ atMs: 300, bytes: 5, reorderBytes: 2 })
    expect(story.done).toMatchObject({ longestStallMs: 3 })
  })

  test('a letter stands for the path that it was given last, be it one without a relay', () => {
    const line = (readAtMs: number, state: string, relays: string[]) => ({
      readAtMs,
      event: 'route',
      id: 'A',
      state,
      relays,
      source: 'src'
    })
    const events = [line(1_100, 'lost', ['r1']), line(1_200, 'open', [])]
    const story = storyOf({ events, startedAtMs: 1_000 }, id => id, parallelRoutes(['delay: 1ms']))
    expect(story.routes.A).toEqual({
      nodes: ['src', 'cli'],
      states: [
        { atMs: 100, state: 'lost' },
        { atMs: 200, state: 'open' }
      ]
    })
  })

  test('a route that only the summary names is in the story, too', () => {
    const routes = { A: { bytes: 3, relays: [], source: 'id' } }
    const events = [{ readAtMs: 1_200, event: 'done', routes }]
    const nodeOf = (id: string) => (id === 'id' ? 'c1' : undefined)
    const story = storyOf({ events, startedAtMs: 1_000 }, nodeOf, parallelRoutes(['delay: 1ms']), 'c2')
    expect(story.routes).toEqual({ A: { nodes: ['c1', 'c2'], states: [] } })
  })

  test('a route that was opened again is no further route', () => {
    const states: never[] = []
    const [first, second] = [
      ['src', 'r1', 'cli'],
      ['src', 'r2', 'cli']
    ]
    const routes = {
      A: { nodes: first!, states },
      B: { nodes: second!, states },
      C: { nodes: first!, states },
      D: { nodes: ['src', 'r3', 'cli'], states }
    }
    const bytes = { A: { bytes: 3 }, B: { bytes: 2 }, C: { bytes: 1 }, D: { bytes: 0 } }
    const done = { seconds: 1, longestStallMs: 0, routes: bytes, sharedBottlenecks: [] }
    expect(routesUsed({ routes, patterns: [], progress: [], done })).toBe(2)
  })

  test('the same relay by two uplinks is two routes', () => {
    const event = (id: string, uplink: string) => ({
      readAtMs: 1_100,
      event: 'route',
      id,
      state: 'open',
      relays: ['r1'],
      uplink
    })
    const routes = { A: { bytes: 3 }, B: { bytes: 2 } }
    const done = { readAtMs: 1_200, event: 'done', routes }
    const events = [event('A', 'wifi'), event('B', 'cell'), done]
    const story = storyOf({ events, startedAtMs: 1_000 }, id => id, parallelRoutes(['delay: 1ms']))
    expect(story.routes.B).toMatchObject({ uplink: 'cell' })
    expect(routesUsed(story)).toBe(2)
  })

  test('what is skipped and late of a live content is compared as share and 99.9th percentile', () => {
    const measured = {
      efficiency: 0.9,
      longestStallMs: 600,
      completionMs: 1,
      wireOverhead: 1,
      identical: true,
      live: { skippedBytes: 2, delayMs: { median: 1, percentile99: 2, percentile999: 801 } }
    }
    const expected = {
      skipped: { sign: '<=', value: 0.001 },
      delay: { sign: '<=', value: 800 }
    } as const
    const told = checkExpectation(expected, measured, 3, 1_000).map(check => Object.values(check))
    expect(told).toEqual([
      ['skipped', '<=0.1 %', '0.2 %', false],
      ['delay', '<=800 ms', '801 ms', false]
    ])
  })

  test('what a player tells is compared, and is in the table', () => {
    const play = { startUpMs: 1_900, rebuffers: [{ atMs: 9_000, durationMs: 250 }] }
    const measured = {
      means: 'anabranch' as const,
      goodputBytesPerSecond: 1,
      efficiency: 1,
      longestStallMs: 250,
      completionMs: 1,
      wireOverhead: 1,
      identical: true,
      progress: [],
      links: [],
      played: [],
      lostFrames: 0,
      play
    }
    const topology = parallelRoutes(
      ['rate: 16mbit'],
      'client: {play: {rate: 8mbit, buffer: 2s}}\nexpect: {startUp: "<=2s", rebuffers: "<=0"}\n'
    )
    const expectations = checkExpectation(topology.expect, measured, 0, 1_000)
    expect(expectations.map(({ name, measured, met }) => [name, measured, met])).toEqual([
      ['startUp', '1.90 s', true],
      ['rebuffers', '1', false]
    ])
    const result: LabResult = {
      topology: { topology, traces: new Map(), file: 'test.yaml', text: '' },
      startedAt: new Date(0),
      emulation: 'host netem',
      idealMs: 1,
      measurements: [measured],
      expectations
    }
    expect(tableOf(figuresOf(result)).map(row => row.slice(0, 5))).toEqual([
      ['means', 'start-up', 'rebuffers', 'their time', 'longest'],
      ['anabranch', '1.90 s', '1', '250 ms', '250 ms']
    ])
    // The gateway tells no routes: those that the topology has are shown.
    const charts = chartsOf(result)
    expect([...charts.keys()]).toEqual(['rates', 'progress'])
    expect(charts.get('rates')!.panels.map(({ title }) => title)).toEqual(['route A: src - r1 - cli'])
  })

  test('each expectation is met or not', () => {
    const measured = {
      efficiency: 0.9,
      longestStallMs: 600,
      completionMs: 1,
      wireOverhead: 1,
      identical: true
    }
    const checks = checkExpectation(
      {
        efficiency: { sign: '>=', value: 0.95 },
        longestStall: { sign: '<=', value: 600 },
        routes: { sign: '>=', value: 2 },
        content: 'identical'
      },
      measured,
      3,
      1_000
    )
    expect(checks.map(({ name, met }) => [name, met])).toEqual([
      ['efficiency', false],
      ['longestStall', true],
      ['routes', true],
      ['content', true]
    ])
  })

  test("a sample of the links' counters has each direction where it ends", () => {
    expect(parseSample('1000.5 w0a 7 w0b 9 w1a 1 w1b 2', 2)).toEqual({
      epochMs: 1000.5,
      links: [
        { down: 9, up: 7 },
        { down: 2, up: 1 }
      ]
    })
  })
})

describe('charts', () => {
  test("a pattern's shares count each route of a group", () => {
    expect(Object.fromEntries(patternShares('AA[AB]'))).toEqual({ A: 0.75, B: 0.25 })
  })

  test('ticks are round and within the axis', () => {
    expect(ticks(9.1, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(ticks(0.93, 4)).toEqual([0, 0.2, 0.4, 0.6, 0.8])
    expect(ticks(44, 4)).toEqual([0, 10, 20, 30, 40])
  })

  test('names cannot break out of the document', () => {
    const series = [{ name: '<b>', color: 'red', points: [{ x: 0, y: 1 }] }]
    const svg = drawChart({ title: 'a & b', xMax: 1, marks: [], panels: [{ title: '', yLabel: '', series }] })
    expect(svg).toContain('a &amp; b')
    expect(svg).not.toContain('<b>')
  })
})
