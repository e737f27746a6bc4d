import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { AnabranchError } from '../errors.ts'
import { concatBytes, equalBytes, toHex } from '../protocol/bytes.ts'
import { type ContentRecord, signContentRecord } from '../protocol/content-record.ts'
import { GrowingTree } from '../protocol/growing-tree.ts'
import {
  groupSegmentCount,
  HASH_BYTES,
  HASH_GROUP_SEGMENTS,
  hashSegment,
  merkleRoot
} from '../protocol/merkle.ts'
import { SegmentLengths } from '../protocol/segment-lengths.ts'
import { MAX_HEAD_LEAVES, type SignedHead, signHead } from '../protocol/stream-head.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import {
  ContentChangedError,
  ContentReadError,
  StreamPassedError,
  StreamReplacedError,
  UnknownContentError
} from './content-errors.ts'
import type { ContentItem, ContentStore, GroupHashes, LiveView, SegmentReader } from './content-store.ts'
import { FrameCutter } from './frame-cutter.ts'
import { LIVE_LIMITS } from './limits.ts'
import { LiveChunks } from './live-chunks.ts'
import { StreamTimes } from './stream-times.ts'

const EMPTY_LEAF = hashSegment(new Uint8Array(0))

export interface LiveStoreOptions {
  /** The name under which the content is offered; see parseContentName. */
  name: string
  /** Directory for the segments; the store makes one of its own in it, and takes that away when it stops. */
  directory: string
  /** Bytes of a segment: one is sent as soon as it is full. Where `frameMs` is given, the most that one has. */
  segmentBytes: number
  /** Divides the content by time: a segment is what came in within so many milliseconds. */
  frameMs?: number | undefined
  /** For how long segments are kept, in milliseconds. Default: as long as the store is there. */
  windowMs?: number
  /** The source's libp2p key, Ed25519. */
  privateKey: PrivateKey
  /** The time that heads tell: milliseconds since 1970, UTC. Default: this host's. */
  clock?: () => number
  scheduler?: Scheduler
}

/**
 * One live content: takes its bytes as they are made, cuts them into segments by size or time, keeps these on disk and tells by
 * signed heads how far it reaches. Once it has ended it is offered on, under the same id.
 */
export class LiveStore implements ContentStore {
  readonly item: ContentItem & { live: LiveView }
  readonly #options: LiveStoreOptions
  readonly #scheduler: Scheduler
  readonly #clock: () => number
  readonly #directory: string
  readonly #chunks: LiveChunks
  readonly #tree = new GrowingTree()
  readonly #times = new StreamTimes()
  readonly #followers = new Set<(head: SignedHead) => void>()
  /** The newest segments, in order. */
  readonly #recent = new Map<number, Uint8Array>()
  /** Leaf hashes of whole groups, those used last behind. */
  readonly #groups = new Map<number, Promise<Uint8Array>>()
  /** Present where segments are divided by time: then they differ in size. */
  readonly #frames: { cutter: FrameCutter; lengths: SegmentLengths } | undefined
  #closing: Promise<void> = Promise.resolve()
  #cancelFrame: (() => void) | undefined
  /** Leaf hashes that no head has told yet, from the first segment on that is not empty. */
  #untold: Uint8Array[] = []
  #part: Uint8Array
  #partBytes = 0
  #bytes = 0
  #head: SignedHead
  #toldAtMs = Number.NEGATIVE_INFINITY
  #telling: Promise<void> = Promise.resolve()
  #cancelTimer: (() => void) | undefined
  #failure: unknown

