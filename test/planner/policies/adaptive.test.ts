import { describe, expect, it } from 'vitest'
import type { Planner } from '../../../src/planner/planner.ts'
import { createPlanner } from '../../../src/planner/policies/index.ts'
import { BULK } from '../../../src/planner/tuning.ts'
import { extentOf } from '../../../src/protocol/extent.ts'
import type { OverTime, SimulatedRoute } from '../../../src/simulation/index.ts'
import {
  goodput,
  hop,
  longestGapMs,
  longestRun,
  mbit,
  PAYLOAD_SHARE,
  PingsPass,
  queueDelays,
  SEGMENT_BYTES,
  scheduled,
  seqAfter,
  statesOf,
  type Trial,
  trial
} from './trial.ts'

const FULL_BLOCK_BYTES = BULK.testBlocks.fullBytes

const MB = 1e6
const NEVER = Number.POSITIVE_INFINITY
/** Payload in bytes a second of a link of so many Mbit/s. */
const payload = (rate: number) => mbit(rate) * PAYLOAD_SHARE
const route = (rate: number, delayMs: number, more: Partial<SimulatedRoute> = {}): SimulatedRoute => ({
  hops: [hop(rate, delayMs)],
  ...more
})
const adaptive = (sizeBytes: number, routes: SimulatedRoute[], more: Parameters<typeof trial>[3] = {}) =>
  trial('adaptive', sizeBytes, routes, more)

/** From when a transfer runs steadily until shortly before its end. */
const steady = ({ result }: Trial, fromMs = 2_000) => ({ fromMs, toMs: result.durationMs - 500 })
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const percentile = (ascending: readonly number[], share: number) =>
  ascending[Math.floor(share * (ascending.length - 1))]!

const QUIET: Array<[string, SimulatedRoute[]]> = [
  ['three alike', [route(30, 20), route(30, 20), route(30, 20)]],
  ['alike but for the delay', [route(40, 10), route(40, 30)]],
  ['three to one', [route(30, 10), route(10, 10)]],
  ['nine to one', [route(45, 10), route(5, 10)]],
  ['over a relay each', [{ hops: [hop(100, 10), hop(40, 10)] }, { hops: [hop(20, 10), hop(100, 10)] }]]
]

