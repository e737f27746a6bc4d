import { mkdtemp, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BLOCK_BYTES } from '../../src/gateway/block-cache.ts'
import { BlockFiles } from '../../src/gateway/block-files.ts'
import { BLOCK_FILE_LIMITS } from '../../src/gateway/limits.ts'
import { SharedContents } from '../../src/gateway/shared-contents.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { MemoryContents } from './memory-contents.ts'

const { writeBlocks, writeDelayMs } = BLOCK_FILE_LIMITS
const [A, B, C] = ['a', 'b', 'c'].map(letter => letter.repeat(64)) as [string, string, string]
const MIB = 1024 ** 2
/** Room for all blocks of a test. */
const MAX_WAITING_BYTES = 16 * MIB

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-blocks-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function opened(directory: string, maxBytes = 64 * MIB, maxWaitingBytes = MAX_WAITING_BYTES) {
  const problems: Error[] = []
  const scheduler = new VirtualScheduler()
  const onProblem = (error: Error) => void problems.push(error)
  const files = await BlockFiles.open({ directory, maxBytes, maxWaitingBytes, onProblem, scheduler })
  onTestFinished(() => files.close())
  return { files, problems, scheduler }
}

function block(letter: string, length = BLOCK_BYTES): Buffer {
  return Buffer.alloc(length, letter)
}

async function kept(files: BlockFiles, id: string, index: number, length = BLOCK_BYTES) {
  await using file = await files.open(id, index)
  const memory = Buffer.alloc(length)
  return file && (await file.read(index, memory)) ? memory : undefined
}

/** Keeps these, and leaves. */
async function fill(directory: string, id: string, indices: number[]): Promise<void> {
  const { files } = await opened(directory)
  for (const index of indices) void files.keep(id, index, block('x'))
  await files.close()
}

describe('blocks on disk', () => {
  it('are there after a new start, each under its content and number', async () => {
    const directory = await newDirectory()
    const { files, problems } = await opened(directory)
    const places = [0, 1, 5, 63, 64, 1_000_000]
    for (const index of places) void files.keep(A, index, block(`${index % 10}`))
    void files.keep(B, 7, block('s', 100))
    await files.close()
    const { files: again } = await opened(directory)
    for (const index of places) expect(await kept(again, A, index)).toEqual(block(`${index % 10}`))
    expect(await kept(again, B, 7, 100)).toEqual(block('s', 100))
    expect(await kept(again, A, 2)).toBeUndefined()
    expect(await kept(again, B, 0)).toBeUndefined()
    expect(await kept(again, C, 0)).toBeUndefined()
    expect(problems).toEqual([])
  })

  it('are found by the next one that is there', async () => {
    const directory = await newDirectory()
    await fill(directory, A, [3, 70, 400])
    const { files } = await opened(directory)
    expect(await files.next(A, 0, 1_000)).toBe(3)
    expect(await files.next(A, 4, 1_000)).toBe(70)
    expect(await files.next(A, 71, 1_000)).toBe(400)
    expect(await files.next(A, 71, 400)).toBeUndefined()
    expect(await files.next(B, 0, 1_000)).toBeUndefined()
  })

  it('are written when some wait or a moment has passed, and left out when the disk is behind', async () => {
    const held = 3 * writeBlocks
    const { files, scheduler } = await opened(await newDirectory(), 64 * MIB, held * BLOCK_BYTES)
    const first = files.keep(A, 0, block('x'))
    scheduler.advance(writeDelayMs)
    await first
    expect(await kept(files, A, 0)).toEqual(block('x'))
    expect(scheduler.pendingDelaysMs).toEqual([])

    const many = Array.from({ length: held + writeBlocks }, (_, at) => files.keep(B, at, block('y')))
    await Promise.all(many)
    expect(await kept(files, B, held - 1)).toEqual(block('y'))
    expect(await kept(files, B, held)).toBeUndefined()
  })

  it('take no more of the disk than they may: those used longest ago go', async () => {
    const directory = await newDirectory()
    const all = Array.from({ length: 64 }, (_, at) => at)
    for (const [at, id] of [A, B, C].entries()) {
      await fill(directory, id, all)
      await utimes(join(directory, `${id}.0`), at, at)
    }
    const { files: before } = await opened(directory)
    expect(await kept(before, A, 5)).toBeDefined()
    const { files } = await opened(directory, 9 * MIB)
    expect((await readdir(directory)).sort()).toEqual([`${A}.0`, `${C}.0`])
    for (let file = 1; file < 6; file++)
      await Promise.all(all.map(at => files.keep(C, file * 64 + at, block('z'))))
    const sizes = await Promise.all(
      (await readdir(directory)).map(async name => (await stat(join(directory, name))).blocks * 512)
    )
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(9 * MIB)
    expect(await kept(files, A, 5)).toBeUndefined()
    expect(await kept(files, C, 5 * 64)).toEqual(block('z'))
  })

  it('count as missing where they are damaged, cut off, of another content or of another program', async () => {
    const directory = await newDirectory()
    await fill(directory, A, [0, 1, 2])
    const file = await open(join(directory, `${A}.0`), 'r+')
    await file.write('?', 4096 + BLOCK_BYTES + 7)
    await file.truncate(4096 + 3 * BLOCK_BYTES - 1)
    await file.close()
    await fill(directory, B, [0])
    await rename(join(directory, `${B}.0`), join(directory, `${C}.0`))
    await writeFile(join(directory, `${B}.1`), 'something else')
    await writeFile(join(directory, 'notes'), 'mine')
    const { files, problems } = await opened(directory, 16 * MIB)
    expect(await kept(files, A, 0)).toBeDefined()
    expect(await kept(files, A, 1)).toBeUndefined()
    expect(await kept(files, A, 2)).toBeUndefined()
    expect(await kept(files, C, 0)).toBeUndefined()
    expect(await kept(files, B, 64)).toBeUndefined()
    expect(await readdir(directory)).toContain('notes')
    expect(problems).toEqual([])
  })

  it('go with their directory, which is told once, and hold nobody up', async () => {
    const directory = await newDirectory()
    await fill(directory, A, [0])
    const { files, problems, scheduler } = await opened(directory)
    await rm(directory, { recursive: true })
    expect(await kept(files, A, 0)).toBeUndefined()
    expect(problems).toEqual([])
    for (let at = 0; at < 3; at++) {
      const written = files.keep(B, at, block('x'))
      scheduler.advance(writeDelayMs)
      await written
    }
    expect(problems).toMatchObject([{ code: 'ENOENT' }])
  })
})

