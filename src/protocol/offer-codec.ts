import { WireStatus } from '../errors.ts'
import { utf8Length } from './bytes.ts'
import { check, decodeWithin, MalformedMessageError } from './malformed-message.ts'
import { decodeTicket, type Ticket } from './ticket.ts'
import * as wire from './ticket-wire.ts'

/** On its stream a sender sends one ticket, as text, and gets one answer once the other side has decided. */
export const OFFER_PROTOCOL = '/anabranch/offer/1.0.0'

/** Bytes of the largest frame, with the longest ticket. */
export const MAX_OFFER_FRAME_BYTES = 8 * 1024
const MAX_MESSAGE_BYTES = 512

/** What becomes of an offer: `WireStatus.ok` where it is taken, else why not. */
export interface OfferAnswer {
  status: number
  message: string
}

export function encodeOffer(ticket: string): Uint8Array {
  return new TextEncoder().encode(ticket)
}

/** Throws MalformedMessageError. */
export function decodeOffer(frame: Uint8Array): Ticket {
  try {
    return decodeTicket(new TextDecoder().decode(frame))
  } catch (error) {
    throw new MalformedMessageError('an offer without a ticket', error)
  }
}

export function encodeOfferAnswer(answer: OfferAnswer): Uint8Array {
  return wire.OfferAnswer.encode(answer)
}

/** Throws MalformedMessageError. */
export function decodeOfferAnswer(frame: Uint8Array): OfferAnswer {
  const { status, message } = decodeWithin(wire.OfferAnswer, frame, {})
  check(status >= WireStatus.ok, 'an answer without a status')
  check(utf8Length(message) <= MAX_MESSAGE_BYTES, 'a message that is too long')
  return { status, message }
}
