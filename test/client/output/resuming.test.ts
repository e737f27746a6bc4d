import { randomBytes } from 'node:crypto'
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile
} from 'node:fs/promises'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openFileOutput } from '../../../src/client/output/open-output.ts'
import { partialNames } from '../../../src/client/output/partial-names.ts'
import { HASH_GROUP_SEGMENTS } from '../../../src/protocol/merkle.ts'
import {
  leavePartial,
  makeDirectory,
  optionsFor,
  prove,
  SEGMENT_BYTES,
  sha256,
  writeWanted
} from './output-fixture.ts'

const SEGMENTS = 3 * HASH_GROUP_SEGMENTS + 5
const SIZE_BYTES = SEGMENTS * SEGMENT_BYTES - 300
/** Segments that an earlier run has left. */
const LEFT = 2 * HASH_GROUP_SEGMENTS + 10

describe('what an earlier run has left', () => {
  it('is kept but for the segments that are wrong, and only these and what is missing are fetched', async () => {
    const { bytes, options } = await left()
    await flip(`${options.path}.part`, 100 * SEGMENT_BYTES + 17)
    await flip(`${options.path}.part`, 3 * SEGMENT_BYTES)
    const output = await openFileOutput(options)
    expect(output.resumeBytes).toBe((LEFT - 2) * SEGMENT_BYTES)
    expect(output.wrongBytes).toBe(2 * SEGMENT_BYTES)
    expect(await writeWanted(output, options, bytes)).toEqual([
      [3, 4],
      [100, 101],
      [LEFT, SEGMENTS]
    ])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readFile(options.path)).toEqual(bytes)
    expect(await readdir(options.directory)).toEqual(['a.bin'])
  })

  it.each([
    ['a byte less', -1, LEFT - 1],
    ['a byte more', 1, LEFT],
    ['half a segment more', SEGMENT_BYTES / 2, LEFT]
  ])('is kept where it has %s', async (_, change, from) => {
    const { bytes, options } = await left()
    await truncate(`${options.path}.part`, LEFT * SEGMENT_BYTES + change)
    const output = await openFileOutput(options)
    expect(output.resumeBytes).toBe(from * SEGMENT_BYTES)
    expect(await writeWanted(output, options, bytes)).toEqual([[from, SEGMENTS]])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
  })

  it('is kept where it is longer than the content', async () => {
    const { bytes, options } = await left(SEGMENTS)
    await writeFile(`${options.path}.part`, 'more', { flag: 'a' })
    const output = await openFileOutput(options)
    expect(await writeWanted(output, options, bytes)).toEqual([])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readFile(options.path)).toEqual(bytes)
  })

  it('is kept whatever was changed in it, cut off it or put behind it', async () => {
    const harms = fc.record({
      flips: fc.array(fc.nat(LEFT * SEGMENT_BYTES - 1), { maxLength: 5 }),
      hashFlips: fc.array(fc.nat(9000), { maxLength: 3 }),
      length: fc.integer({ min: 0, max: SIZE_BYTES + 10 })
    })
    await fc.assert(
      fc.asyncProperty(harms, async ({ flips, hashFlips, length }) => {
        const { bytes, options } = await left()
        for (const at of flips) await flip(`${options.path}.part`, at)
        for (const at of hashFlips) await flip(`${options.path}.part.hashes`, at)
        await truncate(`${options.path}.part`, length)
        const output = await openFileOutput(options)
        await writeWanted(output, options, bytes, 777)
        expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
        expect(await readFile(options.path)).toEqual(bytes)
        expect(await readdir(options.directory)).toEqual(['a.bin'])
      }),
      { numRuns: 30 }
    )
  })

  it('is known again without its sidecar, and where that is empty or damaged', async () => {
    for (const sidecar of [undefined, '', '{"anabranch":"parti', '\0'.repeat(100)]) {
      const { bytes, options } = await left()
      await rm(`${options.path}.part.json`)
      if (sidecar !== undefined) await writeFile(`${options.path}.part.json`, sidecar)
      const output = await openFileOutput(options)
      expect(output.resumeBytes).toBe(LEFT * SEGMENT_BYTES)
      await output.abandon()
      expect(JSON.parse(await readFile(`${options.path}.part.json`, 'utf8'))).toMatchObject({ name: 'a.bin' })
      const again = await openFileOutput(options)
      expect(await writeWanted(again, options, bytes)).toEqual([[LEFT, SEGMENTS]])
      expect(await again.finish()).toEqual({ sha256: sha256(bytes) })
    }
  })

  it('is kept but for what the disk cannot read any more', async () => {
    const { bytes, options } = await left()
    const mend = await breakDisk((HASH_GROUP_SEGMENTS + 7) * SEGMENT_BYTES)
    const output = await openFileOutput(options)
    expect(output.wrongBytes).toBe(HASH_GROUP_SEGMENTS * SEGMENT_BYTES)
    mend()
    expect(await writeWanted(output, options, bytes)).toEqual([
      [HASH_GROUP_SEGMENTS, 2 * HASH_GROUP_SEGMENTS],
      [LEFT, SEGMENTS]
    ])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
  })

  it('is not read to its end by a fetch that is ended, and stays as it is', async () => {
    const { bytes, options } = await left()
    const reason = new Error('interrupted')
    await expect(openFileOutput({ ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const output = await openFileOutput(options)
    expect(await writeWanted(output, options, bytes)).toEqual([[LEFT, SEGMENTS]])
    await output.finish()
  })

  it('is not known without a sidecar where nothing in it is of the content', async () => {
    const { options } = await left()
    await rm(`${options.path}.part.json`)
    await writeFile(`${options.path}.part`, randomBytes(SIZE_BYTES + 10))
    const foreign = await readFile(`${options.path}.part`)
    await expect(openFileOutput(options)).rejects.toMatchObject({ code: 'ERR_PARTIAL_FOREIGN' })
    expect(await readFile(`${options.path}.part`)).toEqual(foreign)
    const output = await openFileOutput({ ...options, force: true })
    expect(output.resumeBytes).toBe(0)
    await output.abandon()
  })
})

describe('what an earlier run has left without hashes', () => {
  it('is kept where the whole turns out to be right', async () => {
    for (const hashes of [undefined, '', 'damaged']) {
      const { bytes, options } = await left()
      await rm(`${options.path}.part.hashes`)
      if (hashes !== undefined) await writeFile(`${options.path}.part.hashes`, hashes)
      const output = await openFileOutput(options)
      expect(output.resumeBytes).toBe(LEFT * SEGMENT_BYTES)
      expect(await writeWanted(output, options, bytes)).toEqual([[LEFT, SEGMENTS]])
      expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    }
  })

  it('is fetched again in the same run where the whole turns out to be wrong', async () => {
    const { bytes, options } = await left()
    await rm(`${options.path}.part.hashes`)
    await flip(`${options.path}.part`, 5)
    const output = await openFileOutput(options)
    expect(await writeWanted(output, options, bytes)).toEqual([
      [LEFT, SEGMENTS],
      [0, LEFT]
    ])
    expect(output.resumeBytes).toBe(0)
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readFile(options.path)).toEqual(bytes)
  })

  it('is fetched again where the disk cannot read it any more', async () => {
    const { bytes, options } = await left()
    await rm(`${options.path}.part.hashes`)
    const output = await openFileOutput(options)
    const mend = await breakDisk(5 * SEGMENT_BYTES)
    expect(await output.nextRange!()).toEqual({ from: LEFT, to: SEGMENTS })
    prove(output, options, bytes)
    await output.write([bytes.subarray(LEFT * SEGMENT_BYTES)])
    expect(await output.nextRange!()).toEqual({ from: 0, to: LEFT })
    mend()
    await output.write([bytes.subarray(0, LEFT * SEGMENT_BYTES)])
    expect(await output.nextRange!()).toBeUndefined()
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
  })

  it('stays where it turns out to be wrong and nothing more comes', async () => {
    const { options } = await left(SEGMENTS)
    await rm(`${options.path}.part.hashes`)
    await flip(`${options.path}.part`, 5)
    const output = await openFileOutput(options)
    expect(await output.nextRange!()).toEqual({ from: 0, to: SEGMENTS })
    await output.abandon()
    expect((await stat(`${options.path}.part`)).size).toBe(SIZE_BYTES)
  })

  it('is fetched again only where no hash is known: one group of them is damaged', async () => {
    const { bytes, options } = await left()
    await flip(`${options.path}.part.hashes`, 50)
    await flip(`${options.path}.part`, 5)
    const output = await openFileOutput(options)
    expect(await writeWanted(output, options, bytes)).toEqual([
      [LEFT, SEGMENTS],
      [0, HASH_GROUP_SEGMENTS]
    ])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
  })

  it('goes on from where the next run is ended, too', async () => {
    const { bytes, options } = await left()
    await rm(`${options.path}.part.hashes`)
    const second = await openFileOutput(options)
    await second.nextRange!()
    prove(second, options, bytes)
    await second.write([bytes.subarray(LEFT * SEGMENT_BYTES, (LEFT + 20) * SEGMENT_BYTES)])
    await second.abandon()
    const third = await openFileOutput(options)
    expect(await writeWanted(third, options, bytes)).toEqual([[LEFT + 20, SEGMENTS]])
    expect(await third.finish()).toEqual({ sha256: sha256(bytes) })
  })
})

