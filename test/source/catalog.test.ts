import { once } from 'node:events'
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile
} from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { toHex } from '../../src/protocol/bytes.ts'
import { segmentCount, verifyContentRecord } from '../../src/protocol/content-record.ts'
import { hashSegment, merkleRoot } from '../../src/protocol/merkle.ts'
import { CatalogDirectoryError } from '../../src/source/catalog-errors.ts'
import {
  ContentChangedError,
  ContentNotReadyError,
  UnknownContentError
} from '../../src/source/content-errors.ts'
import { isStoreFile } from '../../src/source/hash-folder.ts'
import { FakeClock, makeCatalog, makeDirectories, putFile, record } from './catalog-fixture.ts'

const SEGMENT_BYTES = 1000

function rootOf(bytes: Uint8Array): Uint8Array {
  const leaves: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += SEGMENT_BYTES) {
    leaves.push(hashSegment(bytes.subarray(start, start + SEGMENT_BYTES)))
  }
  return merkleRoot(Buffer.concat(leaves))
}

async function filesIn(cacheDirectory: string): Promise<string[]> {
  const [folder] = await readdir(cacheDirectory)
  return (await readdir(join(cacheDirectory, folder!))).map(file => join(cacheDirectory, folder!, file))
}

async function hashFiles(cacheDirectory: string): Promise<string[]> {
  return (await filesIn(cacheDirectory)).filter(file => !isStoreFile(basename(file)))
}

async function storeFiles(cacheDirectory: string): Promise<string[]> {
  return (await filesIn(cacheDirectory)).filter(file => isStoreFile(basename(file))).sort()
}

async function changeStore(cacheDirectory: string, statement: string): Promise<void> {
  const [store] = await storeFiles(cacheDirectory)
  using database = new DatabaseSync(store!)
  database.exec(statement)
}

async function keptNames(cacheDirectory: string): Promise<unknown[]> {
  const [store] = await storeFiles(cacheDirectory)
  using database = new DatabaseSync(store!, { readOnly: true })
  const rows = database.prepare('SELECT name FROM contents ORDER BY name').all()
  return rows.map(({ name }) => name)
}

