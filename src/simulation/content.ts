import type { SegmentCheck } from '../client/transfer.ts'
import { type Extent, extentOf } from '../protocol/extent.ts'
import { HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'

/** Bytes of a segment that hold its number, where it has so many. */
const MARK_BYTES = 6

/** A content whose segments tell their number. */
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

  /** Whether these are the bytes of that segment. */
  isSegment(seq: number, payload: Uint8Array): boolean {
    return payload.length === this.segmentLength(seq) && this.beginsSegment(seq, payload)
  }

  /** Whether that segment may begin with these bytes. */
  beginsSegment(seq: number, payload: Uint8Array): boolean {
    for (let i = 0, rest = seq; i < MARK_BYTES && i < payload.length; i++, rest = Math.floor(rest / 256)) {
      if (payload[i] !== rest % 256) return false
    }
    return true
  }
}

/** Vouches for segments as the real verifier does: only where the hashes of their group have come before them. */
export class ContentCheck implements SegmentCheck {
  readonly #content: Content
  readonly #groups = new Set<number>()

  constructor(content: Content) {
    this.#content = content
  }

  learn(group: number): boolean {
    this.#groups.add(group)
    return true
  }

  verify(seq: number, payload: Uint8Array): boolean {
    return this.#groups.has(Math.floor(seq / HASH_GROUP_SEGMENTS)) && this.#content.isSegment(seq, payload)
  }

  forgetBelow(seq: number): void {
    for (const group of this.#groups) if ((group + 1) * HASH_GROUP_SEGMENTS <= seq) this.#groups.delete(group)
  }
}
