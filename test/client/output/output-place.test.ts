import { linkSync } from 'node:fs'
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FileExistsError, OutputIsDirectoryError } from '../../../src/client/output/output-errors.ts'
import { checkOutputPath, putInPlace } from '../../../src/client/output/output-place.ts'
import { makeDirectory } from './output-fixture.ts'

vi.mock('node:fs', async original => {
  const module = await original<typeof import('node:fs')>()
  return { ...module, linkSync: vi.fn(module.linkSync) }
})

let directory: string
let path: string

beforeEach(async () => {
  directory = await makeDirectory()
  path = join(directory, 'a.bin')
})

describe('the check of an output path', () => {
  it('tells what is wrong with it, and makes nothing', async () => {
    await writeFile(join(directory, 'file'), '')
    await symlink('loop', join(directory, 'loop'))
    const wrong = {
      'missing/a': `its directory does not exist (ENOENT, ${join(directory, 'missing/')}); make that`,
      'file/a': 'a part of the path is no directory (ENOTDIR, ',
      'loop/a': 'its links lead in a circle (ELOOP, ',
      ['n'.repeat(300)]: 'the name is too long (ENAMETOOLONG, '
    }
    for (const [name, message] of Object.entries(wrong)) {
      expect(() => checkOutputPath(join(directory, name)), name).toThrow(message)
    }
    expect(() => checkOutputPath(directory)).toThrow(OutputIsDirectoryError)
    expect((await readdir(directory)).sort()).toEqual(['file', 'loop'])
  })

  it('takes what is there, and what can be made', async () => {
    await writeFile(join(directory, 'file'), '')
    for (const path of [join(directory, 'file'), join(directory, 'new'), 'new', '/dev/null', '/dev/stdout']) {
      checkOutputPath(path)
    }
  })
})

describe('a finished file', () => {
  it.each(['EPERM', 'EOPNOTSUPP', 'EMLINK'])(
    'gets its name where a hard link is an error: %s',
    async code => {
      await writeFile(`${path}.part`, 'new')
      refuseLink(code)
      putInPlace(`${path}.part`, path, false)
      expect(await readdir(directory)).toEqual(['a.bin'])
    }
  )

  it('does not replace another one there', async () => {
    await writeFile(`${path}.part`, 'new')
    await writeFile(path, 'precious')
    refuseLink('EPERM')
    expect(() => putInPlace(`${path}.part`, path, false)).toThrow(FileExistsError)
    expect(await readFile(path, 'utf8')).toBe('precious')
  })
})

function refuseLink(code: string): void {
  vi.mocked(linkSync).mockImplementationOnce(() => {
    throw Object.assign(new Error(code), { code })
  })
}
