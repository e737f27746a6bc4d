import type { StreamMuxer } from '@libp2p/interface'
import { adaptStreams, type YamuxStream } from './yamux-streams.ts'

/**
 * Lets a yamux muxer open a stream's receive window again once half of it is used up, as its specification proposes, and
 * not after each frame: a window update costs as much as a frame does, here and at the peer.
 */
export function updateWindowsSparsely(muxer: StreamMuxer): void {
  adaptStreams(muxer, updateSparsely)
}

function updateSparsely(stream: YamuxStream): void {
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream)
  // The first update of an inbound stream says that the stream is accepted.
  let isAnswered = stream.direction === 'outbound'
  stream.sendWindowUpdate = () => {
    if (isAnswered && stream.recvWindowCapacity > stream.recvWindow / 2) return
    isAnswered = true
    sendWindowUpdate()
  }
}
