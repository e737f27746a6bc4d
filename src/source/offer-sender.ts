import { multiaddr } from '@multiformats/multiaddr'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import {
  decodeOfferAnswer,
  encodeOffer,
  MAX_OFFER_FRAME_BYTES,
  OFFER_PROTOCOL,
  type OfferAnswer
} from '../protocol/offer-codec.ts'
import { FramedStream, StreamLostError } from '../transport/framed-stream.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'

/**
 * Offers a ticket to a peer that waits for some. Resolves with the answer once it has decided, which
 * may take as long as people do. Throws where it cannot be reached, StreamLostError, or the signal's
 * reason.
 */
export async function sendOffer(
  node: OverlayNode,
  { addresses }: PeerAddresses,
  ticket: string,
  signal: AbortSignal
): Promise<OfferAnswer> {
  const raw = await node.dialProtocol(
    addresses.map(address => multiaddr(address)),
    OFFER_PROTOCOL,
    { signal }
  )
  const answered = Promise.withResolvers<OfferAnswer>()
  const stream = new FramedStream(raw, {
    maxFrameBytes: MAX_OFFER_FRAME_BYTES,
    handlers: {
      onFrame: frame => answered.resolve(decodeOfferAnswer(frame)),
      onEnd: () => void stream.close(),
      onClose: error => answered.reject(error ?? new StreamLostError())
    }
  })
  const onAbort = () => stream.abort(signal.reason)
  signal.addEventListener('abort', onAbort)
  // The signal may have come while the stream was being opened.
  if (signal.aborted) onAbort()
  else stream.send(encodeOffer(ticket))
  try {
    return await answered.promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    void stream.close()
  }
}
