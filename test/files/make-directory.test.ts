import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeDirectory } from '../../src/files/make-directory.ts'

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
