import {
  appendFile,
  chmod,
  chown,
  copyFile,
  mkdir,
  open,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../../src/errors.ts'
import { hashOfStream, makeContent } from '../contents.ts'
import { Cluster, shared, type WhenOver } from '../harness.ts'
import type { Program } from '../program.ts'

const SIZE_BYTES = 8_000_000
/** Bytes that the reader takes before the file changes: the source has not read the end of it by then. */
const MOMENT_BYTES = 500_000
/** Little runs ahead of the reader. */
const CLOSE_BEHIND = ['--memory', '1MiB']

type Change = (path: string) => Promise<unknown>

/** A network whose source offers a file under each of these names. Gives the hash of each. */
async function started(names: string[], whenOver?: WhenOver) {
  const hashes: Record<string, string> = {}
  const prepare = async (contents: string) => {
    for (const name of names) hashes[name] = await makeContent(join(contents, name), SIZE_BYTES, name)
  }
  const cluster = await Cluster.start([[], []], prepare, [], whenOver)
  await Promise.all(names.map(name => isOffered(cluster, name)))
  return { cluster, hashes }
}

const isOffered = (cluster: Cluster, wanted: string) =>
  cluster.source!.event('catalog', ({ change, name }) => change === 'added' && name === wanted)

/** What the source has told of a file since it offered it first. */
function told(cluster: Cluster, wanted: string): string[] {
  const events = cluster.source!.events.filter(({ event, name }) => event === 'catalog' && name === wanted)
  return events.slice(1).map(({ change }) => change)
}

/** A fetch in the midst of which `change` happens to the file. */
function fetchThrough(cluster: Cluster, name: string, change: Change) {
  const fetch = cluster.fetch(name, '-', CLOSE_BEHIND, { events: 'stderr' })
  const read = hashOfStream(fetch.child.stdout!, MOMENT_BYTES, () => change(join(cluster.contents, name)))
  return { fetch, read }
}

async function fetchWhole(cluster: Cluster, name: string, output: string): Promise<string> {
  return (await cluster.fetch(name, cluster.path(output)).outcome('done')).sha256
}

async function writeAt(path: string, position: number): Promise<void> {
  await using file = await open(path, 'r+')
  await file.write('other bytes', position)
}

function expectNoBlame(cluster: Cluster, fetch: Program): void {
  expect(cluster.director!.events.filter(({ event }) => event === 'complaint')).toEqual([])
  expect(
    fetch.events.filter(({ event, state }) => event === 'route' && state === 'lost').length
  ).toBeLessThan(5)
}

/** After these the bytes that were offered are still there, at least in the file that the source has open. */
const HARMLESS: Record<string, Change> = {
  touched: path => utimes(path, new Date(), new Date()),
  chmod: path => chmod(path, 0o640),
  grown: path => appendFile(path, 'one more line\n'),
  removed: path => rm(path),
  moved: path => rename(path, `${path}.old`),
  replaced: async path => {
    await makeContent(`${path}.new`, SIZE_BYTES, 'another')
    await rename(`${path}.new`, path)
  }
}
const HARMFUL: Record<string, Change> = {
  'is written to under the same size and times': async path => {
    const { atime, mtime } = await stat(path)
    await writeAt(path, SIZE_BYTES - 20)
    await utimes(path, atime, mtime)
  },
  'is cut in place': path => truncate(path, SIZE_BYTES / 2),
  'is copied over': path => copyFile(`${path}.other`, path)
}

describe('a file that changes while it is fetched', () => {
  const network = shared(whenOver => started([...Object.keys(HARMLESS), ...Object.keys(HARMFUL)], whenOver))

  it('is fetched to its end where the bytes that were offered are still there', async () => {
    const { cluster, hashes } = network()
    await Promise.all(
      Object.entries(HARMLESS).map(async ([name, change]) => {
        const { fetch, read } = fetchThrough(cluster, name, change)
        expect(await read, name).toBe(hashes[name])
        expect(await fetch.ended, name).toMatchObject({ code: ExitCode.ok })
      })
    )
    await isOffered(cluster, 'moved.old')
    for (const name of ['touched', 'chmod']) expect(told(cluster, name)).toEqual([])
  })

  it.concurrent.for(Object.entries(HARMFUL))(
    'ends the fetch with exit code 6, and the new bytes are offered: it %s',
    async ([name, change], { expect }) => {
      const { cluster } = network()
      const path = join(cluster.contents, name)
      await makeContent(`${path}.other`, SIZE_BYTES, 'another')
      const { fetch, read } = fetchThrough(cluster, name, change)
      await read
      expect(await fetch.outcome('error')).toMatchObject({
        code: 'ERR_ROUTE_LOST',
        message: expect.stringContaining(`"${name}" changed at the source`)
      })
      expect(await fetch.ended).toMatchObject({ code: ExitCode.integrity })
      expectNoBlame(cluster, fetch)
      await expect.poll(() => told(cluster, name), { timeout: 20_000 }).toContain('added')
      expect(await fetchWhole(cluster, name, `${name}.new`)).toBe(
        await hashOfStream((await open(path)).createReadStream())
      )
    }
  )

  it('is gone, with exit code 4, where it was removed and has to be opened anew', async () => {
    const { cluster } = await started(['a.bin'])
    const { fetch, read } = fetchThrough(cluster, 'a.bin', async path => {
      await rm(path)
      await cluster.source!.event('catalog', ({ change }) => change === 'removed')
      const home = cluster.source!.address.split('/p2p/')[0]!
      cluster.source!.kill('SIGKILL')
      await cluster.source!.ended
      await writeFile(`${path}.other`, 'something else')
      await cluster.startMember('source', 'source', ['--dir', cluster.contents, '--listen', home])
    })
    await read
    expect(await fetch.outcome('error')).toMatchObject({
      message: expect.stringContaining('or has it no longer')
    })
    expect(await fetch.ended).toMatchObject({ code: ExitCode.notFound })
  })
})

describe('a file that cannot be read any more', () => {
  it('goes off offer, which is told, and comes back when it can be read again', async () => {
    const cluster = await Cluster.create()
    const path = join(cluster.contents, 'a.bin')
    await makeContent(path, 1_000)
    // The superuser reads everything.
    const under = process.getuid!() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : []
    if (under.length > 0)
      for (const each of [cluster.directory, cluster.contents, path]) await chown(each, 65534, 65534)
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents], { under })
    await source.event('catalog', ({ change }) => change === 'added')
    const problem = source.nextEvent('catalog', ({ change }) => change === 'problem')
    await chmod(path, 0)
    expect(await problem).toMatchObject({ name: 'a.bin', code: 'ERR_FILE_UNREADABLE' })
    const back = source.nextEvent('catalog', ({ change }) => change === 'added')
    await chmod(path, 0o600)
    await back
    const changes = source.events.filter(({ event, name }) => event === 'catalog' && name === 'a.bin')
    expect(changes.map(({ change }) => change)).toEqual(['added', 'removed', 'problem', 'added'])
  })
})

