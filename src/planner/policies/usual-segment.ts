import type { Extent } from '../../protocol/extent.ts'

/** How many of the last segments tell the usual size, where they differ in it. */
const USUAL_SEGMENTS = 64

/** Bytes of a segment, as the last ones had where they differ in size. */
export function usualSegmentBytes(extent: Extent): number {
  const { lengths, segmentBytes } = extent
  if (!lengths || lengths.end === lengths.begin) return segmentBytes
  const from = Math.max(lengths.begin, lengths.end - USUAL_SEGMENTS)
  return Math.max(1, extent.bytesBetween(from, lengths.end) / (lengths.end - from))
}
