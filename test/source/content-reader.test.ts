import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readSync } from 'node:fs'
import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile
} from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { segmentCount } from '../../src/protocol/content-record.ts'
import { groupCount, verifyGroup } from '../../src/protocol/merkle.ts'
import type { Catalog } from '../../src/source/catalog.ts'
import {
  ContentChangedError,
  ContentGoneError,
  ContentNotReadyError,
  ContentReadError
} from '../../src/source/content-errors.ts'
import { type ContentReader, READ_CACHE_BYTES } from '../../src/source/content-reader.ts'
import { FakeClock, makeCatalog, makeDirectories, putFile, record } from './catalog-fixture.ts'

interface Opened {
  bytes: Uint8Array
  path: string
  directory: string
  catalog: Catalog
  clock: FakeClock
  reader: ContentReader
}

async function openContent(sizeBytes: number, segmentBytes: number): Promise<Opened> {
  const directories = await makeDirectories()
  const bytes = await putFile(directories.directory, 'a', sizeBytes)
  const clock = new FakeClock()
  const catalog = makeCatalog({ ...directories, segmentBytes, clock })
  await catalog.start()
  await catalog.whenIdle()
  const reader = await catalog.open(catalog.find('a')!.record)
  onTestFinished(() => reader.close())
  const { directory } = directories
  return { bytes, path: join(directory, 'a'), directory, catalog, clock, reader }
}

/** From now on a read has filled its memory when it is asked for, as a fast disk may do. */
async function readAtOnce(path: string): Promise<void> {
  const handle = await open(path)
  const prototype = Object.getPrototypeOf(handle) as typeof handle
  await handle.close()
  vi.spyOn(prototype, 'read').mockImplementation(async function (this: { fd: number }, ...args: unknown[]) {
    const [buffer, offset, length, position] = args as [Buffer, number, number, number]
    return { bytesRead: readSync(this.fd, buffer, offset, length, position), buffer }
  } as never)
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
}

async function writeAt(path: string, text: string, position: number): Promise<void> {
  await using handle = await open(path, 'r+')
  await handle.write(text, position)
}

function expectSegment(segment: Uint8Array | undefined, { bytes, reader }: Opened, seq: number): void {
  const { segmentBytes } = reader.record
  expect(Buffer.compare(segment!, bytes.subarray(seq * segmentBytes, (seq + 1) * segmentBytes))).toBe(0)
}

