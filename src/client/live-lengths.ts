import type { ExtentInit } from '../protocol/extent.ts'
import type { Lengths } from '../protocol/route-messages.ts'
import {
  LENGTHS_AHEAD,
  LENGTHS_BEHIND,
  MAX_LENGTHS_GAP,
  type SegmentLengths
} from '../protocol/segment-lengths.ts'
import type { StreamHead } from '../protocol/stream-head.ts'
import { CorruptSegmentError, UnexpectedMessageError } from './transfer-errors.ts'

/** Heads kept of which the segments are not all known yet; further ones are checked when they come over another route. */
const HEADS_KEPT = 1_024

/**
 * Takes the lengths of segments that differ in size, and holds them against the signed heads: up to each head's count there
 * must be as many bytes as it says. So a segment that is said to be empty is, where all others fit their hashes. Pure.
 */
export class LiveLengths {
  readonly #table: SegmentLengths
  readonly #segmentBytes: number
  /** Segments that the last head of each route covers. */
  readonly #counts = new Map<number, number>()
  /** Heads that cover segments whose lengths are not known: ascending. */
  #heads: StreamHead[] = []
  #newest: StreamHead | undefined
  /** Bytes of the content before the first segment of the table, where they are known. */
  #baseBytes: number | undefined

  constructor(table: SegmentLengths, segmentBytes: number) {
    this.#table = table
    this.#segmentBytes = segmentBytes
  }

  /** How far the content reaches of which the lengths are known. */
  get edge(): Pick<ExtentInit, 'endBytes' | 'edgeSeq'> {
    const { end } = this.#table
    const { count, isEnded } = this.#newest ?? { count: end, isEnded: false }
    return isEnded && end >= count ? { endBytes: this.#table.before(end) } : { edgeSeq: Math.min(end, count) }
  }

  /** A head has come over the route and has proved to be the source's. Throws CorruptSegmentError. */
  headCame(route: number, head: StreamHead): void {
    this.#counts.set(route, head.count)
    if (head.count <= this.#table.end) {
      this.#baseBytes ??= head.bytes - this.#table.before(head.count)
      if (!this.#fits(head))
        throw new CorruptSegmentError(route, 'length of segments, or number of bytes in a head')
    } else if (head.count > (this.#heads.at(-1)?.count ?? 0) && this.#heads.length < HEADS_KEPT)
      this.#heads.push(head)
    const isNewer = !this.#newest || head.count > this.#newest.count
    if (isNewer || head.isEnded) this.#newest = head
  }

  /**
   * `next`: the first segment that the client does not have. Throws CorruptSegmentError and UnexpectedMessageError: then nothing
   * is taken.
   */
  take(route: number, { from, atByte, lengths }: Lengths, next: number): void {
    const table = this.#table
    const to = from + lengths.length
    const isAhead = to > next + LENGTHS_AHEAD + MAX_LENGTHS_GAP || from > table.end + MAX_LENGTHS_GAP
    if (isAhead || to > (this.#counts.get(route) ?? 0))
      throw new UnexpectedMessageError(route, `lengths of segments ${from} to ${to}, which are not due`)
    const base = this.#baseBytes ?? atByte - table.before(from)
    const known = lengths.slice(0, Math.max(0, table.end - from))
    const isKept = from <= table.end && from >= table.begin
    const fits =
      lengths.every(bytes => bytes <= this.#segmentBytes) &&
      known.every((bytes, at) => this.#isKnown(from + at, bytes)) &&
      !(isKept && atByte !== base + table.before(from)) &&
      this.#fitHeads(from, atByte, lengths)
    if (!fits) throw new CorruptSegmentError(route, `length of a segment from ${from} to ${to}`)
    this.#baseBytes = base
    this.#fillTo(from, atByte - base)
    for (const bytes of lengths.slice(known.length)) table.push(bytes)
    this.#heads = this.#heads.filter(({ count }) => count > table.end)
  }

  forgetBelow(next: number): void {
    this.#table.forgetBelow(next - LENGTHS_BEHIND)
  }

  #isKnown(seq: number, bytes: number): boolean {
    return seq < this.#table.begin || this.#table.before(seq + 1) - this.#table.before(seq) === bytes
  }

  #fits({ count, bytes }: StreamHead): boolean {
    if (this.#baseBytes === undefined || count < this.#table.begin) return true
    return this.#baseBytes + this.#table.before(count) === bytes
  }

  /** Whether every head that ends among these lengths has as many bytes as they make. */
  #fitHeads(from: number, atByte: number, lengths: readonly number[]): boolean {
    let seq = from
    let bytes = atByte
    for (const head of this.#heads) {
      if (head.count < from) continue
      if (head.count > from + lengths.length) break
      for (; seq < head.count; seq++) bytes += lengths[seq - from]!
      if (bytes !== head.bytes) return false
    }
    return true
  }

  /** What lies before `seq` and is not known is kept no longer by the source: its bytes count for the last segment there. */
  #fillTo(seq: number, bytesBefore: number): void {
    const table = this.#table
    while (table.end < seq - 1) table.push(0)
    if (table.end < seq) table.push(Math.max(0, bytesBefore - table.before(table.end)))
  }
}