describe('readers of a content of which blocks are on disk', () => {
  const SIZE_BYTES = 150 * BLOCK_BYTES + 99
  const BYTES = Buffer.from(Uint8Array.from({ length: SIZE_BYTES }, (_, at) => (at * 31 + at / 7_000) & 255))
  const ID = MemoryContents.idOf({ bytes: BYTES })

  /** Reads all from a cache in memory that has nothing yet; returns which ranges came over the routes. */
  async function fetched(directory: string): Promise<[number, number][]> {
    const { files } = await opened(directory)
    const inner = new MemoryContents({ film: { bytes: BYTES } })
    const contents = new SharedContents(inner, 4 * MAX_WAITING_BYTES, new VirtualScheduler(), files)
    const { signal } = new AbortController()
    const content = await contents.find({ name: 'film' }, { signal })
    const chunks: Buffer[] = []
    const write = async (some: readonly Uint8Array[]) => void chunks.push(Buffer.concat(some))
    await content.read({ start: 0, end: SIZE_BYTES }, { write }, signal)
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true)
    await files.close()
    return inner.reads.map(({ range }) => [range!.start, range!.end])
  }

  async function keepSome(directory: string, indices: number[]): Promise<void> {
    const { files } = await opened(directory)
    for (const index of indices)
      void files.keep(ID, index, BYTES.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES))
    await files.close()
  }

  it('get only what is missing over routes, and nothing the next time', async () => {
    const directory = await newDirectory()
    await keepSome(directory, [0, 1, 2, 70, 71, 150])
    expect(await fetched(directory)).toEqual([
      [3 * BLOCK_BYTES, 70 * BLOCK_BYTES],
      [72 * BLOCK_BYTES, 150 * BLOCK_BYTES]
    ])
    expect(await fetched(directory)).toEqual([])
  })

  it('get a damaged block anew, which is then intact', async () => {
    const directory = await newDirectory()
    await keepSome(
      directory,
      Array.from({ length: 60 }, (_, at) => at)
    )
    const file = await open(join(directory, `${ID}.0`), 'r+')
    await file.write('?', 4096 + 7 * BLOCK_BYTES)
    await file.close()
    expect(await fetched(directory)).toEqual([
      [7 * BLOCK_BYTES, 8 * BLOCK_BYTES],
      [60 * BLOCK_BYTES, SIZE_BYTES]
    ])
    expect(await fetched(directory)).toEqual([])
  })
})
