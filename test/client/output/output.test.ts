import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openFileOutput } from '../../../src/client/output/open-output.ts'
import {
  DiskFullError,
  FileExistsError,
  OutputError,
  PartialFileTakenError
} from '../../../src/client/output/output-errors.ts'
import { ExitCode } from '../../../src/errors.ts'
import {
  leavePartial,
  makeDirectory,
  openBegun,
  optionsFor,
  SEGMENT_BYTES,
  sha256,
  writeWanted
} from './output-fixture.ts'

describe('file output', () => {
  it('writes beside the target and puts the file into place when it is complete', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(12_345)
    const output = await openBegun(optionsFor(directory, bytes))
    expect(output.resumeBytes).toBe(0)
    await output.write([bytes.subarray(0, 5000), new Uint8Array(0), bytes.subarray(5000, 6000)])
    expect((await readdir(directory)).sort()).toEqual([
      'a.bin.part',
      'a.bin.part.hashes',
      'a.bin.part.json',
      'a.bin.part.lock'
    ])
    await output.write([bytes.subarray(6000)])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    await output.abandon()
    expect(await readdir(directory)).toEqual(['a.bin'])
    expect(Buffer.compare(await readFile(join(directory, 'a.bin')), bytes)).toBe(0)
  })

  it('makes an empty file of an empty content', async () => {
    const directory = await makeDirectory()
    const output = await openFileOutput(optionsFor(directory, new Uint8Array(0)))
    expect(await output.finish()).toEqual({ sha256: sha256(new Uint8Array(0)) })
    expect(await readFile(join(directory, 'a.bin'))).toHaveLength(0)
  })

  it('takes many and large chunks at once', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(20_000_000)
    const chunks: Uint8Array[] = [bytes.subarray(0, 9_000_000)]
    for (let start = 9_000_000; start < bytes.length; start += 3001)
      chunks.push(bytes.subarray(start, start + 3001))
    const output = await openBegun(optionsFor(directory, bytes))
    await output.write(chunks)
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(Buffer.compare(await readFile(join(directory, 'a.bin')), bytes)).toBe(0)
  })

  it('goes on after the last whole segment, wherever the earlier run ended, and gives the hash of the whole', async () => {
    const lengths = fc.record({
      sizeBytes: fc.integer({ min: 1, max: 9000 }),
      stop: fc.double({ min: 0, max: 1, noNaN: true })
    })
    await fc.assert(
      fc.asyncProperty(lengths, async ({ sizeBytes, stop }) => {
        const directory = await makeDirectory()
        const bytes = randomBytes(sizeBytes)
        const options = optionsFor(directory, bytes)
        const stopBytes = Math.round(stop * sizeBytes)
        await leavePartial(options, bytes, stopBytes)
        const output = await openFileOutput(options)
        const wholeBytes = stopBytes === sizeBytes ? sizeBytes : stopBytes - (stopBytes % SEGMENT_BYTES)
        expect(output.resumeBytes).toBe(wholeBytes)
        await writeWanted(output, options, bytes, 777)
        expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
        expect(Buffer.compare(await readFile(options.path), bytes)).toBe(0)
        await rm(directory, { recursive: true })
      }),
      { numRuns: 30 }
    )
  })

  it('keeps nothing of a run that wrote nothing', async () => {
    const directory = await makeDirectory()
    await (await openFileOutput(optionsFor(directory, randomBytes(10)))).abandon()
    expect(await readdir(directory)).toEqual([])
  })

  it('refuses an existing file without force, and replaces it with force only at the end', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const path = join(directory, 'a.bin')
    await writeFile(path, 'precious')
    const refused = openFileOutput(optionsFor(directory, bytes))
    await expect(refused).rejects.toBeInstanceOf(FileExistsError)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS', exitCode: ExitCode.usage })
    expect(await readdir(directory)).toEqual(['a.bin'])
    const output = await openBegun(optionsFor(directory, bytes, true))
    await output.write([bytes])
    expect(await readFile(path, 'utf8')).toBe('precious')
    await output.finish()
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0)
  })

  it('does not replace a file that appears while it writes', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const output = await openBegun(optionsFor(directory, bytes))
    await output.write([bytes])
    await writeFile(join(directory, 'a.bin'), 'precious')
    await expect(output.finish()).rejects.toBeInstanceOf(FileExistsError)
    expect(await readFile(join(directory, 'a.bin'), 'utf8')).toBe('precious')
    expect(await readFile(join(directory, 'a.bin.part'))).toHaveLength(2000)
  })

  it.each([
    ['while it had both names', 'a.bin.part'],
    ['before its sidecar was removed', 'a.bin.part.json']
  ])('clears away what a run has left that was killed when its file was finished, %s', async (_, left) => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2500)
    await leavePartial(optionsFor(directory, bytes), bytes, bytes.length)
    const [path, partial] = [join(directory, 'a.bin'), join(directory, 'a.bin.part')]
    await link(partial, path)
    if (left !== 'a.bin.part') await rm(partial)
    expect(await openFileOutput(optionsFor(directory, bytes))).toMatchObject({ isPresent: true })
    expect(await readdir(directory)).toEqual(['a.bin'])
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0)
  })

  it('does not write into a finished file by the second name that a killed run has left it', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2500)
    await leavePartial(optionsFor(directory, bytes), bytes, bytes.length)
    const path = join(directory, 'a.bin')
    await link(join(directory, 'a.bin.part'), path)
    const other = randomBytes(2500)
    const options = optionsFor(directory, other, true)
    const output = await openFileOutput(options)
    await writeWanted(output, options, other)
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0)
    await output.finish()
    expect(Buffer.compare(await readFile(path), other)).toBe(0)
    expect(await readdir(directory)).toEqual(['a.bin'])
  })

  it('does not put into place what another process has put under the partial name', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const output = await openBegun(optionsFor(directory, bytes))
    await output.write([bytes])
    await writeFile(join(directory, 'other'), 'other')
    await rename(join(directory, 'other'), join(directory, 'a.bin.part'))
    await expect(output.finish()).rejects.toBeInstanceOf(PartialFileTakenError)
    expect((await readdir(directory)).sort()).toEqual(['a.bin.part', 'a.bin.part.hashes', 'a.bin.part.json'])
  })

  it('does not finish what is not complete', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const output = await openBegun(optionsFor(directory, bytes))
    await output.write([bytes.subarray(1)])
    await expect(output.finish()).rejects.toBeInstanceOf(OutputError)
    expect(await readdir(directory)).not.toContain('a.bin')
  })

  it('says what is wrong with the path', async () => {
    const directory = await makeDirectory()
    await mkdir(join(directory, 'sub'))
    const options = optionsFor(directory, randomBytes(10), true)
    for (const path of [join(directory, 'missing/a'), join(directory, 'n'.repeat(300))]) {
      const refused = openFileOutput({ ...options, path })
      await expect(refused).rejects.toBeInstanceOf(OutputError)
      await expect(refused).rejects.toMatchObject({ code: 'ERR_OUTPUT', exitCode: ExitCode.disk })
    }
    await expect(openFileOutput({ ...options, path: join(directory, 'sub') })).rejects.toMatchObject({
      code: 'ERR_OUTPUT_DIRECTORY',
      exitCode: ExitCode.usage
    })
    expect(await readdir(directory)).toEqual(['sub'])
  })

  it('keeps the partial file on a full disk, and goes on with it when there is space', async () => {
    const { directory, makeSpace } = await makeSmallDisk(1024 * 1024)
    const bytes = randomBytes(1_500_000)
    const options = optionsFor(directory, bytes)
    const output = await openBegun(options)
    let caught: unknown
    for (let start = 0; start < bytes.length && caught === undefined; start += 100_000) {
      await output.write([bytes.subarray(start, start + 100_000)]).catch(error => {
        caught = error
      })
    }
    await output.abandon()
    expect(caught).toBeInstanceOf(DiskFullError)
    expect(caught).toMatchObject({ code: 'ERR_DISK_FULL', exitCode: ExitCode.disk })
    expect((caught as Error).message).toMatch(/kept in .*a\.bin\.part; .*same command again/)
    await makeSpace()
    const resumed = await openFileOutput(options)
    expect(resumed.resumeBytes).toBeGreaterThan(500_000)
    await writeWanted(resumed, options, bytes)
    expect(await resumed.finish()).toEqual({ sha256: sha256(bytes) })
  })
})

