import { SourceSession } from '../../src/source/source-session.ts'

export const SEGMENT_BYTES = 100

export function sessionOf(segmentCount: number, firstSeq = 0, hashGroupSegments = 0): SourceSession {
  return new SourceSession({ segmentCount, firstSeq, hashGroupSegments, segmentLength: () => SEGMENT_BYTES })
}
