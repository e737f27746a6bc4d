import { check } from './malformed-message.ts'
import { KINDS } from './route-kinds.ts'
import type { Segment } from './route-messages.ts'

/** Bytes of a segment's header: kind, flags, 6 bytes of seq, 6 bytes of sentAtUs. */
export const SEGMENT_HEADER_BYTES = 14
const FLAG_REPAIR = 1
const FLAG_MORE = 2
const FLAG_SEALED = 4
/** Bytes that sealing adds behind a frame's head: a counter of 6, and a tag of 16 at the end. */
export const SEALED_EXTRA_BYTES = 22

/** The frame of a segment, in two parts to be sent one after the other: the payload is not copied. */
export function encodeSegment(segment: Segment): [Uint8Array, Uint8Array] {
  const header = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(header.buffer)
  header[0] = KINDS.segment
  header[1] = (segment.repair ? FLAG_REPAIR : 0) | (segment.more ? FLAG_MORE : 0)
  writeUint48(view, 2, segment.seq)
  writeUint48(view, 8, segment.sentAtUs)
  return [header, segment.payload]
}

/** A copy of a segment's header that says that what follows is sealed. */
export function withSealedFlag(header: Uint8Array): Uint8Array {
  const marked = header.slice()
  marked[1]! |= FLAG_SEALED
  return marked
}

/** Tells whether a frame, of which at least the head is given, is a sealed segment. */
export function isSealedSegment(head: Uint8Array): boolean {
  return head[0] === KINDS.segment && (head[1]! & FLAG_SEALED) !== 0
}

/** Bytes of the segment itself in its frame, without what sealing adds. */
export function payloadBytesOf(frame: Uint8Array): number {
  const isSealed = (frame[1]! & FLAG_SEALED) !== 0
  return Math.max(0, frame.byteLength - SEGMENT_HEADER_BYTES - (isSealed ? SEALED_EXTRA_BYTES : 0))
}

/** Reads a segment's frame; unless `payload` is given it is a view of the frame, still sealed if that is. Throws MalformedMessageError. */
export function decodeSegment(
  frame: Uint8Array,
  payload: Uint8Array = frame.subarray(SEGMENT_HEADER_BYTES)
): Segment {
  check(payload.byteLength > 0, 'a segment without content')
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  return {
    seq: readUint48(view, 2),
    sentAtUs: readUint48(view, 8),
    repair: (frame[1]! & FLAG_REPAIR) !== 0,
    more: (frame[1]! & FLAG_MORE) !== 0,
    payload
  }
}

function writeUint48(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, Math.floor(value / 2 ** 32))
  view.setUint32(offset + 2, value >>> 0)
}

function readUint48(view: DataView, offset: number): number {
  return view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2)
}
