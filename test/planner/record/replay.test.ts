import { describe, expect, it } from 'vitest'
import { RouteMemory } from '../../../src/client/route-memory.ts'
import { createPlanner, POLICY_NAMES } from '../../../src/planner/policies/index.ts'
import { RecordFileError } from '../../../src/planner/record/record-lines.ts'
import { RECORD_VERSION, type RecordHeader, RecordingPlanner } from '../../../src/planner/record/recording.ts'
import { Replay } from '../../../src/planner/record/replay.ts'
import { type Scenario, type SimulatedRoute, simulate } from '../../../src/simulation/index.ts'
import { type Script, Steered } from '../policies/trial.ts'

const mbit = (rate: number) => rate * 125_000

/** Two routes of which one stalls and comes back, and one to another source that joins: much for a planner to decide. */
const ROUTES: SimulatedRoute[] = [
  { hops: [{ rateBytesPerSecond: mbit(20), delayMs: 10 }] },
  {
    hops: [{ rateBytesPerSecond: mbit(10), delayMs: 30, loss: 0.01 }],
    outages: [{ fromMs: 800, toMs: 1_400 }]
  },
  { hops: [{ rateBytesPerSecond: mbit(5), delayMs: 20 }], joinsAtMs: 500, diesAtMs: 1_800, source: 'another' }
]

/** All that can be wanted by hand of a content that has an end. */
const BY_HAND: Script = [
  [300, { type: 'pinned', pattern: 'AAB' }],
  [600, { type: 'aside', route: 1, isAside: true }],
  [900, { type: 'aside', route: 1, isAside: false }],
  [1_000, { type: 'pinned' }],
  [1_100, { type: 'limited', rateBytesPerSecond: 1_000_000 }],
  [1_500, { type: 'paused', isPaused: true }],
  [1_700, { type: 'paused', isPaused: false }],
  [2_000, { type: 'limited' }]
]

function recordOf(
  policy: string,
  { script = [], ...scenario }: Partial<Scenario> & { script?: Script } = {}
): string[] {
  const lines: string[] = []
  simulate({
    sizeBytes: 8_000_000,
    segmentBytes: 32 * 1024,
    routes: ROUTES,
    ...scenario,
    createPlanner: init => {
      const header: RecordHeader = { record: RECORD_VERSION, policy, init }
      const planner = new RecordingPlanner(createPlanner(policy, init), header, line => lines.push(line))
      const plan = planner.plan.bind(planner)
      // The simulator's relays tell of no waits.
      planner.plan = nowMs => {
        if (nowMs > 2_000) planner.handle({ type: 'held', route: 0, waitMs: 60 }, nowMs)
        return plan(nowMs)
      }
      return new Steered(planner, script)
    }
  })
  return lines
}

function replayed(lines: readonly string[], policy?: string) {
  const replay = new Replay(policy)
  const decisions = lines.map(line => replay.take(line)).filter(decision => decision !== undefined)
  return { decisions, report: replay.report() }
}

const records = new Map(POLICY_NAMES.map(policy => [policy, recordOf(policy)]))
const adaptive = records.get('adaptive')!

