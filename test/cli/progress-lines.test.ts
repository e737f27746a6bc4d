import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { progressLines } from '../../src/cli/progress-lines.ts'

const MB = 1_000_000
const route = {
  bytes: MB,
  rateBytesPerSecond: 5 * MB,
  rttMs: 20,
  queueMs: 0,
  lossWaitMs: 0,
  weight: 0.5,
  state: 'open' as const
}
const state = {
  totalBytes: 10 * MB,
  rateBytesPerSecond: 7.5 * MB,
  history: { of: () => [] },
  relays: new Map<string, string[]>(),
  shared: [],
  maxRate: undefined,
  progress: {
    event: 'progress' as const,
    bytes: 2.5 * MB,
    reorderBytes: 0,
    atMs: 1_000,
    routes: {
      A: route,
      B: { ...route, weight: 0.25, state: 'late' as const },
      C: { ...route, state: 'lost' as const }
    }
  }
}

const LOG = { color: false, isAscii: false }

describe('the lines of progress', () => {
  it('has one line a route in use and one for the whole', () => {
    const lines = progressLines(state, LOG)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/A +50 % +40\.0 Mbit\/s +20 ms +open$/)
    expect(lines[1]).toMatch(/B +25 % .*late$/)
    expect(lines[2]).toMatch(/all +25 % +60\.0 Mbit\/s +1 s left +2\.5 MB of 10\.0 MB +after 1 s$/)
  })

  it('draws the rates of the last seconds on one scale, and states in colour', () => {
    const rates: Record<string, number[]> = { A: [0, 2, 4, 8], B: [1] }
    const history = { of: (id: string) => rates[id] ?? [] }
    const shown = (isAscii: boolean) =>
      progressLines({ ...state, history }, { color: true, isAscii, size: { columns: 80, rows: 24 } })
    expect(shown(false)[0]).toContain('40.0 Mbit/s               \u2582\u2584\u2588     20 ms')
    expect(shown(false)[1]).toContain('40.0 Mbit/s                 \u2581     20 ms')
    expect(shown(true)[0]).toContain('40.0 Mbit/s               :=#     20 ms')
    expect(shown(false)[0]).toContain('\u001b[32mopen\u001b[0m')
  })

  it('leaves the lightest routes out where rows are few, and counts them', () => {
    const routes = Object.fromEntries(
      [0.1, 0.4, 0.3, 0.2].map((weight, index) => ['ABCD'[index]!, { ...route, weight }])
    )
    const many = { ...state, progress: { ...state.progress, routes } }
    const shown = (rows: number) => progressLines(many, { ...LOG, size: { columns: 80, rows } })
    expect(shown(4).map(line => line.trim()[0])).toEqual(['B', 'C', 'a'])
    expect(shown(4)[2]).toMatch(/ {2}and 2 more routes {2}/)
    expect(shown(1)).toHaveLength(1)
    expect(shown(1)[0]).toMatch(/ {2}and 4 more routes {2}/)
    expect(shown(24)).toHaveLength(5)
  })

  it('is shortened and then cut where columns are few', () => {
    const shown = (columns: number) =>
      progressLines(state, { color: true, isAscii: false, size: { columns, rows: 24 } })
    expect(shown(80)[0]).toMatch(/Mbit\/s {20,}20 ms/)
    expect(stripVTControlCharacters(shown(60)[0]!)).toMatch(/^ {2}A +50 % +40\.0 Mbit\/s +20 ms {2}open$/)
    expect(stripVTControlCharacters(shown(40)[0]!)).toBe('A  50 %  40.0 Mbit/s   20 ms open')
    expect(shown(40)[2]).toBe('all 25 % 60.0 Mbit/s 1 s left after 1 s')
    expect(stripVTControlCharacters(shown(12)[0]!)).toBe('A  50 %  40')
    expect(shown(12)[0]).not.toContain('\u001b')
  })

  it('is empty before there is anything to show', () => {
    expect(progressLines({ ...state, progress: undefined }, LOG)).toEqual([])
  })

  it('says how long the rest takes, and what limits', () => {
    expect(progressLines(state, LOG)[2]).toMatch(
      /60\.0 Mbit\/s {2}1 s left {2}2\.5 MB of 10\.0 MB +after 1 s$/
    )
    expect(progressLines({ ...state, maxRate: 8 * MB }, LOG)[2]).toMatch(
      / {2}all that --max-rate allows {2}after 1 s$/
    )
    const routes = { A: { ...route, limitBytesPerSecond: 5.2 * MB }, B: route }
    const limited = { ...state, progress: { ...state.progress, routes }, shared: [['B', 'C']] }
    const shown = (columns: number) => progressLines(limited, { ...LOG, size: { columns, rows: 24 } })
    expect(shown(80)[0]).toMatch(/open {2}relay's limit$/)
    expect(shown(80)[1]).toMatch(/open {2}shares with C$/)
    expect(shown(70)[0]).toMatch(/open$/)
  })

  it('has no time for the rest of a content that has no end yet', () => {
    const whole = progressLines({ ...state, totalBytes: undefined }, LOG)[2]
    expect(whole).toMatch(/60\.0 Mbit\/s {2}2\.5 MB {2}after 1 s$/)
  })

  it('names the relays of a route where there is room, rather than draw its rates', () => {
    const relays = new Map([
      ['A', ['12D3KooWabcdef']],
      ['B', []]
    ])
    const shown = (columns: number) =>
      progressLines({ ...state, relays }, { ...LOG, size: { columns, rows: 24 } })
    expect(shown(80)[0]).toMatch(/Mbit\/s {20,}20 ms {2}open {2}\.\.abcdef$/)
    expect(shown(80)[1]).toMatch(/late {2}direct$/)
    expect(shown(60)[0]).toMatch(/Mbit\/s {5,}20 ms {2}open {2}\.\.abcdef$/)
    expect(shown(50)[0]).toMatch(/open$/)
  })

  it('shows shares that add up to 100 %', () => {
    const routes = Object.fromEntries(['A', 'B', 'C'].map(id => [id, { ...route, weight: 1 / 3 }]))
    const shown = progressLines({ ...state, progress: { ...state.progress, routes } }, LOG)
    expect(shown.slice(0, 3).map(line => / (\d+) %/.exec(line)![1])).toEqual(['34', '33', '33'])
  })

  it('names the uplink of a route', () => {
    const progress = { ...state.progress, routes: { A: { ...route, uplink: 'wwan0' } } }
    expect(progressLines({ ...state, progress }, LOG)[0]).toMatch(/open {2}wwan0$/)
  })
})
