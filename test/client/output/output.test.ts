import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { StatsFs } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openFileOutput } from '../../../src/client/output/open-output.ts'
import {
  DiskFullError,
  FileExistsError,
  OutputError,
  PartialFileTakenError,
  WrongSha256Error
} from '../../../src/client/output/output-errors.ts'
import { ExitCode } from '../../../src/errors.ts'
import {
  leavePartial,
  makeDirectory,
  openBegun,
  optionsFor,
  prove,
  SEGMENT_BYTES,
  sha256,
  writeWanted
} from './output-fixture.ts'

vi.mock('node:fs/promises', async original => {
  const module = await original<typeof import('node:fs/promises')>()
  return { ...module, statfs: vi.fn(module.statfs) }
})

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

  it('makes no SHA-256 where nobody asks for it, of a file that is there neither', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(12_345)
    const options = { ...optionsFor(directory, bytes), checksum: false }
    const output = await openBegun(options)
    await output.write([bytes])
    expect(await output.finish()).toEqual({})
    const again = await openFileOutput(options)
    expect(again.isPresent).toBe(true)
    expect(await again.finish()).toEqual({})
  })

  it('fails at its end where the bytes have another SHA-256 than is wanted, of a file that is there too', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(12_345)
    const wrong = { ...optionsFor(directory, bytes), sha256: sha256(new Uint8Array()) }
    const output = await openBegun(wrong)
    await output.write([bytes])
    await expect(output.finish()).rejects.toBeInstanceOf(WrongSha256Error)
    expect(await readdir(directory)).toContain('a.bin.part')
    const again = await openFileOutput({ ...wrong, sha256: sha256(bytes) })
    expect(await again.nextRange!()).toBeUndefined()
    expect(await again.finish()).toEqual({ sha256: sha256(bytes) })
    const present = await openFileOutput(wrong)
    await expect(present.finish()).rejects.toBeInstanceOf(WrongSha256Error)
  })

  it('gives the file the time of its last change', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(5_000)
    const modifiedAtMs = 1_000_000_000_123
    const output = await openBegun({ ...optionsFor(directory, bytes), modifiedAtMs })
    await output.write([bytes])
    await output.finish()
    expect((await stat(join(directory, 'a.bin'))).mtime).toEqual(new Date(modifiedAtMs))
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
    const { directory, fill, makeSpace } = await makeDisk()
    const bytes = randomBytes(1_500_000)
    const options = optionsFor(directory, bytes)
    const output = await openBegun(options)
    prove(output, options, bytes)
    await output.write([bytes.subarray(0, 700_000)])
    await fill()
    const failed = output.write([bytes.subarray(700_000)])
    await expect(failed).rejects.toBeInstanceOf(DiskFullError)
    await expect(failed).rejects.toMatchObject({ code: 'ERR_DISK_FULL', exitCode: ExitCode.disk })
    await expect(failed).rejects.toThrow(/same command again: 70\d\.\d kB are kept in .*a\.bin\.part$/)
    await output.abandon()
    await makeSpace()
    const resumed = await openFileOutput(options)
    expect(resumed.resumeBytes).toBe(700_000)
    await writeWanted(resumed, options, bytes)
    expect(await resumed.finish()).toEqual({ sha256: sha256(bytes) })
  })

  it('says before it writes that the disk has no room for what is missing, and leaves no file', async () => {
    const directory = await makeDirectory()
    const large = { sizeBytes: 1e15, segmentBytes: 1024 * 1024 }
    const refused = openFileOutput({ ...optionsFor(directory, randomBytes(10)), ...large })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_NO_ROOM', exitCode: ExitCode.disk })
    await expect(refused).rejects.toThrow(
      /needs another 1000.00 TB and its disk has .* left; free some space/
    )
    expect(await readdir(directory)).toEqual([])
  })

  it('says before it writes that FAT takes no file of 4 GiB, and leaves no file', async () => {
    const directory = await makeDirectory()
    const room = { bsize: 1e6, blocks: 1e6, bfree: 1e6, bavail: 1e6 }
    const opened = (sizeBytes: number, type: number) => {
      pretendStatus({ ...room, type })
      return openFileOutput({
        ...optionsFor(directory, randomBytes(10)),
        sizeBytes,
        segmentBytes: 1024 * 1024
      })
    }
    const fat = 0x4d44
    const refused = opened(2 ** 32, fat)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_FILE_TOO_LARGE', exitCode: ExitCode.disk })
    await expect(refused).rejects.toThrow(
      'its file system takes files of 4.29 GB at most; choose another output'
    )
    expect(await readdir(directory)).toEqual([])
    await (await opened(2 ** 32, 0xef53)).abandon()
    await (await opened(2 ** 32 - 1, fat)).abandon()
  })

  it('counts what is kept for the superuser for that one alone', async () => {
    const directory = await makeDirectory()
    const spy = vi.spyOn(process, 'getuid')
    onTestFinished(() => spy.mockRestore())
    const opened = (user: number) => {
      pretendStatus({ type: 0xef53, bsize: 1000, blocks: 20, bfree: 10, bavail: 5 })
      spy.mockReturnValue(user)
      return openFileOutput(optionsFor(directory, randomBytes(9000)))
    }
    await expect(opened(1000)).rejects.toMatchObject({ code: 'ERR_NO_ROOM' })
    await (await opened(0)).abandon()
  })

  it('is opened where the file system tells nothing of itself', async () => {
    const directory = await makeDirectory()
    vi.mocked(statfs).mockRejectedValueOnce(Object.assign(new Error('not here'), { code: 'ENOSYS' }))
    await (await openFileOutput(optionsFor(directory, randomBytes(10)))).abandon()
  })
})

function pretendStatus(status: Record<'type' | 'bsize' | 'blocks' | 'bfree' | 'bavail', number>): void {
  vi.mocked(statfs).mockResolvedValueOnce({ files: 0, ffree: 0, ...status } as StatsFs)
}

/** A disk that gets full: a real one where this process may mount it, else the same errors from the calls. */
async function makeDisk(): Promise<{
  directory: string
  fill(): Promise<void>
  makeSpace(): Promise<void>
}> {
  const directory = await makeDirectory()
  const filler = join(directory, 'filler')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return await makePretendedDisk(directory)
  }
  onTestFinished(() => {
    execFileSync('umount', [directory])
  })
  return {
    directory,
    fill: () => expect(writeFile(filler, Buffer.alloc(4_200_000))).rejects.toThrow('ENOSPC'),
    makeSpace: () => rm(filler)
  }
}

async function makePretendedDisk(directory: string) {
  await using probe = await open(directory, 'r')
  const prototype = Object.getPrototypeOf(probe) as typeof probe
  const fill = async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    vi.spyOn(prototype, 'writev').mockRejectedValue(full)
  }
  const makeSpace = async () => void vi.restoreAllMocks()
  onTestFinished(makeSpace)
  return { directory, fill, makeSpace }
}
