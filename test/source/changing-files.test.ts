import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, link, mkdir, open, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../src/source/catalog.ts'
import { ContentChangedError } from '../../src/source/content-errors.ts'
import { FakeClock, makeCatalog, makeDirectories, putFile, record } from './catalog-fixture.ts'

/** A catalog that offers a file `a` of 5,000 bytes, and what happens from then on. */
async function offerFile() {
  const directories = await makeDirectories()
  const clock = new FakeClock()
  const bytes = await putFile(directories.directory, 'a', 5_000)
  const catalog = makeCatalog({ ...directories, clock, rescanMs: 1e9 })
  await catalog.start()
  await catalog.whenIdle()
  const item = catalog.find('a')!
  const { directory } = directories
  return { catalog, clock, directory, path: join(directory, 'a'), bytes, item, log: record(catalog) }
}

/** Time passes, in which the catalog looks at its files and hashes those that have settled. */
async function pass(catalog: Catalog, clock: FakeClock, ms: number): Promise<void> {
  clock.advance(ms)
  await catalog.rescan()
  await promisify(setImmediate)()
}

describe('a file that only looks other than before', () => {
  it.each<[string, (path: string, bytes: Uint8Array) => Promise<unknown>]>([
    ['is touched', path => utimes(path, new Date(), new Date())],
    ['has its times shifted by an hour', path => utimes(path, 1e9 + 3_600, 1e9 + 8_600)],
    ['gets another mode', path => chmod(path, 0o640)],
    ['gets a second name', path => link(path, `${path}.link`).then(() => rm(`${path}.link`))],
    [
      'is replaced by an equal one',
      async (path, bytes) => {
        await writeFile(`${path}.new`, bytes)
        await rename(`${path}.new`, path)
      }
    ],
    ['is written anew in place', (path, bytes) => writeFile(path, bytes)]
  ])('stays on offer while and after it is hashed anew: it %s', async (_, change) => {
    const { catalog, clock, path, bytes, item, log } = await offerFile()
    await change(path, bytes)
    const busy = once(catalog, 'busy')
    await catalog.rescan()
    await busy
    expect(catalog.find('a')).toBe(item)
    expect(catalog.indexing('a')).toBeUndefined()
    const reader = await catalog.open(item.record)
    clock.advance(5_000)
    await catalog.whenIdle()
    expect(Buffer.from(await reader.readSegment(4))).toEqual(Buffer.from(bytes.subarray(4_000)))
    await reader.close()
    expect(catalog.find('a')).toBe(item)
    expect(log).toEqual(['idle'])
    await (await catalog.open(item.record)).close()
  })

  it('gives way to the new content where its bytes are others', async () => {
    const { catalog, clock, path, item, log } = await offerFile()
    await writeFile(path, Buffer.alloc(5_000))
    await catalog.rescan()
    expect(catalog.find('a')).toBe(item)
    clock.advance(5_000)
    await catalog.whenIdle()
    expect(log).toEqual(['removed a', 'added a', 'idle'])
    expect(catalog.find('a')?.record.rootHash).not.toEqual(item.record.rootHash)
  })

  it('is not taken for what it was once its bytes were found to be others, however it looks', async () => {
    const { catalog, clock, path, item, log } = await offerFile()
    await utimes(path, clock.nowMs() / 1_000, clock.nowMs() / 1_000)
    await catalog.rescan()
    const reader = await catalog.open(item.record)
    await writeFile(path, Buffer.alloc(5_000))
    await expect(reader.readSegment(0)).rejects.toBeInstanceOf(ContentChangedError)
    await reader.close()
    await utimes(path, 1e9, 1e9 + 5_000)
    await catalog.rescan()
    await catalog.whenIdle()
    expect(log).toEqual(['removed a', 'added a', 'idle'])
    expect(catalog.find('a')?.record.rootHash).not.toEqual(item.record.rootHash)
  })

  it('is hashed behind files that are not offered yet', async () => {
    const { catalog, clock, directory, path, log } = await offerFile()
    await writeFile(path, Buffer.alloc(5_000))
    await utimes(path, 1, 1)
    await putFile(directory, 'large', 50_000)
    await catalog.rescan()
    clock.advance(5_000)
    await catalog.whenIdle()
    expect(log).toEqual(['added large', 'removed a', 'added a', 'idle'])
  })
})

