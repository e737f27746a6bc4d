import type { RangeWish } from '../client/byte-range.ts'
import { UsageError } from '../errors.ts'
import { parseBytes } from '../units/units.ts'

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
