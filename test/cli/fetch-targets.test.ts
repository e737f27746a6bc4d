import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryOf, makeFolders, targetBelow, targetOf } from '../../src/cli/fetch-targets.ts'
import { OutputError } from '../../src/client/output/output-errors.ts'
import { UsageError } from '../../src/errors.ts'
import { InvalidContentNameError } from '../../src/protocol/content-name.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anabranch-targets-'))
  await mkdir(join(directory, 'there'))
  await writeFile(join(directory, 'file'), '')
})
afterAll(() => rm(directory, { recursive: true }))
const at = (path: string) => join(directory, path)

describe('the output of one content', () => {
  it('has the base name of the content, in a directory too', () => {
    expect(targetOf('films/a.mkv', undefined)).toBe('a.mkv')
    expect(targetOf('films/a.mkv', at('there'))).toBe(at('there/a.mkv'))
    expect(targetOf('films/a.mkv', `${at('new')}/`)).toBe(at('new/a.mkv'))
  })

  it('is the path that was given where that is no directory', () => {
    for (const path of ['-', at('file'), at('new')]) expect(targetOf('films/a.mkv', path)).toBe(path)
  })
})

describe('the outputs of several contents', () => {
  it('stand below a directory, under their whole names', () => {
    expect(directoryOf(undefined)).toBe('.')
    expect(directoryOf(at('there'))).toBe(at('there'))
    expect(targetBelow('out/', 'films/a.mkv')).toBe('out/films/a.mkv')
  })

  it('have no place in a file, in stdout, or in what is not there', () => {
    for (const path of ['-', at('file'), at('new')]) expect(() => directoryOf(path)).toThrow(UsageError)
  })

  it('never lead out of the directory, whatever name a director tells', () => {
    for (const name of ['../../x', '/etc/passwd', 'a/../../x', '..', 'a\\..\\x', '.', '']) {
      expect(() => targetBelow('out', name)).toThrow(InvalidContentNameError)
    }
    const parts = fc.constantFrom('..', '.', '', 'a', '...', '..a', '/', '\\', '\0', '~')
    fc.assert(
      fc.property(fc.array(parts), fc.constantFrom('/', ''), (texts, between) => {
        const name = texts.join(between)
        try {
          expect(targetBelow('out', name).startsWith('out/')).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidContentNameError)
        }
      })
    )
  })

  it('cannot be made where a file stands in the place of a folder, or where nothing can be made', () => {
    makeFolders(at('new/deep/a'))
    for (const path of [at('file/a'), '/proc/anabranch/a']) {
      expect(() => makeFolders(path)).toThrow(OutputError)
    }
  })
})
