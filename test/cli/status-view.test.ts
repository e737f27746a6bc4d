import { describe, expect, it } from 'vitest'
import { daemonLines, fetchStatusLine } from '../../src/cli/status-view.ts'

const STANDING = { elapsedMs: 2_000, reorderBytes: 0, longestStallMs: 40, lossAttribution: [] }

const relay = {
  role: 'relay',
  pid: 12,
  peerId: '12D3KooWabcdef',
  home: '/srv/relay',
  addresses: ['/ip4/127.0.0.1/tcp/4003/p2p/12D3KooWabcdef'],
  figures: { routes: 2, forwardedBytes: 3_000_000 }
}

describe('the view of what runs', () => {
  it('has a line for each daemon, in columns', () => {
    const worker = { ...relay, pid: 3456, worker: 2, figures: { routes: 11, forwardedBytes: 0 } }
    expect(daemonLines([relay, worker])).toEqual([
      'relay    12    ..abcdef  routes 2, forwarded 3.0 MB  /ip4/127.0.0.1/tcp/4003  /srv/relay',
      'relay 2  3456  ..abcdef  routes 11, forwarded 0 B    /ip4/127.0.0.1/tcp/4003  /srv/relay'
    ])
  })

  it('names the one content of a daemon that offers no more', () => {
    const share = { ...relay, role: 'share', content: 'a.mkv', figures: { sessions: 1 } }
    expect(daemonLines([share])).toEqual([
      'share  12  ..abcdef  "a.mkv", sessions 1  /ip4/127.0.0.1/tcp/4003  /srv/relay'
    ])
  })

  it('leaves out what a daemon has not', () => {
    const gateway = { role: 'gateway', pid: 7, addresses: ['http://127.0.0.1:8088'], figures: {} }
    expect(daemonLines([gateway])).toEqual(['gateway  7      http://127.0.0.1:8088'])
    expect(daemonLines([])).toEqual([])
  })

  it('has a line for a fetch, with the rate of all its routes', () => {
    const route = {
      ...{ id: 'A', weight: 0.5, rateBytesPerSecond: 1_000_000, rttMs: 5, state: 'open' as const },
      ...{ relays: [], source: 's', isParked: false, bytes: 1 }
    }
    const content = { name: 'a', bytes: 1_000_000, sizeBytes: 4_000_000, isLive: false, ...STANDING }
    const state = { isPaused: false, contents: [{ ...content, routes: [route, { ...route, id: 'B' }] }] }
    expect(fetchStatusLine(9, state)).toBe('fetch  9  a  1.0 MB of 4.0 MB  16.0 Mbit/s over 2 routes')
  })
})
