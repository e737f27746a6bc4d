import { mkdirSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeDirectory } from '../../src/files/make-directory.ts'

vi.mock('node:fs', async original => {
  const module = await original<typeof import('node:fs')>()
  return { ...module, mkdirSync: vi.fn(module.mkdirSync) }
})

it('makes what is missing of a path, and leaves what is there', async () => {
  const base = await mkdtemp(join(tmpdir(), 'anabranch-directory-'))
  onTestFinished(() => rm(base, { recursive: true }))
  for (let i = 0; i < 2; i++) makeDirectory(join(base, 'a/b/c/'), 0o700)
  expect((await stat(join(base, 'a/b'))).mode & 0o777).toBe(0o700)
  await writeFile(join(base, 'file'), '')
  expect(() => makeDirectory(join(base, 'file'))).toThrow('EEXIST')
  expect(() => makeDirectory(join(base, 'file/a'))).toThrow('ENOTDIR')
})

it('ends where the file system makes no directories', () => {
  expect(() => makeDirectory('/proc/anabranch/a')).toThrow('ENOENT')
})

it('takes a parent that another process makes meanwhile', async () => {
  const base = await mkdtemp(join(tmpdir(), 'anabranch-directory-'))
  onTestFinished(() => rm(base, { recursive: true }))
  const { mkdirSync: make } = await vi.importActual<typeof import('node:fs')>('node:fs')
  vi.mocked(mkdirSync).mockImplementationOnce(() => {
    make(join(base, 'a'))
    throw Object.assign(new Error('too early'), { code: 'ENOENT' })
  })
  makeDirectory(join(base, 'a/b'))
  expect((await stat(join(base, 'a/b'))).isDirectory()).toBe(true)
})
