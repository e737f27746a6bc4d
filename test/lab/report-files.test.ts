import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LabResult } from '../../src/lab/lab-run.ts'
import type { ClientFetch } from '../../src/lab/measurement.ts'
import { estimate } from '../../src/lab/report/bootstrap.ts'
import { comparable, differenceLines, differencesOf } from '../../src/lab/report/differences.ts'
import { eventWords } from '../../src/lab/report/event-words.ts'
import { expectationLine } from '../../src/lab/report/expectation-words.ts'
import { type Figures, figuresOf } from '../../src/lab/report/figures.ts'
import { reportJson, writeReport } from '../../src/lab/report/report.ts'
import { makeReportDirectory, pointLatest } from '../../src/lab/report/report-directory.ts'
import { readComparable, readReport, topologyOf } from '../../src/lab/report/report-file.ts'
import { summaryOf } from '../../src/lab/report/summary.ts'
import { writeSummary } from '../../src/lab/report/summary-report.ts'
import { layersOf } from '../../src/lab/report/topology-picture.ts'
import { simulateTopology } from '../../src/lab/simulate-topology.ts'
import { parseTopology } from '../../src/topology/topology.ts'
import { parallelRoutes } from './fixtures.ts'

const TEXT = `name: two
topology:
  nodes: {src: {role: source}, r1: {role: relay}, r2: {role: relay}, dir: {role: director}, cli: {role: client}}
  links:
    - {endpoints: [src, r1], rate: 20mbit, delay: 5ms}
    - {endpoints: [r1, cli], trace: t.trace, delay: 5ms}
    - {endpoints: [src, r2], rate: 20mbit, delay: 5ms, loss: 1%}
    - {endpoints: [r2, cli], rate: 20mbit, delay: 5ms}
    - {endpoints: [dir, cli], rate: 100mbit}
content: {size: 3MB}
events:
  - {at: 100ms, link: [src, r1], set: {rate: 10mbit}}
  - {at: 200ms, node: r2, action: kill}
expect: {efficiency: ">=0.1", content: identical}
`
const TRACE = Array.from({ length: 100 }, (_, ms) => `${ms + 1}\n`).join('')
const TOLD = { version: '1.2.3', command: ['anabranch', 'lab', 'simulate', 'two.yaml'] }
const REPORT = {
  ...TOLD,
  format: 1,
  topologyFile: TEXT,
  topologyFileName: 'two.yaml',
  traces: { 't.trace': TRACE }
}

const LOADED = await topologyOf(REPORT as never, 'report.json')

function simulated(seed: number): LabResult {
  return simulateTopology(LOADED, { startedAt: new Date('2026-01-02T03:04:05.678Z'), seed })
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anabranch-report-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('a report', () => {
  test('has a directory of its own, and the link `latest` leads to the newest', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z')
    const first = await makeReportDirectory(directory, 'two', at)
    await pointLatest(first)
    const second = await makeReportDirectory(directory, 'two', at)
    await pointLatest(second)
    expect((await readdir(join(directory, 'two'))).toSorted()).toEqual([
      '2026-01-02-030405',
      '2026-01-02-030405-2',
      'latest'
    ])
    expect(await readlink(join(directory, 'two', 'latest'))).toBe('2026-01-02-030405-2')
  })

  test('has in it what measures the same again', async () => {
    await writeReport(simulated(7), directory, TOLD, REPORT.traces)
    const report = await readReport(join(directory, 'report.json'))
    const again = simulateTopology(await topologyOf(report, 'report.json'), {
      startedAt: new Date(),
      seed: report.seed
    })
    expect(again.measurements[0]!.completionMs).toBe(report.means[0]!.seconds * 1000)
    const series = await readFile(join(directory, 'series.csv'), 'utf8')
    expect(series.split('\n')[0]).toBe('means,series,of,seconds,value')
    expect(series).toMatch(/^anabranch,link_down_bytes,src-r1,/m)
    const [head, row, end] = (await readFile(join(directory, 'figures.csv'), 'utf8')).split('\n')
    expect(row!.split(',')).toHaveLength(head!.split(',').length)
    expect(end).toBe('')
  })

  test('a file that is no report is refused', async () => {
    await expect(readReport('/etc/passwd')).rejects.toThrow('cannot read the report')
    await expect(readComparable(join(import.meta.dirname, '../../package.json'))).rejects.toThrow(
      'is no report'
    )
  })

  test('docs/report.md names every key of report.json, and no other', async () => {
    const page = await readFile(new URL('../../docs/report.md', import.meta.url), 'utf8')
    const table = page.slice(page.indexOf('## report.json'), page.indexOf('## CSV files'))
    const rows = table.split('\n').filter(line => line.startsWith('| `'))
    const told = rows.flatMap(row => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(match => match[1]!))
    const written = new Set([simulated(1), everything()].flatMap(result => [...keysOf(jsonOf(result))]))
    expect([...written].filter(key => !told.includes(key))).toEqual([])
    expect(told.filter(key => !written.has(key))).toEqual([])
  })
})

