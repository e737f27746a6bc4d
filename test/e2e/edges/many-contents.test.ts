import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../../src/errors.ts'
import { hashOf, makeContent } from '../contents.ts'
import { CHANGED_AT, Cluster, shared, type WhenOver } from '../harness.ts'
import type { Program } from '../program.ts'

/** What the source offers, with sizes. */
const CONTENTS: Record<string, number> = {
  'a.bin': 5_000_000,
  'logs/1.gz': 1_000,
  'logs/2.gz': 40_000,
  'logs/2.txt': 10,
  'logs/old/3.gz': 100,
  'logs/empty': 0,
  'x[1].bin': 300
}
const LOGS = Object.keys(CONTENTS)
  .filter(name => name.startsWith('logs/'))
  .sort()

async function start(whenOver?: WhenOver): Promise<Cluster> {
  const prepare = async (contents: string) => {
    await mkdir(join(contents, 'logs/old'), { recursive: true })
    for (const [name, bytes] of Object.entries(CONTENTS)) await makeContent(join(contents, name), bytes, name)
  }
  return await Cluster.start([[], []], prepare, ['--max-rate', '400mbit'], whenOver)
}

function fetchMany(cluster: Cluster, args: string[]): Program {
  return cluster.run(['client', 'fetch', '--json', '--director', cluster.director!.address, ...args])
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(path.length + 1))
    .sort()
}

async function expectWhole(cluster: Cluster, directory: string, names: string[]): Promise<void> {
  expect(await filesBelow(directory)).toEqual(names.toSorted())
  for (const name of names) {
    expect(await hashOf(join(directory, name))).toBe(await hashOf(join(cluster.contents, name)))
    expect((await stat(join(directory, name))).mtime).toEqual(CHANGED_AT)
  }
}

