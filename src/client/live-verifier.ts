import { equalBytes } from '../protocol/bytes.ts'
import type { Extent } from '../protocol/extent.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment, verifyGroup } from '../protocol/merkle.ts'
import type { SegmentLengths } from '../protocol/segment-lengths.ts'
import { HEAD_LEAVES_KEPT, type StreamHead } from '../protocol/stream-head.ts'
import type { SegmentCheck } from './transfer.ts'

/**
 * Holds the leaf hashes of a live content that its source has signed in heads, or that lead to a head's root, and checks
 * segments against them. It keeps those of heads for HEAD_LEAVES_KEPT segments ahead of what the client has.
 */
export class LiveVerifier implements SegmentCheck {
  readonly #segmentBytes: number
  readonly #leaves = new Map<number, Uint8Array>()
  /** The last head that each route has brought. */
  readonly #heads = new Map<number, StreamHead>()
  /** Where segments differ in size: their lengths. */
  readonly #lengths: SegmentLengths | undefined
  #next: number
  /** The lowest segment of which a hash may be held. */
  #lowest: number
  #end: { count: number; bytes: number } | undefined

  constructor({ firstSeq, segmentBytes, lengths }: Pick<Extent, 'firstSeq' | 'segmentBytes' | 'lengths'>) {
    this.#lengths = lengths
    this.#segmentBytes = segmentBytes
    this.#next = firstSeq
    this.#lowest = firstSeq
  }

  grow(head: StreamHead, route: number): void {
    this.#heads.set(route, head)
    if (head.isEnded) this.#end = head
    const added = head.leaves.byteLength / HASH_BYTES
    this.#keep(head.count - added, head.leaves, this.#next + HEAD_LEAVES_KEPT)
  }

  learn(group: number, leaves: Uint8Array, proof: Uint8Array, route: number): boolean {
    const head = this.#heads.get(route)
    if (!head) return false
    const { rootHash, count } = head
    if (!verifyGroup({ rootHash, segmentCount: count, group, leaves, proof })) return false
    this.#keep(group * HASH_GROUP_SEGMENTS, leaves, Number.POSITIVE_INFINITY)
    return true
  }

  knows(seq: number): boolean {
    return this.#leaves.has(seq)
  }

  verify(seq: number, payload: Uint8Array): boolean {
    const leaf = this.#leaves.get(seq)
    if (!leaf || payload.byteLength !== this.#lengthOf(seq)) return false
    return equalBytes(leaf, hashSegment(payload))
  }

  forgetBelow(seq: number): void {
    this.#next = Math.max(this.#next, seq)
    for (; this.#lowest < this.#next; this.#lowest++) this.#leaves.delete(this.#lowest)
  }

  #lengthOf(seq: number): number {
    if (this.#lengths) return this.#lengths.before(seq + 1) - this.#lengths.before(seq)
    const { count, bytes } = this.#end ?? { count: Number.POSITIVE_INFINITY, bytes: 0 }
    return seq === count - 1 ? bytes - seq * this.#segmentBytes : this.#segmentBytes
  }

  #keep(from: number, leaves: Uint8Array, below: number): void {
    const to = Math.min(from + leaves.byteLength / HASH_BYTES, below)
    for (let seq = Math.max(from, this.#next); seq < to; seq++) {
      const at = (seq - from) * HASH_BYTES
      if (!this.#leaves.has(seq)) this.#leaves.set(seq, leaves.slice(at, at + HASH_BYTES))
    }
  }
}
