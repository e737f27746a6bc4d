import type { Libp2p, Stream } from '@libp2p/interface'
import { systemScheduler } from '../scheduler.ts'
import { PING_LIMITS } from './limits.ts'

/** The protocol of libp2p's ping: bytes come back as they are. */
export const PING_PROTOCOL = '/ipfs/ping/1.0.0'

/**
 * Answers pings in place of libp2p's ping, which keeps everything that a peer sends and does not
 * take back.
 */
export async function answerPings(node: Pick<Libp2p, 'handle' | 'unhandle'>): Promise<void> {
  await node.unhandle(PING_PROTOCOL)
  await node.handle(PING_PROTOCOL, echo, { maxInboundStreams: PING_LIMITS.maxStreams })
}

function echo(stream: Stream): void {
  let leftBytes = PING_LIMITS.maxBytes
  const end = () => stream.abort(new Error('the peer has pinged enough'))
  const cancel = systemScheduler.after(PING_LIMITS.timeoutMs, end)
  stream.addEventListener('close', cancel)
  stream.addEventListener('end', () => void stream.close().catch(end))
  stream.addEventListener('message', ({ data }) => {
    leftBytes -= data.byteLength
    if (leftBytes < 0) end()
    else if (stream.writeStatus === 'writable') stream.send(data)
  })
}