  private constructor(
    options: LiveStoreOptions,
    record: ContentRecord,
    recordBytes: Uint8Array,
    head: SignedHead
  ) {
    const { segmentBytes, frameMs, directory, scheduler = systemScheduler, clock = Date.now } = options
    this.#options = options
    this.#scheduler = scheduler
    const startedAtMs = scheduler.nowMs()
    this.#frames =
      frameMs === undefined
        ? undefined
        : {
            cutter: new FrameCutter({ frameMs, segmentBytes, startedAtMs }),
            lengths: new SegmentLengths(0)
          }
    // Frames and heads go by one clock, which is never set.
    this.#clock = this.#frames
      ? () => record.startedAtMs! + Math.round(scheduler.nowMs() - startedAtMs)
      : clock
    this.#directory = join(directory, toHex(record.rootHash))
    const segments =
      frameMs === undefined ? LIVE_LIMITS.chunkBytes / segmentBytes : LIVE_LIMITS.chunkMs / frameMs
    const groups = Math.max(1, Math.round(segments / HASH_GROUP_SEGMENTS))
    const bytesBetween = (from: number, to: number) => this.#bytesBetween(from, to)
    this.#chunks = new LiveChunks(this.#directory, groups * HASH_GROUP_SEGMENTS, bytesBetween)
    this.#part = new Uint8Array(segmentBytes)
    this.#head = head
    this.item = { record, recordBytes, live: this.#view() }
  }

  /** Throws InvalidContentRecordError, and what the file system throws. */
  static async start(options: LiveStoreOptions): Promise<LiveStore> {
    const { name, segmentBytes, frameMs, privateKey, clock = Date.now } = options
    const record: ContentRecord = {
      name,
      sizeBytes: 0,
      segmentBytes,
      rootHash: crypto.getRandomValues(new Uint8Array(HASH_BYTES)),
      sourcePeerId: peerIdFromPrivateKey(privateKey).toString(),
      startedAtMs: clock(),
      ...(frameMs === undefined ? {} : { frameMs })
    }
    const recordBytes = await signContentRecord(record, privateKey)
    const none = { count: 0, bytes: 0, isEnded: false, leaves: new Uint8Array(0) }
    const first = { ...none, atMs: clock(), rootHash: new GrowingTree().rootHash() }
    const signed = await signHead(first, record.rootHash, privateKey)
    const store = new LiveStore(options, record, recordBytes, { ...first, signed })
    await mkdir(store.#directory, { recursive: true })
    store.#armPulse()
    return store
  }

  /**
   * Takes the next bytes; one call at a time. Resolves when they are kept, or are a part of a frame that has not ended. Throws
   * what the file system throws.
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#frames) return await this.#writeFrames(bytes, this.#frames.cutter)
    for (let rest = bytes; rest.byteLength > 0; ) {
      const part = rest.subarray(0, this.#part.byteLength - this.#partBytes)
      this.#part.set(part, this.#partBytes)
      this.#partBytes += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (this.#partBytes === this.#part.byteLength) await this.#closeSegment()
    }
  }

  /** Nothing follows: the rest is the last segment. Resolves when the last head is told. */
  async end(): Promise<void> {
    if (this.#frames) await this.#closeFrames(true)
    else if (this.#partBytes > 0) await this.#closeSegment()
    await this.#tell(true)
  }

  /** Offers the content no longer, and deletes what was kept of it. */
  async stop(): Promise<void> {
    this.#cancelFrame?.()
    this.#cancelTimer?.()
    await this.#closing.catch(() => {})
    await this.#telling.catch(() => {})
    this.#cancelTimer?.()
    this.#failure ??= new Error('the store was stopped')
    await this.#chunks.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  find(name: string): ContentItem | undefined {
    return name === this.item.record.name ? this.item : undefined
  }

  findByRoot(rootHash: Uint8Array): ContentItem | undefined {
    return equalBytes(rootHash, this.item.record.rootHash) ? this.item : undefined
  }

  whyMissing(name: string, rootHash?: Uint8Array): AnabranchError {
    if (this.find(name)) return new StreamReplacedError(name)
    return new UnknownContentError(name, rootHash !== undefined)
  }

  async open({ name, rootHash }: ContentRecord): Promise<SegmentReader> {
    if (!this.findByRoot(rootHash)) throw this.whyMissing(name, rootHash)
    return {
      tryGetSegment: seq => this.#recent.get(seq),
      readSegment: seq => this.#readSegment(seq),
      groupHashes: (group, count = this.#tree.count) => this.#groupHashes(group, count),
      close: async () => {}
    }
  }

  #view(): LiveView {
    const self = this
    return {
      get head() {
        return self.#head
      },
      get lengths() {
        return self.#frames?.lengths
      },
      get firstSeq() {
        return self.#chunks.firstSeq
      },
      seqAt(backMs) {
        const { count, atMs, isEnded } = self.#head
        if (backMs === 0) return isEnded ? this.firstSeq : count
        return Math.max(this.firstSeq, self.#times.countAt(atMs - backMs))
      },
      follow(onHead) {
        self.#followers.add(onHead)
        return () => self.#followers.delete(onHead)
      }
    }
  }

  async #closeSegment(): Promise<void> {
    if (this.#untold.length === MAX_HEAD_LEAVES) await this.#tell()
    const segment = this.#part.slice(0, this.#partBytes)
    await this.#keep(segment)
    this.#partBytes = 0
  }

  async #writeFrames(bytes: Uint8Array, cutter: FrameCutter): Promise<void> {
    for (let rest = bytes; rest.byteLength > 0; ) {
      await this.#closeFrames()
      const isNew = cutter.endsAtMs === undefined
      rest = rest.subarray(cutter.add(rest, this.#scheduler.nowMs()))
      if (isNew) this.#armFrame(cutter)
      // The frame is full.
      if (rest.byteLength > 0) await new Promise<void>(resolve => this.#afterFrame(cutter, resolve))
    }
  }

  /** Closes the frame that has bytes when it ends. */
  #armFrame(cutter: FrameCutter): void {
    this.#cancelFrame?.()
    this.#cancelFrame = this.#afterFrame(cutter, () => {
      // A timer may be early by a part of a millisecond.
      const isEarly = cutter.endsAtMs! > this.#scheduler.nowMs()
      if (isEarly) this.#armFrame(cutter)
      else void this.#closeFrames().catch(() => {})
    })
  }

  #afterFrame(cutter: FrameCutter, act: () => void): () => void {
    return this.#scheduler.after(Math.ceil(cutter.endsAtMs! - this.#scheduler.nowMs()), act)
  }

  /** Keeps the frames that have ended, or all; one after the other. Rejects once one could not be kept. */
  #closeFrames(isEnd = false): Promise<void> {
    this.#closing = this.#closing.then(async () => {
      const { cutter } = this.#frames!
      const nowMs = this.#scheduler.nowMs()
      const { empty, segment } = isEnd ? cutter.end(nowMs) : cutter.cut(nowMs)
      for (let left = empty; left > 0; left--) this.#add(EMPTY_LEAF, 0)
      if (segment) await this.#keep(segment)
    })
    return this.#closing
  }

