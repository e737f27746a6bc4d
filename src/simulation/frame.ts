import { encodeRouteMessage, type RouteMessage } from '../protocol/route-codec.ts'

/** The frame of a message, with one copy of a segment's payload: simulations make millions of them. */
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
