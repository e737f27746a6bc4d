import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { POLICY_NAMES } from '../../src/planner/policies/index.ts'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Told } from './program.ts'

const MB = 1_000_000

describe('a fetch over several relays', () => {
  it('brings 200 MB over three routes, bit by bit the same', async () => {
    let sha256 = ''
    const cluster = await Cluster.start([[], [], []], async contents => {
      sha256 = await makeContent(join(contents, 'film.bin'), 200 * MB)
    })
    const fetch = cluster.fetch('film.bin', cluster.path('film.bin'))
    const done = await fetch.outcome('done')
    expect(done).toMatchObject({ bytes: 200 * MB, sha256 })
    expect(await hashOf(cluster.path('film.bin'))).toBe(sha256)
    expect(carriers(done)).toHaveLength(3)
    expect(await fetch.ended).toEqual({ code: 0, signal: null })
  })

  it('uses paths of two relays where no relay has both ends as neighbours', async () => {
    const cluster = await Cluster.create()
    const sha256 = await makeContent(join(cluster.contents, 'a.bin'), 30 * MB)
    cluster.director = await cluster.startDirector()
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    const pairs = await Promise.all(
      ['1', '2'].map(async pair => {
        const near = ['--neighbor', source.peerId]
        const inner = await cluster.startMember('relay', `inner${pair}`, ['--restricted', ...near])
        const outer = await cluster.startMember('relay', `outer${pair}`, ['--neighbor', inner.peerId])
        return { inner, outer }
      })
    )
    for (const { inner, outer } of pairs) await Promise.all([inner, outer].map(d => d.event('registered')))
    await source.event('registered')
    const done = await cluster.fetch('a.bin', cluster.path('a.bin')).outcome('done')
    expect(done.sha256).toBe(sha256)
    const paths = carriers(done).map(id => done.routes[id].relays)
    expect(paths.toSorted()).toEqual(pairs.map(({ inner, outer }) => [outer.peerId, inner.peerId]).toSorted())
  })

  it('brings a content of no bytes at all', async () => {
    const cluster = await Cluster.start([[]], contents => makeContent(join(contents, 'empty'), 0))
    const done = await cluster.fetch('empty', cluster.path('empty')).outcome('done')
    expect(done).toMatchObject({ bytes: 0, sha256: createHash('sha256').digest('hex') })
    expect(await hashOf(cluster.path('empty'))).toBe(done.sha256)
  })

  it('by every policy brings the same, and tells as its contract says', async () => {
    let sha256 = ''
    const rates = ['160mbit', '80mbit', '40mbit'].map(rate => ['--max-rate', rate])
    const cluster = await Cluster.start(rates, async contents => {
      sha256 = await makeContent(join(contents, 'a.bin'), 40 * MB)
    })
    for (const policy of POLICY_NAMES) {
      const fetch = cluster.fetch('a.bin', cluster.path(`${policy}.bin`), ['--policy', policy])
      const done = await fetch.outcome('done')
      expect(done.sha256, policy).toBe(sha256)
      expect(await hashOf(cluster.path(`${policy}.bin`)), policy).toBe(sha256)
      checkContract(fetch.events)
    }
  })

  it('comes over a relay of 130 kbit/s alone, nothing of it twice', async () => {
    let sha256 = ''
    const bytes = 128 * 1024
    const cluster = await Cluster.start([['--max-rate', '130kbit']], async contents => {
      sha256 = await makeContent(join(contents, 'a.bin'), bytes)
    })
    const done = await cluster.fetch('a.bin', cluster.path('a.bin')).event('done')
    expect(done).toMatchObject({ bytes, sha256, duplicateBytes: 0 })
  })

  it('keeps a pattern that is given', async () => {
    let sha256 = ''
    const cluster = await Cluster.start([[], []], async contents => {
      sha256 = await makeContent(join(contents, 'a.bin'), 20 * MB)
    })
    const done = await cluster.fetch('a.bin', cluster.path('a.bin'), ['--pattern', 'AAB']).outcome('done')
    expect(done.sha256).toBe(sha256)
    expect(done.routes.A.segments / done.routes.B.segments).toBeCloseTo(2, 1)
  })

  it('goes to stdout through a pipe, events to stderr', async () => {
    let sha256 = ''
    const cluster = await Cluster.start([[], []], async contents => {
      sha256 = await makeContent(join(contents, 'a.bin'), 30 * MB)
    })
    const fetch = cluster.run(
      [
        'client',
        'fetch',
        'a.bin',
        '--json',
        '--checksum',
        '-o',
        '-',
        '--director',
        cluster.director!.address
      ],
      { events: 'stderr' }
    )
    const hash = createHash('sha256')
    await pipeline(fetch.child.stdout!, hash)
    expect(hash.digest('hex')).toBe(sha256)
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  })

  it('takes the content of the source, or of the root hash, that is wanted', async () => {
    const hashes: string[] = []
    const cluster = await Cluster.start([[]], async contents => {
      hashes.push(await makeContent(join(contents, 'a.bin'), MB, 'first'))
    })
    await mkdir(cluster.path('others'))
    hashes.push(await makeContent(join(cluster.path('others'), 'a.bin'), MB, 'second'))
    const other = await cluster.startMember('source', 'other', ['--dir', cluster.path('others')])
    await other.event('registered')
    const roots: string[] = []
    const director = ['--director', cluster.director!.address]
    for (const [index, { peerId }] of [cluster.source!, other].entries()) {
      const fetch = cluster.fetch('a.bin', cluster.path(`${index}`), ['--from', peerId])
      expect((await fetch.outcome('done')).sha256).toBe(hashes[index])
      const content = await fetch.event('content')
      expect(content.source).toBe(peerId)
      roots.push(content.rootHash)
      const asked = cluster.run(['client', 'routes', 'a.bin', '--json', ...director, '--from', peerId])
      expect(await asked.outcome('content')).toMatchObject({ source: peerId, rootHash: content.rootHash })
    }
    for (const [index, root] of roots.entries()) {
      const fetch = cluster.fetch('mine', cluster.path(`root${index}`), ['--root', root.toUpperCase()])
      expect((await fetch.outcome('done')).sha256).toBe(hashes[index])
    }
    const relay = cluster.relays[0]!.peerId
    const wrong = cluster.fetch('a.bin', cluster.path('x'), ['--from', relay])
    expect((await wrong.outcome('error')).message).toContain(`the source ${relay} is not registered`)
    expect(await wrong.ended).toMatchObject({ code: 4 })
  })

  it('tells people whose content it takes', async () => {
    const cluster = await Cluster.start([[]], contents => makeContent(join(contents, 'a.bin'), MB))
    const { peerId } = cluster.source!
    const fetch = ['client', 'fetch', 'a.bin', '--director', cluster.director!.address]
    const brief = cluster.run([...fetch, '-o', cluster.path('brief')])
    await brief.ended
    expect(brief.complaints).toContain(`"a.bin": 1.0 MB at ..${peerId.slice(-6)}\n`)
    const verbose = cluster.run([...fetch, '-v', '-o', cluster.path('verbose')])
    await verbose.ended
    expect(verbose.complaints).toContain(`"a.bin": 1.0 MB at ${peerId}\n`)
  })

  it('works by routes given by hand, without a director', async () => {
    const cluster = await Cluster.create()
    const sha256 = await makeContent(join(cluster.contents, 'a.bin'), 20 * MB)
    const [source, near, far, alone] = await Promise.all([
      cluster.startMember('source', 'source', ['--dir', cluster.contents]),
      ...['near', 'far', 'alone'].map(name => cluster.startMember('relay', name))
    ])
    await source!.event('catalog', ({ name }) => name === 'a.bin')
    const flags = [
      ...['--route', `${near!.address},${far!.address}`],
      ...['--route', alone!.address],
      ...['--source', source!.address]
    ]
    const done = await cluster.fetch('a.bin', cluster.path('a.bin'), flags).outcome('done')
    expect(done.sha256).toBe(sha256)
    expect(done.routes.A.relays).toEqual([near!.peerId, far!.peerId])
    expect(done.routes.B.relays).toEqual([alone!.peerId])
  })
})

