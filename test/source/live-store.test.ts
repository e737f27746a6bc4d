import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { equalBytes } from '../../src/protocol/bytes.ts'
import { verifyContentRecord } from '../../src/protocol/content-record.ts'
import {
  groupCount,
  HASH_BYTES,
  HASH_GROUP_SEGMENTS,
  hashSegment,
  merkleRoot,
  verifyGroup
} from '../../src/protocol/merkle.ts'
import { type SignedHead, type StreamHead, verifyHead } from '../../src/protocol/stream-head.ts'
import { StreamPassedError, StreamReplacedError } from '../../src/source/content-errors.ts'
import { LIVE_LIMITS } from '../../src/source/limits.ts'
import { LiveStore } from '../../src/source/live-store.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const SEGMENT_BYTES = 1024
const STARTED_MS = 1_700_000_000_000

/** A store in virtual time, and the heads that it has told. */
async function started(options: { windowMs?: number; frameMs?: number } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-live-'))
  const scheduler = new VirtualScheduler()
  const clock = () => STARTED_MS + scheduler.nowMs()
  const privateKey = await generateKeyPair('Ed25519')
  const store = await LiveStore.start({
    name: 'live/one',
    directory,
    segmentBytes: SEGMENT_BYTES,
    privateKey,
    clock,
    scheduler,
    ...options
  })
  onTestFinished(async () => {
    await store.stop()
    expect(await readdir(directory)).toEqual([])
    await rm(directory, { recursive: true })
  })
  const heads: SignedHead[] = []
  store.item.live.follow(head => heads.push(head))
  return { store, scheduler, heads, reader: await store.open(store.item.record) }
}

function leavesOf(bytes: Uint8Array): Uint8Array {
  const count = Math.ceil(bytes.byteLength / SEGMENT_BYTES)
  return Buffer.concat(
    Array.from({ length: count }, (_, seq) =>
      hashSegment(bytes.subarray(seq * SEGMENT_BYTES, (seq + 1) * SEGMENT_BYTES))
    )
  )
}

/** The head with its hashes as plain arrays. */
function plain(head: StreamHead): StreamHead {
  return { ...head, rootHash: Uint8Array.from(head.rootHash), leaves: Uint8Array.from(head.leaves) }
}

