import type { SegmentCheck } from '../client/transfer.ts'
import { type Extent, extentOf } from '../protocol/extent.ts'
import { HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'

/** Number of bytes of a segment that hold its number, where the segment has so many. */
const MARK_BYTES = 6

/** The first byte of a proof that does not hold. */
export const WRONG_PROOF = 1

/** A content whose segments carry their number. */
export class Content {
  readonly sizeBytes: number
  readonly segmentBytes: number
  readonly segmentCount: number
  /** All of it, for the roles. What checks them counts for itself. */
  readonly extent: Extent

  constructor(sizeBytes: number, segmentBytes: number) {
    this.sizeBytes = sizeBytes
    this.segmentBytes = segmentBytes
    this.segmentCount = Math.ceil(sizeBytes / segmentBytes)
    this.extent = extentOf(this)
  }

  segmentLength(seq: number): number {
    return Math.min(this.segmentBytes, this.sizeBytes - seq * this.segmentBytes)
  }

  /** Writes the number into the segment's first bytes. */
  mark(seq: number, payload: Uint8Array): void {
    for (let i = 0, rest = seq; i < MARK_BYTES && i < payload.length; i++, rest = Math.floor(rest / 256)) {
      payload[i] = rest % 256
    }
  }

  /** Whether the payload is that segment, byte by byte. */
  isSegment(seq: number, payload: Uint8Array): boolean {
    return payload.length === this.segmentLength(seq) && this.beginsSegment(seq, payload)
  }

  /** Whether the payload may be the beginning of that segment. */
  beginsSegment(seq: number, payload: Uint8Array): boolean {
    for (let i = 0, rest = seq; i < MARK_BYTES && i < payload.length; i++, rest = Math.floor(rest / 256)) {
      if (payload[i] !== rest % 256) return false
    }
    return true
  }
}

/** Accepts segments as the real verifier does: only where the hashes of their group have come before them. */
export class ContentCheck implements SegmentCheck {
  readonly #content: Content
  readonly #groups = new Set<number>()

  constructor(content: Content) {
    this.#content = content
  }

  learn(group: number, _leaves: Uint8Array, proof: Uint8Array): boolean {
    if (this.#groups.has(group)) return true
    if (proof[0] === WRONG_PROOF) return false
    this.#groups.add(group)
    return true
  }

  knows(seq: number): boolean {
    return this.#groups.has(Math.floor(seq / HASH_GROUP_SEGMENTS))
  }

  verify(seq: number, payload: Uint8Array): boolean {
    return this.knows(seq) && this.#content.isSegment(seq, payload)
  }

  forgetBelow(seq: number): void {
    for (const group of this.#groups) if ((group + 1) * HASH_GROUP_SEGMENTS <= seq) this.#groups.delete(group)
  }
}
