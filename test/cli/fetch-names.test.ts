import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askedNames } from '../../src/cli/fetch-names.ts'
import { ConfigurationError, UsageError } from '../../src/errors.ts'
import { InvalidContentNameError } from '../../src/protocol/content-name.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anabranch-names-'))
})
afterAll(() => rm(directory, { recursive: true }))

const NOTHING = { inputFile: undefined, root: undefined, source: [] }
async function listed(text: string) {
  const inputFile = join(directory, 'list')
  await writeFile(inputFile, text)
  return await askedNames([], { ...NOTHING, inputFile })
}

describe('the names that a fetch is asked for', () => {
  it('are names and patterns; one name is not several', async () => {
    expect(await askedNames(['a'], NOTHING)).toEqual({ names: ['a'], patterns: [], areSeveral: false })
    const { names, patterns, areSeveral } = await askedNames(['a', 'b/', '*.gz'], NOTHING)
    expect([names, patterns.map(({ text }) => text), areSeveral]).toEqual([['a'], ['b/', '*.gz'], true])
  })

  it('are in normal form', async () => {
    expect((await askedNames(['u\u0308'], NOTHING)).names).toEqual(['ü'])
  })

  it('are taken as they stand where nobody knows what there is, or the hash says what is meant', async () => {
    const root = new Uint8Array(32)
    expect((await askedNames(['a[1]'], { ...NOTHING, root })).names).toEqual(['a[1]'])
    expect((await askedNames(['a*'], { ...NOTHING, source: ['x'] })).names).toEqual(['a*'])
  })

  it('come from a file, one a line, without empty lines and comments', async () => {
    const { names, areSeveral } = await listed('\uFEFFa\r\n\n  \n# b\nc d/*.gz\n')
    expect(names).toEqual(['a', 'c d/*.gz'])
    expect(areSeveral).toBe(true)
  })

  it('may be none in a file', async () => {
    expect((await listed('# nothing today\n')).names).toEqual([])
  })

  it('are refused with their line where they are no names', async () => {
    await expect(listed('a\n../b\n')).rejects.toBeInstanceOf(UsageError)
    await expect(listed('a\n../b\n')).rejects.toThrow('list:2: ')
    await expect(askedNames(['/etc/passwd'], NOTHING)).rejects.toBeInstanceOf(InvalidContentNameError)
  })

  it('are missing where there are neither arguments nor a file, or the file is not there', async () => {
    await expect(askedNames([], NOTHING)).rejects.toBeInstanceOf(UsageError)
    const inputFile = join(directory, 'missing')
    await expect(askedNames([], { ...NOTHING, inputFile })).rejects.toBeInstanceOf(ConfigurationError)
  })
})
