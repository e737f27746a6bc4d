/** Bytes of a segment that hold its number, where it has so many. */
const MARK_BYTES = 6

/** A content whose segments tell their number. */
export class Content {
  readonly sizeBytes: number
  readonly segmentBytes: number
  readonly segmentCount: number

  constructor(sizeBytes: number, segmentBytes: number) {
    this.sizeBytes = sizeBytes
    this.segmentBytes = segmentBytes
    this.segmentCount = Math.ceil(sizeBytes / segmentBytes)
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
