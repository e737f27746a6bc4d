import { execFileSync } from 'node:child_process'
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { outputTarget, realTarget } from '../../../src/client/output/output-target.ts'
import { makeDirectory } from './output-fixture.ts'

it('tells what an output would be', async () => {
  const directory = await makeDirectory()
  await writeFile(join(directory, 'file'), '')
  await mkdir(join(directory, 'sub'))
  execFileSync('mkfifo', [join(directory, 'pipe')])
  await symlink('pipe', join(directory, 'link'))
  await symlink('round', join(directory, 'round'))
  await symlink('/dev/stdout', join(directory, 'stdout'))
  const kindOf = (name: string) => outputTarget(join(directory, name)).kind
  expect(kindOf('file')).toBe('file')
  expect(kindOf('missing')).toBe('file')
  expect(kindOf('missing/a')).toBe('file')
  expect(kindOf('round')).toBe('file')
  expect(kindOf('sub')).toBe('directory')
  expect(kindOf('pipe')).toBe('fifo')
  expect(kindOf('link')).toBe('fifo')
  expect(outputTarget('/dev/null')).toEqual({ kind: 'device' })
  for (const path of ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', join(directory, 'stdout')]) {
    expect(outputTarget(path), path).toEqual({ kind: 'descriptor', descriptor: 1 })
  }
})

it('finds where a path leads, whether or not something is there', async () => {
  const directory = await realpath(await makeDirectory())
  await mkdir(join(directory, 'sub'))
  await symlink('sub', join(directory, 'dir'))
  await symlink('dir/file', join(directory, 'link'))
  const target = join(directory, 'sub', 'file')
  for (const name of ['sub/file', 'dir/file', 'dir/../sub/file', 'link']) {
    expect(realTarget(join(directory, name)), name).toBe(target)
  }
  await writeFile(target, '')
  expect(realTarget(join(directory, 'link'))).toBe(target)
  expect(realTarget(join(directory, 'missing', 'a'))).toBe(join(directory, 'missing', 'a'))
})
