import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY, POLICY_NAMES } from '../../src/planner/policies/index.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Told } from './program.ts'

const MB = 1_000_000
const EVENTS = new URL('../../docs/events.md', import.meta.url)

describe('a fetch over two relays with --record', () => {
  it('says where time was lost, and is planned again just as it was', async () => {
    const rates = ['80mbit', '40mbit'].map(rate => ['--max-rate', rate])
    const cluster = await Cluster.start(rates, contents => makeContent(join(contents, 'a.bin'), 20 * MB))
    const record = cluster.path('a.record')
    const fetch = cluster.fetch('a.bin', cluster.path('a.bin'), ['--record', record])
    const done = await fetch.outcome('done')
    expect(Object.keys(done.routes)).toEqual(['A', 'B'])
    await checkLosses(done)

    const first = await replayed(cluster, [record])
    expect(first.report).toMatchObject({ identical: true, samePolicy: true, differing: 0 })
    expect(first.report.firstDifference).toBeUndefined()
    expect(first.report.recorded).toEqual(first.report.replayed)
    // What the client told while it fetched is what it decides now, and there is more than one such thing.
    const decided = first.events.flatMap(({ patterns }) => patterns ?? []).map(({ pattern }) => pattern)
    const told = fetch.events.filter(({ event }) => event === 'pattern').map(({ pattern }) => pattern)
    expect(told.length).toBeGreaterThan(1)
    expect(decided).toEqual(expect.arrayContaining(told))
    expect((await replayed(cluster, [record])).events).toEqual(first.events)

    for (const policy of POLICY_NAMES.filter(name => name !== DEFAULT_POLICY)) {
      const { report, code } = await replayed(cluster, [record, '--policy', policy])
      expect({ code, ...report }, policy).toMatchObject({
        code: 0,
        samePolicy: false,
        identical: false,
        recorded: { policy: DEFAULT_POLICY, patterns: first.report.recorded.patterns },
        replayed: { policy }
      })
      expect(report.replayed.patterns, policy).toBeGreaterThan(0)
    }

    await cutWithinLastLine(record)
    const cut = await replayed(cluster, [record])
    expect(cut.code).toBe(0)
    expect(cut.report.identical).toBe(true)
    expect(cut.report.plans).toBeLessThanOrEqual(first.report.plans)
    expect(cut.events[0]).toEqual(first.events[0])
    expect(cut.events.find(({ event }) => event === 'problem')?.message).toContain('was cut off')
  })

  it('tells people the losses under the summary', async () => {
    const cluster = await Cluster.start([[], []], contents => makeContent(join(contents, 'a.bin'), 20 * MB))
    const args = ['client', 'fetch', 'a.bin', '--director', cluster.director!.address, '--record', 'a.record']
    const fetch = cluster.run(args)
    expect(await fetch.ended).toMatchObject({ code: 0 })
    // A fetch this short spends much of its time on its start.
    expect(fetch.complaints).toMatch(
      /^a\.bin: 20\.0 MB in .*\n {2}routes .*\n {2}stall .*\n {2}slower {4}than these routes could, (.*\n {12}and )?by \d+\.\d\d s \(\d+\.\d %\): start-up: first byte after/m
    )
    const replay = cluster.run(['replay', 'a.record'])
    expect(await replay.ended).toMatchObject({ code: 0 })
    expect(replay.complaints).toMatch(/^identical: \d+ decisions in \d+\.\d s\n/)
  })

  it('is not asked for with a file that holds something else, and replay takes no such file', async () => {
    const cluster = await Cluster.create()
    await writeFile(cluster.path('letter'), 'Dear reader,\nthis is no record.\n')
    const director = ['--director', '/ip4/127.0.0.1/tcp/1']
    const fetch = cluster.run(['client', 'fetch', 'a.bin', '--record', 'letter', ...director])
    expect(await fetch.ended).toMatchObject({ code: 2 })
    expect(fetch.complaints).toContain('--record letter exists and is no record')
    const replay = cluster.run(['replay', 'letter', '--json'])
    expect(await replay.outcome('error')).toMatchObject({
      code: 'ERR_RECORD',
      message: expect.stringContaining('bad at line 1: it is not JSON; give a file that')
    })
    expect(await replay.ended).toMatchObject({ code: 3 })
  })
})

async function replayed(cluster: Cluster, args: string[]) {
  const replay = cluster.run(['replay', ...args, '--json'])
  const report = await replay.outcome('replay')
  const { code } = await replay.ended
  return { events: replay.events, report, code }
}

/** Parts of the whole time, each with the name that docs/events.md gives it. */
async function checkLosses({ lossAttribution, seconds }: Told): Promise<void> {
  const page = await readFile(EVENTS, 'utf8')
  const items: Array<{ cause: string; seconds: number; share: number; text: string }> = lossAttribution
  expect(items.length).toBeGreaterThan(0)
  for (const item of items) {
    expect(page).toContain(`\`${item.cause}\``)
    expect(item.text).not.toBe('')
    expect(item.share).toBeGreaterThanOrEqual(0)
    expect(item.seconds).toBeCloseTo(item.share * seconds, 3)
  }
  expect(items.map(item => item.seconds)).toEqual(items.map(item => item.seconds).toSorted((a, b) => b - a))
  expect(new Set(items.map(({ cause }) => cause)).size).toBe(items.length)
  // What is left is the time that the routes needed to carry the content at their estimated rates.
  expect(items.reduce((sum, { share }) => sum + share, 0)).toBeLessThan(1)
}

/** As a kill in the middle of a write leaves it. */
async function cutWithinLastLine(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('"atMs"') + 3)))
}
