import type { ContentRecord } from '../protocol/content-record.ts'
import { Extent } from '../protocol/extent.ts'
import type { Request } from '../protocol/route-messages.ts'
import { edgeOf } from '../protocol/stream-head.ts'
import type { LiveView } from './content-store.ts'
import { type SessionHead, sessionHead } from './session-heads.ts'

/** Where a session on a live content begins: where the client asks for, or with the oldest segment that is kept. */
export function liveSessionInit(
  { segmentBytes }: Pick<ContentRecord, 'segmentBytes'>,
  live: LiveView,
  { firstSeq: asked, backMs }: Pick<Request, 'firstSeq' | 'backMs'>
): { extent: Extent; head: SessionHead } {
  const firstSeq = Math.max(live.firstSeq, backMs === undefined ? asked : live.seqAt(backMs))
  return {
    extent: new Extent({ firstSeq, segmentBytes, lengths: live.lengths, ...edgeOf(live.head) }),
    head: sessionHead(live.head)
  }
}
