import { decodeDirectorRequest, encodeDirectorReply } from '../../src/protocol/director-codec.ts'
import {
  type ComplaintRequest,
  DIRECTOR_PROTOCOL,
  type DirectorReply,
  type QueryRequest
} from '../../src/protocol/director-messages.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import type { OverlayNode } from '../../src/transport/node.ts'

/** A director that gives these replies, one or several a request, and then stays silent. */
export async function fakeDirector(node: OverlayNode, replies: (DirectorReply | DirectorReply[])[]) {
  const requests: string[] = []
  const queries: QueryRequest[] = []
  const complaints: ComplaintRequest[] = []
  const streams = new Set<FramedStream>()
  await node.handle(DIRECTOR_PROTOCOL, raw => {
    const stream = new FramedStream(raw, {
      maxFrameBytes: 200_000,
      handlers: {
        onFrame: frame => {
          const request = decodeDirectorRequest(frame)
          requests.push(request.kind)
          if (request.kind === 'query') queries.push(request)
          if (request.kind === 'complaint') complaints.push(request)
          for (const reply of [replies.shift() ?? []].flat()) stream.send(encodeDirectorReply(reply))
        },
        onEnd: () => void stream.close(),
        onClose: () => streams.delete(stream)
      }
    })
    streams.add(stream)
  })
  return {
    address: node.getMultiaddrs()[0]!.toString(),
    peerId: node.peerId.toString(),
    requests,
    queries,
    complaints,
    /** Breaks all streams; those to come are taken as before. */
    drop: () => {
      for (const stream of streams) stream.abort(new Error('dropped'))
    }
  }
}