describe('a directory that is offered', () => {
  it('is watched again when another takes its place', async () => {
    const { cluster } = await started(['a.bin'])
    await rename(cluster.contents, `${cluster.contents}.old`)
    await mkdir(cluster.contents)
    await cluster.source!.event('catalog', ({ change }) => change === 'removed')
    const sha256 = await makeContent(join(cluster.contents, 'b.bin'), 1_000)
    await isOffered(cluster, 'b.bin')
    expect(await fetchWhole(cluster, 'b.bin', 'b.bin')).toBe(sha256)
  })

  it('is still offered where the system gives no watches, which is told once with what to do', async () => {
    const cluster = await Cluster.create()
    cluster.director = await cluster.startDirector()
    await mkdir(join(cluster.contents, 'sub'))
    await makeContent(join(cluster.contents, 'sub', 'a.bin'), 1_000)
    const script = 'echo 1 > /proc/sys/user/max_inotify_watches; exec "$@"'
    const under = ['unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh']
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents], { under })
    await source.event('catalog', ({ change }) => change === 'added')
    expect(source.events.filter(({ change }) => change === 'problem')).toMatchObject([
      {
        code: 'ERR_WATCH_LIMIT',
        message: expect.stringContaining('sysctl fs.inotify.max_user_watches')
      }
    ])
  })
})