  async #keep(segment: Uint8Array): Promise<void> {
    const seq = this.#tree.count
    await this.#chunks.write(seq, segment)
    this.#keepRecent(seq, segment)
    this.#add(hashSegment(segment), segment.byteLength)
    this.#tellSoon()
  }

  #add(leaf: Uint8Array, bytes: number): void {
    this.#bytes += bytes
    this.#tree.push(leaf)
    this.#frames?.lengths.push(bytes)
    if (bytes > 0 || this.#untold.length > 0) this.#untold.push(leaf)
  }

  #bytesBetween(from: number, to: number): number {
    if (this.#frames) return this.#frames.lengths.before(to) - this.#frames.lengths.before(from)
    const { segmentBytes } = this.#options
    return Math.min(to * segmentBytes, this.#bytes) - from * segmentBytes
  }

  #keepRecent(seq: number, segment: Uint8Array): void {
    this.#recent.set(seq, segment)
    const most = Math.ceil(LIVE_LIMITS.recentBytes / this.#options.segmentBytes)
    if (this.#recent.size > most) this.#recent.delete(this.#recent.keys().next().value!)
  }

  /** Tells a head at once, or as soon as the one before is old enough. */
  #tellSoon(): void {
    const waitMs = this.#toldAtMs + this.#headIntervalMs - this.#scheduler.nowMs()
    if (waitMs <= 0) void this.#tell().catch(() => {})
    else if (this.#untold.length === 1) this.#arm(waitMs)
  }

  get #headIntervalMs(): number {
    const { frameMs = Number.POSITIVE_INFINITY } = this.#options
    return Math.min(LIVE_LIMITS.headIntervalMs, Math.max(LIVE_LIMITS.leastHeadIntervalMs, frameMs))
  }

  #armPulse(): void {
    this.#arm(LIVE_LIMITS.pulseMs)
  }

  #arm(waitMs: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#scheduler.after(waitMs, () => void this.#tellDue().catch(() => {}))
  }

  async #tellDue(): Promise<void> {
    if (this.#frames) await this.#closeFrames()
    await this.#tell()
  }

  /** Tells heads one after the other. Rejects once one could not be told. */
  #tell(isEnded = false): Promise<void> {
    this.#toldAtMs = this.#scheduler.nowMs()
    this.#telling = this.#telling.then(() => this.#tellHead(isEnded))
    return this.#telling
  }

  async #tellHead(isEnded: boolean): Promise<void> {
    if (this.#failure !== undefined || this.#head.isEnded) return
    const { rootHash } = this.item.record
    const head = {
      count: this.#tree.count,
      bytes: this.#bytes,
      isEnded,
      atMs: this.#clock(),
      rootHash: this.#tree.rootHash(),
      leaves: concatBytes(this.#untold.slice(-MAX_HEAD_LEAVES))
    }
    this.#untold = []
    const signed = await signHead(head, rootHash, this.#options.privateKey)
    this.#head = { ...head, signed }
    this.#times.add(head.count, head.atMs)
    for (const follow of [...this.#followers]) follow(this.#head)
    await this.#dropOld()
    if (isEnded) this.#cancelTimer?.()
    else if (this.#untold.length === 0) this.#armPulse()
    else this.#arm(this.#headIntervalMs)
  }

  async #dropOld(): Promise<void> {
    const { windowMs } = this.#options
    if (windowMs === undefined) return
    const oldestMs = this.#head.atMs - windowMs
    await this.#chunks.dropBelow(this.#times.countAt(oldestMs))
    this.#times.forgetBefore(oldestMs)
    this.#tree.forgetBelow(Math.floor(this.#chunks.firstSeq / HASH_GROUP_SEGMENTS))
    this.#frames?.lengths.forgetBelow(this.#chunks.firstSeq)
  }

  async #readSegment(seq: number): Promise<Uint8Array> {
    if (!(seq >= 0 && seq < this.#tree.count)) throw new RangeError(`no segment ${seq}`)
    const group = Math.floor(seq / HASH_GROUP_SEGMENTS)
    const at = (seq % HASH_GROUP_SEGMENTS) * HASH_BYTES
    const leaf = (await this.#leavesOf(group)).subarray(at, at + HASH_BYTES)
    const segment = await this.#read(seq, 1)
    if (equalBytes(hashSegment(segment), leaf)) return segment
    throw new ContentChangedError(this.item.record.name)
  }

  async #groupHashes(group: number, count: number): Promise<GroupHashes> {
    const tailGroup = Math.floor(count / HASH_GROUP_SEGMENTS)
    const tailBytes = (count % HASH_GROUP_SEGMENTS) * HASH_BYTES
    const tail = tailBytes === 0 ? undefined : (await this.#leavesOf(tailGroup)).subarray(0, tailBytes)
    const leaves = group === tailGroup && tail ? tail : await this.#leavesOf(group)
    return { leaves, proof: this.#tree.groupProof(group, count, tail && merkleRoot(tail)) }
  }

  /** The leaf hashes of a group, as far as there are segments. Those of a whole one are made from its segments again. */
  async #leavesOf(group: number): Promise<Uint8Array> {
    if (group === Math.floor(this.#tree.count / HASH_GROUP_SEGMENTS)) return this.#tree.tail.slice()
    const leaves = this.#groups.get(group) ?? this.#hashGroup(group)
    this.#groups.delete(group)
    this.#groups.set(group, leaves)
    if (this.#groups.size > LIVE_LIMITS.heldGroups) this.#groups.delete(this.#groups.keys().next().value!)
    leaves.catch(() => this.#groups.delete(group))
    return await leaves
  }

  async #hashGroup(group: number): Promise<Uint8Array> {
    const count = groupSegmentCount(this.#tree.count, group)
    const first = group * HASH_GROUP_SEGMENTS
    const bytes = await this.#read(first, count)
    const before = (index: number) => this.#bytesBetween(first, first + index)
    const leaves = Array.from({ length: count }, (_, index) =>
      hashSegment(bytes.subarray(before(index), before(index + 1)))
    )
    const all = concatBytes(leaves)
    const root = this.#tree.groupRoot(group)
    if (root && equalBytes(root, merkleRoot(all))) return all
    throw new ContentChangedError(this.item.record.name)
  }

  /** Reads segments of one group. Throws StreamPassedError, ContentReadError. */
  async #read(seq: number, count: number): Promise<Uint8Array> {
    const { name } = this.item.record
    if (seq < this.#chunks.firstSeq) throw new StreamPassedError(name)
    try {
      return await this.#chunks.read(seq, this.#bytesBetween(seq, seq + count))
    } catch (error) {
      throw seq < this.#chunks.firstSeq ? new StreamPassedError(name) : new ContentReadError(name, error)
    }
  }
}
