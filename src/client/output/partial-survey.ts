import type { FileHandle } from 'node:fs/promises'
import type { NumberRange } from '../../pattern/range-set.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment } from '../../protocol/merkle.ts'
import type { FilePart } from './file-part.ts'
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

/** The survey of a file in which nothing is. */
export function emptySurvey({ extent }: FilePart): Survey {
  const missing = new Holes()
  missing.add(extent.firstSeq, extent.endSeq!)
  return { missing: missing.ranges, unproven: [], provenBytes: 0, wrongBytes: 0 }
}

/**
 * Holds each segment of a partial file against its hash. `onProven` gets the segments that are
 * right, with the position of each in the file. What the disk cannot read is wrong, with what follows
 * it in its group. In a file that holds a part of its content only hashes prove something: what is
 * `unproven` elsewhere is missing there, and so are segments that it holds in part. Throws the file
 * system's other errors and the signal's reason.
 */
export async function surveyOf(
  file: FileHandle,
  proofs: PartialProofs,
  part: FilePart,
  onProven: (segment: Uint8Array, position: number) => void,
  signal?: AbortSignal
): Promise<Survey> {
  const { extent, whole } = part
  const { size } = await file.stat()
  const end = Math.max(whole.from, Math.min(whole.to, endOfWhole(size, part)))
  const missing = new Holes()
  const unproven = part.isWhole ? new Holes() : missing
  let [provenBytes, wrongBytes] = [0, 0]
  missing.add(extent.firstSeq, whole.from)
  for (let from = whole.from, to = from; from < end; from = to) {
    const group = Math.floor(from / HASH_GROUP_SEGMENTS)
    const groupSeq = group * HASH_GROUP_SEGMENTS
    to = Math.min(groupSeq + HASH_GROUP_SEGMENTS, end)
    const hashes = await proofs.read(group)
    if (!hashes) {
      unproven.add(from, to)
      continue
    }
    const { leaves } = hashes
    let seq = from
    try {
      for await (const segment of segmentsBetween(file, from, to, part, signal)) {
        const leaf = leaves.subarray((seq - groupSeq) * HASH_BYTES, (seq - groupSeq + 1) * HASH_BYTES)
        if (equalBytes(hashSegment(segment), leaf)) {
          provenBytes += segment.length
          onProven(segment, part.positionOf(seq))
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
  missing.add(end, extent.endSeq!)
  return {
    missing: missing.ranges,
    unproven: part.isWhole ? unproven.ranges : [],
    provenBytes,
    wrongBytes
  }
}

/** The first segment that does not end within the first `size` bytes of the file. */
function endOfWhole(size: number, part: FilePart): number {
  const { firstSeq, endSeq, segmentBytes } = part.extent
  if (size >= part.sizeBytes) return endSeq!
  const firstBytes = part.bytesBetween(firstSeq, firstSeq + 1)
  return size < firstBytes ? firstSeq : firstSeq + 1 + Math.floor((size - firstBytes) / segmentBytes)
}

/** Reads segments one by one. Ends early where the file does. */
async function* segmentsBetween(
  file: FileHandle,
  from: number,
  to: number,
  part: FilePart,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array> {
  const { extent } = part
  let rest = Buffer.alloc(0)
  let seq = from
  for await (const piece of readBetween(file, part.positionOf(from), part.positionOf(to), signal)) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    for (; seq < to && bytes.length >= extent.lengthOf(seq); seq++) {
      yield bytes.subarray(0, extent.lengthOf(seq))
      bytes = bytes.subarray(extent.lengthOf(seq))
    }
    rest = Buffer.from(bytes)
  }
}