describe('catalog', () => {
  it('offers every file below the directory with a signed record, the small ones first', async () => {
    const directories = await makeDirectories()
    const big = await putFile(directories.directory, 'big.bin', 200_001)
    const small = await putFile(directories.directory, 'sub/dir/small.bin', 999)
    const empty = await putFile(directories.directory, 'empty', 0)
    const catalog = makeCatalog(directories)
    const log = record(catalog)
    await catalog.start()
    await catalog.whenIdle()
    expect(log).toEqual(['added empty', 'added sub/dir/small.bin', 'added big.bin', 'idle'])
    for (const [name, bytes] of Object.entries({ 'big.bin': big, 'sub/dir/small.bin': small, empty })) {
      const item = catalog.find(name)!
      expect(Buffer.from(item.record.rootHash)).toEqual(Buffer.from(rootOf(bytes)))
      const verified = await verifyContentRecord(item.recordBytes)
      expect(verified).toMatchObject({ name, sizeBytes: bytes.length, segmentBytes: SEGMENT_BYTES })
      expect(verified.sourcePeerId).toBe(item.record.sourcePeerId)
      expect(catalog.findByRoot(item.record.rootHash)).toBe(item)
      expect(catalog.indexing(name)).toBeUndefined()
    }
    expect(
      catalog
        .list()
        .map(item => item.record.name)
        .sort()
    ).toEqual(['big.bin', 'empty', 'sub/dir/small.bin'])
  })

  it('offers one file alone, which may be a link to anywhere, and sees it change', async () => {
    const { directory, cacheDirectory } = await makeDirectories()
    await putFile(directory, 'others', 10)
    const target = join(cacheDirectory, '..', 'elsewhere')
    await putFile(join(target, '..'), 'elsewhere', 3000)
    await symlink(target, join(directory, 'only'))
    const catalog = makeCatalog({ directory, cacheDirectory, onlyFile: 'only' })
    const log = record(catalog)
    await catalog.start()
    await catalog.whenIdle()
    await rm(target)
    await catalog.rescan()
    expect(log.slice(0, 3)).toEqual(['added only', 'idle', 'removed only'])
    expect(log[3]).toMatch(/^problem only/)
  })

  it('says how far a file is before it is offered', async () => {
    const directories = await makeDirectories()
    await putFile(directories.directory, 'a', 5000)
    const catalog = makeCatalog(directories)
    await catalog.start()
    expect(catalog.indexing('a')).toEqual({ doneBytes: 0, totalBytes: 5000 })
    expect(catalog.indexing('b')).toBeUndefined()
    await catalog.whenIdle()
    expect(catalog.indexing('a')).toBeUndefined()
  })

  it('follows files that appear, change and go', async () => {
    const directories = await makeDirectories()
    const { directory } = directories
    await putFile(directory, 'stays', 10)
    await putFile(directory, 'changes', 20)
    await putFile(directory, 'goes', 30)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    const log = record(catalog)
    const busy = once(catalog, 'busy')
    const changed = await putFile(directory, 'changes', 21)
    await putFile(directory, 'new/appears', 40)
    await rm(join(directory, 'goes'))
    await catalog.rescan()
    await busy
    await catalog.whenIdle()
    expect(log).toEqual(['removed goes', 'removed changes', 'added changes', 'added new/appears', 'idle'])
    expect(Buffer.from(catalog.find('changes')!.record.rootHash)).toEqual(Buffer.from(rootOf(changed)))
    expect(catalog.find('goes')).toBeUndefined()
    await catalog.rescan()
    expect(log).toHaveLength(5)
  })

  it('tells when a file was last changed, and offers the same content when only that changes', async () => {
    const directories = await makeDirectories()
    const path = join(directories.directory, 'a')
    await putFile(directories.directory, 'a', 10)
    await utimes(path, 1e9, 1e9 + 0.25)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    const { record: told, recordBytes } = catalog.find('a')!
    expect(told.modifiedAtMs).toBe(1e12 + 250)
    expect(await verifyContentRecord(recordBytes)).toEqual(told)
    const log = record(catalog)
    const busy = once(catalog, 'busy')
    await utimes(path, 1e9, 1e9 + 1_000)
    await catalog.rescan()
    await busy
    await catalog.whenIdle()
    expect(log).toEqual(['idle'])
    expect(catalog.find('a')!.recordBytes).toEqual(recordBytes)
  })

  it('sees a change that keeps the size, and one that keeps size and time but not the inode', async () => {
    const directories = await makeDirectories()
    const { directory } = directories
    await putFile(directory, 'a', 100)
    await putFile(directory, 'b', 100)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    await writeFile(join(directory, 'a'), Buffer.alloc(100, 1))
    await utimes(join(directory, 'a'), 1e9, 1e9 + 7)
    const replacement = await putFile(directory, 'b.new', 100)
    await rename(join(directory, 'b.new'), join(directory, 'b'))
    await catalog.rescan()
    await catalog.whenIdle()
    expect(Buffer.from(catalog.find('a')!.record.rootHash)).toEqual(Buffer.from(rootOf(Buffer.alloc(100, 1))))
    expect(Buffer.from(catalog.find('b')!.record.rootHash)).toEqual(Buffer.from(rootOf(replacement)))
  })

  it('waits until a file that is being written has been quiet for the settle time', async () => {
    const directories = await makeDirectories()
    const path = join(directories.directory, 'growing')
    const clock = new FakeClock()
    const catalog = makeCatalog({ ...directories, clock, settleMs: 60_000, rescanMs: 1e9 })
    const log = record(catalog)
    await writeFile(path, 'one ')
    await catalog.start()
    clock.advance(59_000)
    await appendFile(path, 'two')
    await catalog.rescan()
    clock.advance(59_000)
    await catalog.rescan()
    expect(log).toEqual([])
    const added = once(catalog, 'added')
    clock.advance(1_000)
    await added
    expect(catalog.find('growing')?.record.sizeBytes).toBe(7)
  })

  it('waits no longer for a file that was written before the calendar was set back', async () => {
    const directories = await makeDirectories()
    const clock = new FakeClock()
    clock.jump(86_400_000)
    const catalog = makeCatalog({ ...directories, clock, settleMs: 60_000, rescanMs: 1e9 })
    await catalog.start()
    const path = join(directories.directory, 'tomorrow')
    await writeFile(path, 'whole')
    await utimes(path, clock.nowMs() / 1_000, clock.nowMs() / 1_000)
    await catalog.rescan()
    clock.jump(-86_400_000)
    await catalog.rescan()
    const added = once(catalog, 'added')
    clock.advance(60_000)
    await added
    expect(catalog.find('tomorrow')?.record.sizeBytes).toBe(5)
  })

  it('scans by itself after the rescan time', async () => {
    const directories = await makeDirectories()
    const clock = new FakeClock()
    const catalog = makeCatalog({ ...directories, clock, rescanMs: 5000 })
    await catalog.start()
    await putFile(directories.directory, 'later', 10)
    const added = once(catalog, 'added')
    clock.advance(5000)
    await added
    expect(catalog.find('later')).toBeDefined()
  })

  it('is told of changes by the operating system, without waiting for a rescan', async () => {
    const directories = await makeDirectories()
    const catalog = makeCatalog({ ...directories, clock: undefined, watch: true, settleMs: 0, rescanMs: 1e9 })
    await catalog.start()
    let added = once(catalog, 'added')
    await writeFile(join(directories.directory, 'first'), 'x')
    await added
    const removed = once(catalog, 'removed')
    await rm(join(directories.directory, 'first'))
    await removed
    added = once(catalog, 'added')
    await mkdir(join(directories.directory, 'sub'))
    await writeFile(join(directories.directory, 'sub/second'), 'y')
    expect((await added)[0]).toMatchObject({ name: 'sub/second' })
  })

  it('reports each problem once and goes on without the file', async () => {
    const directories = await makeDirectories()
    const { directory } = directories
    await putFile(directory, 'good', 10)
    await putFile(directories.directory, '../outside', 10)
    await symlink(join(directory, '../outside'), join(directory, 'leak'))
    await symlink('/', join(directory, 'slash'))
    await symlink('nowhere', join(directory, 'dangling'))
    await symlink('good', join(directory, 'alias'))
    await putFile(directory, 'new\nline', 10)
    const catalog = makeCatalog(directories)
    const log = record(catalog)
    await catalog.start()
    await catalog.whenIdle()
    await catalog.rescan()
    expect(log.filter(line => line.startsWith('problem')).sort()).toEqual([
      'problem dangling ERR_FILE_UNREADABLE',
      'problem leak ERR_SYMLINK_OUTSIDE',
      'problem new\nline ERR_CONTENT_NAME',
      'problem slash ERR_SYMLINK_OUTSIDE'
    ])
    expect(
      catalog
        .list()
        .map(item => item.record.name)
        .sort()
    ).toEqual(['alias', 'good'])
  })

  it('reports a cache that cannot be written once, and offers the files when it can be', async () => {
    const directories = await makeDirectories()
    const clock = new FakeClock()
    const catalog = makeCatalog({ ...directories, clock, rescanMs: 30_000 })
    await catalog.start()
    await catalog.whenIdle()
    const folder = join(directories.cacheDirectory, (await readdir(directories.cacheDirectory))[0]!)
    await rm(folder, { recursive: true })
    await writeFile(folder, '')
    for (let at = 0; at < 300; at++) await putFile(directories.directory, `${at}`, 10)
    await putFile(directories.directory, 'large', 65 * SEGMENT_BYTES)
    const log = record(catalog)
    for (let turn = 0; turn < 2; turn++) {
      await catalog.rescan()
      await catalog.whenIdle()
      clock.advance(30_000)
    }
    expect(log.filter(line => line !== 'idle')).toEqual(['problem  ERR_HASH_CACHE'])
    await rm(folder)
    await mkdir(folder)
    await catalog.rescan()
    await catalog.whenIdle()
    expect(catalog.counts).toEqual({ offered: 301, files: 301 })
    expect(log.filter(line => line.startsWith('problem'))).toHaveLength(1)
  })

  it('tries files again whose hashes could not be kept, once the rescan time has passed since then', async () => {
    const directories = await makeDirectories()
    const clock = new FakeClock()
    const catalog = makeCatalog({ ...directories, clock, rescanMs: 30_000 })
    await catalog.start()
    await rm(directories.cacheDirectory, { recursive: true })
    await writeFile(directories.cacheDirectory, '')
    await putFile(directories.directory, 'a', 10)
    const problem = once(catalog, 'problem')
    await catalog.rescan()
    clock.advance(10_000)
    await problem
    await rm(directories.cacheDirectory)
    clock.advance(20_000)
    await catalog.rescan()
    expect(catalog.counts).toEqual({ offered: 0, files: 1 })
    const added = once(catalog, 'added')
    clock.advance(10_000)
    await added
  })

  it('refuses a directory that is missing or no directory', async () => {
    const directories = await makeDirectories()
    const path = join(directories.directory, 'file')
    await writeFile(path, '')
    for (const directory of [join(directories.directory, 'missing'), path]) {
      const start = makeCatalog({ ...directories, directory }).start()
      await expect(start).rejects.toBeInstanceOf(CatalogDirectoryError)
      await expect(start).rejects.toMatchObject({ exitCode: ExitCode.configuration })
    }
  })

  it('offers nothing while its directory is gone, and everything when it is back', async () => {
    const directories = await makeDirectories()
    const { directory } = directories
    await putFile(directory, 'a', 10)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    const log = record(catalog)
    await rename(directory, `${directory}.away`)
    await catalog.rescan()
    await rename(`${directory}.away`, directory)
    await catalog.rescan()
    await catalog.whenIdle()
    expect(log.filter(line => line !== 'idle')).toEqual([
      'removed a',
      'problem  ERR_CATALOG_DIRECTORY',
      'added a'
    ])
  })

  it('offers neither its cache nor what is excluded, even through a link', async () => {
    const { directory } = await makeDirectories()
    await putFile(directory, 'home/identity.key', 10)
    await putFile(directory, 'a', 10)
    await symlink('home/identity.key', join(directory, 'link'))
    const cacheDirectory = join(directory, 'cache')
    const catalog = makeCatalog({ directory, cacheDirectory, exclude: [join(directory, 'home')] })
    await catalog.start()
    await catalog.whenIdle()
    await catalog.rescan()
    await catalog.whenIdle()
    expect(catalog.list().map(item => item.record.name)).toEqual(['a'])
  })

  it('uses the hashes of an earlier start', async () => {
    const directories = await makeDirectories()
    await putFile(directories.directory, 'a', 10_000)
    const first = makeCatalog(directories)
    await first.start()
    await first.whenIdle()
    await first.stop()
    const { record: before } = first.find('a')!
    // The file's bytes are made unlike their hashes, under the same identity: only the cache can give the old root.
    await writeFile(join(directories.directory, 'a'), Buffer.alloc(10_000), { flag: 'r+' })
    await utimes(join(directories.directory, 'a'), 1e9, 1e9 + 10_000)
    const second = makeCatalog(directories)
    await second.start()
    await second.whenIdle()
    expect(second.find('a')!.record).toEqual(before)
  })

  it('hashes again when the cache is damaged in any way', async () => {
    const directories = await makeDirectories()
    const bytes = await putFile(directories.directory, 'a', 70_000)
    const damages: Array<(path: string) => Promise<void>> = [
      path => truncate(path, 100),
      path => writeFile(path, 'garbage'),
      path => appendFile(path, 'x'),
      async path => {
        const content = await readFile(path)
        content[60]! ^= 1
        await writeFile(path, content)
      }
    ]
    for (const damage of damages) {
      const catalog = makeCatalog(directories)
      await catalog.start()
      await catalog.whenIdle()
      expect(Buffer.from(catalog.find('a')!.record.rootHash)).toEqual(Buffer.from(rootOf(bytes)))
      await catalog.stop()
      await damage((await hashFiles(directories.cacheDirectory))[0]!)
    }
  })

  it('forgets the hashes of files that went, before or after the start', async () => {
    const directories = await makeDirectories()
    const large = 65 * SEGMENT_BYTES
    for (const name of ['a', 'b', 'c']) await putFile(directories.directory, name, large)
    for (const name of ['d', 'e', 'f']) await putFile(directories.directory, name, 10)
    const first = makeCatalog(directories)
    await first.start()
    await first.whenIdle()
    expect(await hashFiles(directories.cacheDirectory)).toHaveLength(3)
    expect(await keptNames(directories.cacheDirectory)).toEqual(['d', 'e', 'f'])
    for (const name of ['a', 'd']) await rm(join(directories.directory, name))
    await first.rescan()
    expect(await hashFiles(directories.cacheDirectory)).toHaveLength(2)
    await first.stop()
    for (const name of ['b', 'e']) await rm(join(directories.directory, name))
    const second = makeCatalog(directories)
    await second.start()
    await second.whenIdle()
    expect(await hashFiles(directories.cacheDirectory)).toHaveLength(1)
    expect(await keptNames(directories.cacheDirectory)).toEqual(['f'])
  })

  it('uses the kept hashes and records of thousands of small files, and makes those of a damaged store anew', async () => {
    const directories = await makeDirectories()
    for (let at = 0; at < 600; at++) await putFile(directories.directory, `${at}`, 100 + at)
    const offer = async (): Promise<Map<string, string>> => {
      const catalog = makeCatalog(directories)
      await catalog.start()
      await catalog.whenIdle()
      await catalog.stop()
      expect(catalog.counts).toEqual({ offered: 600, files: 600 })
      return new Map(catalog.list().map(({ record }) => [record.name, toHex(record.rootHash)]))
    }
    const before = await offer()
    // The file's bytes are made unlike their hashes, under the same identity: only the store can give the old root.
    const spoilt = join(directories.directory, '7')
    await writeFile(spoilt, Buffer.alloc(107), { flag: 'r+' })
    await utimes(spoilt, 1e9, 1e9 + 107)
    expect(await offer()).toEqual(before)
    const store = (await storeFiles(directories.cacheDirectory))[0]!
    await writeFile(store, 'no database')
    const after = await offer()
    expect(after.get('7')).toBe(toHex(rootOf(Buffer.alloc(107))))
    expect(after.get('8')).toBe(before.get('8'))
  })

  it('stops in the middle of hashing and leaves nothing half-written', async () => {
    const directories = await makeDirectories()
    const path = join(directories.directory, 'sparse')
    await writeFile(path, '')
    await truncate(path, 2 ** 36)
    await utimes(path, 1e9, 1e9)
    const catalog = makeCatalog({ ...directories, segmentBytes: 2 ** 20 })
    await catalog.start()
    await catalog.stop()
    expect(catalog.list()).toEqual([])
    expect(await hashFiles(directories.cacheDirectory)).toEqual([])
  })

  it('opens a content by its root when its name has changed, and refuses what it does not have', async () => {
    const directories = await makeDirectories()
    const bytes = await putFile(directories.directory, 'a', 2500)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    const { record: wanted } = catalog.find('a')!
    const reader = await catalog.open({ ...wanted, name: 'other' })
    expect(Buffer.from(await reader.readSegment(2))).toEqual(Buffer.from(bytes.subarray(2000)))
    expect(segmentCount(reader.record)).toBe(3)
    await reader.close()
    const rootHash = new Uint8Array(32)
    const unknown = catalog.open({ ...wanted, name: 'other', rootHash })
    await expect(unknown).rejects.toBeInstanceOf(UnknownContentError)
    await expect(catalog.open({ ...wanted, rootHash })).rejects.toBeInstanceOf(ContentChangedError)
  })

  it.each<[string, number, (cacheDirectory: string) => Promise<void>]>([
    [
      'a hash file is gone',
      65 * SEGMENT_BYTES,
      async cacheDirectory => await rm((await hashFiles(cacheDirectory))[0]!)
    ],
    [
      'the folder of a large one is gone',
      65 * SEGMENT_BYTES,
      cacheDirectory => rm(cacheDirectory, { recursive: true })
    ],
    ['the folder of a small one is gone', 2500, cacheDirectory => rm(cacheDirectory, { recursive: true })],
    [
      'a row of the store is gone',
      2500,
      async cacheDirectory => await changeStore(cacheDirectory, 'DELETE FROM contents')
    ],
    [
      'a row of the store is damaged',
      2500,
      async cacheDirectory => await changeStore(cacheDirectory, "UPDATE contents SET leaves = x'00'")
    ]
  ])('makes lost hashes again: %s', async (_, sizeBytes, lose) => {
    const directories = await makeDirectories()
    await putFile(directories.directory, 'a', sizeBytes)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    const log = record(catalog)
    const { record: wanted } = catalog.find('a')!
    await lose(directories.cacheDirectory)
    await expect(catalog.open(wanted)).rejects.toBeInstanceOf(ContentNotReadyError)
    await catalog.whenIdle()
    expect(log).toEqual(['removed a', 'added a', 'idle'])
    await (await catalog.open(wanted)).close()
  })
})
