import { COPIED_FRAME_BYTES } from './limits.ts'

/** A frame to keep: a small one is copied out of the chunk that it came in. */
export function ownBytes(frame: Uint8Array): Uint8Array {
  return frame.byteLength <= COPIED_FRAME_BYTES && frame.byteLength < frame.buffer.byteLength
    ? frame.slice()
    : frame
}