describe('what an earlier run has left in segments of another size', () => {
  it('is kept where the whole turns out to be right', async () => {
    const { bytes, options, directory } = await left()
    const other = optionsFor(directory, bytes, false, 3 * SEGMENT_BYTES)
    const output = await openFileOutput(other)
    const from = Math.floor(LEFT / 3)
    expect(output.resumeBytes).toBe(from * 3 * SEGMENT_BYTES)
    expect(await writeWanted(output, other, bytes)).toEqual([[from, Math.ceil(SEGMENTS / 3)]])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readFile(options.path)).toEqual(bytes)
  })
})

describe('a file that is there', () => {
  it('and is the content already is left as it is, with and without force', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(SIZE_BYTES)
    for (const force of [false, true]) {
      const options = optionsFor(directory, bytes, force)
      await writeFile(options.path, bytes)
      const before = await stat(options.path, { bigint: true })
      const output = await openFileOutput(options)
      expect(output).toMatchObject({ isPresent: true, resumeBytes: SIZE_BYTES })
      expect(await writeWanted(output, options, bytes)).toEqual([])
      expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
      const after = await stat(options.path, { bigint: true })
      expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs])
      expect(await readdir(directory)).toEqual(['a.bin'])
    }
  })

  it('and is another content is refused, also where it is as long', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(SIZE_BYTES)
    const options = optionsFor(directory, bytes)
    await writeFile(options.path, randomBytes(SIZE_BYTES))
    await expect(openFileOutput(options)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
  })

  it('is a link: what it leads to is left as it is, also where force replaces the link', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(SIZE_BYTES)
    const options = optionsFor(directory, bytes)
    for (const target of ['elsewhere', 'nowhere']) {
      await rm(options.path, { force: true })
      await writeFile(join(directory, 'elsewhere'), 'precious')
      await symlink(target, options.path)
      await expect(openFileOutput(options)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
      const output = await openFileOutput({ ...options, force: true })
      await writeWanted(output, options, bytes)
      await output.finish()
      expect((await lstat(options.path)).isFile()).toBe(true)
      expect(await readFile(options.path)).toEqual(bytes)
      expect((await readdir(directory)).sort()).toEqual(['a.bin', 'elsewhere'])
      expect(await readFile(join(directory, 'elsewhere'), 'utf8')).toBe('precious')
    }
  })

  it('is a link to the content: it is left as it is', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(SIZE_BYTES)
    await writeFile(join(directory, 'elsewhere'), bytes)
    await symlink('elsewhere', join(directory, 'a.bin'))
    for (const force of [false, true]) {
      expect(await openFileOutput(optionsFor(directory, bytes, force))).toMatchObject({ isPresent: true })
    }
    expect((await lstat(join(directory, 'a.bin'))).isSymbolicLink()).toBe(true)
  })

  it('gives its rights to what replaces it, which nobody else can read before that either', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(SIZE_BYTES)
    const options = optionsFor(directory, bytes, true)
    for (const [mode, meanwhile] of [
      [0o600, 0o600],
      [0o440, 0o640],
      [0o755, 0o755]
    ] as const) {
      await rm(options.path, { force: true })
      await writeFile(options.path, 'before', { mode })
      const output = await openFileOutput(options)
      expect((await stat(`${options.path}.part`)).mode & 0o777).toBe(meanwhile)
      await writeWanted(output, options, bytes)
      await output.finish()
      expect((await stat(options.path)).mode & 0o777).toBe(mode)
    }
  })
})

