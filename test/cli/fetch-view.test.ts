import { describe, expect, it } from 'vitest'
import {
  describeLosses,
  describeRoute,
  describeSummary,
  describeUplink,
  describeWaiting
} from '../../src/cli/fetch-view.ts'

const MB = 1_000_000
const RELAYS = ['12D3KooWabcdef', '12D3KooWuvwxyz']

describe('the view of a fetch', () => {
  it('says for how long it waits, or that it does not any more', () => {
    const waiting = { missing: 'relays' as const, reason: 'x' }
    expect(describeWaiting({ ...waiting, leftMs: 90_000 })).toBe(
      'no relay answers (x); waiting for 90 s at most'
    )
    expect(describeWaiting({ ...waiting, leftMs: 0 })).toBe('no relay answers (x); giving up')
    expect(describeWaiting(waiting)).toBe('no relay answers (x); waiting until that changes')
  })

  it('names a route by the ends of its relays', () => {
    expect(describeRoute({ id: 'B', state: 'lost', relays: RELAYS, reason: 'gone' })).toBe(
      'route B (..abcdef -> ..uvwxyz) lost: gone'
    )
  })

  it('says of a route without relays that it is direct', () => {
    expect(describeRoute({ id: 'A', state: 'open', relays: [], reason: '' })).toBe('route A (direct) open')
  })

  it('names the uplink of a route, and says what becomes of one', () => {
    const summary = { id: 'A', state: 'open' as const, relays: [], uplink: 'wwan0', reason: '' }
    expect(describeRoute(summary)).toBe('route A (direct by wwan0) open')
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
        A: { bytes: 6 * MB, segments: 3, repairs: 0, source: 'source', relays: RELAYS },
        B: { bytes: 2 * MB, segments: 1, repairs: 0, source: 'source', relays: [], uplink: 'wwan0' },
        C: { bytes: 0, segments: 0, repairs: 0, source: 'source', relays: [] }
      }
    }
    expect(describeSummary(summary, { target: 'film.bin', resumeBytes: 0 })).toEqual([
      'film.bin: 8.0 MB in 2.0 s, 32.0 Mbit/s',
      '  routes    A 75 % (..abcdef > ..uvwxyz), B 25 % (direct by wwan0)',
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

  it('says by how much a fetch was slower than its routes could carry, and why', () => {
    const loss = { cause: 'end' as const, seconds: 0.45, share: 0.051, text: 'the end' }
    const lossAttribution = [
      loss,
      { ...loss, cause: 'credit' as const, seconds: 0.2, share: 0.023, text: 'credit' }
    ]
    expect(describeLosses({ lossAttribution, sharedBottlenecks: [['A', 'B']] })).toEqual([
      '  slower    than these routes could, by 0.45 s (5.1 %): the end',
      '            and by 0.20 s (2.3 %): credit',
      '  shared    one bottleneck behind A+B'
    ])
  })

  it('shows many routes on several lines', () => {
    const routes = Object.fromEntries(
      Array.from('ABCD', id => [id, { bytes: MB, segments: 1, repairs: 0, source: 's', relays: [] }])
    )
    const figures = { bytes: 4 * MB, seconds: 1, sha256: 'ab', longestStallMs: 0, duplicateBytes: 0 }
    const summary = { ...figures, wireBytes: 0, outOfSequence: 0, routes }
    expect(describeSummary(summary, { target: 'x', resumeBytes: 0 }).slice(1, 3)).toEqual([
      '  routes    A 25 % (direct), B 25 % (direct), C 25 % (direct),',
      '            D 25 % (direct)'
    ])
  })
})