describe('adaptive: what a route can carry', () => {
  it('does not feed a fast-answering thin route by its latency', () => {
    const run = adaptive(60 * MB, [route(2, 2), route(40, 50)])
    const named = scheduled(run, seqAfter(run, 2_000), seqAfter(run, 10_000))
    const thin = named.filter(group => group.includes(0)).length / named.length
    // 2 of 42; by latency it would be 25 of 26.
    expect(thin).toBeGreaterThan(0.02)
    expect(thin).toBeLessThan(0.08)
    expect(goodput(run, steady(run), [1])).toBeGreaterThan(payload(40) * 0.95)
  })

  it('sizes the window by the least round trip, not by the one that a bloating buffer shows', () => {
    const rateBytesPerSecond = [
      { fromMs: 0, value: mbit(40) },
      { fromMs: 2_000, value: mbit(4) }
    ]
    const bloating = { hops: [{ rateBytesPerSecond, delayMs: 10, queueBytes: 16 * MB }] }
    const run = adaptive(30 * MB, [route(40, 10), bloating])
    // What was in flight at 40 Mbit/s is now a queue of more than half a second ...
    expect(queueDelays(run, 1, { fromMs: 2_000, toMs: NEVER }).at(-1)).toBeGreaterThan(500)
    // ... and the window does not follow it: 0.5 s are twice what a window of whole segments needs.
    const after = run.result.routes[1]!.series.filter(({ atMs }) => atMs >= 2_500)
    expect(Math.max(...after.map(point => point.windowBytes))).toBeLessThan(payload(4) * 0.5)
    const segmentMs = (SEGMENT_BYTES / payload(4)) * 1000
    expect(percentile(queueDelays(run, 1, steady(run, 3_500)), 0.5)).toBeLessThan(4 * segmentMs)
  })

  it.each([0, 1_000])('does not take an unknown capacity for unlimited (route known at %d ms)', joinsAtMs => {
    const trickle = { hops: [hop(0.3, 10, { queueBytes: 16 * MB })], joinsAtMs }
    const run = adaptive(20 * MB, [route(40, 10), trickle])
    const limits = run.trace.decisions.flatMap(({ decision }) =>
      decision.credits.filter(credit => credit.route === 1).map(credit => credit.limitBytes)
    )
    expect(Math.max(...limits)).toBeLessThanOrEqual(8 * SEGMENT_BYTES)
    expect(run.result.longestStallMs).toBeLessThan(300)
    expect(goodput(run, steady(run), [0])).toBeGreaterThan(payload(40) * 0.95)
  })

  it('does not reproduce the error of FIG. 8 behind a bounded window', () => {
    const routes = [route(45, 10), route(5, 10)]
    const memoryBytes = 2 * 1024 * 1024
    const [proportional, run] = ['proportional', 'adaptive'].map(policy =>
      trial(policy, 20 * MB, routes, { memoryBytes })
    ) as [Trial, Trial]
    // The shares received are those ordered, whatever the routes could carry: the mistake is there to be made.
    expect(proportional.result.efficiency).toBeLessThan(0.5)
    expect(run.result.efficiency).toBeGreaterThan(0.9)
    expect(goodput(run, steady(run, 1_000))).toBeGreaterThan(payload(50) * 0.95)
  })

  it.each([1, 4, 7])(
    'does not take what an app-limited route delivered for its capacity (%d of 10 MB/s)',
    limit => {
      const rate = limit * MB
      const slow = [
        { fromMs: 0, value: 1e9 },
        { fromMs: 1_500, value: rate },
        { fromMs: 8_000, value: 1e9 }
      ]
      const run = adaptive((35 + 6 * limit) * MB, [route(40, 10), route(40, 10)], {
        memoryBytes: 4 * MB,
        sink: { rateBytesPerSecond: slow }
      })
      expect(goodput(run, { fromMs: 4_000, toMs: 8_000 })).toBeLessThan(rate * 1.05)
      for (const { series } of run.result.routes) {
        const limited = series.filter(({ atMs }) => atMs >= 2_000 && atMs < 8_000)
        expect(Math.min(...limited.map(point => point.rateBytesPerSecond))).toBeGreaterThan(payload(40) * 0.9)
      }
      expect(goodput(run, { fromMs: 8_250, toMs: 9_250 })).toBeGreaterThan(payload(80) * 0.95)
    }
  )

  it('gives a much worse route nothing that harms', () => {
    const alone = adaptive(40 * MB, [route(40, 10)])
    const run = adaptive(40 * MB, [route(40, 10), route(0.5, 300)])
    expect(run.result.durationMs).toBeLessThan(alone.result.durationMs * 1.005)
    expect(run.result.longestStallMs).toBeLessThan(150)
    expect(run.trace.arrivals.filter(arrival => arrival.route === 1).length).toBeLessThanOrEqual(6)
  })

  it('uses a route that joins within a second, without a dip', () => {
    const run = adaptive(20 * MB, [route(40, 10), route(40, 10, { joinsAtMs: 1_000 })])
    expect(goodput(run, { fromMs: 1_300, toMs: 2_000 }, [1])).toBeGreaterThan(payload(40) * 0.9)
    for (let fromMs = 800; fromMs < 2_000; fromMs += 100) {
      expect(goodput(run, { fromMs, toMs: fromMs + 100 }, [0])).toBeGreaterThan(payload(40) * 0.9)
    }
    expect(longestGapMs(run, { fromMs: 900, toMs: 2_000 })).toBeLessThan(50)
  })
})

