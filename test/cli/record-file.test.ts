import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RecordFile } from '../../src/cli/record-file.ts'
import { Reporter } from '../../src/cli/reporter.ts'
import { UsageError } from '../../src/errors.ts'

vi.mock('node:fs', async original => {
  const module = await original<typeof import('node:fs')>()
  return { ...module, closeSync: vi.fn(module.closeSync) }
})

const MODULE = new URL('../../src/cli/record-file.ts', import.meta.url).href
const HEADER = '{"record":1}'
let directory: string
let said: string
const sink = { write: (text: string) => (said += text) }
const reporter = new Reporter({ json: false, quiet: false, verbosity: 0, stdout: sink, stderr: sink })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'record-file-'))
})

afterAll(() => rm(directory, { recursive: true }))

function open(path: string): RecordFile {
  said = ''
  return new RecordFile(path, join(directory, 'film.bin'), reporter)
}

describe('RecordFile', () => {
  it('holds the lines once it is closed', async () => {
    const path = join(directory, 'a')
    const file = open(path)
    const lines = [HEADER, ...Array.from({ length: 5_000 }, (_, i) => `{"atMs":${i}}`)]
    for (const line of lines) file.write(line)
    file.close()
    expect(await readFile(path, 'utf8')).toBe(`${lines.join('\n')}\n`)
  })

  it('replaces an earlier record with its first line, not before', async () => {
    const path = join(directory, 'b')
    await writeFile(path, `${HEADER}\n{"atMs":1}\n`)
    open(path).close()
    expect(await readFile(path, 'utf8')).toBe(`${HEADER}\n{"atMs":1}\n`)
    const file = open(path)
    file.write(HEADER)
    file.close()
    expect(await readFile(path, 'utf8')).toBe(`${HEADER}\n`)
  })

  it('leaves alone what is no record', async () => {
    const path = join(directory, 'c')
    await writeFile(path, 'a letter')
    expect(() => open(path)).toThrow(UsageError)
    expect(await readFile(path, 'utf8')).toBe('a letter')
  })

  it('refuses the name of the output, and one that cannot be written', () => {
    expect(() => open(join(directory, '.', 'film.bin'))).toThrow("the output's own name")
    expect(() => open(join(directory, 'nowhere', 'x'))).toThrow(UsageError)
  })

  it('refuses whatever the fetch keeps beside its output, under any name, and makes none of it', async () => {
    await mkdir(join(directory, 'here'))
    const output = join(directory, 'here', 'film.bin')
    await symlink('here', join(directory, 'link'))
    const names = ['film.bin.part', 'film.bin.part.json', 'film.bin.part.lock']
    for (const name of [...names.map(name => join('here', name)), join('link', 'film.bin.part')]) {
      expect(() => new RecordFile(join(directory, name), output, reporter), name).toThrow(UsageError)
    }
    await symlink(join('here', 'film.bin.part'), join(directory, 'dangling'))
    expect(() => new RecordFile(join(directory, 'dangling'), output, reporter)).toThrow(UsageError)
    expect(await readdir(join(directory, 'here'))).toEqual([])
  })

  it('refuses a pipe, which it would wait for, and says so at once', () => {
    const path = join(directory, 'pipe')
    execFileSync('mkfifo', [path])
    expect(() => open(path)).toThrow('is no file, and its reader could hold up the fetch')
    expect(() => open('/dev/stdout')).toThrow('is no file')
    expect(() => open(directory)).toThrow('is a directory')
  })

  it('refuses the file that standard error goes to', () => {
    const path = join(directory, 'log')
    const code = `const { RecordFile } = await import('${MODULE}')
      try { new RecordFile(${JSON.stringify(path)}, undefined) } catch (error) { console.log(error.message) }`
    const flags = ['--experimental-transform-types', '--no-warnings', '--input-type=module']
    const log = openSync(path, 'w')
    const said = execFileSync(process.execPath, [...flags, '-e', code], { stdio: ['ignore', 'pipe', log] })
    closeSync(log)
    expect(String(said)).toContain('is where standard output or standard error go')
  })

  it('says once that the disk is full, and stops no fetch', () => {
    const file = open('/dev/full')
    file.write(HEADER)
    for (let i = 0; i < 5_000; i++) file.write('{}')
    file.close()
    expect(said).toBe('the record /dev/full ends here: no space is left (ENOSPC); the fetch goes on\n')
  })

  it('says once that a file server has told of its full disk only at the end, and stops no fetch', () => {
    const path = join(directory, 'served')
    const file = open(path)
    file.write(HEADER)
    vi.mocked(closeSync).mockImplementationOnce(() => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    })
    file.close()
    expect(said).toBe(`the record ${path} ends here: no space is left (ENOSPC); the fetch goes on\n`)
  })
})
