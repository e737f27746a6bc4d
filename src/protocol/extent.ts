import type { ContentRecord } from './content-record.ts'
import type { SegmentLengths } from './segment-lengths.ts'

export interface ExtentInit {
  firstSeq: number
  segmentBytes: number
  /** Absent while the end is not known. */
  endBytes?: number | undefined
  /** While the end is not known: the first segment that is not known to be there yet. Default: all may be. */
  edgeSeq?: number | undefined
  /** Where segments differ in size: their lengths, of which all up to the edge or end are known. It grows with the content. */
  lengths?: SegmentLengths | undefined
}

/** Which segments of a content are meant: from a first one to an end that may not be known yet. Immutable, and pure. */
export class Extent {
  readonly firstSeq: number
  /** The first segment behind it; undefined while the end is not known. */
  readonly endSeq: number | undefined
  /** Where it ends, in bytes since the content's begin; undefined while the end is not known. */
  readonly endBytes: number | undefined
  /** The edge: the first segment that is not known to be there yet; undefined once the end is known. */
  readonly edgeSeq: number | undefined
  /** Most bytes of a segment. All have so many but for the content's last one, unless there are `lengths`. */
  readonly segmentBytes: number
  /** The lengths of segments that differ in size: one table for all that this extent grows to. */
  readonly lengths: SegmentLengths | undefined

  constructor({ firstSeq, segmentBytes, endBytes, edgeSeq, lengths }: ExtentInit) {
    this.firstSeq = firstSeq
    this.segmentBytes = segmentBytes
    this.lengths = lengths
    this.endBytes = endBytes
    this.endSeq = endBytes === undefined ? undefined : (lengths?.end ?? Math.ceil(endBytes / segmentBytes))
    this.edgeSeq = endBytes === undefined ? edgeSeq : undefined
  }

  /** As it is once it is known to reach to this edge or end. */
  grownTo({ endBytes, edgeSeq }: Pick<ExtentInit, 'endBytes' | 'edgeSeq'>): Extent {
    const { firstSeq, segmentBytes, lengths } = this
    return new Extent({ firstSeq, segmentBytes, lengths, endBytes, edgeSeq })
  }

  /** Infinity while the end is not known: then no segment is the last. */
  get lastSeq(): number {
    return (this.endSeq ?? Number.POSITIVE_INFINITY) - 1
  }

  has(seq: number): boolean {
    return seq >= this.firstSeq && seq < this.#reach
  }

  /** Nothing of it lies at `seq` or behind. */
  endsBy(seq: number): boolean {
    return this.endSeq !== undefined && seq >= this.endSeq
  }

  /** `seq`, or the end, or the edge while that is not known, where that comes before. */
  capped(seq: number): number {
    return Math.min(seq, this.#reach)
  }

  /** Bytes of segment `seq`; 0 past the end. */
  lengthOf(seq: number): number {
    return this.bytesBetween(seq, seq + 1)
  }

  /** A segment without a byte does not travel: it is here as soon as its length is. */
  isEmpty(seq: number): boolean {
    return (
      this.lengths !== undefined && this.has(seq) && seq >= this.lengths.begin && this.lengthOf(seq) === 0
    )
  }

  /**
   * Bytes of the content from segment `from` up to `to` or the end. Those before `firstSeq` count as well, but for those before
   * the first whose length is known.
   */
  bytesBetween(from: number, to: number): number {
    if (this.lengths) return Math.max(0, this.lengths.before(to) - this.lengths.before(from))
    const end = this.endBytes ?? Number.POSITIVE_INFINITY
    return Math.max(0, Math.min(to * this.segmentBytes, end) - from * this.segmentBytes)
  }

  /** Bytes of so many of its segments, which have one size; `withLast`: the last one is among them. */
  bytesOf(count: number, withLast: boolean): number {
    const missing = withLast ? this.segmentBytes - this.lengthOf(this.lastSeq) : 0
    return count * this.segmentBytes - missing
  }

  get #reach(): number {
    return this.endSeq ?? this.edgeSeq ?? Number.POSITIVE_INFINITY
  }
}

/** What of a finished content lies from `firstSeq` on and before `endSeq`. Default: all of it. */
export function extentOf(
  { sizeBytes, segmentBytes }: Pick<ContentRecord, 'sizeBytes' | 'segmentBytes'>,
  firstSeq = 0,
  endSeq = Number.POSITIVE_INFINITY
): Extent {
  return new Extent({ firstSeq, segmentBytes, endBytes: Math.min(sizeBytes, endSeq * segmentBytes) })
}
