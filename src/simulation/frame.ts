import { encodeRouteMessage, type RouteMessage } from '../protocol/route-codec.ts'

/**
 * Encodes a message as a frame with a single copy of a segment's payload, as simulations make
 * millions of frames.
 */
export function frameOf(message: RouteMessage): Uint8Array {
  const parts = encodeRouteMessage(message)
  const frame = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    frame.set(part, at)
    at += part.byteLength
  }
  return frame
}
