import { describe, expect, it } from 'vitest'
import {
  type BottleneckChange,
  SharedBottleneckDetector
} from '../../../src/planner/diagnosis/shared-bottleneck.ts'
import { ObservedPlanner } from '../../../src/planner/observed-planner.ts'
import { createPlanner } from '../../../src/planner/policies/index.ts'
import {
  createRandom,
  type Random,
  type Scenario,
  type SimulatedRoute,
  simulate
} from '../../../src/simulation/index.ts'

const SEGMENT_BYTES = 32 * 1024
const TICK_MS = 20
/** The source's clock is not ours. */
const CLOCK_OFFSET_MS = -123_456

interface Flow {
  /** Number of the link that it waits in front of. */
  link: number
  delayMs: number
  /** Segments in flight at a time. */
  window(nowMs: number): number
}

interface Network {
  /** Bytes a ms of each link at a time. */
  links: Array<(nowMs: number) => number>
  flows: Flow[]
  /** Traffic of others, as a share of each link. */
  cross?: number
  durationMs?: number
  late?: ReadonlySet<number>
  limited?: boolean
}

/**
 * Drop-nothing FIFO links with closed-loop flows: each keeps its window in flight, a segment goes out when one has come.
 * Returns what was told and when, and the detector.
 */
function observe(
  { links, flows, cross = 0, durationMs = 20_000, late = new Set(), limited = false }: Network,
  seed = 1
) {
  const random = createRandom(seed)
  const detector = new SharedBottleneckDetector()
  const told: Array<BottleneckChange & { atMs: number }> = []
  const freeAtMs = links.map(() => 0)
  const crossAtMs = links.map(() => 0)
  const arrivals: Array<{ atMs: number; flow: number; sentAtMs: number }> = []
  const inFlight = flows.map(() => 0)
  const serve = (link: number, bytes: number, nowMs: number) => {
    freeAtMs[link] = Math.max(freeAtMs[link]!, nowMs) + bytes / links[link]!(nowMs)
    return freeAtMs[link]!
  }
  for (let nowMs = 0; nowMs < durationMs; nowMs++) {
    for (const [link, rate] of links.entries()) {
      while (cross > 0 && crossAtMs[link]! <= nowMs) {
        serve(link, 1_500, nowMs)
        crossAtMs[link]! += (-Math.log(1 - random()) * 1_500) / (rate(nowMs) * cross)
      }
    }
    arrivals.sort((a, b) => a.atMs - b.atMs)
    while (arrivals.length > 0 && arrivals[0]!.atMs <= nowMs) {
      const { atMs, flow, sentAtMs } = arrivals.shift()!
      inFlight[flow]!--
      detector.arrived(flow, SEGMENT_BYTES, atMs - sentAtMs - CLOCK_OFFSET_MS, atMs)
    }
    for (const [index, { link, delayMs, window }] of flows.entries()) {
      while (inFlight[index]! < window(nowMs)) {
        inFlight[index]!++
        arrivals.push({ atMs: serve(link, SEGMENT_BYTES, nowMs) + delayMs, flow: index, sentAtMs: nowMs })
      }
    }
    if (nowMs % TICK_MS === 0) {
      for (const change of detector.tick(nowMs, late, limited)) told.push({ ...change, atMs: nowMs })
    }
  }
  return { told, groups: detector.groups, detector }
}

const mbit = (rate: number) => () => rate * 125
/** A window that wanders, as one that is steered by noisy samples does. */
function wandering(random: Random, mean: number): (nowMs: number) => number {
  const steps = Array.from({ length: 200 }, () => mean * (0.6 + 0.8 * random()))
  return nowMs => steps[Math.floor(nowMs / 300) % steps.length]!
}

const seeds = [1, 2, 3, 4, 5, 6]