describe('adaptive: a route that fails', () => {
  const outage = { fromMs: 2_000, toMs: 3_000 }
  const holed = () => adaptive(60 * MB, [route(40, 10), route(40, 10, { outages: [outage] })])
  /** When something came over route B again. */
  const backAtMs = ({ trace }: Trial) =>
    trace.arrivals.find(arrival => arrival.route === 1 && arrival.atMs > outage.fromMs + 100)!.atMs

  it('sends no repair down the route that stalled', () => {
    const run = holed()
    const repairs = run.result.reassignments.filter(
      ({ atMs }) => atMs >= outage.fromMs && atMs < backAtMs(run)
    )
    expect(repairs.map(repair => `${repair.from} to ${repair.to}`)).toContain('1 to 0')
    expect(repairs.filter(repair => repair.to === 1)).toEqual([])
    expect(longestGapMs(run, { fromMs: 1_900, toMs: NEVER })).toBeLessThan(250)
  })

  it('stalls for less than 0.4 s when all routes by one uplink fall silent at once', () => {
    const dead = route(40, 10, { outages: [{ fromMs: 2_000, toMs: 60_000 }] })
    const run = adaptive(60 * MB, [route(40, 10), dead, dead, route(20, 30)])
    expect(run.result.completed).toBe(true)
    expect(run.result.longestStallMs).toBeLessThan(400)
  })

  it('does not charge losses to the route that carried the repair', () => {
    const run = holed()
    const carrier = run.result.routes[0]!
    expect(carrier.repairs).toBeGreaterThan(0)
    expect(statesOf(run, 0)).toEqual(['open'])
    const after = carrier.series.filter(({ atMs }) => atMs >= outage.fromMs)
    expect(Math.min(...after.map(point => point.rateBytesPerSecond))).toBeGreaterThan(payload(40) * 0.9)
    // The duplicates are those that came late, over the route that stalled.
    expect(carrier.duplicateBytes).toBe(0)
    expect(run.result.routes[1]!.duplicateBytes).toBeGreaterThan(0)
    expect(goodput(run, outage)).toBeGreaterThan(payload(40) * 0.97)
  })

  it('gives nothing of a silent route to another that has just fallen silent, too', () => {
    const silent = (fromMs: number) => ({ outages: [{ fromMs, toMs: fromMs + 200 }] })
    const run = adaptive(40 * MB, [route(40, 10, silent(2_000)), route(40, 10, silent(2_040))], {
      memoryBytes: 64 * MB
    })
    expect(statesOf(run, 0)).toContain('late')
    expect(statesOf(run, 1)).toContain('late')
    const arrived = run.trace.arrivals.filter(({ atMs }) => atMs < 3_000).map(({ seq }) => seq)
    expect(new Set(arrived).size).toBe(arrived.length)
  })

  it('sends what is under way on a late route again in order, at the pace at which it would have come', () => {
    const silence = { fromMs: 2_000, toMs: 2_250 }
    const run = adaptive(40 * MB, [route(10, 100), route(40, 50, { outages: [silence] })])
    const lateMs = run.result.states.find(({ route: on, state }) => on === 1 && state === 'late')!.atMs
    const segmentMs = (SEGMENT_BYTES / payload(40)) * 1_000
    const copied: number[] = []
    for (const { atMs, decision } of run.trace.decisions) {
      if (atMs < lateMs || atMs > backAtMs(run)) continue
      for (const { copy, ranges } of decision.reassignments)
        if (copy) copied.push(...ranges.flatMap(({ from, to }) => range(from, to)))
      // What would have come since the silence began, and one more.
      expect(copied.length).toBeLessThan((atMs - silence.fromMs) / segmentMs + 2)
    }
    expect(copied.length).toBeGreaterThan(5)
    expect(copied).toEqual(copied.toSorted((a, b) => a - b))
  })

  it('counts the pace from when the route is late where packets are lost: most silences there are waits for them', () => {
    const lossy = (planner: Planner): Planner => ({
      name: planner.name,
      orders: planner.orders,
      handle: (event, nowMs) => planner.handle(event, nowMs),
      estimates: () => planner.estimates(),
      plan: nowMs => {
        if (nowMs > 1_000) planner.handle({ type: 'held', route: 1, waitMs: 60 }, nowMs)
        return planner.plan(nowMs)
      }
    })
    const silence = { fromMs: 2_000, toMs: 2_250 }
    const run = adaptive(40 * MB, [route(40, 50), route(40, 50, { outages: [silence] })], { wrap: lossy })
    const late = run.result.states.find(({ route: on, state }) => on === 1 && state === 'late')!
    let copies = 0
    for (const { atMs, decision } of run.trace.decisions) {
      if (atMs < late.atMs || atMs > backAtMs(run)) continue
      for (const { copy, ranges } of decision.reassignments)
        if (copy) copies += ranges.reduce((sum, { from, to }) => sum + to - from, 0)
      expect(copies).toBeLessThan(((atMs - late.atMs) * payload(40)) / SEGMENT_BYTES / 1_000 + 3)
    }
    expect(copies).toBeGreaterThan(3)
  })

  it('does not take a silence for slowness: nothing of the route is sent twice before it is late', () => {
    // The first of them teaches that the route falls silent now and then.
    const outages = [2_000, 3_000, 4_000, 5_000].map(fromMs => ({ fromMs, toMs: fromMs + 100 }))
    const run = adaptive(60 * MB, [route(40, 50), route(40, 50, { outages })])
    const late = run.result.states.filter(({ route: on, state }) => on === 1 && state === 'late')
    expect(late).toHaveLength(outages.length)
    const isEarly = (atMs: number) => outages.some(({ fromMs }, i) => atMs > fromMs && atMs < late[i]!.atMs)
    const copying = run.trace.decisions.filter(({ decision }) =>
      decision.reassignments.some(({ copy }) => copy)
    )
    expect(copying.length).toBeGreaterThan(0)
    expect(copying.filter(({ atMs }) => isEarly(atMs))).toEqual([])
  })

  it('sends nothing twice for what silences have made of the rate, where packets are lost', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const lossy = { hops: [hop(40, 50), hop(40, 50, { loss: 0.01 })] }
      const run = adaptive(60 * MB, [{ hops: [hop(40, 50), hop(40, 50)] }, lossy], {
        memoryBytes: 64 * MB,
        seed
      })
      const stateAt = (atMs: number) =>
        run.result.states.findLast(change => change.route === 1 && change.atMs <= atMs)?.state
      const copied = run.trace.decisions.filter(
        ({ atMs, decision }) =>
          atMs < run.result.durationMs - 1_000 &&
          stateAt(atMs) === 'open' &&
          decision.reassignments.some(({ copy, fromRoute }) => copy && fromRoute === 1)
      )
      expect(copied).toEqual([])
    }
  })

  it('does not orphan the data of a stalled route by tearing it down: it keeps receiving and comes back', () => {
    const run = holed()
    const states = statesOf(run, 1)
    expect(states).not.toContain('closed')
    expect(states.at(-1)).toBe('open')
    // What was under way arrives and is counted, and nothing is sent for it a second time over another route.
    const backMs = backAtMs(run)
    const late = run.trace.arrivals.filter(({ route: on, atMs }) => on === 1 && atMs <= backMs + 200)
    expect(new Set(late.map(({ seq }) => seq)).size).toBe(late.length)
    expect(goodput(run, { fromMs: backMs + 2_500, toMs: backMs + 3_500 }, [1])).toBeGreaterThan(
      payload(40) * 0.9
    )
  })

  it('judges by progress: pings pass while bulk is black-holed', () => {
    let answered = 0
    for (const fromMs of [2_000, 2_130, 2_260, 2_390]) {
      const hole = { fromMs, toMs: NEVER }
      let pings: PingsPass | undefined
      const run = adaptive(30 * MB, [route(40, 10), route(40, 10, { outages: [hole] })], {
        wrap: planner => (pings = new PingsPass(planner, 1, 20, hole))
      })
      answered += pings!.answered
      // Late at once, and no small answer brings it back.
      const changes = run.result.states.filter(change => change.route === 1 && change.atMs >= fromMs)
      expect(changes[0]).toMatchObject({ state: 'late' })
      expect(changes[0]!.atMs).toBeLessThan(fromMs + 200)
      expect(changes.map(({ state }) => state)).not.toContain('open')
      // Nothing new is given to it, and nobody waits for what it holds.
      const named = scheduled(run, seqAfter(run, fromMs + 500), Math.floor((30 * MB) / SEGMENT_BYTES))
      expect(longestRun(named, 1)).toBe(0)
      expect(longestGapMs(run, { fromMs: 1_900, toMs: NEVER })).toBeLessThan(250)
      expect(goodput(run, steady(run, 2_600))).toBeGreaterThan(payload(40) * 0.97)
    }
    expect(answered).toBeGreaterThan(1)
  })

  it.each([1, 0.25, 0.128])(
    'goes on where forward paths are disjoint and the return path of %d Mbit/s is shared',
    upRate => {
      const links = { up: { rateBytesPerSecond: mbit(upRate), queueBytes: 300_000 } }
      const access = hop(1_000, 5, {
        upRateBytesPerSecond: mbit(upRate),
        links: { down: [], up: ['up'] }
      })
      const routes = [{ hops: [hop(20, 10), access] }, { hops: [hop(20, 20), access] }]
      const run = adaptive(25 * MB, routes, { links })
      expect(run.result.states.every(({ state }) => state === 'open')).toBe(true)
      expect(run.result.longestStallMs).toBeLessThan(250)
      expect(goodput(run, steady(run))).toBeGreaterThan(payload(40) * 0.95)
    }
  )

  it('goes on where one route alone has a slow return path', () => {
    const thinUp = { hops: [hop(40, 10, { upRateBytesPerSecond: mbit(0.1) })] }
    const run = adaptive(30 * MB, [route(40, 10), thinUp])
    expect(run.result.longestStallMs).toBeLessThan(100)
    expect(goodput(run, steady(run))).toBeGreaterThan(payload(80) * 0.95)
  })
})

