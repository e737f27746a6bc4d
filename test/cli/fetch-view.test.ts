import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  describeRoute,
  describeSummary,
  describeUplink,
  describeWaiting,
  progressLines
} from '../../src/cli/fetch-view.ts'

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

describe('the view of a fetch', () => {
  it('has one line a route in use and one for the whole', () => {
    const lines = progressLines(state, LOG)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/A +50 % +40\.0 Mbit\/s +20 ms +open$/)
    expect(lines[1]).toMatch(/B +25 % .*late$/)
    expect(lines[2]).toMatch(/all +25 % +60\.0 Mbit\/s +2\.5 MB of 10\.0 MB$/)
  })

  it('shows weights as bars and states in colour where that is wanted', () => {
    const [first] = progressLines(state, { color: true, isAscii: false, size: { columns: 80, rows: 24 } })
    expect(first).toContain('##########..........')
    expect(first).toContain('\u001b[32mopen\u001b[0m')
  })

  it('leaves the lightest routes out where rows are few, and counts them', () => {
    const routes = Object.fromEntries(
      [0.1, 0.4, 0.3, 0.2].map((weight, index) => ['ABCD'[index]!, { ...route, weight }])
    )
    const many = { ...state, progress: { ...state.progress, routes } }
    const shown = (rows: number) => progressLines(many, { ...LOG, size: { columns: 80, rows } })
    expect(shown(4).map(line => line.trim()[0])).toEqual(['B', 'C', 'a'])
    expect(shown(4)[2]).toMatch(/and 2 more routes$/)
    expect(shown(1)).toHaveLength(1)
    expect(shown(1)[0]).toMatch(/and 4 more routes$/)
    expect(shown(24)).toHaveLength(5)
  })

  it('is shortened and then cut where columns are few', () => {
    const shown = (columns: number) =>
      progressLines(state, { color: true, isAscii: false, size: { columns, rows: 24 } })
    expect(shown(80)[0]).toContain('..........')
    expect(stripVTControlCharacters(shown(60)[0]!)).toMatch(/^ {2}A +50 % +40\.0 Mbit\/s +20 ms {2}open$/)
    expect(stripVTControlCharacters(shown(40)[0]!)).toBe('A  50 %  40.0 Mbit/s   20 ms open')
    expect(shown(40)[2]).toBe('all 25 % 60.0 Mbit/s 2.5 MB of 10.0 MB')
    expect(stripVTControlCharacters(shown(12)[0]!)).toBe('A  50 %  40')
    expect(shown(12)[0]).not.toContain('\u001b')
  })

  it('says for how long it waits, or that it does not any more', () => {
    const waiting = { missing: 'relays' as const, reason: 'x' }
    expect(describeWaiting({ ...waiting, leftMs: 90_000 })).toBe(
      'no relay answers (x); waiting for 90 s at most'
    )
    expect(describeWaiting({ ...waiting, leftMs: 0 })).toBe('no relay answers (x); giving up')
    expect(describeWaiting(waiting)).toBe('no relay answers (x); waiting until that changes')
  })

  it('is empty before there is anything to show', () => {
    expect(progressLines({ ...state, progress: undefined }, LOG)).toEqual([])
  })

  it('names a route by the ends of its relays', () => {
    const relays = ['12D3KooWabcdef', '12D3KooWuvwxyz']
    expect(describeRoute({ id: 'B', state: 'lost', relays, reason: 'gone' })).toBe(
      'route B (..abcdef -> ..uvwxyz) lost: gone'
    )
  })

  it('says of a route without relays that it is direct', () => {
    expect(describeRoute({ id: 'A', state: 'open', relays: [], reason: '' })).toBe('route A (direct) open')
  })

  it('names the uplink of a route, and says what becomes of one', () => {
    const summary = { id: 'A', state: 'open' as const, relays: [], uplink: 'wwan0', reason: '' }
    expect(describeRoute(summary)).toBe('route A (direct by wwan0) open')
    const progress = { ...state.progress, routes: { A: { ...route, uplink: 'wwan0' } } }
    expect(progressLines({ ...state, progress }, LOG)[0]).toMatch(/open {2}wwan0$/)
    const change = { event: 'uplink' as const, uplink: 'wwan0', bytes: 2 * MB, atMs: 0 }
    expect(describeUplink({ ...change, state: 'gone' })).toBe('uplink wwan0 is gone (2.0 MB so far)')
  })

  it('sums up what came over which route', () => {
    const summary = {
      bytes: 8 * MB,
      seconds: 2,
      sha256: 'ab',
      longestStallMs: 12.4,
      duplicateBytes: 0,
      wireBytes: 8 * MB,
      outOfSequence: 3,
      routes: {
        A: { bytes: 6 * MB, segments: 3, repairs: 0, source: 'source', relays: [] },
        B: { bytes: 2 * MB, segments: 1, repairs: 0, source: 'source', relays: [], uplink: 'wwan0' },
        C: { bytes: 0, segments: 0, repairs: 0, source: 'source', relays: [] }
      }
    }
    expect(describeSummary(summary, { target: 'film.bin', resumeBytes: 0 })).toEqual([
      'film.bin: 8.0 MB in 2.0 s, 32.0 Mbit/s',
      '  routes    A 75 %, B (wwan0) 25 %',
      '  stall     12 ms at most; 0 B came twice',
      '  sha256    ab'
    ])
    expect(describeSummary(summary, { target: 'film.bin', resumeBytes: 6 * MB })[0]).toBe(
      'film.bin: 8.0 MB, of which 2.0 MB in 2.0 s, 8.0 Mbit/s'
    )
    const present = { ...summary, isPresent: true as const }
    expect(describeSummary(present, { target: 'film.bin', resumeBytes: 8 * MB })).toEqual([
      'film.bin is there already, complete: 8.0 MB',
      '  sha256    ab'
    ])
  })
})