describe('one command for many contents', () => {
  const network = shared(start)

  it('puts names, globs and directories below one directory; again, it finds all there', async () => {
    const cluster = network()
    const out = cluster.path('first')
    const asked = ['a.bin', 'logs/', '**/*.gz', '-o', `${out}/`]
    const first = fetchMany(cluster, asked)
    expect(await first.outcome('summary')).toMatchObject({ contents: 6, done: 6, present: 0, failed: 0 })
    expect(await first.ended).toMatchObject({ code: ExitCode.ok })
    await expectWhole(cluster, out, ['a.bin', ...LOGS])
    const of = (event: string) => first.events.filter(told => told.event === event).map(({ name }) => name)
    expect(of('done').toSorted()).toEqual(['a.bin', ...LOGS])
    expect(new Set(of('progress'))).not.toContain(undefined)

    await rm(join(out, 'logs/2.gz'))
    const again = fetchMany(cluster, asked)
    expect(await again.outcome('summary')).toMatchObject({ done: 6, present: 5, failed: 0 })
    await expectWhole(cluster, out, ['a.bin', ...LOGS])
  })

  it('goes on where single ones fail, and refuses what is of one content only', async () => {
    const cluster = network()
    const out = cluster.path('second')
    await mkdir(out)
    await writeFile(cluster.path('list'), '# wanted\nmissing\n\nlogs/1.gz\nlogs/2.gz\n')
    await writeFile(join(out, 'a.bin'), 'something else')
    const program = fetchMany(cluster, ['a.bin', '-i', cluster.path('list'), '-o', out])
    expect(await program.outcome('summary')).toMatchObject({ contents: 4, done: 2, failed: 2 })
    const errors = program.events.filter(({ event }) => event === 'error')
    expect(Object.fromEntries(errors.map(({ name, code }) => [name, code]))).toEqual({
      'a.bin': 'ERR_FILE_EXISTS',
      missing: 'ERR_CONTENT_NOT_FOUND'
    })
    expect((await program.ended).code).toBe(ExitCode.usage)
    expect(await filesBelow(out)).toEqual(['a.bin', 'logs/1.gz', 'logs/2.gz'])
    expect(await readFile(join(out, 'a.bin'), 'utf8')).toBe('something else')
    for (const args of [
      ['a.bin', 'logs/1.gz', '-o', '-'],
      ['a.bin', 'logs/1.gz', '-o', cluster.path('new')],
      ['a.bin', 'logs/1.gz', '--record', cluster.path('record')],
      []
    ]) {
      expect((await fetchMany(cluster, args).ended).code).toBe(ExitCode.usage)
    }
  })

  it('lists what there is, says that nothing fits a glob, and takes a name that looks like one', async () => {
    const cluster = network()
    const nothing = fetchMany(cluster, ['*.mkv'])
    expect(await nothing.outcome('error')).toMatchObject({ code: 'ERR_NOTHING_FITS' })
    expect((await nothing.ended).code).toBe(ExitCode.notFound)
    const one = fetchMany(cluster, ['x[1].bin', '-o', cluster.path('x.bin')])
    await one.outcome('done')
    expect(await hashOf(cluster.path('x.bin'))).toBe(await hashOf(join(cluster.contents, 'x[1].bin')))
    const list = (pattern: string[]) =>
      cluster.run(['client', 'list', '--json', '--director', cluster.director!.address, ...pattern])
    const all = list([])
    await all.ended
    const listed = all.events.filter(({ event }) => event === 'listed')
    expect(Object.fromEntries(listed.map(({ name, bytes }) => [name, bytes]))).toEqual(CONTENTS)
    expect(listed.every(({ sources, rootHash }) => sources === 1 && rootHash.length === 64)).toBe(true)
    const some = list(['logs/*.gz'])
    await some.ended
    expect(some.events.map(({ name }) => name)).toEqual(['logs/1.gz', 'logs/2.gz'])
    expect((await list(['photos/']).ended).code).toBe(ExitCode.notFound)
  })

  it('puts a content in place only with the SHA-256 that is wanted', async () => {
    const cluster = network()
    const sha256 = await hashOf(join(cluster.contents, 'a.bin'))
    const other = cluster.fetch('a.bin', cluster.path('a.bin'), ['--sha256', 'a'.repeat(64)])
    expect(await other.outcome('error')).toMatchObject({ code: 'ERR_SHA256' })
    expect((await other.ended).code).toBe(ExitCode.integrity)
    await expect(readFile(cluster.path('a.bin'))).rejects.toMatchObject({ code: 'ENOENT' })
    const right = cluster.fetch('a.bin', cluster.path('a.bin'), ['--sha256', sha256.toUpperCase()])
    expect(await right.event('content')).toMatchObject({ resumeBytes: 5_000_000 })
    expect(await right.outcome('done')).toMatchObject({ sha256 })
    expect(await hashOf(cluster.path('a.bin'))).toBe(sha256)
    const present = cluster.fetch('a.bin', cluster.path('a.bin'), ['--sha256', 'a'.repeat(64)])
    expect((await present.ended).code).toBe(ExitCode.integrity)
  })

  it('holds a file against a content, and fetches nothing', async () => {
    const cluster = await start()
    const verify = async (...args: string[]) => {
      const program = cluster.run([
        ...['client', 'verify', '--json', '--director', cluster.director!.address],
        ...args
      ])
      const { code } = await program.ended
      return { code, told: program.events.at(-1) }
    }
    const path = join(cluster.contents, 'a.bin')
    const same = { event: 'verified', name: 'a.bin', path, bytes: 5_000_000, isSame: true }
    expect(await verify('a.bin', path)).toEqual({ code: ExitCode.ok, told: same })
    expect(await verify('a.bin', `${cluster.contents}/`)).toEqual({ code: ExitCode.ok, told: same })
    await writeFile(cluster.path('1.gz'), Buffer.alloc(1_000))
    const other = { event: 'verified', name: 'logs/1.gz', path: '1.gz', bytes: 1_000, isSame: false }
    expect(await verify('logs/1.gz')).toEqual({ code: ExitCode.integrity, told: other })
    await writeFile(cluster.path('1.gz'), 'short')
    expect(await verify('logs/1.gz')).toEqual({ code: ExitCode.integrity, told: { ...other, bytes: 5 } })
    expect((await verify('logs/2.gz')).code).toBe(ExitCode.usage)
    expect((await verify('unknown', path)).code).toBe(ExitCode.notFound)
    expect(cluster.source!.events.filter(({ event }) => event === 'session')).toEqual([])
  })

  it('keeps within the rate of --max-rate, all contents together', async () => {
    const cluster = network()
    const rate = 2_500_000
    const program = fetchMany(cluster, ['**', '-o', cluster.path('slow/'), '--max-rate', '20mbit'])
    const { bytes, seconds } = await program.outcome('summary')
    expect(bytes / seconds).toBeLessThan(rate * 1.1)
    const told = program.events.filter(({ event, name }) => event === 'progress' && name === 'a.bin')
    for (const [i, from] of told.entries()) {
      for (const to of told.slice(i + 1)) {
        const most = (rate * (to.atMs - from.atMs)) / 1_000 + rate / 2
        expect(to.bytes - from.bytes).toBeLessThan(most)
      }
    }
  })

  it('keeps what came when it is interrupted, and goes on from there', async () => {
    const cluster = network()
    const out = cluster.path('interrupted')
    const program = fetchMany(cluster, ['logs/', 'a.bin', '-o', `${out}/`])
    await program.event('done')
    program.kill('SIGINT')
    expect((await program.ended).code).toBe(ExitCode.signal)
    const again = fetchMany(cluster, ['logs/', 'a.bin', '-o', `${out}/`])
    const { done, present } = await again.outcome('summary')
    expect(done).toBe(6)
    expect(present).toBeGreaterThan(0)
    await expectWhole(cluster, out, ['a.bin', ...LOGS])
  })
})