describe('adaptive: a slow route', () => {
  /** Bytes of frames a second. */
  const kbit = (rate: number) => rate * 125
  /** Over a relay that forwards at most so much: unlike a slow link, it lets answers overtake segments. */
  const limited = (relayRateBytesPerSecond: OverTime): SimulatedRoute => ({
    hops: [hop(1_000, 1), hop(1_000, 1, { relayRateBytesPerSecond })]
  })
  const statesOfA = (run: Trial) => statesOf(run, 0)
  const testedBytes = ({ trace }: Trial, route: number) =>
    trace.decisions
      .flatMap(({ decision }) => decision.probes)
      .reduce((sum, probe) => sum + (probe.route === route ? probe.replyBytes : 0), 0)
  const patient = { patienceMs: 60_000 }

  it.each([50, 130, 260, 400])('carries what it can, alone: %d kbit/s over a relay', rate => {
    const run = adaptive(0.6 * MB, [limited(kbit(rate))], patient)
    expect(run.result.efficiency).toBeGreaterThan(0.97)
    expect(run.result.duplicateBytes).toBe(0)
    expect(statesOfA(run)).not.toContain('parked')
    expect(testedBytes(run, 0)).toBe(0)
  })

  it.each([50, 130, 260, 400])('carries what it can, alone: a link of %d kbit/s', rate => {
    const run = adaptive(0.6 * MB, [{ hops: [hop(1_000, 1), hop(rate / 1_000, 1)] }], patient)
    expect(run.result.efficiency).toBeGreaterThan(0.96)
    expect(statesOfA(run)).not.toContain('parked')
  })

  it.each([50, 125])('is not given up when others come and leave it %d kbit/s', rate => {
    const rates = [
      { fromMs: 0, value: kbit(1_000) },
      { fromMs: 3_000, value: kbit(rate) }
    ]
    const sizeBytes = 3 * kbit(1_000) + 60 * kbit(rate)
    const run = adaptive(sizeBytes, [limited(rates)], patient)
    expect(run.result.durationMs).toBeLessThan(63_000 * 1.1)
    expect(run.result.duplicateBytes).toBe(0)
    expect(statesOfA(run)).toEqual(['open', 'late', 'open'])
    expect(testedBytes(run, 0)).toBe(0)
  })

  it('is tested, and used again, when others have brought all that it owed', () => {
    const fast = { ...limited(kbit(20_000)), diesAtMs: 3_000 }
    // A relay drops whole segments only: the route becomes slow after its first ones, which come in pieces.
    const slowed = limited([
      { fromMs: 0, value: kbit(20_000) },
      { fromMs: 1_000, value: kbit(400) }
    ])
    const run = adaptive(10.5 * MB, [slowed, fast], patient)
    expect(statesOfA(run)).toEqual(['open', 'late', 'parked', 'open'])
    expect(run.result.completed).toBe(true)
  })

  it('is used beside another slow one that is twice as fast', () => {
    const { result } = adaptive(2 * MB, [limited(kbit(100)), limited(kbit(200))], patient)
    expect(result.efficiency).toBeGreaterThan(0.95)
    expect(result.duplicateBytes).toBe(0)
  })

  it('does not hold up a fast one beside it, and is not flooded with test blocks', () => {
    const fast = limited(kbit(20_000))
    const alone = adaptive(20 * MB, [fast])
    const run = adaptive(20 * MB, [limited(kbit(100)), fast])
    expect(run.result.durationMs).toBeLessThan(alone.result.durationMs * 1.01)
    expect(run.result.duplicateBytes).toBeLessThanOrEqual(6 * SEGMENT_BYTES)
    expect(testedBytes(run, 0)).toBeLessThan(2 * FULL_BLOCK_BYTES)
  })

  it('is not taken for a fast one by a small block that is back sooner than its first round trip', () => {
    const planner = createPlanner('adaptive', {
      extent: extentOf({ sizeBytes: 20 * MB, segmentBytes: SEGMENT_BYTES }),
      memoryBytes: MB
    })
    planner.handle({ type: 'routeAdded', holder: 'source', route: 0 }, 0)
    planner.handle({ type: 'routeOpened', route: 0, rttMs: 450 }, 450)
    planner.handle({ type: 'testReply', route: 0, rttMs: 1_100, bytes: 8_192, spreadMs: 650 }, 1_100)
    const before = planner.estimates().get(0)!
    planner.handle({ type: 'testReply', route: 0, rttMs: 150, bytes: 1_024 }, 1_300)
    expect(planner.estimates().get(0)).toEqual({ ...before, rttMs: 150 })
  })

  it.each([0, 3_000])('does not hold up two faster ones, also when it joins them: at %d ms', joinsAtMs => {
    const thin = route(0.1, 60, { joinsAtMs })
    const run = adaptive(20 * MB, [route(20, 20), route(20, 20), thin])
    expect(run.result.longestStallMs).toBeLessThan(200)
    expect(run.trace.arrivals.filter(arrival => arrival.route === 2).length).toBeLessThanOrEqual(6)
  })
})