describe('names beside an output', () => {
  it('are short enough for every name that a file can have', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(3 * SEGMENT_BYTES)
    const names = [
      'n'.repeat(255),
      `${'n'.repeat(254)}m`,
      '😀'.repeat(63),
      `${'ü'.repeat(125)}.mkv`,
      'n'.repeat(246)
    ]
    for (const name of names) {
      const options = { ...optionsFor(directory, bytes), path: join(directory, name) }
      await leavePartial(options, bytes, SEGMENT_BYTES)
      for (const beside of await readdir(directory)) expect(beside).not.toContain('\uFFFD')
      const output = await openFileOutput(options)
      expect(await writeWanted(output, options, bytes)).toEqual([[1, 3]])
      await output.finish()
      expect(await readdir(directory)).toEqual([name])
      await rm(options.path)
    }
  })

  it('are of one output each, and its own name with an ending where that fits', async () => {
    const endings = Object.values(partialNames('dir/a.bin'))
    expect(endings).toEqual(
      ['.part', '.part.json', '.part.hashes', '.part.lock'].map(end => `dir/a.bin${end}`)
    )
    const [one, other] = ['m', 'n'].map(last => partialNames(`dir/${'n'.repeat(254)}${last}`).partial)
    expect(one).not.toBe(other)
    expect(basename(one!).slice(0, 200)).toBe('n'.repeat(200))
  })

  it('may be deep in directories, where no lock can be taken', async () => {
    const directory = join(await makeDirectory(), ...Array(4).fill('d'.repeat(200)))
    await mkdir(directory, { recursive: true })
    const bytes = randomBytes(3 * SEGMENT_BYTES)
    const options = optionsFor(directory, bytes)
    const output = await openFileOutput(options)
    await writeWanted(output, options, bytes)
    await output.finish()
    expect(await readdir(directory)).toEqual(['a.bin'])
  })
})

