import { describe, expect, it } from 'vitest'
import type { FetchEvent, RouteProgress } from '../../src/client/fetch-events.ts'
import { Activity } from '../../src/gateway/activity.ts'
import { ACTIVITY_LIMITS } from '../../src/gateway/limits.ts'

const FILM = { id: 'ab'.repeat(32), name: 'film.mkv', sizeBytes: 9_000_000 }
const SOURCE = '12D3KooWSource'

describe('what is being fetched', () => {
  it('is each content once, with the routes of all its fetches by their ways', () => {
    const activity = new Activity()
    const first = activity.begin(FILM, 0)
    const second = activity.begin(FILM, 0)
    first.follow(routeEvent('A', ['north']), 0)
    first.follow(routeEvent('B', ['south']), 0)
    second.follow(routeEvent('A', ['south']), 0)
    first.follow(progress({ A: {}, B: {} }), 0)
    second.follow(progress({ A: {} }), 0)
    first.follow(progress({ A: { bytes: 3_000, weight: 0.75 }, B: { bytes: 1_000, weight: 0.25 } }), 900)
    second.follow(progress({ A: { bytes: 500, weight: 1, state: 'late', rttMs: 30 } }), 900)
    const { contents, leftOut } = activity.snapshot(1_000)
    expect(leftOut).toBe(0)
    expect(contents).toEqual([
      {
        ...FILM,
        reads: 2,
        rateBytesPerSecond: 4_500,
        routes: [
          { relays: ['north'], source: '..Source', state: 'open', weight: 0.375, rttMs: 20, rates: [3_000] },
          { relays: ['south'], source: '..Source', state: 'open', weight: 0.625, rttMs: 30, rates: [1_500] }
        ]
      }
    ])
  })

  it('shows the last minute of each route, a figure a second', () => {
    const activity = new Activity()
    const read = activity.begin(FILM, 0)
    read.follow(routeEvent('A', ['north']), 0)
    for (let second = 0; second <= 100; second++)
      for (const part of [0, 0.5])
        read.follow(progress({ A: { bytes: 1_000 * second } }), (second + part) * 1_000)
    const [content] = activity.snapshot(100_500).contents
    expect(content!.routes[0]!.rates).toEqual(Array(ACTIVITY_LIMITS.historySlots).fill(1_000))
  })

  it('stays for a while when its fetches are over, and is forgotten then', () => {
    const activity = new Activity()
    const read = activity.begin(FILM, 0)
    read.follow(routeEvent('A', ['north']), 0)
    read.follow(progress({ A: {} }), 0)
    read.follow(progress({ A: { bytes: 7_000, weight: 1 } }), 1_000)
    read.end(1_000)
    const [content] = activity.snapshot(2_000).contents
    expect(content).toMatchObject({ reads: 0, rateBytesPerSecond: 0 })
    expect(content!.routes).toMatchObject([{ state: 'closed', weight: 0, rates: [7_000, 0] }])
    activity.begin({ ...FILM, id: 'cd'.repeat(32) }, 1_000 + ACTIVITY_LIMITS.lingerMs).end(12_000)
    expect(activity.snapshot(12_000).contents.map(({ id }) => id)).toEqual(['cd'.repeat(32)])
  })

  it('forgets a route that no fetch has any more once its minute is over', () => {
    const activity = new Activity()
    const [long, short] = [activity.begin(FILM, 0), activity.begin(FILM, 0)]
    long.follow(routeEvent('A', ['north']), 0)
    short.follow(routeEvent('A', ['south']), 0)
    short.follow(progress({ A: {} }), 0)
    short.follow(progress({ A: { bytes: 7_000 } }), 1_000)
    short.end(1_000)
    const waysAt = (nowMs: number) => activity.snapshot(nowMs).contents[0]!.routes.map(({ relays }) => relays)
    expect(waysAt(30_000)).toEqual([['north'], ['south']])
    expect(waysAt(62_000)).toEqual([['north']])
  })

  it('tells of so many contents, and how many it leaves out', () => {
    const activity = new Activity()
    for (let count = 0; count < ACTIVITY_LIMITS.maxContents + 3; count++)
      activity.begin({ id: `${count}`, name: `film ${count}` }, 0)
    const { contents, leftOut } = activity.snapshot(0)
    expect([contents.length, leftOut]).toEqual([ACTIVITY_LIMITS.maxContents, 3])
  })
})

function routeEvent(id: string, relays: string[]): FetchEvent {
  return { event: 'route', id, state: 'open', relays, source: SOURCE, reason: '' }
}

function progress(routes: Record<string, Partial<RouteProgress>>): FetchEvent {
  const usual: RouteProgress = {
    ...{ bytes: 0, rateBytesPerSecond: 0, rttMs: 20, queueMs: 0, lossWaitMs: 0, weight: 0, state: 'open' }
  }
  return {
    event: 'progress',
    ...{ bytes: 0, reorderBytes: 0, atMs: 0 },
    routes: Object.fromEntries(Object.entries(routes).map(([id, route]) => [id, { ...usual, ...route }]))
  }
}
