import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { merkleRoot } from '../../src/protocol/merkle.ts'
import { HashStore, type NewContent, readLeaves } from '../../src/source/hash-store.ts'
import { makeDirectories } from './catalog-fixture.ts'

const key = Buffer.alloc(32, 9)

function content(name: string): NewContent {
  return { name, key, leaves: Buffer.alloc(64, name), recordBytes: Buffer.from(`record of ${name}`) }
}

async function makeStore(): Promise<{ path: string; store: HashStore }> {
  const { directory } = await makeDirectories()
  const path = join(directory, 'store.sqlite')
  const store = new HashStore(path)
  onTestFinished(() => store.close())
  return { path, store }
}

function asBytes(kept: ReturnType<HashStore['find']>) {
  return kept && { leaves: Buffer.from(kept.leaves), recordBytes: Buffer.from(kept.recordBytes) }
}

describe('HashStore', () => {
  it('gives what was put: to who writes, for that state of the file alone, to who reads, for that root alone', async () => {
    const { path, store } = await makeStore()
    const { leaves, recordBytes } = content('a')
    const rootHash = merkleRoot(leaves)
    expect(readLeaves(path, 'a', rootHash)).toBeUndefined()
    store.put([content('a'), content('b')])
    expect(asBytes(store.find('a', key))).toEqual({ leaves, recordBytes })
    expect(Buffer.from(readLeaves(path, 'a', rootHash)!)).toEqual(leaves)
    expect(readLeaves(path, 'a', Buffer.alloc(32))).toBeUndefined()
    expect(readLeaves(path, 'c', rootHash)).toBeUndefined()
    expect(store.find('a', Buffer.alloc(32))).toBeUndefined()
    expect(store.find('c', key)).toBeUndefined()
    store.put([{ ...content('a'), key: Buffer.alloc(32) }])
    expect(store.find('a', key)).toBeUndefined()
  })

  it('forgets what is gone', async () => {
    const { store } = await makeStore()
    store.put(['a', 'b', 'c', 'd'].map(content))
    store.remove(['b', 'unknown'])
    store.keepOnly(['c', 'd', 'unknown'])
    expect(['a', 'b', 'c', 'd'].filter(name => store.find(name, key))).toEqual(['c', 'd'])
  })

  it('takes a spoilt row for none', async () => {
    const { path, store } = await makeStore()
    store.put([content('a')])
    store.close()
    using database = new DatabaseSync(path)
    database.exec("UPDATE contents SET record = x'00'")
    expect(store.find('a', key)).toBeUndefined()
  })

  it.each<[string, (path: string) => Promise<void>]>([
    [
      'is no database',
      path => writeFile(path, 'garbage that is long enough to be no header at all'.repeat(99))
    ],
    ['is cut short', path => truncate(path, 5000)],
    ['ends in garbage', path => appendFile(path, 'x')]
  ])('goes on with a file that %s', async (_, damage) => {
    const { path, store } = await makeStore()
    store.put(['a', 'b', 'c'].map(content))
    store.close()
    await damage(path)
    store.put([content('d')])
    expect(store.find('d', key)).toBeDefined()
    store.put([content('a')])
    expect(readLeaves(path, 'a', merkleRoot(content('a').leaves))).toBeDefined()
  })

  it.each<[string, (path: string) => Promise<void>]>([
    ['removed', path => rm(path)],
    ['moved away', path => rename(path, `${path}.old`)]
  ])('makes a file anew that was %s while it was used', async (_, lose) => {
    const { path, store } = await makeStore()
    store.put([content('a')])
    await lose(path)
    expect(store.find('a', key)).toBeUndefined()
    store.put([content('b')])
    expect(readLeaves(path, 'b', merkleRoot(content('b').leaves))).toBeDefined()
  })

  it('throws where there is no directory for the file', async () => {
    const { path } = await makeStore()
    expect(() => new HashStore(join(path, 'nowhere', 'store')).put([content('a')])).toThrow()
  })
})