describe('content reader', () => {
  it.each([
    [100_000, 1],
    [1_000_001, 1000],
    [20_000_000, 32 * 1024],
    [5_000_000, 300_000],
    [12_000_001, 2 ** 20]
  ])('gives any segment in any order: %i bytes in segments of %i', async (sizeBytes, segmentBytes) => {
    const opened = await openContent(sizeBytes, segmentBytes)
    const last = segmentCount(opened.reader.record) - 1
    const seqs = fc.array(fc.integer({ min: 0, max: last }), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(seqs, async picked => {
        const segments = await Promise.all([...picked, last].map(seq => opened.reader.readSegment(seq)))
        segments.forEach((segment, index) => {
          expectSegment(segment, opened, [...picked, last][index]!)
        })
      }),
      { numRuns: 10 }
    )
  })

  it('has the next segments in memory when a cursor walks on', async () => {
    const opened = await openContent(3_000_000, 1000)
    const { reader } = opened
    expect(reader.tryGetSegment(0)).toBeUndefined()
    expectSegment(await reader.readSegment(0), opened, 0)
    expectSegment(reader.tryGetSegment(1), opened, 1)
    expect(reader.tryGetSegment(2500)).toBeUndefined()
    await reader.readSegment(2501)
    expectSegment(reader.tryGetSegment(2500), opened, 2500)
  })

  it('holds no more than its cache, and keeps what cursors use', async () => {
    const segmentBytes = 2 ** 20
    const opened = await openContent(14 * segmentBytes, segmentBytes)
    const { reader } = opened
    await reader.readSegment(0)
    for (let seq = 1; seq < 14; seq++) {
      await reader.readSegment(seq)
      expectSegment(reader.tryGetSegment(0), opened, 0)
    }
    const held = Array.from({ length: 14 }, (_, seq) => reader.tryGetSegment(seq)).filter(Boolean)
    expect(held.length * segmentBytes).toBeLessThanOrEqual(READ_CACHE_BYTES)
  })

  it('answers more reads at once than its cache holds', async () => {
    const segmentBytes = 2 ** 20
    const opened = await openContent(20 * segmentBytes, segmentBytes)
    const all = Array.from({ length: 20 }, (_, seq) => opened.reader.readSegment(seq))
    for (const [seq, segment] of (await Promise.all(all)).entries()) expectSegment(segment, opened, seq)
  })

  it.each<'readSegment' | 'tryGetSegment'>(['readSegment', 'tryGetSegment'])(
    '%s does not read ahead into the block from which it is about to copy',
    async read => {
      const segmentBytes = 2 ** 20
      const opened = await openContent(12 * segmentBytes, segmentBytes)
      const { reader } = opened
      await readAtOnce(opened.path)
      await reader.readSegment(0)
      // Read ahead, block 1 is held too.
      await new Promise(resolve => setImmediate(resolve))
      // Now all else of the cache is being read.
      const others = [reader.readSegment(5), reader.readSegment(11)]
      expectSegment(await reader[read](1), opened, 1)
      await Promise.all(others)
    }
  )

  it('never writes into a segment that it has given out', async () => {
    const opened = await openContent(12_000_000, 32 * 1024)
    const first = await opened.reader.readSegment(0)
    for (let seq = 0; seq < segmentCount(opened.reader.record); seq++) await opened.reader.readSegment(seq)
    expectSegment(first, opened, 0)
  })

  it('gives leaf hashes with proofs that verify', async () => {
    const { reader } = await openContent(400_000, 1000)
    const { record } = reader
    for (let round = 0; round < 2; round++) {
      for (let group = 0; group < groupCount(segmentCount(record)); group++) {
        const claim = { rootHash: record.rootHash, segmentCount: segmentCount(record), group }
        expect(verifyGroup({ ...claim, ...reader.groupHashes(group) })).toBe(true)
      }
    }
    expect(() => reader.groupHashes(7)).toThrow(RangeError)
  })

  it('opens an empty content, which has no segments', async () => {
    const { reader } = await openContent(0, 1000)
    await expect(reader.readSegment(0)).rejects.toBeInstanceOf(RangeError)
    expect(() => reader.tryGetSegment(0)).toThrow(RangeError)
    expect(() => reader.groupHashes(0)).toThrow(RangeError)
  })

  it.each<[string, (opened: Opened) => Promise<void>]>([
    ['grows', ({ path }) => appendFile(path, 'x')],
    ['is given other times', ({ path }) => utimes(path, 1, 1)],
    ['is given another mode', ({ path }) => chmod(path, 0o640)],
    ['is removed', ({ path }) => rm(path)],
    ['is moved', ({ path, directory }) => rename(path, join(directory, 'b'))],
    [
      'is replaced',
      async ({ path, directory }) => {
        await putFile(directory, 'b', 10_000_000)
        await rename(join(directory, 'b'), path)
      }
    ],
    ['is written to behind what is read', ({ path }) => writeAt(path, 'x', 9_999_999)]
  ])('goes on when the file %s', async (_, change) => {
    const opened = await openContent(10_000_000, 1000)
    await opened.reader.readSegment(0)
    await change(opened)
    expectSegment(await opened.reader.readSegment(9000), opened, 9000)
  })

  it.each<[string, (opened: Opened) => Promise<void>]>([
    ['is written to', ({ path }) => writeAt(path, 'x', 9_000_500)],
    [
      'is written to, and its times set back',
      async ({ path }) => {
        await writeAt(path, 'x', 9_000_500)
        await utimes(path, 1e9, 1e9 + 10_000_000)
      }
    ],
    ['is cut', ({ path }) => truncate(path, 5_000_000)],
    ['is cut and written anew', ({ path }) => writeFile(path, randomBytes(10_000_000))]
  ])('ends with a clear error when the file %s, which is hashed anew', async (_, change) => {
    const opened = await openContent(10_000_000, 1000)
    const { reader, catalog, clock } = opened
    const { rootHash } = reader.record
    await reader.readSegment(0)
    // A read ahead may meet the change before the next read does, so the log starts before it.
    const log = record(catalog)
    await change(opened)
    const read = reader.readSegment(9000)
    await expect(read).rejects.toBeInstanceOf(ContentChangedError)
    await expect(read).rejects.toMatchObject({ wireStatus: WireStatus.contentChanged })
    await expect(reader.readSegment(0)).rejects.toBeInstanceOf(ContentChangedError)
    expect(reader.tryGetSegment(0)).toBeUndefined()
    expect(catalog.whyMissing('a', rootHash)).toBeInstanceOf(ContentNotReadyError)
    await catalog.rescan()
    clock.advance(5_000)
    await catalog.whenIdle()
    expect(log).toEqual(['removed a', 'added a', 'idle'])
    expect(catalog.whyMissing('a', rootHash)).toBeInstanceOf(ContentChangedError)
    const now = await catalog.open(catalog.find('a')!.record)
    await now.readSegment(1)
    await now.close()
  })

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['is gone', async () => {}],
    ['is a directory now', path => mkdir(path)],
    ['is a link now', path => symlink('/dev/zero', path)],
    ['is a pipe now', path => promisify(execFile)('mkfifo', [path])]
  ])('says that the file is gone where it %s', async (_, replace) => {
    const { catalog, reader, path } = await openContent(1_000, 1000)
    await rm(path)
    await replace(path)
    const opening = catalog.open(reader.record)
    await expect(opening).rejects.toBeInstanceOf(ContentGoneError)
    await expect(opening).rejects.toMatchObject({
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.unknownContent
    })
    await catalog.rescan()
    await expect(catalog.open(reader.record)).rejects.toMatchObject({ exitCode: ExitCode.notFound })
  })

  it('has hashes that were damaged made anew', async () => {
    const directories = await makeDirectories()
    await putFile(directories.directory, 'a', 100_000)
    const catalog = makeCatalog(directories)
    await catalog.start()
    await catalog.whenIdle()
    const reader = await catalog.open(catalog.find('a')!.record)
    const [folder] = await readdir(directories.cacheDirectory)
    const files = await readdir(join(directories.cacheDirectory, folder!))
    const file = files.find(name => name.endsWith('.hashes'))!
    await writeAt(join(directories.cacheDirectory, folder!, file), 'x', 100)
    const log = record(catalog)
    await expect(reader.readSegment(0)).rejects.toBeInstanceOf(ContentNotReadyError)
    await reader.close()
    await catalog.whenIdle()
    expect(log).toEqual(['removed a', 'added a', 'idle'])
    expect(catalog.find('a')!.record).toEqual(reader.record)
  })

  it('refuses to read once it is closed, and can be closed while it reads', async () => {
    const { reader } = await openContent(10_000_000, 1000)
    const reading = expect(reader.readSegment(0)).rejects.toBeInstanceOf(ContentReadError)
    await reader.close()
    await reader.close()
    await reading
    await expect(reader.readSegment(0)).rejects.toBeInstanceOf(ContentReadError)
  })
})
