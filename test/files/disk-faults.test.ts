import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { diskCause, diskRemedy } from '../../src/files/disk-faults.ts'

it('an error of the file system is told by its cause and what can be done', async () => {
  const error = await readFile('/nowhere/at/all').catch(error => error)
  expect(diskCause(error)).toBe('its directory does not exist (ENOENT)')
  expect(diskRemedy(error)).toBe('make that')
})

it('an error of which nothing is known is told as the system says it', () => {
  const error = Object.assign(new Error('disk of jelly'), { code: 'EJELLY' })
  expect(diskCause(error)).toBe('disk of jelly')
  expect(diskRemedy(error)).toBe('check the path')
})