describe('adaptive: a route that becomes slower', () => {
  const rateBytesPerSecond = [
    { fromMs: 0, value: mbit(45) },
    { fromMs: 2_000, value: mbit(5) }
  ]
  const slowed = (memoryBytes: number) =>
    adaptive(40 * MB, [route(45, 10), { hops: [hop(0, 10, { rateBytesPerSecond })] }], { memoryBytes })

  it('brings what is under way there, nothing of it sent twice, while there is memory for what comes before it', () => {
    const { result } = slowed(64 * MB)
    expect(result.duplicateBytes).toBe(0)
    expect(result.longestStallMs).toBeLessThan(100)
  })

  it('does not hold up the other route where memory is short', () => {
    const { result } = slowed(MB)
    expect(result.duplicateBytes).toBeGreaterThan(0)
    expect(result.efficiency).toBeGreaterThan(slowed(64 * MB).result.efficiency - 0.03)
  })
})

describe('adaptive: calm', () => {
  it.each(QUIET)('makes no spurious repairs: 10 MB, %s', (_name, routes) => {
    const { result } = adaptive(10 * MB, routes)
    expect(result.wireBytes / (10 * MB)).toBeLessThanOrEqual(1.03)
    expect(result.states.every(({ state }) => state === 'open')).toBe(true)
  })

  it.each(QUIET)('changes patterns rarely, each where predicted: %s', (_name, routes) => {
    const run = adaptive(60 * MB, routes)
    const { fromMs, toMs } = steady(run)
    const changes = run.result.patterns.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    expect(changes.length / ((toMs - fromMs) / 1000)).toBeLessThanOrEqual(1)
    for (const { predicted, actual } of run.result.patterns) expect(actual).toBe(predicted)
    expect(goodput(run, { fromMs, toMs })).toBeGreaterThan(capacityOf(routes) * 0.97)
  })

  it('keeps the output going over thin routes that open one after the other', () => {
    const { result } = adaptive(15 * MB, [
      { hops: [hop(6.1, 3), hop(2.3, 24)] },
      { hops: [hop(14, 2, { loss: 0.009 }), hop(2.7, 2, { loss: 0.009 })] },
      { hops: [hop(4.1, 2), hop(75, 3)] }
    ])
    // A segment takes 0.1 s on each of them.
    expect(result.longestStallMs).toBeLessThan(300)
  })

  it('sends little twice when routes are slow to open: 10 MB over eight', () => {
    const routes = Array.from({ length: 8 }, (_, i) => {
      const delayMs = 2.5 * (i + 1)
      return { hops: [hop(10, delayMs), hop(10, delayMs)], setUpRoundTrips: (50 + 80 * i) / (2 * delayMs) }
    })
    expect(adaptive(10 * MB, routes).result.wireBytes / (10 * MB)).toBeLessThanOrEqual(1.05)
  })

  it('predicts cut-overs that hold while routes change, die and join', () => {
    const swap = (first: number, then: number) => [
      { fromMs: 0, value: mbit(first) },
      { fromMs: 2_000, value: mbit(then) }
    ]
    const { result } = adaptive(30 * MB, [
      { hops: [hop(0, 10, { rateBytesPerSecond: swap(45, 5) })] },
      { hops: [hop(0, 30, { rateBytesPerSecond: swap(5, 45) })] },
      route(20, 20, { diesAtMs: 3_000 }),
      route(20, 5, { joinsAtMs: 1_000 })
    ])
    expect(result.patterns.length).toBeGreaterThan(5)
    for (const { predicted, actual } of result.patterns) expect(actual).toBe(predicted)
  })

  it('keeps its pattern where nodes are held up now and then', () => {
    // Each relay by up to 90 ms, at times of its own; what it held comes at once.
    const held = (relay: number) =>
      Array.from({ length: 80 }, (_, i) => {
        const fromMs = 1_000 + 250 * i + ((97 * relay * (i + 1)) % 150)
        const forMs = 30 + ((53 * relay * (i + 3)) % 60)
        return [
          { fromMs, value: 10 + forMs },
          { fromMs: fromMs + forMs, value: 10 }
        ]
      }).flat()
    const routes = Array.from({ length: 6 }, (_, i) => ({
      hops: [hop(10, 10), { ...hop(10, 0), delayMs: [{ fromMs: 0, value: 10 }, ...held(i + 1)] }]
    }))
    const { result } = adaptive(100 * MB, routes)
    expect(result.patterns.length).toBeLessThan(100)
  })

  it('interleaves: no run of k segments on one route', () => {
    // Of three to one, three in a row are needed, and one more where a pattern meets the next.
    for (const [rates, longest] of [
      [[40, 40], 2],
      [[30, 30, 30], 1],
      [[30, 10], 4],
      [[30, 20], 2],
      [[50, 30, 20], 2]
    ] as const) {
      const run = adaptive(
        40 * MB,
        rates.map(rate => route(rate, 10))
      )
      const named = scheduled(run, seqAfter(run, 2_000), seqAfter(run, run.result.durationMs - 500))
      expect(Math.max(...rates.map((_, i) => longestRun(named, i)))).toBeLessThanOrEqual(longest)
    }
  })

  it.each([0, 1])('keeps a route busy whose hop %i loses packets', lossy => {
    const hops = [0, 1].map(index => hop(40, 50, index === lossy ? { loss: 0.01 } : {}))
    const run = adaptive(60 * MB, [{ hops }])
    expect(goodput(run, steady(run))).toBeGreaterThan(payload(40) * 0.9)
  })

  it("leaves a hop's buffer of 16 MiB empty", () => {
    const queueBytes = 16 * 1024 * 1024
    const run = adaptive(30 * MB, [
      { hops: [hop(200, 5), hop(10, 20, { queueBytes })] },
      { hops: [hop(30, 20, { queueBytes })] }
    ])
    for (const on of [0, 1]) {
      expect(percentile(queueDelays(run, on, steady(run)), 0.5)).toBeLessThan(80)
      expect(queueDelays(run, on, steady(run)).at(-1)).toBeLessThan(150)
    }
    expect(run.result.peakRelayBytes).toBeLessThan(256 * 1024)
    expect(goodput(run, steady(run))).toBeGreaterThan(payload(40) * 0.97)
  })
})