describe('a live store', () => {
  it('tells by signed heads what there is, every leaf hash once, and the whole with the last one', async () => {
    const { store, scheduler, heads } = await started()
    const bytes = randomBytes(700 * SEGMENT_BYTES + 13)
    for (let at = 0; at < bytes.byteLength; at += 1_000) {
      await store.write(bytes.subarray(at, at + 1_000))
      scheduler.advance(1)
    }
    await store.end()
    const { record, recordBytes, live } = store.item
    expect(await verifyContentRecord(recordBytes)).toEqual(record)
    for (const { signed, ...head } of heads) expect(await verifyHead(signed, record)).toEqual(plain(head))
    expect(Buffer.concat(heads.map(({ leaves }) => leaves))).toEqual(Buffer.from(leavesOf(bytes)))
    const last = { count: 701, bytes: bytes.byteLength, isEnded: true }
    expect(heads.at(-1)).toMatchObject(last)
    expect(equalBytes(heads.at(-1)!.rootHash, merkleRoot(leavesOf(bytes)))).toBe(true)
    expect(live.head).toBe(heads.at(-1))
    // 718 ms at one head in so many.
    expect(heads.length).toBeGreaterThan(20)
    expect(heads.length).toBeLessThan(718 / LIVE_LIMITS.headIntervalMs + 3)
  })

  it('gives any segment and any group, proven under any head that it has told', async () => {
    const { store, scheduler, heads, reader } = await started()
    const count = LIVE_LIMITS.recentBytes / SEGMENT_BYTES + 5 * HASH_GROUP_SEGMENTS + 7
    const bytes = randomBytes(count * SEGMENT_BYTES)
    for (let at = 0; at < bytes.byteLength; at += 97 * SEGMENT_BYTES) {
      await store.write(bytes.subarray(at, at + 97 * SEGMENT_BYTES))
      scheduler.advance(30)
    }
    await store.end()
    expect(reader.tryGetSegment(0)).toBeUndefined()
    for (const seq of [0, 1, 63, 64, 200, count - 1]) {
      const segment = reader.tryGetSegment(seq) ?? (await reader.readSegment(seq))
      const wanted = bytes.subarray(seq * SEGMENT_BYTES, (seq + 1) * SEGMENT_BYTES)
      expect(equalBytes(segment, wanted)).toBe(true)
    }
    for (const head of heads.filter(({ count }, index) => count > 0 && index % 4 === 0)) {
      for (const group of [0, Math.floor(groupCount(head.count) / 2), groupCount(head.count) - 1]) {
        const hashes = await reader.groupHashes(group, head.count)
        const claim = { rootHash: head.rootHash, segmentCount: head.count, group, ...hashes }
        expect(verifyGroup(claim)).toBe(true)
        const at = group * HASH_GROUP_SEGMENTS * HASH_BYTES
        expect(equalBytes(hashes.leaves, leavesOf(bytes).subarray(at, at + hashes.leaves.byteLength))).toBe(
          true
        )
      }
    }
  })

  it('keeps what is within its window, and says of the rest that it is past', async () => {
    const { store, scheduler, reader } = await started({ windowMs: 10_000 })
    const second = new Uint8Array(1_000 * SEGMENT_BYTES)
    for (let at = 0; at < 40; at++) {
      await store.write(second)
      scheduler.advance(1_000)
    }
    const { live } = store.item
    await vi.waitUntil(() => live.head.count === 40_000)
    const chunk = LIVE_LIMITS.chunkBytes / SEGMENT_BYTES
    expect(live.firstSeq).toBeGreaterThanOrEqual(29_000 - chunk)
    expect(live.firstSeq).toBeLessThanOrEqual(30_000)
    expect(live.seqAt(0)).toBe(40_000)
    expect(live.seqAt(5_000)).toBe(35_000)
    expect(live.seqAt(3_600_000)).toBe(live.firstSeq)
    await store.end()
    expect(live.seqAt(0)).toBe(live.firstSeq)
    expect(await reader.readSegment(live.firstSeq)).toHaveLength(SEGMENT_BYTES)
    await expect(reader.readSegment(live.firstSeq - 1)).rejects.toThrow(StreamPassedError)
  })

  it('tells that it is there while nothing comes', async () => {
    const { store, scheduler, heads } = await started()
    await store.write(new Uint8Array(SEGMENT_BYTES))
    await store.write(new Uint8Array(SEGMENT_BYTES / 2))
    for (let pulses = 0; pulses < 3; pulses++) {
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      scheduler.advance(LIVE_LIMITS.pulseMs)
    }
    await store.end()
    expect(heads.map(({ count, isEnded }) => [count, isEnded])).toEqual([
      [1, false],
      [1, false],
      [1, false],
      [1, false],
      [2, true]
    ])
  })

  it('makes a segment of each frame, tells empty ones with what follows or now and then, and gives any', async () => {
    const { store, scheduler, heads, reader } = await started({ frameMs: 20 })
    const { record, recordBytes, live } = store.item
    expect(await verifyContentRecord(recordBytes)).toEqual({ ...record, frameMs: 20 })
    /** Lets time pass, and waits for so many heads in all. */
    const advance = async (ms: number, count: number) => {
      scheduler.advance(ms)
      await vi.waitUntil(() => heads.length === count)
    }
    const frames = new Map([
      [0, randomBytes(3)],
      [1, randomBytes(SEGMENT_BYTES)],
      [2, randomBytes(7)],
      [150, randomBytes(40)]
    ])
    await store.write(frames.get(0)!)
    await advance(20, 1)
    // More than a frame takes waits for the next one.
    const burst = store.write(Buffer.concat([frames.get(1)!, frames.get(2)!]))
    await new Promise(setImmediate)
    await advance(20, 2)
    await burst
    await advance(20, 3)
    scheduler.advance(2_940)
    await store.write(frames.get(150)!)
    await advance(20, 4)
    expect(heads.map(({ count, bytes, leaves }) => [count, bytes, leaves.byteLength / HASH_BYTES])).toEqual([
      [1, 3, 1],
      [2, 3 + SEGMENT_BYTES, 1],
      [3, 10 + SEGMENT_BYTES, 1],
      [151, 50 + SEGMENT_BYTES, 1]
    ])
    await advance(LIVE_LIMITS.pulseMs, 5)
    expect(heads[4]).toMatchObject({ count: 401, bytes: 50 + SEGMENT_BYTES })
    expect(heads[4]!.leaves).toHaveLength(0)
    await store.end()
    for (const { signed, ...head } of heads) expect(await verifyHead(signed, record)).toEqual(plain(head))
    const last = heads.at(-1)!
    expect(last.isEnded).toBe(true)
    expect(live.lengths!.end).toBe(last.count)
    for (const seq of [0, 1, 2, 3, 150, 400]) {
      expect(Buffer.from(await reader.readSegment(seq))).toEqual(frames.get(seq) ?? Buffer.alloc(0))
      expect(live.lengths!.between(seq, seq + 1)).toEqual([frames.get(seq)?.byteLength ?? 0])
      const group = Math.floor(seq / HASH_GROUP_SEGMENTS)
      const hashes = await reader.groupHashes(group, last.count)
      const claim = { rootHash: last.rootHash, segmentCount: last.count, group, ...hashes }
      expect(verifyGroup(claim)).toBe(true)
    }
    // Each head tells when its last frame ended, or a little later.
    for (const { count, atMs } of heads)
      expect(atMs - record.startedAtMs! - 20 * count).toBeGreaterThanOrEqual(0)
  })

  it('says that a stream of another id under its name is gone', async () => {
    const { store } = await started()
    expect(store.find('live/one')).toBe(store.item)
    expect(store.findByRoot(store.item.record.rootHash)).toBe(store.item)
    expect(store.findByRoot(new Uint8Array(32))).toBeUndefined()
    expect(store.whyMissing('live/one', new Uint8Array(32))).toBeInstanceOf(StreamReplacedError)
    expect(store.whyMissing('live/two', new Uint8Array(32)).code).toBe('ERR_UNKNOWN_CONTENT')
  })
})