describe('Replay', () => {
  it('knows the lengths of segments of a live content that is divided by time', () => {
    const lengths = Array.from({ length: 150 }, (_, seq) => (seq % 3 === 0 ? 0 : 100 * seq))
    const sizeBytes = lengths.reduce((sum, bytes) => sum + bytes, 0)
    const live = { rateBytesPerSecond: 0, frames: { frameMs: 20, lengths }, latencyMs: 800 }
    const { report } = replayed(recordOf('adaptive', { sizeBytes, live }))
    expect(report).toMatchObject({ samePolicy: true, differing: 0 })
    expect(report.plans).toBeGreaterThan(50)
  })

  it.each(POLICY_NAMES)('decides the same again under %s where somebody has steered the fetch', policy => {
    const { report } = replayed(recordOf(policy, { script: BY_HAND }))
    expect(report.firstDifference).toBeUndefined()
    expect(report.plans).toBeGreaterThan(50)
  })

  it('decides the same again under a synchronous cut-over', () => {
    expect(replayed(recordOf('adaptive', { cutover: 'sync' })).report.firstDifference).toBeUndefined()
  })

  it.each(POLICY_NAMES)('decides the same again under %s', policy => {
    const lines = records.get(policy)!
    const { decisions, report } = replayed(lines)
    expect(report.firstDifference).toBeUndefined()
    expect(report).toMatchObject({ samePolicy: true, differing: 0, plans: decisions.length })
    expect(report.plans).toBeGreaterThan(50)
    expect(report.replayed).toEqual(report.recorded)
    expect(report.recorded.patterns).toBeGreaterThan(0)
  })

  it('decides the same again where routes were known from an earlier fetch', () => {
    const memory = new RouteMemory()
    recordOf('adaptive', { memory })
    const lines = recordOf('adaptive', { memory })
    expect(lines.filter(line => line.includes('"known"')).length).toBeGreaterThan(1)
    expect(replayed(lines).report).toMatchObject({ samePolicy: true, differing: 0 })
    // What was known has made a difference.
    expect(lines.filter(line => line.includes('"decision"'))).not.toEqual(
      adaptive.filter(line => line.includes('"decision"'))
    )
  })

  it.each(POLICY_NAMES)('decides the same again of a content that grows, under %s', policy => {
    const lines = recordOf(policy, {
      segmentBytes: 8 * 1024,
      // More than the routes carry, so that some is left out.
      live: { rateBytesPerSecond: mbit(40), latencyMs: 300 }
    })
    const { report } = replayed(lines)
    expect(report).toMatchObject({ samePolicy: true, differing: 0, firstDifference: undefined })
    expect(report.plans).toBeGreaterThan(50)
    const eventsOf = (type: string) => lines.filter(line => line.includes(`"type":"${type}"`))
    expect(eventsOf('extentGrew').length).toBeGreaterThan(50)
    expect(eventsOf('extentGrew').at(-1)).toContain('"endBytes":8000000')
    expect(eventsOf('passed').length).toBeGreaterThan(0)
  })

  it('knows the sources of routes, and decides the same again when one joins and is lost', () => {
    const holders = adaptive.flatMap(line => /"type":"routeAdded".*"holder":"(\w+)"/.exec(line)?.[1] ?? [])
    expect(holders).toEqual(['source', 'source', 'another'])
    // Were all routes taken for those of one source, other decisions would come out.
    const asOne = adaptive.map(line => line.replace('"holder":"another"', '"holder":"source"'))
    expect(replayed(asOne).report.differing).toBeGreaterThan(0)
  })

  it('tells where a decision first differs, and in what', () => {
    const index = adaptive.findIndex((line, i) => i > 100 && line.includes('"decision"'))
    const altered = adaptive.with(index, adaptive[index]!.replace(/"horizon":(\d+)/, '"horizon":1$1'))
    const { report } = replayed(altered)
    expect(report.differing).toBe(1)
    expect(report.firstDifference).toMatchObject({ line: index + 1, part: 'horizon' })
  })

  it.each(POLICY_NAMES.flatMap(of => POLICY_NAMES.filter(by => by !== of).map(by => [of, by] as const)))(
    'plans what was recorded under %s by %s, the same each time',
    (of, by) => {
      const first = replayed(records.get(of)!, by)
      expect(first.report).toMatchObject({ samePolicy: false, differing: 0, replayed: { policy: by } })
      expect(first.report.replayed.patterns).toBeGreaterThan(0)
      expect(replayed(records.get(of)!, by)).toEqual(first)
    }
  )

  it('tells weights over time by route, in few rows however long the transfer', () => {
    const { slices } = replayed(adaptive).report.recorded
    expect(slices.length).toBeGreaterThan(5)
    expect(slices.length).toBeLessThanOrEqual(24)
    expect(Object.keys(slices.at(-1)!.weights)).toEqual(['0', '1', '2'])
    expect(slices.at(-1)!.toMs).toBeCloseTo(replayed(adaptive).report.durationMs)
  })

  it('takes a truthful record of nothing', () => {
    expect(replayed(adaptive.slice(0, 1)).report).toMatchObject({ plans: 0, durationMs: 0 })
  })
})

describe('a bad record', () => {
  const arrived = adaptive.findIndex(line => line.includes('"arrived"'))
  const cases: Array<[what: string, lines: string[], line: number, message: RegExp]> = [
    ['is empty', [], 1, /empty/],
    ['is no JSON', ['hello'], 1, /not JSON/],
    ['is JSON of another kind', ['{"event":"done"}'], 1, /record/],
    ['is of a later format', [adaptive[0]!.replace('"record":2', '"record":3')], 1, /format 2/],
    ['is of a policy nobody knows', [adaptive[0]!.replace('adaptive', 'magic')], 1, /magic/],
    ['has a pattern that is none', [adaptive[0]!.replace('{', '{"pattern":"A[",')], 1, /pattern/],
    ['ends within a line', [...adaptive.slice(0, 40), adaptive[40]!.slice(0, 30)], 41, /not JSON/],
    ['has an event that nobody knows', [adaptive[0]!, '{"atMs":1,"event":{"type":"x"}}'], 2, /event\.type/],
    [
      'has a decision without parts',
      [adaptive[0]!, '{"atMs":1,"decision":{},"estimates":{}}'],
      2,
      /patterns/
    ],
    ['has a route from nowhere', [adaptive[0]!, adaptive[arrived]!], 2, /never added/],
    [
      'has a segment that the content has not',
      [...adaptive.slice(0, arrived), adaptive[arrived]!.replace(/"seq":\d+/, '"seq":999999')],
      arrived + 1,
      /no segment 999999/
    ],
    [
      'has a segment of another length',
      [...adaptive.slice(0, arrived), adaptive[arrived]!.replace(/"bytes":\d+/, '"bytes":999999')],
      arrived + 1,
      /of 999999 bytes/
    ],
    [
      'goes back in time',
      [...adaptive.slice(0, arrived), adaptive[arrived]!.replace(/"atMs":[\d.]+/, '"atMs":-999')],
      arrived + 1,
      /back in time/
    ],
    [
      'has a memory for more segments than a planner can hold',
      [adaptive[0]!.replace(/"memoryBytes":\d+/, '"memoryBytes":1e300')],
      1,
      /memory/
    ]
  ]

  it.each(cases)('that %s is refused with its line', (_, lines, line, message) => {
    const failure = (() => {
      try {
        replayed(lines)
      } catch (error) {
        return error
      }
      return undefined
    })()
    expect(failure).toBeInstanceOf(RecordFileError)
    expect(failure).toMatchObject({ line, code: 'ERR_RECORD', exitCode: 3 })
    expect((failure as Error).message).toMatch(message)
    expect((failure as Error).message).toContain(`line ${line}`)
  })
})
