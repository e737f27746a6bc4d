import { UsageError } from '../errors.ts'
import { parseBytes } from './units.ts'

/** Bytes of a content from `start` up to and without `end`, counted from its begin. */
export interface ByteRange {
  start: number
  end: number
}

/** Which bytes are wanted, before the content's size is known: `end` is its end by default; or its last bytes. */
export type RangeWish = { start: number; end?: number } | { last: number }

/**
 * The bytes that are meant of a content of a size. As in HTTP what lies behind the content's end is left out; undefined
 * where nothing is left.
 */
export function rangeOfSize(wish: RangeWish, sizeBytes: number): ByteRange | undefined {
  const range =
    'last' in wish
      ? { start: Math.max(0, sizeBytes - wish.last), end: sizeBytes }
      : { start: wish.start, end: Math.min(wish.end ?? sizeBytes, sizeBytes) }
  return range.start < range.end ? range : undefined
}

/**
 * Parses a range as curl and HTTP have it, the last byte included: `0-499`, `100MB-200MB`, `500-` to the end, `-500` for
 * the last 500 bytes. Throws UsageError.
 */
export function parseRange(text: string): RangeWish {
  const [, from, to] = /^\s*([^-]*)-([^-]*)$/.exec(text) ?? []
  const isGiven = (part = '') => part.trim() !== ''
  if (!isGiven(from) && !isGiven(to))
    throw new UsageError(`'${text}' is no range; give FROM-TO such as 0-499 or 100MB-200MB, FROM-, or -LAST`)
  if (!isGiven(from)) return { last: atLeastOne(placeOf(to!), text) }
  const start = placeOf(from!)
  if (!isGiven(to)) return { start }
  const last = placeOf(to!)
  if (last < start) throw new UsageError(`'${text}' ends before it begins`)
  return { start, end: last + 1 }
}

/** A number of bytes; a plain one needs no unit here. */
function placeOf(text: string): number {
  return parseBytes(/^\s*\d+\s*$/.test(text) ? `${text.trim()}B` : text)
}

function atLeastOne(bytes: number, text: string): number {
  if (bytes > 0) return bytes
  throw new UsageError(`'${text}' is no byte at all`)
}
