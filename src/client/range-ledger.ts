import type { NumberRange } from '../pattern/range-set.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { type Extent, extentOf } from '../protocol/extent.ts'
import { type ByteRange, bytesWithin, extentAround } from './byte-range.ts'
import type { Output } from './output/output.ts'
import type { WantedRange } from './range-transfer.ts'

/** What of a content its output gets: bytes of a finished one, or a live one from a segment on. */
export type WantedPart = { bytes: ByteRange } | { live: Extent }

/** The ranges of segments that an output wants, and what it has when each begins. */
export class RangeLedger {
  readonly #record: ContentRecord
  readonly #output: Output
  readonly #part: WantedPart
  #writtenBytes = 0
  #resumeBytes: number
  #isBegun = false

  constructor(record: ContentRecord, output: Output, part: WantedPart) {
    this.#record = record
    this.#output = output
    this.#part = part
    this.#resumeBytes = output.resumeBytes
  }

  /** The next range; undefined after the last one. Throws as Output.nextRange does. */
  async next(): Promise<WantedRange | undefined> {
    if ('live' in this.#part) return this.#allOf(this.#part.live)
    const { bytes: part } = this.#part
    const { nextRange } = this.#output
    const range = nextRange ? await nextRange.call(this.#output) : this.#rest(part)
    if (!range) return undefined
    const { resumeBytes } = this.#output
    const extent = extentOf(this.#record, range.from, range.to)
    const { firstSeq, segmentBytes } = extent
    // An output without `nextRange` may have bytes of the first segment already.
    const start = nextRange ? part.start : part.start + resumeBytes
    const bytes = {
      start: Math.max(start, firstSeq * segmentBytes),
      end: Math.min(part.end, extent.endBytes!)
    }
    const hereBytes = resumeBytes + this.#writtenBytes
    const againBytes = this.#resumeBytes - resumeBytes
    this.#resumeBytes = resumeBytes
    this.#writtenBytes += bytesWithin(bytes, bytes.start, bytes.end)
    return { extent, bytes, hereBytes, againBytes }
  }

  /** All of a live content that comes. */
  #allOf(extent: Extent): WantedRange | undefined {
    if (this.#isBegun) return undefined
    this.#isBegun = true
    return { extent, hereBytes: 0, againBytes: 0 }
  }

  /** For an output that goes on behind what it has. */
  #rest({ start, end }: ByteRange): NumberRange | undefined {
    if (this.#isBegun) return undefined
    this.#isBegun = true
    const missing = { start: Math.min(start + this.#resumeBytes, end), end }
    const { firstSeq, endSeq } = extentAround(missing, this.#record)
    return { from: Math.min(firstSeq, segmentCount(this.#record)), to: endSeq! }
  }
}
