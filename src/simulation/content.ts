import type { SegmentCheck } from '../client/transfer.ts'
import { Extent, extentOf } from '../protocol/extent.ts'
import { HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import { SegmentLengths } from '../protocol/segment-lengths.ts'

/** Number of bytes of a segment that hold its number, where the segment has so many. */
const MARK_BYTES = 6

/** The first byte of a proof that does not hold. */
export const WRONG_PROOF = 1

/** A content whose segments carry their number. */
export class Content {
  readonly sizeBytes: number
  readonly segmentBytes: number
  readonly segmentCount: number
  readonly #lengths: readonly number[] | undefined
  /** Where each segment begins, and the end, where they differ in size. */
  readonly #begins: number[] = []
  /** All of it, for the roles. What checks them counts for itself. */
  readonly extent: Extent

  /** `lengths`: those of segments that differ in size. */
  constructor(sizeBytes: number, segmentBytes: number, lengths?: readonly number[]) {
    this.sizeBytes = sizeBytes
    this.segmentBytes = segmentBytes
    this.#lengths = lengths
    this.segmentCount = lengths?.length ?? Math.ceil(sizeBytes / segmentBytes)
    let begin = 0
    for (const bytes of lengths ?? []) {
      this.#begins.push(begin)
      begin += bytes
    }
    this.extent = lengths ? extentWith(segmentBytes, lengths) : extentOf(this)
  }

  segmentLength(seq: number): number {
    if (this.#lengths) return this.#lengths[seq]!
    return Math.min(this.segmentBytes, this.sizeBytes - seq * this.segmentBytes)
  }

  /** The first segment that begins at this byte of the content, or behind it. */
  seqAt(byte: number): number {
    if (!this.#lengths) return Math.ceil(byte / this.segmentBytes)
    const seq = this.#begins.findIndex(begin => begin >= byte)
    return seq < 0 ? this.segmentCount : seq
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

function extentWith(segmentBytes: number, all: readonly number[]): Extent {
  const lengths = new SegmentLengths(0)
  for (const bytes of all) lengths.push(bytes)
  return new Extent({ firstSeq: 0, segmentBytes, lengths, endBytes: lengths.before(lengths.end) })
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
