import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { diskCause, diskRemedy } from '../../src/files/disk-faults.ts'

it('an error of the file system is told by its cause, the path that failed and what can be done', async () => {
  const error = await readFile('/nowhere/at/all').catch(error => error)
  expect(diskCause(error)).toBe('its directory does not exist (ENOENT, /nowhere/at/all)')
  expect(diskRemedy(error)).toBe('make that')
})

it('an invalid argument is a name that is refused only where a name is given', () => {
  const invalid = (syscall: string) =>
    Object.assign(new Error(`EINVAL: invalid argument, ${syscall}`), { code: 'EINVAL', syscall })
  for (const call of ['open', 'link', 'rename', 'mkdir']) {
    expect(diskCause(invalid(call))).toBe('the file system does not take the name (EINVAL)')
  }
  expect(diskCause(invalid('write'))).toBe('EINVAL: invalid argument, write')
  expect(diskRemedy(invalid('write'))).toBe('check the path')
})

it('an error of which nothing is known is told as the system says it', () => {
  const error = Object.assign(new Error('disk of jelly'), { code: 'EJELLY' })
  expect(diskCause(error)).toBe('disk of jelly')
  expect(diskRemedy(error)).toBe('check the path')
})
