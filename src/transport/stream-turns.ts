import type { StreamMuxer } from '@libp2p/interface'
import { adaptStreams, type YamuxMuxer, type YamuxStream } from './yamux-streams.ts'

/**
 * Lets the streams of a full connection take turns. When there is room again a yamux muxer tells
 * its streams in the order in which they were opened, and the first that has something to send
 * fills it: a stream that always has something would never let the others send at all. Here the
 * stream that filled it is told last the next time.
 */
export function takeTurns(muxer: StreamMuxer): void {
  adaptStreams(muxer, standBackOnceFull)
}

function standBackOnceFull(stream: YamuxStream, { streams }: YamuxMuxer): void {
  const { sendFrame } = stream
  stream.sendFrame = (header, data) => {
    const hasRoom = sendFrame(header, data)
    const at = hasRoom ? -1 : streams.indexOf(stream)
    if (at !== -1) streams.push(...streams.splice(at, 1))
    return hasRoom
  }
}
