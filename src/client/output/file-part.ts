import type { Extent } from '../../protocol/extent.ts'
import { type ByteRange, bytesWithin, extentAround } from '../byte-range.ts'

/** A content, and which of its bytes a file is to hold. Default: all. */
export interface FileContent {
  sizeBytes: number
  segmentBytes: number
  range?: ByteRange
}

/** The part of a content that a file holds, and where in the file the segments lie. Pure. */
export class FilePart {
  /** The segments that hold the file's bytes. */
  readonly extent: Extent
  readonly isWhole: boolean
  readonly #bytes: ByteRange

  constructor(content: FileContent) {
    this.isWhole = content.range === undefined
    this.#bytes = content.range ?? { start: 0, end: content.sizeBytes }
    this.extent = extentAround(this.#bytes, content)
  }

  /** The size of the file. */
  get sizeBytes(): number {
    return this.#bytes.end - this.#bytes.start
  }

  /** Where the first byte of segment `seq` that the file holds lies in it; the end of the file for the one behind the last. */
  positionOf(seq: number): number {
    const { start, end } = this.#bytes
    return Math.min(Math.max(start, seq * this.extent.segmentBytes), end) - start
  }

  /** Bytes in the file of the segments from `from` up to `to`. */
  bytesBetween(from: number, to: number): number {
    return this.positionOf(to) - this.positionOf(from)
  }

  /** The segments that the file holds whole: only these can be held against their hashes. */
  get whole(): { from: number; to: number } {
    const { firstSeq, endSeq } = this.extent
    const isWhole = (seq: number) =>
      bytesWithin(this.#bytes, seq * this.extent.segmentBytes, (seq + 1) * this.extent.segmentBytes) ===
      this.extent.lengthOf(seq)
    const from = firstSeq < endSeq! && !isWhole(firstSeq) ? firstSeq + 1 : firstSeq
    const to = from < endSeq! && !isWhole(endSeq! - 1) ? endSeq! - 1 : endSeq!
    return { from, to }
  }
}
