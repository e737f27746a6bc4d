import { type ContentRecord, isLive } from '../protocol/content-record.ts'
import { Extent } from '../protocol/extent.ts'
import { SegmentLengths } from '../protocol/segment-lengths.ts'
import { edgeOf, type StreamHead, verifyHead } from '../protocol/stream-head.ts'
import type { OverlayNode } from '../transport/node.ts'
import { askSource, findContent } from './fetch.ts'
import type { ClientOptions, FetchRequest, LiveStart } from './fetch-options.ts'
import type { Found } from './followed-directors.ts'
import type { ClientMemory } from './range-transfer.ts'

/**
 * Finds a content, and where it is a live one asks its source how far that reaches, and where the fetch begins. Throws as
 * findContent does, and InvalidHeadError.
 */
export async function joined(
  node: OverlayNode,
  options: ClientOptions & FetchRequest,
  memory: ClientMemory
): Promise<Found> {
  const found = await findContent(node, options, memory)
  const { record, paths } = found
  if (!isLive(record)) return found
  const asked = { ...options, rootHash: record.rootHash }
  const word = await askSource(node, paths, asked, memory, beginOf(options.start))
  const head = await verifyHead(word.head!, record)
  return { ...found, live: liveExtent(record, word.firstSeq ?? 0, head) }
}

/** What of a live content is there from `firstSeq` on. Where segments differ in size, nothing is until their lengths are known. */
function liveExtent({ segmentBytes, frameMs }: ContentRecord, firstSeq: number, head: StreamHead): Extent {
  if (frameMs === undefined) return new Extent({ firstSeq, segmentBytes, ...edgeOf(head) })
  return new Extent({ firstSeq, segmentBytes, edgeSeq: firstSeq, lengths: new SegmentLengths(firstSeq) })
}

function beginOf(start: LiveStart = 'live'): { backMs?: number } {
  if (start === 'begin') return {}
  return start === 'live' ? { backMs: 0 } : start
}
