import { combineRanges, parse } from 'range-parser'
import { utf8Length } from '../protocol/bytes.ts'
import type { ByteRange } from '../units/byte-range.ts'
import { GATEWAY_LIMITS } from './limits.ts'
import { RangeRefusedError } from './refusals.ts'

/** A piece of the body of several ranges: text between them, or a range of the content. */
export type BodyPiece = { text: string } | { range: ByteRange }

/**
 * The ranges that a header asks for, in its order; those that touch are one. Undefined where it is
 * none that holds here, so that the whole content is meant: its unit is not bytes, or the content
 * is empty. Throws RangeRefusedError.
 */
export function rangesOf(header: string, sizeBytes: number): ByteRange[] | undefined {
  const { type, code, ranges } = parse(sizeBytes, header)
  if (type !== 'bytes' || sizeBytes === 0) return undefined
  if ((code & 1) !== 0) throw new RangeRefusedError('The ranges cannot be understood', sizeBytes)
  if (ranges.length === 0) throw new RangeRefusedError('The ranges begin behind the end', sizeBytes)
  if (ranges.length > GATEWAY_LIMITS.maxRanges)
    throw new RangeRefusedError(
      `More than ${GATEWAY_LIMITS.maxRanges} ranges are too many for one request`,
      sizeBytes
    )
  return combineRanges(ranges).map(({ start, end }) => ({ start, end: end + 1 }))
}

/** The range as the header Content-Range has it, whose last byte belongs to it. */
export function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end - 1}/${sizeBytes}`
}

/** The body of an answer with several ranges (multipart/byteranges). The boundary is in none of them. */
export function multipartBody(
  ranges: readonly ByteRange[],
  sizeBytes: number,
  contentType: string,
  boundary: string
): BodyPiece[] {
  const parts = ranges.flatMap((range, at): BodyPiece[] => {
    const head = [
      `${at === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Type: ${contentType}`,
      `Content-Range: ${contentRange(range, sizeBytes)}`
    ]
    return [{ text: `${head.join('\r\n')}\r\n\r\n` }, { range }]
  })
  return [...parts, { text: `\r\n--${boundary}--\r\n` }]
}

export function lengthOf(pieces: readonly BodyPiece[]): number {
  return pieces.reduce(
    (sum, piece) => sum + ('text' in piece ? utf8Length(piece.text) : piece.range.end - piece.range.start),
    0
  )
}
