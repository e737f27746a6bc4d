import { UsageError } from '../errors.ts'
import { type ContentRecord, isLive } from '../protocol/content-record.ts'
import { type Extent, extentOf } from '../protocol/extent.ts'
import { type ByteRange, type RangeWish, rangeOfSize } from '../units/byte-range.ts'

export type { ByteRange, RangeWish }

/** The content has none of the bytes that are wanted. */
export class RangeOutsideError extends UsageError {
  constructor(name: string, sizeBytes: number) {
    super(`the range lies outside of ${JSON.stringify(name)}, which has ${sizeBytes} bytes`)
  }
}

/**
 * The bytes of the content that are meant, one at least; see rangeOfSize. Throws UsageError for a live content, and
 * RangeOutsideError. Pure.
 */
export function rangeWithin(wish: RangeWish, record: ContentRecord): ByteRange {
  const { name, sizeBytes } = record
  if (isLive(record))
    throw new UsageError(`${JSON.stringify(name)} is a live content, of which no range can be fetched`)
  const range = rangeOfSize(wish, sizeBytes)
  if (!range) throw new RangeOutsideError(name, sizeBytes)
  return range
}

/** The segments that hold the bytes. Pure. */
export function extentAround(
  { start, end }: ByteRange,
  content: Pick<ContentRecord, 'sizeBytes' | 'segmentBytes'>
): Extent {
  const { segmentBytes } = content
  return extentOf(content, Math.floor(start / segmentBytes), Math.ceil(end / segmentBytes))
}

/** How many bytes of the range lie from `from` up to `to`. Pure. */
export function bytesWithin({ start, end }: ByteRange, from: number, to: number): number {
  return Math.max(0, Math.min(to, end) - Math.max(from, start))
}