/** A file system of this size: a real one where this process may mount it, else the same errors from the calls. */
async function makeSmallDisk(
  sizeBytes: number
): Promise<{ directory: string; makeSpace: () => Promise<void> }> {
  const directory = await makeDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return await makePretendedSmallDisk(directory, sizeBytes)
  }
  onTestFinished(() => {
    execFileSync('umount', [directory])
  })
  const makeSpace = async (): Promise<void> => {
    execFileSync('mount', ['-o', `remount,size=${sizeBytes * 4}`, directory])
  }
  return { directory, makeSpace }
}

async function makePretendedSmallDisk(
  directory: string,
  sizeBytes: number
): Promise<{ directory: string; makeSpace: () => Promise<void> }> {
  await using probe = await open(directory, 'r')
  const prototype = Object.getPrototypeOf(probe) as typeof probe
  const { writev } = prototype
  const spy = vi.spyOn(prototype, 'writev').mockImplementation(function (
    this: typeof probe,
    buffers,
    position
  ) {
    const room = sizeBytes - (position ?? 0)
    const [first] = buffers as Uint8Array[]
    if (room <= 0) return Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
    return writev.call(this, [first!.subarray(0, room)], position) as never
  })
  onTestFinished(() => spy.mockRestore())
  return { directory, makeSpace: async () => spy.mockRestore() }
}
