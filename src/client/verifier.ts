import { equalBytes } from '../protocol/bytes.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { extentOf } from '../protocol/extent.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment, verifyGroup } from '../protocol/merkle.ts'

/** Holds the hashes that sources have proved, and checks segments against them. */
export class SegmentVerifier {
  readonly #record: ContentRecord
  readonly #onProved: (group: number, leaves: Uint8Array, proof: Uint8Array) => void
  readonly #groups = new Map<number, Uint8Array>()

  /** `onProved` gets each group's hashes that are new and proven; they may change after its return. */
  constructor(
    record: ContentRecord,
    onProved: (group: number, leaves: Uint8Array, proof: Uint8Array) => void = () => {}
  ) {
    this.#record = record
    this.#onProved = onProved
  }

  /** Takes a group's hashes if they lead to the content's root. Returns false where they do not. */
  learn(group: number, leaves: Uint8Array, proof: Uint8Array): boolean {
    if (this.#groups.has(group)) return true
    const { rootHash } = this.#record
    if (!verifyGroup({ rootHash, segmentCount: segmentCount(this.#record), group, leaves, proof }))
      return false
    this.#groups.set(group, leaves.slice())
    this.#onProved(group, leaves, proof)
    return true
  }

  knows(seq: number): boolean {
    return this.#groups.has(Math.floor(seq / HASH_GROUP_SEGMENTS))
  }

  /**
   * Whether the payload is what the content's root promises for `seq`, and as long as the record says; false also where
   * its hash was never given.
   */
  verify(seq: number, payload: Uint8Array): boolean {
    if (payload.byteLength !== extentOf(this.#record).lengthOf(seq)) return false
    const group = Math.floor(seq / HASH_GROUP_SEGMENTS)
    const leaves = this.#groups.get(group)
    if (!leaves) return false
    const start = (seq - group * HASH_GROUP_SEGMENTS) * HASH_BYTES
    return equalBytes(leaves.subarray(start, start + HASH_BYTES), hashSegment(payload))
  }

  /** Forgets the groups that lie entirely below `seq`. */
  forgetBelow(seq: number): void {
    for (const group of this.#groups.keys()) {
      if ((group + 1) * HASH_GROUP_SEGMENTS <= seq) this.#groups.delete(group)
    }
  }
}
