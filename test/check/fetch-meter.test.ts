import { describe, expect, it } from 'vitest'
import { FetchMeter } from '../../src/check/fetch-meter.ts'
import type { FetchEvent, PublicRouteState, RouteProgress } from '../../src/client/fetch-events.ts'

function state(id: string, to: PublicRouteState, relays = ['r1'], reason = ''): FetchEvent {
  return { event: 'route', id, state: to, source: 'source', relays, reason }
}

function progress(id: string, changes: Partial<RouteProgress>): FetchEvent {
  const route: RouteProgress = {
    bytes: 0,
    rateBytesPerSecond: 0,
    rttMs: 20,
    queueMs: 0,
    lossWaitMs: 0,
    weight: 1,
    state: 'open',
    ...changes
  }
  return { event: 'progress', bytes: 0, reorderBytes: 0, atMs: 0, routes: { [id]: route } }
}

function meter(...events: [FetchEvent, number][]): FetchMeter {
  const made = new FetchMeter(1_000)
  for (const [event, atMs] of events) made.handle(event, atMs)
  return made
}

describe('FetchMeter', () => {
  it('takes rates and queues of the second half, and what the relays let a route have', () => {
    const made = meter(
      [state('A', 'opening'), 1_000],
      [state('A', 'open'), 1_500],
      [progress('A', { bytes: 100, queueMs: 500 }), 3_000],
      [progress('A', { bytes: 2_100, queueMs: 10, rttMs: 15, lossWaitMs: 70 }), 4_000],
      [
        progress('A', { bytes: 4_100, queueMs: 30, rateBytesPerSecond: 2_500, limitBytesPerSecond: 3_000 }),
        5_000
      ]
    )
    expect(made.measured(5_000)).toEqual({
      measuredMs: 4_000,
      isComplete: false,
      rateBytesPerSecond: 2_000,
      routes: [
        {
          id: 'A',
          relays: ['r1'],
          state: 'open',
          reason: '',
          bytes: 4_100,
          openMs: 3_500,
          rttMs: 15,
          loadedRttMs: 35,
          capacityBytesPerSecond: 2_500,
          rateBytesPerSecond: 2_000,
          lossWaitMs: 35,
          limitBytesPerSecond: 3_000,
          sharesWith: [],
          hasFallenSilent: false
        }
      ]
    })
  })

  it('holds a route to carry what it mostly was found to, and no less than what came', () => {
    const looks = [3_000, 0, 2_800, 900, 0].map((rateBytesPerSecond, at): [FetchEvent, number] => [
      progress('A', { bytes: 1_000 * (at + 1), rateBytesPerSecond }),
      6_000 + 1_000 * at
    ])
    const made = (events: [FetchEvent, number][]) =>
      meter([state('A', 'open'), 1_000], [progress('A', {}), 5_000], ...events).measured(10_000)
    expect(made(looks).routes).toMatchObject([{ capacityBytesPerSecond: 2_800, rateBytesPerSecond: 1_000 }])
    const idle = looks.map(([, atMs], at): [FetchEvent, number] => [
      progress('A', { bytes: 1_000 * (at + 1) }),
      atMs
    ])
    expect(made(idle).routes).toMatchObject([{ capacityBytesPerSecond: 1_000 }])
  })

  it('knows a route that never opened', () => {
    const { routes } = meter(
      [state('A', 'opening'), 1_000],
      [progress('A', { rttMs: Infinity }), 2_000]
    ).measured(9_000)
    expect(routes).toMatchObject([{ state: 'opening', bytes: 0, openMs: 8_000 }])
    expect(routes[0]).not.toHaveProperty('rttMs')
  })

  it('adds up what came over one path under two letters', () => {
    const { routes } = meter(
      [state('A', 'open'), 1_000],
      [progress('A', { bytes: 1_000 }), 2_000],
      [state('A', 'lost', ['r1'], 'gone'), 2_000],
      [state('C', 'open'), 3_000],
      [progress('C', { bytes: 500 }), 4_000]
    ).measured(4_000)
    expect(routes).toMatchObject([{ id: 'C', bytes: 1_500, state: 'open', reason: '' }])
  })

  it('counts both of two routes over one path, and goes by the one that opens', () => {
    const { routes } = meter(
      [state('A', 'open'), 1_000],
      [progress('A', { bytes: 1_000 }), 2_000],
      [state('A', 'late', ['r1'], 'silent'), 2_000],
      [state('B', 'opening'), 2_500],
      [state('B', 'open'), 3_000],
      [progress('B', { bytes: 500 }), 4_000],
      [state('A', 'lost', ['r1'], 'the other one was faster'), 4_000]
    ).measured(4_000)
    expect(routes).toMatchObject([{ id: 'B', bytes: 1_500, state: 'open', reason: '' }])
  })

  it('leaves a route what it was before the fetch closed it, and takes the last bytes from the summary', () => {
    const summary = { event: 'done', routes: { A: { bytes: 700 } } } as unknown as FetchEvent
    const measured = meter(
      [state('A', 'open'), 1_000],
      [state('A', 'closed'), 2_000],
      [summary, 2_000]
    ).measured(2_000)
    expect(measured).toMatchObject({
      isComplete: true,
      rateBytesPerSecond: 700,
      routes: [{ state: 'open', bytes: 700 }]
    })
  })

  it('forgets a shared bottleneck that is taken back', () => {
    const shared = (isShared: boolean): FetchEvent => ({
      event: 'sharedBottleneck',
      routes: ['A', 'B'],
      shared: isShared,
      atMs: 0
    })
    const made = meter(
      [state('A', 'open'), 1_000],
      [state('B', 'open', ['r2']), 1_000],
      [shared(true), 2_000]
    )
    expect(made.measured(3_000).routes.map(({ sharesWith }) => sharesWith)).toEqual([['B'], ['A']])
    made.handle(shared(false), 3_000)
    expect(made.measured(3_000).routes.map(({ sharesWith }) => sharesWith)).toEqual([[], []])
  })
})