describe('adaptive: a letter that is given out again', () => {
  it('has as much work at once as a new one', () => {
    const [again, fresh] = [1, 2].map(letter => {
      const policy = createPlanner('adaptive', {
        extent: extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: 1_000 * SEGMENT_BYTES }),
        memoryBytes: 32 * MB
      })
      for (const route of [0, 1]) policy.handle({ type: 'routeAdded', holder: 'source', route }, 0)
      policy.plan(0)
      policy.handle({ type: 'routeClosed', route: 1, reason: 'refused' }, 10)
      policy.handle({ type: 'routeOpened', route: 0, rttMs: 10 }, 10)
      policy.plan(10)
      policy.handle({ type: 'routeAdded', holder: 'source', route: letter }, 20)
      policy.handle({ type: 'routeOpened', route: letter, rttMs: 10 }, 30)
      return policy.plan(30).horizon
    })
    expect(again).toBe(fresh)
  })
})

describe('adaptive with redundancy 2', () => {
  const SIZE = 20 * MB
  const SEGMENTS = Math.floor(SIZE / SEGMENT_BYTES)
  const redundant = (fault: Partial<SimulatedRoute>) =>
    adaptive(SIZE, [route(40, 60), route(40, 10, fault), route(40, 20)], { redundancy: 2 })
  const pairs = (run: Trial, from: number, to: number) => [
    ...new Set(scheduled(run, from, to).map(group => group.join()))
  ]

  it('sends each segment over the two best routes', () => {
    const run = redundant({})
    expect(pairs(run, seqAfter(run, 1_000), SEGMENTS)).toEqual(['1,2'])
    expect(goodput(run, { fromMs: 1_000, toMs: 3_000 }, [0])).toBe(0)
    expect(goodput(run, { fromMs: 1_000, toMs: 3_000 }, [1, 2])).toBeGreaterThan(payload(80) * 0.95)
    expect(longestGapMs(run, { fromMs: 1_000, toMs: NEVER })).toBeLessThan(15)
  })

  it.each<[string, Partial<SimulatedRoute>]>([
    ['dies', { diesAtMs: 2_000 }],
    ['falls silent', { outages: [{ fromMs: 2_000, toMs: NEVER }] }]
  ])('does not stall when one of the two %s', (_name, fault) => {
    const run = redundant(fault)
    // A round trip of the other is 40 ms.
    expect(longestGapMs(run, { fromMs: 1_500, toMs: NEVER })).toBeLessThan(80)
    expect(pairs(run, seqAfter(run, 3_200), SEGMENTS)).toEqual(['0,2'])
  })
})

function capacityOf(routes: readonly SimulatedRoute[]): number {
  let sum = 0
  for (const { hops } of routes) {
    sum += Math.min(...hops.map(({ rateBytesPerSecond }) => rateBytesPerSecond as number))
  }
  return sum * PAYLOAD_SHARE
}