describe('SharedBottleneckDetector', () => {
  it.each(seeds)('finds two routes behind one bottleneck (seed %i)', seed => {
    const random = createRandom(seed * 77)
    const flows = [0, 1].map(i => ({ link: 0, delayMs: 20 + 10 * i, window: wandering(random, 8) }))
    expect(observe({ links: [mbit(30)], flows, cross: 0.1 }, seed).groups).toEqual([[0, 1]])
  })

  it.each(seeds)('finds three routes behind one bottleneck (seed %i)', seed => {
    const random = createRandom(seed * 51)
    const flows = [0, 1, 2].map(i => ({ link: 0, delayMs: 20 + 5 * i, window: wandering(random, 8) }))
    const { told } = observe({ links: [mbit(30)], flows, cross: 0.1, durationMs: 40_000 }, seed)
    expect(told.map(({ routes }) => routes)).toContainEqual([0, 1, 2])
  })

  it.each(seeds)('finds the two of three that share (seed %i)', seed => {
    const random = createRandom(seed * 131)
    const flows = [0, 1, 0].map(link => ({
      link,
      delayMs: 20,
      window: wandering(random, link === 0 ? 8 : 6)
    }))
    const { groups } = observe({ links: [mbit(30), mbit(15)], flows, cross: 0.1 }, seed)
    expect(groups).toEqual([[0, 2]])
  })

  it.each(seeds)('finds nothing among three independent equal routes (seed %i)', seed => {
    const random = createRandom(seed * 31)
    const flows = [0, 1, 2].map(link => ({ link, delayMs: 20, window: wandering(random, 6) }))
    expect(
      observe({ links: [30, 30, 30].map(mbit), flows, cross: 0.1, durationMs: 60_000 }, seed).told
    ).toEqual([])
  })

  it('finds nothing among equal routes that one planner steers in step, though their delays are the same', () => {
    const window = wandering(createRandom(5), 6)
    const flows = [0, 1, 2].map(link => ({ link, delayMs: 20, window }))
    expect(observe({ links: [30, 30, 30].map(mbit), flows, durationMs: 60_000 }).told).toEqual([])
    expect(observe({ links: [30, 30, 30].map(mbit), flows, cross: 0.05, durationMs: 60_000 }).told).toEqual(
      []
    )
  })

  it('finds nothing among routes whose capacities change places, though their sum stays', () => {
    const swapping = (fast: number) => (nowMs: number) =>
      (Math.floor(nowMs / 3_000) % 2 === fast ? 45 : 5) * 125
    const flows = [0, 1].map(link => ({ link, delayMs: 20, window: () => 6 }))
    expect(
      observe({ links: [swapping(0), swapping(1)], flows, cross: 0.02, durationMs: 60_000 }).told
    ).toEqual([])
  })

  it('takes a group back when its routes part', () => {
    const random = createRandom(9)
    const windows = [wandering(random, 8), wandering(random, 8)]
    const detectorOf = (together: boolean) => ({
      links: [mbit(30), mbit(30)],
      flows: windows.map((window, i) => ({ link: together ? 0 : i, delayMs: 20, window }))
    })
    expect(observe({ ...detectorOf(true), cross: 0.1 }).groups).toEqual([[0, 1]])
    const detector = new SharedBottleneckDetector()
    const changes = feedTwoPhases(detector, windows)
    expect(changes.map(({ shared }) => shared)).toEqual([true, false])
    expect(detector.groups).toEqual([])
  })

  it('takes a group back at once when one of its routes closes', () => {
    const random = createRandom(77)
    const flows = [0, 1].map(i => ({ link: 0, delayMs: 20 + 10 * i, window: wandering(random, 8) }))
    const { detector } = observe({ links: [mbit(30)], flows, cross: 0.1 })
    detector.closed(1)
    expect(detector.tick(20_200, new Set(), false)).toEqual([{ routes: [0, 1], shared: false }])
    expect(detector.groups).toEqual([])
  })

  it('says nothing where the client itself holds the routes back', () => {
    const random = createRandom(77)
    const flows = [0, 1].map(() => ({ link: 0, delayMs: 20, window: wandering(random, 8) }))
    expect(observe({ links: [mbit(30)], flows, cross: 0.1, limited: true }).told).toEqual([])
  })

  it('does not group a route that is late with one that is not', () => {
    const random = createRandom(77)
    const flows = [0, 1].map(() => ({ link: 0, delayMs: 20, window: wandering(random, 8) }))
    expect(observe({ links: [mbit(30)], flows, cross: 0.1, late: new Set([1]) }).told).toEqual([])
    expect(observe({ links: [mbit(30)], flows, cross: 0.1, late: new Set([0, 1]) }).groups).toEqual([[0, 1]])
  })
})

describe('the default policy in the simulator', () => {
  const hop = (rate: number, delayMs: number) => ({ rateBytesPerSecond: rate * 125_000, delayMs })
  it('is told of the link that two of its routes share, and not of the third', () => {
    const links = { shared: { rateBytesPerSecond: 30 * 125_000, queueBytes: 300_000 } }
    const sharing = (delayMs: number) => ({
      hops: [{ ...hop(30, delayMs), links: { down: ['shared'], up: [] } }, hop(40, 5)]
    })
    const routes = [{ hops: [hop(20, 20)] }, sharing(15), sharing(17)]
    expect(observed(routes, { links, segmentBytes: 32 * 1024 })).toMatchObject([
      { routes: [1, 2], shared: true }
    ])
  })

  const cases: Array<[string, SimulatedRoute[]]> = [
    ['three equal routes', [0, 1, 2].map(() => ({ hops: [hop(30, 20)] }))],
    ['three unequal routes', [{ hops: [hop(50, 10)] }, { hops: [hop(20, 40)] }, { hops: [hop(5, 100)] }]],
    ['equal routes that lose packets', [1, 2, 3].map(() => ({ hops: [{ ...hop(30, 20), loss: 0.002 }] }))]
  ]

  it.each(cases)('is not told of a shared bottleneck with %s', (_, routes) => {
    expect(observed(routes)).toEqual([])
  })
})

/** Fetches 100 MB by the default policy, and returns what it was told. */
function observed(routes: SimulatedRoute[], more: Partial<Scenario> = {}) {
  const told: BottleneckChange[] = []
  simulate({
    sizeBytes: 100_000_000,
    segmentBytes: 64 * 1024,
    routes,
    createPlanner: init =>
      new ObservedPlanner(createPlanner('adaptive', init), init, 0, change => told.push(change)),
    ...more
  })
  return told
}

/** Twenty seconds behind one link, then twenty behind one each. */
function feedTwoPhases(detector: SharedBottleneckDetector, windows: Array<(nowMs: number) => number>) {
  const changes: BottleneckChange[] = []
  const freeAtMs = [0, 0]
  const inFlight: Array<Array<{ atMs: number; sentAtMs: number }>> = [[], []]
  for (let nowMs = 0; nowMs < 40_000; nowMs++) {
    for (const [flow, window] of windows.entries()) {
      while ((inFlight[flow]![0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
        const { atMs, sentAtMs } = inFlight[flow]!.shift()!
        detector.arrived(flow, SEGMENT_BYTES, atMs - sentAtMs, atMs)
      }
      while (inFlight[flow]!.length < window(nowMs)) {
        const link = nowMs < 20_000 ? 0 : flow
        freeAtMs[link] = Math.max(freeAtMs[link]!, nowMs) + SEGMENT_BYTES / (30 * 125)
        inFlight[flow]!.push({ atMs: freeAtMs[link]! + 20, sentAtMs: nowMs })
      }
    }
    if (nowMs % TICK_MS === 0) changes.push(...detector.tick(nowMs, new Set(), false))
  }
  return changes
}
