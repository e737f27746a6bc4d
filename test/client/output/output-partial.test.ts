import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openFileOutput } from '../../../src/client/output/open-output.ts'
import { PartialFileForeignError } from '../../../src/client/output/output-errors.ts'
import { ExitCode } from '../../../src/errors.ts'
import { leavePartial, makeDirectory, openBegun, optionsFor, sha256, writeWanted } from './output-fixture.ts'

describe('a partial file', () => {
  it('leaves a .part file alone that is not its own', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const partialPath = join(directory, 'a.bin.part')
    await writeFile(partialPath, 'of a browser')
    await expect(openFileOutput(optionsFor(directory, bytes))).rejects.toBeInstanceOf(PartialFileForeignError)
    expect(await readFile(partialPath, 'utf8')).toBe('of a browser')
    const output = await openFileOutput(optionsFor(directory, bytes, true))
    expect(output.resumeBytes).toBe(0)
    await output.abandon()
  })

  it('never writes through a link that has the partial name', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    await leavePartial(optionsFor(directory, bytes), bytes, 1000)
    await writeFile(join(directory, 'victim'), 'precious')
    await rm(join(directory, 'a.bin.part'))
    await symlink('victim', join(directory, 'a.bin.part'))
    await expect(openFileOutput(optionsFor(directory, bytes))).rejects.toBeInstanceOf(PartialFileForeignError)
    expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('precious')
  })

  it.each(['a.bin.part.json', 'a.bin.part.hashes', 'a.bin.part.lock'])(
    'does not take the place of a %s of the user',
    async name => {
      const directory = await makeDirectory()
      const bytes = randomBytes(2000)
      const path = join(directory, name)
      // Also when it looks much like ours.
      const alike = '{"name":"a.bin","rootHash":"00","sizeBytes":2000,"segmentBytes":1000}'
      for (const text of ['{"notes":[1,2]}', alike]) {
        await writeFile(path, text)
        for (const force of [false, true]) {
          await expect(openFileOutput(optionsFor(directory, bytes, force))).rejects.toMatchObject({
            code: 'ERR_PARTIAL_FOREIGN',
            exitCode: ExitCode.usage,
            message: expect.stringContaining(path)
          })
        }
        expect(await readdir(directory)).toEqual([name])
        expect(await readFile(path, 'utf8')).toBe(text)
      }
    }
  )

  it('of another content is kept, and what it is of is told; with force it is replaced', async () => {
    const directory = await makeDirectory()
    const before = randomBytes(5000)
    const earlier = { ...optionsFor(directory, before), name: 'a/x' }
    await leavePartial(earlier, before, 3000)
    const kept = (await readdir(directory)).sort()
    const bytes = randomBytes(5000)
    const options = { ...optionsFor(directory, bytes), name: 'b/x' }
    await expect(openFileOutput(options)).rejects.toMatchObject({
      code: 'ERR_PARTIAL_OTHER',
      exitCode: ExitCode.usage,
      message: expect.stringMatching(
        /a\.bin\.part holds 3\.0 kB of another content .* "a\/x"; choose another output/
      )
    })
    expect((await readdir(directory)).sort()).toEqual(kept)
    const resumed = await openFileOutput(earlier)
    expect(resumed.resumeBytes).toBe(3000)
    await resumed.abandon()

    const output = await openBegun({ ...options, force: true })
    expect(output.resumeBytes).toBe(0)
    await output.write([bytes])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readFile(options.path)).toEqual(bytes)
  })

  it("of a run that was killed as it began is in nobody's way", async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    for (const name of ['a.bin.part.json', 'a.bin.part.hashes', 'a.bin.part.lock'])
      await writeFile(join(directory, name), '')
    const output = await openBegun(optionsFor(directory, bytes))
    await output.write([bytes])
    await output.finish()
    expect(await readdir(directory)).toEqual(['a.bin'])
  })

  it('has one writer at a time, and the next goes on from what that leaves', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(3000)
    const options = optionsFor(directory, bytes)
    const first = await openBegun(options)
    await first.write([bytes.subarray(0, 2000)])
    for (const force of [false, true]) {
      await expect(openFileOutput({ ...options, force })).rejects.toMatchObject({
        code: 'ERR_OUTPUT_BUSY',
        exitCode: ExitCode.usage,
        message: expect.stringContaining(`another run (process ${process.pid}) is writing this file`)
      })
    }
    expect(await readFile(`${options.path}.part`)).toEqual(bytes.subarray(0, 2000))
    await first.abandon()
    const second = await openFileOutput(options)
    expect(second.resumeBytes).toBe(2000)
    await writeWanted(second, options, bytes)
    expect(await second.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readdir(directory)).toEqual(['a.bin'])
  })

  it('is free after an output that could not be opened or put into place', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const options = optionsFor(directory, bytes)
    await writeFile(`${options.path}.part`, 'of a browser')
    await expect(openFileOutput(options)).rejects.toBeInstanceOf(PartialFileForeignError)
    await rm(`${options.path}.part`)
    const failing = await openBegun(options)
    await failing.write([bytes])
    await writeFile(options.path, 'precious')
    await expect(failing.finish()).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
    const output = await openBegun({ ...options, force: true })
    await output.finish()
    expect(await readFile(options.path)).toEqual(bytes)
  })
})

describe('what others do to the partial file', () => {
  const harm = {
    removed: (path: string) => rm(path),
    'cut off': (path: string) => writeFile(path, ''),
    'written on': (path: string) => writeFile(path, 'more', { flag: 'a' }),
    replaced: async (path: string) => {
      await writeFile(`${path}.other`, randomBytes(2000))
      await rename(`${path}.other`, path)
    }
  }

  it.each(Object.entries(harm))('is found before the end: it was %s', async (_, harmIt) => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const options = optionsFor(directory, bytes)
    const output = await openBegun(options)
    await output.write([bytes])
    await harmIt(`${options.path}.part`)
    await expect(output.finish()).rejects.toMatchObject({
      code: 'ERR_PARTIAL_TAKEN',
      exitCode: ExitCode.disk
    })
    expect(await readdir(directory)).not.toContain('a.bin')
  })

  it('is found while the file is made durable, and what is there then is not put into place', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const options = optionsFor(directory, bytes)
    const output = await openBegun(options)
    await output.write([bytes])
    const finishing = output.finish()
    fs.truncateSync(`${options.path}.part`, 10)
    await expect(finishing).rejects.toMatchObject({ code: 'ERR_PARTIAL_TAKEN' })
    expect(await readdir(directory)).not.toContain('a.bin')
  })

  it('is found even when the file is in place just before', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const options = optionsFor(directory, bytes)
    const output = await openBegun(options)
    await output.write([bytes])
    const { linkSync } = fs
    onTestFinished(() => {
      fs.linkSync = linkSync
      syncBuiltinESMExports()
    })
    fs.linkSync = (from, to) => {
      linkSync(from, to)
      fs.truncateSync(to, 10)
    }
    syncBuiltinESMExports()
    await expect(output.finish()).rejects.toMatchObject({ code: 'ERR_PARTIAL_TAKEN' })
  })

  it('is found where it was cut off and more is to be written, which would leave a hole', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(2000)
    const options = optionsFor(directory, bytes)
    const output = await openBegun(options)
    await output.write([bytes.subarray(0, 1000)])
    await writeFile(`${options.path}.part`, '')
    await expect(output.write([bytes.subarray(1000)])).rejects.toMatchObject({ code: 'ERR_PARTIAL_TAKEN' })
    await output.abandon()
  })
})
