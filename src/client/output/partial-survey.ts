import type { FileHandle } from 'node:fs/promises'
import type { NumberRange } from '../../pattern/range-set.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import { type Extent, extentOf } from '../../protocol/extent.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment } from '../../protocol/merkle.ts'
import { readBetween, unlessUnreadable } from './file-reading.ts'
import { Holes } from './holes.ts'
import type { PartialProofs } from './partial-proofs.ts'

/** What is known of the segments in a partial file. */
export interface Survey {
  /** Those that are to be fetched: not there as a whole, not what their hash says, or unreadable. */
  missing: readonly NumberRange[]
  /** Those that are there, and of which no hash is known. */
  unproven: readonly NumberRange[]
  /** Bytes of segments that are what their hashes say. */
  provenBytes: number
  /** Bytes of segments that are not, or that the disk cannot read any more. */
  wrongBytes: number
}

export interface SurveyedContent {
  sizeBytes: number
  segmentBytes: number
}

/** The survey of a file in which nothing is. */
export function emptySurvey(content: SurveyedContent): Survey {
  const missing = new Holes()
  missing.add(0, extentOf(content).endSeq!)
  return { missing: missing.ranges, unproven: [], provenBytes: 0, wrongBytes: 0 }
}

/**
 * Holds each segment of a partial file against its hash. `onProven` gets the segments that are
 * right, with the position of each in bytes. What the disk cannot read is wrong, with what follows
 * it in its group. Throws the file system's other errors and the signal's reason.
 */
export async function surveyOf(
  file: FileHandle,
  proofs: PartialProofs,
  content: SurveyedContent,
  onProven: (segment: Uint8Array, position: number) => void,
  signal?: AbortSignal
): Promise<Survey> {
  const extent = extentOf(content)
  const { size } = await file.stat()
  const segments = wholeSegments(size, extent)
  const [missing, unproven] = [new Holes(), new Holes()]
  let [provenBytes, wrongBytes] = [0, 0]
  for (let from = 0; from < segments; from += HASH_GROUP_SEGMENTS) {
    const to = Math.min(from + HASH_GROUP_SEGMENTS, segments)
    const hashes = await proofs.read(from / HASH_GROUP_SEGMENTS)
    if (!hashes) {
      unproven.add(from, to)
      continue
    }
    const { leaves } = hashes
    let seq = from
    try {
      for await (const segment of segmentsBetween(file, from, to, extent, signal)) {
        const leaf = leaves.subarray((seq - from) * HASH_BYTES, (seq - from + 1) * HASH_BYTES)
        if (equalBytes(hashSegment(segment), leaf)) {
          provenBytes += segment.length
          onProven(segment, seq * content.segmentBytes)
        } else {
          wrongBytes += segment.length
          missing.add(seq, seq + 1)
        }
        seq++
      }
    } catch (error) {
      unlessUnreadable(error)
      wrongBytes += extent.bytesBetween(seq, to)
    }
    missing.add(seq, to)
  }
  missing.add(segments, extent.endSeq!)
  return { missing: missing.ranges, unproven: unproven.ranges, provenBytes, wrongBytes }
}

/** How many segments are whole in the first `size` bytes. */
function wholeSegments(size: number, { segmentBytes, endBytes, endSeq }: Extent): number {
  return size >= endBytes! ? endSeq! : Math.floor(size / segmentBytes)
}

/** Reads segments one by one. Ends early where the file does. */
async function* segmentsBetween(
  file: FileHandle,
  from: number,
  to: number,
  extent: Extent,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array> {
  const { segmentBytes, endBytes } = extent
  let rest = Buffer.alloc(0)
  let seq = from
  for await (const piece of readBetween(
    file,
    from * segmentBytes,
    Math.min(to * segmentBytes, endBytes!),
    signal
  )) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    for (; seq < to && bytes.length >= extent.lengthOf(seq); seq++) {
      yield bytes.subarray(0, extent.lengthOf(seq))
      bytes = bytes.subarray(extent.lengthOf(seq))
    }
    rest = Buffer.from(bytes)
  }
}
