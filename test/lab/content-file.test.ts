import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeContentFile } from '../../src/lab/content-file.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anabranch-content-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('a content is random where it is fetched, and takes no room elsewhere', async () => {
  const path = join(directory, 'content.bin')
  const range = { start: 50_000_000, end: 51_000_000 }
  const hash = await makeContentFile(path, { name: 'test', contentBytes: 100_000_000, range })
  const { size, blocks } = await stat(path)
  expect(size).toBe(100_000_000)
  expect(blocks * 512).toBeLessThan(2_000_000)
  const bytes = (await readFile(path)).subarray(range.start, range.end)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash)
  expect(new Set(bytes).size).toBe(256)
})
