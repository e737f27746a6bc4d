import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadOrCreateIdentity } from '../../src/transport/identity.ts'

let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'anabranch-identity-'))
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

it('makes one key however many ask at once, and leaves nothing beside it', async () => {
  const keys = await Promise.all(Array.from({ length: 5 }, () => loadOrCreateIdentity(home)))
  for (const key of keys) expect(key.equals(keys[0]!)).toBe(true)
  expect(await readdir(home)).toEqual(['identity.key'])
})

it('says of an empty key what to do with it', async () => {
  await writeFile(join(home, 'identity.key'), '')
  await expect(loadOrCreateIdentity(home)).rejects.toThrow('it is empty; remove it')
})
