import { extentOf } from '../../src/protocol/extent.ts'
import { SourceSession } from '../../src/source/source-session.ts'

export const SEGMENT_BYTES = 100

export function sessionOf(segmentCount: number, firstSeq = 0, hashGroupSegments = 0): SourceSession {
  const content = { segmentBytes: SEGMENT_BYTES, sizeBytes: segmentCount * SEGMENT_BYTES }
  return new SourceSession({ extent: extentOf(content, firstSeq), hashGroupSegments })
}
