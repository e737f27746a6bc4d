import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LossAttribution, type LossItem } from '../../../src/planner/diagnosis/loss-attribution.ts'
import { ObservedPlanner } from '../../../src/planner/observed-planner.ts'
import { type PlannerInit, type RouteEstimate, TICK_MS } from '../../../src/planner/planner.ts'
import { createPlanner } from '../../../src/planner/policies/index.ts'
import { extentOf } from '../../../src/protocol/extent.ts'
import { type Scenario, type SimulatedRoute, simulate } from '../../../src/simulation/index.ts'

const SEGMENT_BYTES = 10_000
/** Bytes a ms: one segment a tick. */
const RATE = SEGMENT_BYTES / TICK_MS
const FULL: RouteEstimate = {
  state: 'open',
  rateBytesPerSecond: RATE * 1000,
  rttMs: 20,
  queueMs: 15,
  windowBytes: 4 * SEGMENT_BYTES,
  outstandingBytes: 8 * SEGMENT_BYTES,
  weight: 0.5
}
const EMPTY = { ...FULL, queueMs: 0 }
const STARVED = { ...EMPTY, outstandingBytes: 0 }

/** What two routes do in one tick: what is estimated of each, and whether a segment comes. */
interface Tick {
  estimates: RouteEstimate[]
  /** Routes that bring a segment. */
  bring?: number[]
  /** Sequence numbers left out, so that what follows is held. */
  skip?: number
  /** Route that brings the last segment once more. */
  twice?: number
  horizon?: number
  /** Milliseconds since the tick before, where the process was stopped. */
  afterMs?: number
}

/** Routes 0 and 1 at speed since 1 s, then `ticks`. The output takes everything but with `slowOutput`. */
function attribute(
  ticks: Tick[],
  {
    segmentCount = 100_000,
    memorySegments = 1_000,
    slowOutput = false,
    limits = {},
    sharing = []
  }: {
    segmentCount?: number
    memorySegments?: number
    slowOutput?: boolean
    limits?: Record<number, number>
    sharing?: number[]
  } = {}
) {
  const init: PlannerInit = {
    extent: extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: segmentCount * SEGMENT_BYTES }),
    memoryBytes: memorySegments * SEGMENT_BYTES
  }
  const losses = new LossAttribution(init, 0)
  let [nowMs, seq] = [0, 0]
  for (const route of [0, 1]) losses.handle({ type: 'routeAdded', holder: 'source', route }, nowMs)
  for (const [route, rate] of Object.entries(limits)) losses.limit(Number(route), rate)
  const step = (tick: Tick, taken: boolean) => {
    const { estimates, bring = [], skip = 0, twice, horizon = 500, afterMs = TICK_MS } = tick
    nowMs += afterMs
    seq += skip
    for (const route of bring) {
      losses.handle({ type: 'arrived', route, seq: seq++, bytes: SEGMENT_BYTES, sentAtMs: 0 }, nowMs)
    }
    if (twice !== undefined) {
      losses.handle({ type: 'arrived', route: twice, seq: 0, bytes: SEGMENT_BYTES, sentAtMs: 0 }, nowMs)
    }
    if (taken) losses.handle({ type: 'consumed', seq }, nowMs)
    losses.tick(new Map(estimates.entries()), Math.min(horizon, segmentCount), nowMs)
  }
  // Delivers from the first tick on: at speed after two spans, without a loss.
  for (let i = 0; i < 50; i++) step({ estimates: [FULL, FULL], bring: [0, 1] }, true)
  losses.sharing(sharing)
  for (const tick of ticks) step(tick, !slowOutput)
  return { items: losses.finish(nowMs), totalMs: nowMs, losses }
}

const seconds = (items: LossItem[]) =>
  Object.fromEntries(items.map(({ cause, seconds }) => [cause, Math.round(seconds * 1000) / 1000]))
/** Twenty-five ticks: half a second in which one of two equal routes is missing, so a quarter of a second. */
const half = (tick: Tick): Tick[] => Array.from({ length: 25 }, () => tick)

