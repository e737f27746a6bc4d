import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../src/protocol/bytes.ts'
import { HASH_GROUP_SEGMENTS, hashSegment, MerkleTree } from '../../src/protocol/merkle.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { ContentChangedError, ContentPartialError } from '../../src/source/content-errors.ts'
import { PARTS_LIMITS } from '../../src/source/limits.ts'
import { PartStore } from '../../src/source/part-store.ts'
import { PartsTeller } from '../../src/source/parts-teller.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const SEGMENT_BYTES = 64
const COUNT = HASH_GROUP_SEGMENTS + 10

function makeStore() {
  const segments = Array.from({ length: COUNT }, () => Uint8Array.from(randomBytes(SEGMENT_BYTES)))
  const tree = new MerkleTree(concatBytes(segments.map(hashSegment)))
  const record = {
    name: 'film.bin',
    sizeBytes: COUNT * SEGMENT_BYTES,
    segmentBytes: SEGMENT_BYTES,
    rootHash: tree.rootHash,
    sourcePeerId: 'somebody'
  }
  const parts = {
    readSegment: async (seq: number) => segments[seq]!,
    // The second group's hashes have not come.
    groupHashes: async (group: number) =>
      group === 0 ? { leaves: tree.groupLeaves(0), proof: tree.groupProof(0) } : undefined
  }
  const scheduler = new VirtualScheduler()
  return { store: new PartStore(record, new Uint8Array(), parts, scheduler), segments, scheduler }
}

describe('the store of a content that is being fetched', () => {
  it('gives what is there, and nothing else', async () => {
    const { store, segments } = makeStore()
    const reader = await store.open(store.item.record)
    await expect(reader.readSegment(3)).rejects.toThrow(ContentPartialError)
    store.add({ from: 2, to: 4 })
    expect(await reader.readSegment(3)).toEqual(segments[3])
    await expect(reader.readSegment(4)).rejects.toThrow(ContentPartialError)
    await expect(reader.groupHashes(1)).rejects.toThrow(ContentPartialError)
  })

  it('gives no segment that somebody has changed', async () => {
    const { store, segments } = makeStore()
    store.add({ from: 0, to: 4 })
    segments[1]![0]! ^= 1
    const reader = await store.open(store.item.record)
    await expect(reader.readSegment(1)).rejects.toThrow(ContentChangedError)
    expect(await reader.readSegment(2)).toEqual(segments[2])
  })

  it('tells changes together, as soon as the route takes them', () => {
    const { store, scheduler } = makeStore()
    const told: RouteMessage[] = []
    const stream = { writable: true, send: (message: RouteMessage) => told.push(message) }
    const teller = new PartsTeller(store.item, stream)
    teller.start()
    expect(told.splice(0)).toEqual([{ kind: 'parts', ranges: [], coming: [] }])
    store.expect([{ from: 0, to: 16 }])
    store.add({ from: 0, to: 2 })
    scheduler.advance(PARTS_LIMITS.intervalMs)
    const ranges = [{ from: 0, to: 2 }]
    expect(told.splice(0)).toEqual([{ kind: 'parts', ranges, coming: [{ from: 0, to: 16 }] }])
    stream.writable = false
    store.expect([])
    scheduler.advance(PARTS_LIMITS.intervalMs)
    expect(told).toEqual([])
    stream.writable = true
    teller.drained()
    teller.drained()
    expect(told.splice(0)).toEqual([{ kind: 'parts', ranges, coming: [] }])
    teller.stop()
    store.add({ from: 8, to: 9 })
    scheduler.advance(PARTS_LIMITS.intervalMs)
    expect(told).toEqual([])
  })

  it('says of a content that is complete that everything is there', () => {
    const { store } = makeStore()
    const told: RouteMessage[] = []
    const { record, recordBytes } = store.item
    const stream = { writable: true, send: (message: RouteMessage) => told.push(message) }
    new PartsTeller({ record, recordBytes }, stream).start()
    expect(told).toEqual([{ kind: 'parts', ranges: [{ from: 0, to: COUNT }], coming: [] }])
  })
})
