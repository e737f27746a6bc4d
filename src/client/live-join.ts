import { isLive } from '../protocol/content-record.ts'
import { Extent } from '../protocol/extent.ts'
import { edgeOf, verifyHead } from '../protocol/stream-head.ts'
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
  const { segmentBytes } = record
  return { ...found, live: new Extent({ firstSeq: word.firstSeq ?? 0, segmentBytes, ...edgeOf(head) }) }
}

function beginOf(start: LiveStart = 'live'): { backMs?: number } {
  if (start === 'begin') return {}
  return start === 'live' ? { backMs: 0 } : start
}
