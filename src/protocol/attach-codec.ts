import { WireStatus } from '../errors.ts'
import * as wire from './attach.ts'
import { utf8Length } from './bytes.ts'
import { check, decodeWithin } from './malformed-message.ts'

export const ATTACH_PROTOCOL = '/anabranch/attach/1.0.0'

/** Bytes of the largest frame on an attachment's stream. */
export const MAX_ATTACH_FRAME_BYTES = 1024
const MAX_MESSAGE_BYTES = 512

/** What a relay says of an attachment: `WireStatus.ok`, `draining`, or why it is refused. */
export interface Attachment {
  status: number
  message: string
}

/** The frame by which a node asks to be attached. */
export const ATTACH_FRAME = new Uint8Array()

/** Throws MalformedMessageError. */
export function checkAttachFrame(frame: Uint8Array): void {
  check(frame.byteLength === 0, 'a first frame of an attachment that is not empty')
}

export function encodeAttachment(attachment: Attachment): Uint8Array {
  return wire.Attachment.encode(attachment)
}

/** Throws MalformedMessageError. */
export function decodeAttachment(frame: Uint8Array): Attachment {
  const { status, message } = decodeWithin(wire.Attachment, frame, {})
  check(status >= WireStatus.ok, 'an attachment without a status')
  check(utf8Length(message) <= MAX_MESSAGE_BYTES, 'a message that is too long')
  return { status, message }
}