describe('LossAttribution', () => {
  it('finds nothing lost where routes bring what is estimated', () => {
    expect(attribute(half({ estimates: [FULL, FULL], bring: [0, 1] })).items).toEqual([])
  })

  const cases: Array<[cause: string, ticks: Tick[], options?: Parameters<typeof attribute>[1]]> = [
    ['idle', half({ estimates: [FULL, STARVED], bring: [0] })],
    ['credit', half({ estimates: [FULL, EMPTY], bring: [0] })],
    ['other', half({ estimates: [FULL, FULL], bring: [0] })],
    ['stalled', half({ estimates: [FULL, { ...FULL, state: 'late' }], bring: [0] })],
    ['end', half({ estimates: [FULL, STARVED], bring: [0], horizon: 100_000 })],
    ['sharedBottleneck', half({ estimates: [FULL, FULL], bring: [0] }), { sharing: [0, 1] }],
    ['relayLimit', half({ estimates: [FULL, FULL], bring: [0] }), { limits: { 1: RATE * 1000 } }],
    ['duplicates', half({ estimates: [FULL, FULL], bring: [0], twice: 1 })]
  ]
  it.each(cases)('charges half a second of one of two routes to %s', (cause, ticks, options) => {
    const { items, totalMs } = attribute(ticks, options)
    expect(seconds(items)).toEqual({ [cause]: 0.25 })
    expect(items[0]!.share).toBeCloseTo(250 / totalMs)
  })

  it('charges to an outage, whole, the time in which no route delivered', () => {
    const down = half({
      estimates: [
        { ...FULL, state: 'parked' },
        { ...FULL, state: 'closed' }
      ]
    })
    const back = half({ estimates: [FULL, FULL], bring: [0, 1] })
    const { items, totalMs } = attribute([...down, ...back])
    expect(seconds(items)).toEqual({ outage: 0.5 })
    expect(items[0]!.share).toBeCloseTo(500 / totalMs)
  })

  it('charges no route for the time in which the process was stopped', () => {
    const stopped = { estimates: [FULL, FULL], bring: [0, 1], afterMs: 40_000 }
    const back = half({ estimates: [FULL, FULL], bring: [0, 1] })
    expect(seconds(attribute([stopped, ...back]).items)).toEqual({ suspended: 40 })
  })

  it('tells a slow output from a missing segment when the memory is full', () => {
    const full = { memorySegments: 40, slowOutput: true }
    const fill = half({ estimates: [FULL, FULL], bring: [0, 1], horizon: 140 }).slice(0, 20)
    const wait = half({ estimates: [STARVED, STARVED], horizon: 140 })
    expect(seconds(attribute([...fill, ...wait], full).items)).toEqual({ output: 0.5 })
    const gap = [{ ...fill[0]!, skip: 1 }, ...fill.slice(1)]
    const { items } = attribute([...gap, ...wait], full)
    expect(seconds(items)).toEqual({ reorder: 0.5 })
    // The first of the held segments came with the tick before the first in which the output waited.
    expect(items[0]!.text).toContain('waited for one 0.90 s in all')
  })

  it('counts a route that finds its rate late from the beginning, at that rate', () => {
    const extent = extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: 9_999 * SEGMENT_BYTES })
    const losses = new LossAttribution({ extent, memoryBytes: 1e6 }, 0)
    losses.handle({ type: 'routeAdded', holder: 'source', route: 0 }, 300)
    let seq = 0
    for (let nowMs = 320; nowMs <= 2_000; nowMs += TICK_MS) {
      const isOpen = nowMs > 500
      if (isOpen) {
        losses.handle({ type: 'arrived', route: 0, seq: seq++, bytes: SEGMENT_BYTES, sentAtMs: 0 }, nowMs)
      }
      losses.tick(new Map([[0, isOpen ? FULL : { ...FULL, state: 'opening' as const }]]), 9_000, nowMs)
    }
    const items = losses.finish(2_000)
    expect(seconds(items)).toEqual({ startUp: 0.5 })
    expect(items[0]!.text).toMatch(/first byte after 0\.52 s, all routes at speed after 0\.\d\d s/)
  })

  it('does not count what a parked or closed route might have carried', () => {
    const parked = half({ estimates: [FULL, { ...FULL, state: 'parked' }], bring: [0] })
    expect(attribute(parked).items).toEqual([])
    expect(attribute(half({ estimates: [FULL], bring: [0] })).items).toEqual([])
  })

  it('counts routes that close because everything is here', () => {
    const { losses, totalMs } = attribute(half({ estimates: [FULL, FULL], bring: [0, 1] }), {
      segmentCount: 150
    })
    for (const route of [0, 1]) losses.handle({ type: 'routeClosed', route, reason: 'over' }, totalMs)
    expect(seconds(losses.finish(totalMs + 100))).toEqual({ output: 0.1 })
  })

  it('tells what was lost so far, which changes nothing of what is told at the end', () => {
    const ticks = Array.from({ length: 10 }, (): Tick => ({ estimates: [FULL, STARVED], bring: [0] }))
    const { losses, totalMs } = attribute(ticks)
    const [asked, unasked] = [attribute(ticks).losses, losses]
    expect(seconds(asked.soFar(totalMs))).toHaveProperty('idle')
    expect(asked.soFar(totalMs)).toEqual(asked.soFar(totalMs))
    expect(asked.finish(totalMs)).toEqual(unasked.finish(totalMs))
  })

  it('names a limit that bounds a route although nothing is lost below it', () => {
    const { items } = attribute(half({ estimates: [FULL, FULL], bring: [0, 1] }), {
      limits: { 1: RATE * 1000 }
    })
    expect(items).toMatchObject([{ cause: 'relayLimit', seconds: 0 }])
    expect(items[0]!.text).toContain('route B at 4.0 Mbit/s')
  })

  it('has causes that add up to no more than the whole time, whatever happens', () => {
    const estimate = fc.constantFrom(
      FULL,
      EMPTY,
      STARVED,
      { ...FULL, state: 'late' as const },
      {
        ...FULL,
        state: 'parked' as const
      }
    )
    const tick = fc.record({
      estimates: fc.tuple(estimate, estimate),
      bring: fc.subarray([0, 1, 0, 1]),
      skip: fc.constantFrom(0, 0, 0, 2),
      horizon: fc.constantFrom(200, 50_000, 100_000)
    })
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 100 }), fc.boolean(), (ticks, slowOutput) => {
        const { items, totalMs } = attribute(ticks, { slowOutput, memorySegments: 150 })
        for (const { seconds, share } of items) {
          expect(seconds).toBeGreaterThanOrEqual(0)
          expect(share).toBeCloseTo((seconds * 1000) / totalMs)
        }
        expect(items.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 200 }
    )
  })
})

