import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { loadOrCreateIdentity } from '../../src/transport/identity.ts'

vi.mock('node:fs/promises', async original => {
  const module = await original<typeof import('node:fs/promises')>()
  return { ...module, link: vi.fn(module.link) }
})

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

it('is made on a file system that has no hard links', async () => {
  vi.mocked(link).mockRejectedValueOnce(Object.assign(new Error('not permitted'), { code: 'EPERM' }))
  const key = await loadOrCreateIdentity(home)
  expect((await loadOrCreateIdentity(home)).equals(key)).toBe(true)
  expect(await readdir(home)).toEqual(['identity.key'])
})

it.each([
  ['empty', () => Buffer.alloc(0)],
  ['damaged', (key: Buffer) => key.subarray(0, 30)],
  ['damaged', (key: Buffer) => key.fill(key[20]! ^ 1, 20, 21)]
])('keeps a key that is %s, and says what to do', async (state, harm) => {
  await loadOrCreateIdentity(home)
  const path = join(home, 'identity.key')
  const harmed = harm(await readFile(path))
  await writeFile(path, harmed)
  const message = `is ${state}; put a copy of it back, or remove it: this node then gets a new identity`
  await expect(loadOrCreateIdentity(home)).rejects.toThrow(message)
  expect(await readFile(path)).toEqual(harmed)
})

it('says why a key cannot be read', async () => {
  await mkdir(join(home, 'identity.key'))
  await expect(loadOrCreateIdentity(home)).rejects.toThrow('it is a directory (EISDIR)')
})

it('says at once where a home cannot be made', async () => {
  const message = 'its directory does not exist (ENOENT, /proc/anabranch); make that, or give another home'
  await expect(loadOrCreateIdentity('/proc/anabranch')).rejects.toThrow(message)
})
