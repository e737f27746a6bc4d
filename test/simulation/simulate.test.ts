import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../src/planner/policies/index.ts'
import {
  type OverTime,
  type Scenario,
  type SimulatedHop,
  type SimulatedRoute,
  SimulationHangError,
  simulate
} from '../../src/simulation/index.ts'

const mbit = (rate: number) => rate * 125_000
const hop = (rate: number, delayMs: number, more: Partial<SimulatedHop> = {}): SimulatedHop => ({
  rateBytesPerSecond: mbit(rate),
  delayMs,
  ...more
})

function run(routes: SimulatedRoute[], more: Partial<Scenario> = {}) {
  return simulate({
    sizeBytes: 5_000_000,
    segmentBytes: 32 * 1024,
    createPlanner: init => createPlanner('fixed', init),
    routes,
    ...more
  })
}

describe('simulate', () => {
  it('has the same result for the same scenario', () => {
    const routes = [{ hops: [hop(20, 10, { loss: 0.01 })] }, { hops: [hop(10, 20), hop(12, 3)] }]
    expect(run(routes)).toEqual(run(routes))
    expect(run(routes, { seed: 2 })).not.toEqual(run(routes))
  })

  it('carries what the links can carry, less start-up and framing', () => {
    const result = run([{ hops: [hop(40, 5)] }, { hops: [hop(40, 5)] }], { sizeBytes: 50_000_000 })
    expect(result.completed).toBe(true)
    expect(result.idealMs).toBeCloseTo((50_000_000 / mbit(80) / (1448 / 1514)) * 1000, 3)
    expect(result.efficiency).toBeGreaterThan(0.96)
    expect(result.efficiency).toBeLessThan(1)
    expect(result.wireBytes / 50_000_000).toBeLessThan(1.01)
    expect(result.duplicateBytes).toBe(0)
  })

  it('takes set-up, propagation and slow start into account', () => {
    const sizeBytes = 14_000
    const [result] = [run([{ hops: [hop(100, 50)] }], { sizeBytes })]
    // Three round trips of set-up, one for the request and its answer; hashes and test block fill the first window.
    expect(result.durationMs).toBeGreaterThan(400)
    expect(result.durationMs).toBeLessThan(620)
    expect(run([{ hops: [hop(100, 50)], setUpRoundTrips: 0 }], { sizeBytes }).durationMs).toBeCloseTo(
      result.durationMs - 300,
      5
    )
    expect(run([{ hops: [hop(100, 50)] }], { sizeBytes, slowStart: false }).durationMs).toBeLessThan(
      result.durationMs
    )
  })

  it('lets a change of rate act on what waits already', () => {
    const rateBytesPerSecond = [
      { fromMs: 0, value: mbit(1) },
      { fromMs: 1_000, value: mbit(100) }
    ]
    const result = run([{ hops: [{ rateBytesPerSecond, delayMs: 1 }] }])
    expect(result.durationMs).toBeGreaterThan(1_300)
    expect(result.durationMs).toBeLessThan(1_600)
  })

  it('keeps all in order behind a black hole and goes on with the first retransmission', () => {
    const outages = [{ fromMs: 500, toMs: 1_500 }]
    const result = run([{ hops: [hop(20, 5)], outages }])
    expect(result.completed).toBe(true)
    // TCP tries after 210, 630 and 1,470 ms: the next time is at 3,650 ms.
    expect(result.longestStallMs).toBeGreaterThan(1_000)
    expect(result.durationMs).toBeGreaterThan(result.idealMs)
  })

  it('holds what is behind a lost packet up, and does not slow down', () => {
    const clean = run([{ hops: [hop(20, 20)] }])
    const lossy = run([{ hops: [hop(20, 20, { loss: 0.01 })] }])
    expect(lossy.longestStallMs).toBeGreaterThanOrEqual(clean.longestStallMs)
    expect(lossy.durationMs).toBeLessThan(clean.durationMs + 500)
  })

  it('lets a relay forward no more than its rate, which may change', () => {
    const sizeBytes = 1_000_000
    const timeAt = (relayRateBytesPerSecond: OverTime) =>
      run([{ hops: [hop(1_000, 1), hop(1_000, 1, { relayRateBytesPerSecond })] }], { sizeBytes })
    const steady = timeAt(100_000)
    expect(steady.idealMs).toBe(10_000)
    expect(steady.durationMs).toBeGreaterThan(10_000)
    expect(steady.durationMs).toBeLessThan(10_600)
    const slowed = timeAt([
      { fromMs: 0, value: 100_000 },
      { fromMs: 5_000, value: 50_000 }
    ])
    expect(slowed.idealMs).toBe(15_000)
    expect(slowed.durationMs).toBeGreaterThan(15_000)
    expect(slowed.durationMs).toBeLessThan(16_200)
  })

  it('shares the rate of a relay among the routes that name it', () => {
    const sizeBytes = 1_000_000
    const through = (relay: string) => ({
      hops: [hop(1_000, 1), hop(1_000, 1, { relayRateBytesPerSecond: 100_000, relay })]
    })
    const shared = run([through('one'), through('one')], { sizeBytes })
    expect(shared.durationMs).toBeGreaterThan(10_000)
    expect(shared.durationMs).toBeLessThan(10_600)
    const apart = run([through('one'), through('another')], { sizeBytes })
    expect(apart.durationMs).toBeGreaterThan(5_000)
    expect(apart.durationMs).toBeLessThan(5_600)
  })

  it('goes on over a relay of which a route has died', () => {
    const through = (more: Partial<SimulatedRoute> = {}) => ({
      hops: [hop(100, 5), hop(100, 5, { relayRateBytesPerSecond: 500_000, relay: 'one' })],
      ...more
    })
    const { completed, durationMs } = run([through({ diesAtMs: 2_000 }), through()])
    expect(completed).toBe(true)
    expect(durationMs).toBeGreaterThan(10_000)
    expect(durationMs).toBeLessThan(12_500)
  })

  it('brings the segments of a small content in pieces, as if it had smaller ones', () => {
    const sizeBytes = 100_000
    const routes = [{ hops: [hop(40, 5), hop(40, 5)] }]
    const cut = run(routes, { sizeBytes })
    const small = run(routes, { sizeBytes, segmentBytes: 8 * 1024 })
    expect(cut.routes[0]!.segments).toBe(4)
    expect(small.routes[0]!.segments).toBe(13)
    expect(cut.wireBytes).toBe(small.wireBytes)
    expect(cut.durationMs).toBeLessThan(small.durationMs + 5)
  })

  it('lets relays tell of what waited for lost packets, and the planner hear of it', () => {
    const held: number[] = []
    run([{ hops: [hop(40, 30, { loss: 0.004 }), hop(30, 5)] }], {
      sizeBytes: 30_000_000,
      createPlanner: init => {
        const planner = createPlanner('adaptive', init)
        return {
          name: planner.name,
          orders: planner.orders,
          handle: (event, nowMs) => {
            if (event.type === 'held') held.push(event.waitMs)
            planner.handle(event, nowMs)
          },
          plan: nowMs => planner.plan(nowMs),
          estimates: () => planner.estimates()
        }
      }
    })
    expect(held.length).toBeGreaterThan(0)
    // A lost packet holds up its hop for a round trip.
    for (const waitMs of held) expect(waitMs).toBeGreaterThanOrEqual(25)
  })

  it('keeps a relay in front of a slow link within its buffer', () => {
    const result = run([{ hops: [hop(200, 1), hop(2, 1, { queueBytes: 50_000 })] }])
    expect(result.completed).toBe(true)
    expect(result.peakRelayBytes).toBeGreaterThan(1024 * 1024)
    expect(result.peakRelayBytes).toBeLessThan(1024 * 1024 + 64 * 1024)
  })

  it('keeps the client within its memory while its output pauses', () => {
    const memoryBytes = 1_000_000
    const sink = { pauses: [{ fromMs: 300, toMs: 5_000 }] }
    const result = run([{ hops: [hop(40, 5)] }], { memoryBytes, sink })
    expect(result.completed).toBe(true)
    expect(result.durationMs).toBeGreaterThan(5_000)
    expect(result.peakHeldBytes).toBeLessThanOrEqual(memoryBytes)
    expect(result.peakHeldBytes).toBeGreaterThan(memoryBytes / 2)
  })

  it('goes at the pace of a slow output', () => {
    const result = run([{ hops: [hop(100, 5)] }], { sink: { rateBytesPerSecond: 1_000_000 } })
    expect(result.durationMs).toBeGreaterThan(5_000)
    expect(result.durationMs).toBeLessThan(5_300)
  })

  it('shares a link among the routes that name it', () => {
    const links = { bottleneck: { rateBytesPerSecond: mbit(10), queueBytes: 100_000 } }
    const shared = () => ({
      hops: [hop(100, 5), hop(10, 5, { links: { down: ['bottleneck'], up: [] } })]
    })
    const one = run([shared()], { links })
    const both = run([shared(), shared()], { links })
    expect(both.durationMs).toBeGreaterThan(one.durationMs * 0.98)
    expect(both.durationMs).toBeLessThan(one.durationMs * 1.02)
  })

  it('goes on over the routes that are left when one dies, and takes up one that joins', () => {
    const result = run([
      { hops: [hop(10, 10), hop(10, 10)], diesAtMs: 1_000 },
      { hops: [hop(10, 10), hop(10, 10)] },
      { hops: [hop(10, 10), hop(10, 10)], joinsAtMs: 1_500 }
    ])
    expect(result.completed).toBe(true)
    expect(result.states.map(({ route, state }) => `${route} ${state}`)).toContain('0 closed')
    expect(result.states.map(({ route, state }) => `${route} ${state}`)).toContain('2 open')
  })

  it('opens a path again once its relay is there again, under a letter that no pattern names', () => {
    const breakdowns = [{ fromMs: 1_000, toMs: 3_000 }]
    const result = run([{ hops: [hop(10, 10), hop(10, 10)], breakdowns }])
    expect(result.completed).toBe(true)
    const opened = result.states.filter(({ state }) => state === 'open')
    // It tries a second after the loss, in vain, and two seconds after that. The pattern in force still names A.
    expect(opened.map(({ route }) => route)).toEqual([0, 1])
    expect(opened[1]!.atMs).toBeGreaterThan(4_000)
    expect(opened[1]!.atMs).toBeLessThan(4_300)
  })

  it('gives up with its client when that has been without a route for too long', () => {
    const breakdowns = [{ fromMs: 1_000, toMs: 30_000 }]
    const result = run([{ hops: [hop(10, 10)], breakdowns }], { routelessPatienceMs: 5_000 })
    expect(result.completed).toBe(false)
    expect(result.failure?.message).toContain('the relay cannot be reached')
    expect(result.durationMs).toBeGreaterThanOrEqual(6_000)
    expect(result.durationMs).toBeLessThan(6_300)
  })

  it('says where a transfer stands that does not move any more', () => {
    const silent = { hops: [hop(10, 10)], outages: [{ fromMs: 500, toMs: Number.POSITIVE_INFINITY }] }
    expect(() => run([silent, { hops: [hop(10, 10)] }])).toThrow(SimulationHangError)
    expect(() => run([silent, { hops: [hop(10, 10)] }])).toThrow(/route A: open.*outstanding/)
  })

  it('ends at its time limit where no route works', () => {
    const result = run([{ hops: [hop(10, 10)], diesAtMs: 700 }], { maxMs: 30_000 })
    expect(result.completed).toBe(false)
    expect(result.efficiency).toBe(0)
  })

  it('is over at once for an empty content', () => {
    expect(run([{ hops: [hop(10, 10)] }], { sizeBytes: 0 })).toMatchObject({ completed: true, durationMs: 0 })
  })

  it('records a series of each route', () => {
    const { routes } = run([{ hops: [hop(20, 5)] }, { hops: [hop(20, 5)], joinsAtMs: 500 }])
    expect(routes[0]!.series.length).toBeGreaterThan(9)
    expect(routes[1]!.series[0]!.atMs).toBeGreaterThanOrEqual(500)
    const last = routes[0]!.series.at(-1)!
    expect(last.deliveredBytes).toBeGreaterThan(0)
    expect(last.capacityBytesPerSecond).toBeCloseTo((mbit(20) * 1448) / 1514, 6)
  })
})