describe('several runs', () => {
  test('have medians with intervals, without those that do not count', async () => {
    const runs = [1, 2, 3, 4].map(seed => figuresOf(simulated(seed)))
    runs[3]!.means[0]!.counts = false
    const summary = summaryOf(runs, { ...TOLD, topologyFile: TEXT })
    const { seconds } = summary.means[0]!.figures
    expect(summary.means[0]).toMatchObject({ means: 'anabranch', counted: 3, failed: 0 })
    expect(seconds!.values).toEqual(runs.slice(0, 3).map(run => run.means[0]!.seconds))
    expect(summary.expectations[1]).toEqual({
      name: 'content',
      wanted: 'identical',
      met: 4,
      unmet: 0,
      uncounted: 0
    })
    await writeSummary(summary, runs, directory)
    const told = differencesOf(await readComparable(directory), await readComparable(directory))
    expect(told).toMatchObject({ settings: [], topologyLines: [], onlyA: [], onlyB: [] })
    expect(told.figures[0]).toMatchObject({ figure: 'seconds', ratio: 1 })
    const html = await readFile(join(directory, 'summary.html'), 'utf8')
    expect(html).toContain('3 of 4')
  })

  test('an interval holds the median, is the same each time, and is wider where values spread', () => {
    const near = estimate([9, 10, 10, 10, 11])
    const far = estimate([1, 10, 10, 10, 100])
    expect(near).toEqual(estimate([9, 10, 10, 10, 11]))
    expect(near).toMatchObject({ median: 10, low: 9, high: 11 })
    expect(far.high - far.low).toBeGreaterThan(near.high - near.low)
    expect(estimate([3])).toEqual({ median: 3, low: 3, high: 3 })
  })
})

test('two reports are told apart by settings, lines of the topology and figures', () => {
  const figures = figuresOf(simulated(1))
  const a = comparable({ ...figures, version: '1', topologyFile: 'a\nb\nc' })
  const b = comparable({ ...figures, version: '2', topologyFile: 'a\nx\nc' })
  b.means[0]!.figures.seconds = { median: 2, low: 1, high: 3 }
  a.means[0]!.figures.seconds = { median: 8, low: 4, high: 9 }
  const told = differencesOf(a, b)
  expect(told.settings).toEqual([{ name: 'version', a: '1', b: '2' }])
  expect(told.topologyLines).toEqual([
    { sign: '-', line: 'b' },
    { sign: '+', line: 'x' }
  ])
  expect(told.figures[0]).toMatchObject({ figure: 'seconds', ratio: 0.25, overlap: false })
  expect(differenceLines(told)).toContain(
    'anabranch, time: 8.00 s [4.00 s, 9.00 s] -> 2.00 s [1.00 s, 3.00 s] (x 0.250; intervals are apart)'
  )
})

