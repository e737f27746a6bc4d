import type { StreamMuxer } from '@libp2p/interface'
import { NODE_LIMITS } from './limits.ts'
import { adaptStreams, type YamuxStream } from './yamux-streams.ts'

/**
 * Ends a stream of the peer that asks for one protocol after the other: libp2p answers each, and
 * thousands fit into one frame.
 */
export function limitNegotiation(muxer: StreamMuxer): void {
  adaptStreams(muxer, stream => {
    if (stream.direction === 'inbound') limitAnswers(stream)
  })
}

function limitAnswers(stream: YamuxStream): void {
  const send = stream.send.bind(stream)
  let answers = 0
  stream.send = data => {
    if (stream.protocol !== '') {
      stream.send = send
      return send(data)
    }
    if (++answers > NODE_LIMITS.maxNegotiationAnswers) {
      stream.abort(new Error('the peer asks for too many protocols'))
      return false
    }
    return send(data)
  }
}
