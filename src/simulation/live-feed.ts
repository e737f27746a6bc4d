import type { SegmentCheck } from '../client/transfer.ts'
import { Extent } from '../protocol/extent.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import { SegmentLengths } from '../protocol/segment-lengths.ts'
import {
  edgeOf,
  MAX_HEAD_LEAVES,
  type SignedHead,
  type StreamHead,
  type StreamOf,
  unsignedHead
} from '../protocol/stream-head.ts'
import { LIVE_LIMITS } from '../source/limits.ts'
import { type SessionHead, sessionHead } from '../source/session-heads.ts'
import type { Content } from './content.ts'
import type { EventQueue } from './event-queue.ts'
import type { SimulatedLive } from './scenario.ts'

/** The simulated live content as its heads name it: hashes are not looked at here. */
export function streamOf({ segmentBytes }: Content, live?: SimulatedLive): StreamOf {
  const frames = live?.frames && { frameMs: live.frames.frameMs }
  return { rootHash: new Uint8Array(HASH_BYTES), segmentBytes, sourcePeerId: 'source', ...frames }
}

/** Makes a content at a steady rate or in frames, and tells heads as a source does. */
export class LiveFeed {
  readonly #events: EventQueue
  readonly #content: Content
  readonly #live: SimulatedLive
  readonly #intervalMs: number
  /** Where segments differ in size: their lengths. */
  readonly #lengths: SegmentLengths | undefined
  readonly #onHead: (head: SignedHead) => void
  #head: SignedHead

  constructor(events: EventQueue, content: Content, live: SimulatedLive, onHead: (head: SignedHead) => void) {
    this.#events = events
    this.#content = content
    this.#live = live
    const { frameMs = LIVE_LIMITS.headIntervalMs } = live.frames ?? {}
    this.#intervalMs = Math.min(LIVE_LIMITS.headIntervalMs, frameMs)
    this.#lengths = live.frames && new SegmentLengths(0)
    this.#onHead = onHead
    this.#head = this.#headOf(0)
    events.after(this.#intervalMs, () => this.#make())
  }

  /** Where a session begins. */
  sessionInit(firstSeq: number): { extent: Extent; head: SessionHead } {
    const { segmentBytes } = this.#content
    return {
      extent: new Extent({ firstSeq, segmentBytes, lengths: this.#lengths, ...edgeOf(this.#head) }),
      head: sessionHead(this.#head)
    }
  }

  #make(): void {
    const count = this.#count
    if (this.#isWorthAHead(count)) {
      this.#head = this.#headOf(count)
      this.#onHead(this.#head)
    }
    if (!this.#head.isEnded) this.#events.after(this.#intervalMs, () => this.#make())
  }

  /** Segments that are made by now. */
  get #count(): number {
    const { segmentBytes, sizeBytes, segmentCount } = this.#content
    const { frames, rateBytesPerSecond } = this.#live
    const { nowMs } = this.#events
    if (frames) return Math.min(segmentCount, Math.floor(nowMs / frames.frameMs))
    const bytes = (nowMs * rateBytesPerSecond) / 1000
    return bytes >= sizeBytes ? segmentCount : Math.floor(bytes / segmentBytes)
  }

  /** Empty frames alone are told of now and then. */
  #isWorthAHead(count: number): boolean {
    if (count === this.#head.count) return false
    const isDue = this.#events.nowMs - this.#head.atMs >= LIVE_LIMITS.pulseMs
    return isDue || count === this.#content.segmentCount || this.#bytesTo(count) > this.#head.bytes
  }

  #bytesTo(count: number): number {
    const { segmentBytes, sizeBytes } = this.#content
    if (!this.#lengths) return Math.min(sizeBytes, count * segmentBytes)
    while (this.#lengths.end < count) this.#lengths.push(this.#content.segmentLength(this.#lengths.end))
    return this.#lengths.before(count)
  }

  #headOf(count: number): SignedHead {
    const added = count - (this.#head?.count ?? 0)
    const isEnded = count === this.#content.segmentCount
    const head: StreamHead = {
      count,
      bytes: this.#bytesTo(count),
      isEnded,
      atMs: Math.floor(this.#events.nowMs),
      rootHash: new Uint8Array(HASH_BYTES),
      leaves: new Uint8Array(Math.min(added, MAX_HEAD_LEAVES) * HASH_BYTES)
    }
    return { ...head, signed: unsignedHead(head, streamOf(this.#content).rootHash) }
  }
}

/** Accepts segments as the real verifier of a live content does: only where their leaf hashes have come before them. */
export class LiveContentCheck implements SegmentCheck {
  readonly #content: Content
  readonly #known = new Set<number>()
  readonly #counts = new Map<number, number>()

  constructor(content: Content) {
    this.#content = content
  }

  grow({ count, leaves }: StreamHead, route: number): void {
    this.#counts.set(route, count)
    this.#learn(count - leaves.byteLength / HASH_BYTES, count)
  }

  learn(group: number, _leaves: Uint8Array, _proof: Uint8Array, route: number): boolean {
    const from = group * HASH_GROUP_SEGMENTS
    this.#learn(from, Math.min(from + HASH_GROUP_SEGMENTS, this.#counts.get(route) ?? 0))
    return true
  }

  knows(seq: number): boolean {
    return this.#known.has(seq)
  }

  verify(seq: number, payload: Uint8Array): boolean {
    return this.knows(seq) && this.#content.isSegment(seq, payload)
  }

  forgetBelow(seq: number): void {
    for (const known of this.#known) if (known < seq) this.#known.delete(known)
  }

  #learn(from: number, to: number): void {
    for (let seq = from; seq < to; seq++) this.#known.add(seq)
  }
}
