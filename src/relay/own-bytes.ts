import { COPIED_FRAME_BYTES } from './limits.ts'

/** Returns the frame in a form to keep: a small one is copied out of the chunk in which it arrived. */
export function ownBytes(frame: Uint8Array): Uint8Array {
  return frame.byteLength <= COPIED_FRAME_BYTES && frame.byteLength < frame.buffer.byteLength
    ? frame.slice()
    : frame
}
