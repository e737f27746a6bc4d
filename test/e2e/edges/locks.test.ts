import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hashOf, makeContent } from '../contents.ts'
import { Cluster } from '../harness.ts'

const SIZE_BYTES = 4_000_000

it('two fetches into one folder: a second one of the same output is refused, any other one goes on', async () => {
  const { cluster, hashes } = await started('16mbit')
  await mkdir(cluster.path('here'))
  await symlink('here', cluster.path('link'))
  const first = cluster.fetch('a.bin', 'here/x')
  await first.event('content')
  // However long the others take to start, the first one still writes.
  first.child.kill('SIGSTOP')
  const busy = { event: 'ERR_OUTPUT_BUSY', code: 2 }
  const seconds = [
    { name: 'a.bin', output: 'here/x', flags: [], ...busy },
    { name: 'a.bin', output: 'here/x', flags: ['--force'], ...busy },
    { name: 'b.bin', output: 'here/x', flags: ['--force'], ...busy },
    { name: 'a.bin', output: 'link/x', flags: [], ...busy },
    { name: 'a.bin', output: 'here/x.part', flags: [], event: 'ERR_FILE_EXISTS', code: 2 },
    { name: 'b.bin', output: 'here/y', flags: [], event: undefined, code: 0 }
  ]
  const runs = seconds.map(({ name, output, flags }) => cluster.fetch(name, output, flags))
  for (const [at, { event, code }] of seconds.entries()) {
    expect(await runs[at]!.ended, String(at)).toMatchObject({ code })
    expect(runs[at]!.events.find(told => told.event === 'error')?.code, String(at)).toBe(event)
  }
  first.child.kill('SIGCONT')
  const message = `another run (process ${first.pid}) is writing this file: here/x; wait until it has ended, or choose another output`
  expect((await runs[0]!.outcome('error')).message).toBe(message)
  expect((await first.outcome('done')).sha256).toBe(hashes.get('a.bin'))
  expect((await readdir(cluster.path('here'))).sort()).toEqual(['x', 'y'])
  expect(await hashOf(cluster.path('here/y'))).toBe(hashes.get('b.bin'))
})

it('many fetches of one output at once, with force: each completes or is told that another is at work', async () => {
  const { cluster, hashes } = await started()
  await mkdir(cluster.path('here'))
  const runs = Array.from({ length: 6 }, () => cluster.fetch('a.bin', 'here/x', ['--force']))
  for (const run of runs) {
    const { code } = await run.ended
    if (code !== 0) expect(await run.outcome('error')).toMatchObject({ code: 'ERR_OUTPUT_BUSY' })
  }
  expect(runs.some(({ events }) => events.some(({ event }) => event === 'done'))).toBe(true)
  expect(await readdir(cluster.path('here'))).toEqual(['x'])
  expect(await hashOf(cluster.path('here/x'))).toBe(hashes.get('a.bin'))
})

it('what a killed run leaves locks nobody out: an output, a home, and a home that is read-only by then', async () => {
  const { cluster, hashes } = await started('16mbit')
  const flags = ['--home', 'home']
  const first = cluster.fetch('a.bin', 'x', flags)
  await first.event('content')
  const second = cluster.fetch('a.bin', 'y', flags)
  expect(await second.outcome('error')).toMatchObject({ code: 'ERR_HOME_BUSY' })
  first.kill('SIGKILL')
  await first.ended
  expect(await readdir(cluster.directory)).toContain('x.part.lock')
  expect(await readdir(cluster.path('home'))).toContain('lock')
  const mount = 'mount --bind -o ro home home && exec "$@"'
  const under = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh']
  const third = cluster.fetch('a.bin', 'x', flags, { under })
  expect((await third.outcome('done')).sha256).toBe(hashes.get('a.bin'))
  await cluster.fetch('a.bin', 'x', flags).outcome('done')
})

/** A source of two contents and a relay. */
async function started(rate = '800mbit') {
  const hashes = new Map<string, string>()
  const cluster = await Cluster.start([['--max-rate', rate]], async contents => {
    for (const name of ['a.bin', 'b.bin']) {
      hashes.set(name, await makeContent(join(contents, name), SIZE_BYTES, name))
    }
  })
  return { cluster, hashes }
}
