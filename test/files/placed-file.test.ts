import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { PlacedFile } from '../../src/files/placed-file.ts'

it('a file is in place until it is removed or replaced', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-placed-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'a')
  await writeFile(path, '')
  const file = new PlacedFile(path)
  await writeFile(path, 'more')
  expect(file.isInPlace).toBe(true)
  await writeFile(join(directory, 'b'), '')
  await rename(join(directory, 'b'), path)
  expect(file.isInPlace).toBe(false)
  const other = new PlacedFile(path)
  await rm(directory, { recursive: true })
  expect(other.isInPlace).toBe(false)
})
