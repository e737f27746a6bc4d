import type { SegmentCheck } from '../client/transfer.ts'
import { Extent } from '../protocol/extent.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
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
export function streamOf({ segmentBytes }: Content): StreamOf {
  return { rootHash: new Uint8Array(HASH_BYTES), segmentBytes, sourcePeerId: 'source' }
}

/** Makes a content at a steady rate, and tells heads as a source does. */
export class LiveFeed {
  readonly #events: EventQueue
  readonly #content: Content
  readonly #rateBytesPerSecond: number
  readonly #onHead: (head: SignedHead) => void
  #head: SignedHead

  constructor(
    events: EventQueue,
    content: Content,
    { rateBytesPerSecond }: SimulatedLive,
    onHead: (head: SignedHead) => void
  ) {
    this.#events = events
    this.#content = content
    this.#rateBytesPerSecond = rateBytesPerSecond
    this.#onHead = onHead
    this.#head = this.#headOf(0, 0)
    events.after(LIVE_LIMITS.headIntervalMs, () => this.#make())
  }

  /** Where a session begins. */
  sessionInit(firstSeq: number): { extent: Extent; head: SessionHead } {
    const { segmentBytes } = this.#content
    return {
      extent: new Extent({ firstSeq, segmentBytes, ...edgeOf(this.#head) }),
      head: sessionHead(this.#head)
    }
  }

  #make(): void {
    const { segmentBytes, sizeBytes, segmentCount } = this.#content
    const bytes = (this.#events.nowMs * this.#rateBytesPerSecond) / 1000
    const count = bytes >= sizeBytes ? segmentCount : Math.floor(bytes / segmentBytes)
    if (count > this.#head.count) {
      this.#head = this.#headOf(count, count - this.#head.count)
      this.#onHead(this.#head)
    }
    if (!this.#head.isEnded) this.#events.after(LIVE_LIMITS.headIntervalMs, () => this.#make())
  }

  #headOf(count: number, added: number): SignedHead {
    const { segmentBytes, sizeBytes, segmentCount } = this.#content
    const isEnded = count === segmentCount
    const head: StreamHead = {
      count,
      bytes: isEnded ? sizeBytes : count * segmentBytes,
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
