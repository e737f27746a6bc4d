import { Pattern } from '../../src/pattern/pattern.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { SourceSession } from '../../src/source/source-session.ts'
import { control } from '../protocol/messages.ts'

export const SEGMENT_BYTES = 100

export function sessionOf(segmentCount: number, firstSeq = 0, hashGroupSegments = 0): SourceSession {
  const content = { segmentBytes: SEGMENT_BYTES, sizeBytes: segmentCount * SEGMENT_BYTES }
  return new SourceSession({ peerId: 'source', extent: extentOf(content, firstSeq), hashGroupSegments })
}

/** A session whose only route may send the whole content at once. */
export function sessionOfOneRoute(segmentCount: number, segmentBytes: number): SourceSession {
  const content = { segmentBytes, sizeBytes: segmentCount * segmentBytes }
  const session = new SourceSession({ peerId: 'source', extent: extentOf(content), hashGroupSegments: 0 })
  session.addRoute(0)
  session.apply(
    control({
      patterns: [{ version: 1, from: 0, pattern: Pattern.parse('A') }],
      credits: [{ route: 0, limitBytes: content.sizeBytes }],
      horizon: segmentCount
    })
  )
  return session
}