/** Letters of the routes over which anything came. */
function carriers(done: Told): string[] {
  return Object.keys(done.routes).filter(id => done.routes[id].bytes > 0)
}

/** What other programs rely on. */
function checkContract(events: Told[]): void {
  for (const route of events.filter(({ event }) => event === 'route')) {
    expect(route.id).toMatch(/^[A-Za-z]$/)
    expect(['open', 'late', 'lost', 'parked', 'closed']).toContain(route.state)
    expect(route.relays.length).toBeGreaterThan(0)
  }
  const pattern = events.find(({ event }) => event === 'pattern')
  expect(pattern).toMatchObject({
    pattern: expect.any(String),
    predicted: expect.any(Number),
    actual: expect.any(Number),
    atMs: expect.any(Number)
  })
  const progress = events.filter(({ event }) => event === 'progress')
  const gaps = progress.slice(1).map(({ atMs }, index) => atMs - progress[index]!.atMs)
  // At least twice a second; a busy machine may be late now and then.
  expect(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeLessThanOrEqual(500)
  expect(Object.values(progress.at(-1)!.routes)[0]).toMatchObject({
    bytes: expect.any(Number),
    rateBytesPerSecond: expect.any(Number),
    rttMs: expect.any(Number)
  })
  expect(events.at(-1)).toMatchObject({
    event: 'done',
    seconds: expect.any(Number),
    longestStallMs: expect.any(Number),
    duplicateBytes: expect.any(Number),
    wireBytes: expect.any(Number)
  })
}
