import type { Stream, StreamMuxer } from '@libp2p/interface'

/** What yamux streams have inside; sizes in bytes. */
interface YamuxStream extends Stream {
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate(): void
}

/** What libp2p's muxers call for a stream that the peer has opened. */
interface YamuxMuxer extends StreamMuxer<YamuxStream> {
  onRemoteStream(stream: YamuxStream): void
}

/**
 * Lets a yamux muxer open a stream's receive window again once half of it is used up, as its specification proposes, and
 * not after each frame: a window update costs as much as a frame does, here and at the peer.
 */
export function updateWindowsSparsely(muxer: StreamMuxer): void {
  if (!isYamux(muxer)) return
  const createStream = muxer.createStream.bind(muxer)
  muxer.createStream = async options => {
    const stream = await createStream(options)
    updateSparsely(stream)
    return stream
  }
  const onRemoteStream = muxer.onRemoteStream.bind(muxer)
  muxer.onRemoteStream = stream => {
    updateSparsely(stream)
    onRemoteStream(stream)
  }
}

function updateSparsely(stream: YamuxStream): void {
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream)
  // The first of an inbound stream says that it is accepted.
  let isAnswered = stream.direction === 'outbound'
  stream.sendWindowUpdate = () => {
    if (isAnswered && stream.recvWindowCapacity > stream.recvWindow / 2) return
    isAnswered = true
    sendWindowUpdate()
  }
}

function isYamux(muxer: StreamMuxer): muxer is YamuxMuxer {
  return muxer.protocol.startsWith('/yamux/')
}
