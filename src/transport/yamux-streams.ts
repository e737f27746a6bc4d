import type { Stream, StreamMuxer } from '@libp2p/interface'

/** Undocumented members of yamux's streams that this project patches; sizes in bytes. */
export interface YamuxStream extends Stream {
  streamId: number
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate(): void
  /** Hands a frame to the connection. Returns whether the connection takes more at once. */
  sendFrame(header: { type: number }, data?: unknown): boolean
}

export interface YamuxMuxer extends StreamMuxer<YamuxStream> {
  /** Called for a stream that the peer has opened. */
  onRemoteStream(stream: YamuxStream): void
}

/** Calls `adapt` with each stream of a yamux muxer before anyone uses it. Other muxers are left as they are. */
export function adaptStreams(
  muxer: StreamMuxer,
  adapt: (stream: YamuxStream, muxer: YamuxMuxer) => void
): void {
  if (!isYamux(muxer)) return
  const createStream = muxer.createStream.bind(muxer)
  muxer.createStream = async options => {
    const stream = await createStream(options)
    adapt(stream, muxer)
    return stream
  }
  const onRemoteStream = muxer.onRemoteStream.bind(muxer)
  muxer.onRemoteStream = stream => {
    adapt(stream, muxer)
    onRemoteStream(stream)
  }
}

/** Tells whether a muxer is one of yamux. */
export function isYamux(muxer: StreamMuxer): muxer is YamuxMuxer {
  return muxer.protocol.startsWith('/yamux/')
}
