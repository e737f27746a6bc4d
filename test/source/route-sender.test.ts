import { expect, it } from 'vitest'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import type { SegmentReader } from '../../src/source/content-store.ts'
import { RouteSender } from '../../src/source/route-sender.ts'
import { sessionOfOneRoute } from './session-fixture.ts'

const SEGMENT_BYTES = 20 * 1024
const SEGMENTS = 60

it('cuts the first segments of a route and the last of the content, and nothing between', async () => {
  const session = sessionOfOneRoute(SEGMENTS, SEGMENT_BYTES)
  const content = Buffer.from(Array.from({ length: SEGMENTS * SEGMENT_BYTES }, (_, at) => at % 251))
  const payloadOf = (seq: number) => content.subarray(seq * SEGMENT_BYTES, (seq + 1) * SEGMENT_BYTES)
  const sent: Array<RouteMessage & { kind: 'segment' }> = []
  const done = Promise.withResolvers<void>()
  const stream = {
    writable: true,
    closed: false,
    send: (message: RouteMessage) => {
      if (message.kind !== 'segment') return
      sent.push(message)
      if (message.seq === SEGMENTS - 1 && !message.more) done.resolve()
    }
  }
  const reader = { tryGetSegment: payloadOf } as unknown as SegmentReader
  new RouteSender({ session, route: 0, reader, stream, turns: undefined, fail: done.reject }).wake()
  await done.promise

  expect(Buffer.concat(sent.map(({ payload }) => payload)).equals(content)).toBe(true)
  const cut = Array.from({ length: SEGMENTS }, (_, seq) => seq).filter(seq =>
    sent.some(message => message.seq === seq && message.more)
  )
  expect(cut).toEqual([0, 1, 2, 3, 4, 5, 6, ...Array.from({ length: 16 }, (_, at) => 44 + at)])
  expect(sent.filter(({ seq }) => seq === 0).map(({ payload, more }) => [payload.byteLength, more])).toEqual([
    [8192, true],
    [8192, true],
    [4096, false]
  ])
})