describe('a file that keeps changing', () => {
  it('is left out, which is told once, and holds up nobody who waits for all files to be hashed', async () => {
    const { catalog, clock, directory, log } = await offerFile()
    for (let second = 0; second < 30; second += 0.5) {
      await appendFile(join(directory, 'log'), 'a line\n')
      await utimes(join(directory, 'log'), clock.nowMs() / 1_000, clock.nowMs() / 1_000)
      await pass(catalog, clock, 500)
    }
    await catalog.whenIdle()
    expect(log).toEqual(['problem log ERR_FILE_RESTLESS', 'idle'])
    expect(catalog.indexing('log')).toBeUndefined()
    const added = once(catalog, 'added')
    await pass(catalog, clock, 1_000)
    await added
  })

  it('stays on offer while only its times shift to and fro, and is seldom hashed', async () => {
    const { catalog, clock, path, item, log } = await offerFile()
    let verified = 0
    catalog.on('idle', () => verified++)
    for (let turn = 0; turn < 40; turn++) {
      await utimes(path, 1, 1 + (turn % 2))
      await pass(catalog, clock, 30_000)
      expect(catalog.find('a')).toBe(item)
    }
    await catalog.whenIdle()
    expect(verified).toBeLessThanOrEqual(10)
    expect(log.filter(line => line !== 'idle')).toEqual([])
  })
})

describe('what was a file', () => {
  it('is gone when it is a pipe, and comes back with it', async () => {
    const { catalog, path, log, bytes, directory } = await offerFile()
    await rm(path)
    await promisify(execFile)('mkfifo', [path])
    await catalog.rescan()
    await rm(path)
    await putFile(directory, 'a', bytes)
    await catalog.rescan()
    await catalog.whenIdle()
    expect(log.filter(line => line !== 'idle')).toEqual(['removed a', 'problem a ERR_NOT_A_FILE', 'added a'])
  })

  it('may be sparse, and be cut', async () => {
    const { catalog, clock, directory, log } = await offerFile()
    await using file = await open(join(directory, 'sparse'), 'w')
    await file.truncate(50_000)
    await catalog.rescan()
    clock.advance(5_000)
    await catalog.whenIdle()
    await file.truncate(100)
    await catalog.rescan()
    clock.advance(5_000)
    await catalog.whenIdle()
    expect(catalog.find('sparse')?.record.sizeBytes).toBe(100)
    expect(log.filter(line => line !== 'idle')).toEqual(['added sparse', 'removed sparse', 'added sparse'])
  })
})

describe('a directory that is not there for a while', () => {
  it('is offered again without hashing when it comes back, as after it was not mounted', async () => {
    const { catalog, directory, path, item, log } = await offerFile()
    await rename(directory, `${directory}.away`)
    await mkdir(directory)
    await catalog.rescan()
    await rm(directory, { recursive: true })
    await rename(`${directory}.away`, directory)
    // Other bytes under the same looks: only the hashes that were kept can give the old root.
    const handle = await open(path, 'r+')
    await handle.write('x', 0)
    await handle.close()
    await utimes(path, 1e9, 1e9 + 5_000)
    await catalog.rescan()
    await catalog.whenIdle()
    expect(log.filter(line => line !== 'idle')).toEqual(['removed a', 'added a'])
    expect(catalog.find('a')?.record).toEqual(item.record)
  })
})

describe('a watched directory', () => {
  it.each<[string, (directory: string) => string, (directory: string) => string]>([
    ['itself', directory => directory, directory => directory],
    ['below', directory => join(directory, 'sub'), directory => join(directory, 'sub')],
    ['two levels below', directory => join(directory, 'sub'), directory => join(directory, 'sub', 'deep')]
  ])('is watched again when another takes its place: the directory %s', async (_, replaced, written) => {
    const { directory, cacheDirectory } = await makeDirectories()
    await putFile(directory, 'sub/deep/first', 10)
    const options = { clock: undefined, watch: true, settleMs: 0, rescanMs: 1e9 }
    const catalog = makeCatalog({ directory, cacheDirectory, ...options })
    await catalog.start()
    await catalog.whenIdle()
    const removed = once(catalog, 'removed')
    await rename(replaced(directory), `${directory}.old`)
    await removed
    await mkdir(written(directory), { recursive: true })
    let added = once(catalog, 'added')
    await writeFile(join(written(directory), 'second'), 'x')
    expect((await added)[0]).toMatchObject({ sizeBytes: 1 })
    added = once(catalog, 'added')
    await writeFile(join(written(directory), 'third'), 'xx')
    expect((await added)[0]).toMatchObject({ sizeBytes: 2 })
  })
})