describe('attribution of simulated fetches', () => {
  const hop = (rate: number, delayMs: number) => ({ rateBytesPerSecond: rate * 125_000, delayMs })
  const equal = (rate: number): SimulatedRoute[] => [0, 1, 2].map(() => ({ hops: [hop(rate, 20)] }))
  const cases: Array<[what: string, cause: string, routes: SimulatedRoute[], more?: Partial<Scenario>]> = [
    ['a small content', 'startUp', equal(30), { sizeBytes: 10_000_000 }],
    [
      'an output slower than the network',
      'output',
      equal(20),
      { memoryBytes: 4_000_000, sink: { rateBytesPerSecond: 3_000_000 } }
    ]
  ]

  it.each(cases)('of %s puts most on %s, and about as much as was lost', (_, cause, routes, more) => {
    let observed: ObservedPlanner | undefined
    const result = simulate({
      sizeBytes: 40_000_000,
      segmentBytes: 64 * 1024,
      routes,
      createPlanner: init => {
        observed = new ObservedPlanner(createPlanner('adaptive', init), init, 0, () => {})
        return observed
      },
      ...more
    })
    const items = observed!.finish(result.durationMs)
    expect(items[0]!.cause).toBe(cause)
    const lostSeconds = (result.durationMs - result.idealMs) / 1000
    const attributed = items.reduce((sum, { seconds }) => sum + seconds, 0)
    expect(attributed).toBeGreaterThan(0.6 * lostSeconds)
    expect(attributed).toBeLessThan(1.3 * lostSeconds)
  })
})