test('what a slow machine misses is not counted; wrong bytes always are', () => {
  const means = (counts: boolean) => [{ counts }] as Figures['means']
  const missed = (name: string) => ({ name, wanted: 'w', measured: 'm', met: false })
  const line = (name: string, counts: boolean) => expectationLine(missed(name), { means: means(counts) })
  expect(line('efficiency', false)).toBe('not counted: efficiency w, measured m')
  expect(line('efficiency', true)).toBe('NOT MET: efficiency w, measured m')
  expect(line('content', false)).toBe('NOT MET: content w, measured m')
})

test('an event says what it does', () => {
  const topology = parallelRoutes(
    ['rate: 8mbit'],
    `events:
  - {at: 1s, link: [src, r1], set: {rate: 2mbit, loss: 1%}}
  - {at: 2s, every: 3s, link: [r1, cli], down: true}
`
  )
  const words = eventWords(topology)
  const told = (atMs: number, what: string) => words({ atMs, lateMs: 0, what })
  expect(told(1_000, 'src-r1')).toBe('src-r1 2 Mbit/s loss 1 %')
  expect(told(5_000, 'r1-cli')).toBe('r1-cli black hole')
  expect(told(1_000, 'kill r1')).toBe('kill r1')
})

test('the picture of a network has sources left and clients right', () => {
  expect(layersOf(parseTopology(TEXT, 'two.yaml'))).toEqual([['src'], ['r1', 'r2', 'dir'], ['cli']])
})

function jsonOf(result: LabResult): object {
  return JSON.parse(JSON.stringify(reportJson(figuresOf(result), result, REPORT.traces, TOLD)))
}

/** A result with every key that a report can have. */
function everything(): LabResult {
  const result = simulated(1)
  const [measured] = result.measurements
  const story = {
    ...result.story!,
    routes: {
      A: { nodes: ['src'], uplink: 'wifi', states: [{ atMs: 1, state: 'lost', reason: 'closed' }] }
    },
    patterns: [{ atMs: 1, pattern: 'A', predicted: 1, actual: 1 }],
    progress: [
      {
        atMs: 1,
        bytes: 1,
        reorderBytes: 1,
        routes: { A: { bytes: 1, rateBytesPerSecond: 1, rttMs: 1, state: 'open' } }
      }
    ]
  }
  const client: ClientFetch = {
    ...measured!,
    client: 'cli',
    startedAtMs: 0,
    idealMs: 1,
    story,
    failure: undefined
  }
  const { topology } = result.topology
  return {
    ...result,
    topology: { ...result.topology, topology: { ...topology, description: 'all' } },
    chosen: { seed: 1, policy: 'fixed', cutover: 'sync' },
    limits: { iperfBytesPerSecond: [1], payloadBytesPerSecond: [1] },
    story,
    measurements: [
      {
        ...measured!,
        idleShare: 0.5,
        failure: 'why',
        clients: [client],
        live: { skippedBytes: 1, delayMs: { median: 1, percentile99: 1, percentile999: 1 } },
        play: { startUpMs: 1, rebuffers: [{ atMs: 1, durationMs: 1 }] }
      }
    ]
  }
}

/** Paths of all keys, as docs/report.md writes them. */
function keysOf(value: unknown, path = ''): Set<string> {
  const isWhole = path === 'story.done' || path === 'clients[].story'
  if (isWhole || typeof value !== 'object' || value === null) return new Set([path])
  if (path === 'command') return new Set([path])
  if (Array.isArray(value)) return new Set(value.flatMap(entry => [...keysOf(entry, `${path}[]`)]))
  const isMap = ['traces', 'story.routes', 'story.progress[].routes'].includes(path)
  const entries = Object.entries(value).flatMap(([key, below]) => [
    ...keysOf(below, `${path}${path && '.'}${isMap ? '*' : key}`)
  ])
  return new Set(entries)
}
