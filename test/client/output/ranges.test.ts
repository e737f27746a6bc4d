import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteRange } from '../../../src/client/byte-range.ts'
import { type FileOutputOptions, openFileOutput } from '../../../src/client/output/open-output.ts'
import type { Output } from '../../../src/client/output/output.ts'
import { FileExistsError, PartialFileOtherContentError } from '../../../src/client/output/output-errors.ts'
import { HASH_GROUP_SEGMENTS } from '../../../src/protocol/merkle.ts'
import { makeDirectory, optionsFor, prove, SEGMENT_BYTES, sha256 } from './output-fixture.ts'

const SEGMENTS = 2 * HASH_GROUP_SEGMENTS + 5
const bytes = randomBytes(SEGMENTS * SEGMENT_BYTES - 300)
/** From within a segment of the first group to within one of the last. */
const RANGE = { start: 5 * SEGMENT_BYTES + 17, end: (SEGMENTS - 2) * SEGMENT_BYTES + 99 }
const RANGE_SEGMENTS = SEGMENTS - 2 + 1 - 5

describe('the file of a range', () => {
  it('holds just its bytes', async () => {
    const place = fc.integer({ min: 0, max: bytes.length })
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) }
        if (range.start === range.end) return
        const options = await optionsOf(range)
        const { sha256: found } = await fetchInto(options)
        expect(found).toBe(sha256(bytes.subarray(range.start, range.end)))
        await expectFile(options, range)
        expect(await readdir(dirname(options.path))).toEqual(['a.bin'])
      }),
      { numRuns: 25 }
    )
  })

  it('goes on from what is there; the segments that it holds in part come again', async () => {
    const options = await optionsOf(RANGE)
    await leave(options, 40)
    const { ranges, output } = await fetchInto(options)
    expect(ranges).toEqual([
      [5, 6],
      [45, SEGMENTS - 1]
    ])
    expect(output.resumeBytes).toBe(39 * SEGMENT_BYTES)
    await expectFile(options, RANGE)
  })

  it('fetches what is wrong again, and what nothing proves', async () => {
    const options = await optionsOf(RANGE)
    await leave(options, RANGE_SEGMENTS)
    const file = await open(`${options.path}.part`, 'r+')
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 20 * SEGMENT_BYTES + 500)
    await file.close()
    const wrong = await fetchInto(options)
    expect(wrong.ranges.length).toBe(3)
    expect(wrong.sha256).toBe(sha256(bytes.subarray(RANGE.start, RANGE.end)))
    await rm(options.path)
    await leave(options, RANGE_SEGMENTS)
    await rm(`${options.path}.part.hashes`)
    expect((await fetchInto(options)).ranges).toEqual([[5, SEGMENTS - 1]])
    await expectFile(options, RANGE)
  })

  it('is found by its hashes where the file beside it that names it is lost', async () => {
    const options = await optionsOf(RANGE)
    await leave(options, 40)
    await rm(`${options.path}.part.json`)
    expect((await fetchInto(options)).ranges.length).toBe(2)
  })

  it('is not gone on with as another range, or the whole, and neither is that as a range', async () => {
    const options = await optionsOf(RANGE)
    const { range: _, ...whole } = options
    const other = { ...options, range: { ...RANGE, end: RANGE.end - 1 } }
    await leave(options, 40)
    await expect(openFileOutput(whole)).rejects.toBeInstanceOf(PartialFileOtherContentError)
    await expect(openFileOutput(other)).rejects.toBeInstanceOf(PartialFileOtherContentError)
    expect((await fetchInto({ ...other, force: true })).ranges).toEqual([[5, SEGMENTS - 1]])
    await rm(options.path)
    await leave(whole, 40)
    await expect(openFileOutput(options)).rejects.toBeInstanceOf(PartialFileOtherContentError)
  })

  it('is not taken for there already, as nothing tells what is in it', async () => {
    const options = await optionsOf(RANGE)
    await writeFile(options.path, bytes.subarray(RANGE.start, RANGE.end))
    await expect(openFileOutput(options)).rejects.toBeInstanceOf(FileExistsError)
  })
})

/** Compares as fast as can be: the test's own way takes a tenth of a second. */
async function expectFile({ path }: FileOutputOptions, { start, end }: ByteRange): Promise<void> {
  expect((await readFile(path)).equals(bytes.subarray(start, end))).toBe(true)
}

async function optionsOf(range: ByteRange): Promise<FileOutputOptions> {
  return { ...optionsFor(await makeDirectory(), bytes), range }
}

/** Does what a fetch does until all is there. */
async function fetchInto(
  options: FileOutputOptions
): Promise<{ ranges: [number, number][]; sha256?: string; output: Output }> {
  const output = await openFileOutput(options)
  const ranges: [number, number][] = []
  for (let wanted = await output.nextRange!(); wanted; wanted = await output.nextRange!()) {
    ranges.push([wanted.from, wanted.to])
    prove(output, options, bytes)
    for (let seq = wanted.from; seq < wanted.to; seq++) await output.write([partOf(seq, options)])
  }
  return { ranges, output, ...(await output.finish()) }
}

/** Leaves a partial file behind with what the file holds of so many segments. */
async function leave(options: FileOutputOptions, segments: number): Promise<void> {
  const output = await openFileOutput(options)
  const { from } = (await output.nextRange!())!
  prove(output, options, bytes)
  for (let seq = from; seq < from + segments; seq++) await output.write([partOf(seq, options)])
  await output.abandon()
}

function partOf(seq: number, { range = { start: 0, end: bytes.length } }: FileOutputOptions): Uint8Array {
  const [from, to] = [seq * SEGMENT_BYTES, (seq + 1) * SEGMENT_BYTES]
  return bytes.subarray(Math.max(from, range.start), Math.min(to, range.end))
}