/** A partial file with the first `segments` segments. */
async function left(segments = LEFT) {
  const directory = await makeDirectory()
  const bytes = randomBytes(SIZE_BYTES)
  const options = { ...optionsFor(directory, bytes), directory }
  await leavePartial(options, bytes, Math.min(SIZE_BYTES, segments * SEGMENT_BYTES))
  return { directory, bytes, options }
}

/** Lets files be unreadable at a position, until the function that it returns is called. */
async function breakDisk(position: number): Promise<() => void> {
  type Read = (buffer: Buffer, offset: number, length: number, from: number) => Promise<unknown>
  await using probe = await open(process.execPath)
  const prototype: { read: Read } = Object.getPrototypeOf(probe)
  const { read } = prototype
  const spy = vi.spyOn(prototype, 'read').mockImplementation(function (this: unknown, ...args) {
    const [, , length, from] = args
    const isBroken = from <= position && position < from + length
    if (isBroken) return Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }))
    return read.apply(this, args)
  })
  const mend = () => spy.mockRestore()
  onTestFinished(mend)
  return mend
}

/** Changes one bit of the byte at the position. */
async function flip(path: string, position: number): Promise<void> {
  await using file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  const { bytesRead } = await file.read(byte, 0, 1, position)
  if (bytesRead === 1) await file.write(Buffer.of(byte[0]! ^ 4), 0, 1, position)
}
