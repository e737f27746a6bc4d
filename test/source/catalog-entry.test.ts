import { describe, expect, it } from 'vitest'
import { type CatalogEntry, changedEntry, newEntry, settle } from '../../src/source/catalog-entry.ts'
import type { ScannedFile } from '../../src/source/catalog-file.ts'
import type { ContentItem } from '../../src/source/content-store.ts'

const SETTLE_MS = 1_000
const START_MS = 1_700_000_000_000

function fileAt(sizeBytes: number, mtimeMs: number): ScannedFile {
  const mtimeNs = BigInt(Math.floor(mtimeMs)) * 1_000_000n
  return { name: 'a', path: '/a', identity: { sizeBytes, mtimeNs, ino: 1n, dev: 1n }, ctimeNs: mtimeNs }
}

function itemOf({ identity }: ScannedFile): ContentItem {
  const rootHash = new Uint8Array(32)
  const { sizeBytes } = identity
  return {
    record: { name: 'a', sizeBytes, segmentBytes: 1, rootHash, sourcePeerId: '' },
    recordBytes: rootHash
  }
}

/**
 * A file that changes every `everyMs` for ten minutes, and then is left alone; it is looked at every
 * 100 ms and hashed in `hashMs`. Gives what happened to it.
 */
function watchFile(everyMs: number, hashMs: number) {
  let entry: CatalogEntry = newEntry(fileAt(0, START_MS), START_MS)
  let [offered, told, hashedAtMs] = [0, 0, 0]
  let isTold = false
  let offeredAtMs = 0
  for (let ms = 0; ms < 1_200_000; ms += 100) {
    const nowMs = START_MS + ms
    const isChanged = ms % everyMs === 0 && ms < 600_000
    if (isChanged) entry = changedEntry(entry, fileAt(ms + 1, nowMs), nowMs)
    const before = entry.state
    settle(entry, nowMs, SETTLE_MS)
    if (entry.state === 'queued' && before !== 'queued') hashedAtMs = ms + hashMs
    if (entry.state === 'queued' && ms >= hashedAtMs) {
      entry.state = 'ready'
      entry.item = itemOf(entry.file)
      delete entry.error
      offered++
      offeredAtMs = ms
    }
    if (entry.error !== undefined && !isTold) told++
    isTold = entry.error !== undefined
  }
  return { offered, told, offeredAtMs }
}

describe('a file that keeps changing', () => {
  it.each([
    [300, 0, 1],
    [2_500, 0, 4],
    [2_500, 2_000, 1],
    [20_000, 0, 7],
    [20_000, 30_000, 1],
    [60_000, 0, 8]
  ])(
    'is left out, which is told once: a change every %i ms, hashed in %i ms',
    (everyMs, hashMs, mostOffered) => {
      const { offered, told, offeredAtMs } = watchFile(everyMs, hashMs)
      expect(offered).toBeLessThanOrEqual(mostOffered)
      expect(told).toBe(1)
      // Left alone, it is offered within the longest quiet time.
      expect(offeredAtMs).toBeGreaterThan(600_000 - everyMs)
      expect(offeredAtMs).toBeLessThanOrEqual(600_000 + 300_000 + hashMs)
    }
  )

  it('is waited for no longer than at first where it changes every ten minutes', () => {
    let entry = newEntry(fileAt(0, START_MS), START_MS)
    for (let turn = 1; turn <= 5; turn++) {
      entry.state = 'ready'
      const nowMs = START_MS + turn * 600_000
      entry = changedEntry(entry, fileAt(turn, nowMs), nowMs)
      settle(entry, nowMs + SETTLE_MS, SETTLE_MS)
      expect(entry.state).toBe('queued')
    }
  })
})

describe('a file that was offered', () => {
  const ready = (): CatalogEntry => {
    const file = fileAt(5, START_MS - 60_000)
    return { ...newEntry(file, START_MS), state: 'ready', item: itemOf(file) }
  }

  it('stays on offer while it has its size, and is not while it has another', () => {
    const touched = changedEntry(ready(), fileAt(5, START_MS), START_MS)
    expect(touched).toMatchObject({ state: 'settling', item: ready().item })
    expect(changedEntry(ready(), fileAt(6, START_MS), START_MS).item).toBeUndefined()
  })

  it('is hashed at once where an old file took its place, and later where that happens again', () => {
    const moved = changedEntry(ready(), fileAt(6, START_MS - 90_000), START_MS)
    settle(moved, START_MS, SETTLE_MS)
    expect(moved.state).toBe('queued')
    const again = changedEntry(moved, fileAt(7, START_MS - 90_000), START_MS + 1)
    settle(again, START_MS + 1, SETTLE_MS)
    expect(again.state).toBe('settling')
  })
})
