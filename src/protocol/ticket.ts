import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { fromString } from 'uint8arrays/from-string'
import { toString as textOf } from 'uint8arrays/to-string'
import { sha256 } from '#sha256'
import { AnabranchError, ExitCode } from '../errors.ts'
import { concatBytes, equalBytes } from './bytes.ts'
import { parseContentName } from './content-name.ts'
import { MAX_SEGMENT_BYTES } from './content-record.ts'
import type { PeerAddresses } from './director-messages.ts'
import { TICKET_LIMITS as LIMITS } from './limits.ts'
import { decodeWithin } from './malformed-message.ts'
import { HASH_BYTES } from './merkle.ts'
import * as wire from './ticket-wire.ts'

/** All that somebody needs to fetch one content: what it is, who holds it, and which ways lead there. */
export interface Ticket {
  /** The content's identity, 32 bytes. Sources that share by ticket serve nobody who does not know it. */
  rootHash: Uint8Array
  sizeBytes: number
  segmentBytes: number
  /** See parseContentName. */
  name: string
  /** One or more, with multiaddrs; none where a holder is reached over the relays or directors alone. */
  holders: PeerAddresses[]
  /** Each leads to all of the holders. */
  relays: PeerAddresses[]
  /** Multiaddrs of the directors that know the content. */
  directors: string[]
}

/** A text is no ticket that can be used: it was mistyped or cut off, or is of another version. */
export class InvalidTicketError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_TICKET', `the ticket cannot be used: ${reason}`, { exitCode: ExitCode.usage, cause })
  }
}

const WORD = 'anabranch'
const VERSION = '1'
const CHECKSUM_BYTES = 4
const MISTYPED = 'it was mistyped or cut off; copy it once more'
/** What is meant as a ticket, mistyped or not: no short name of a content looks like it. */
const MEANT = /^anabranch\d[a-z\d]{60,}$/

/** Whether a text is meant as a ticket. White space in it counts for nothing, as mail programs put some in. */
export function isTicket(text: string): boolean {
  return MEANT.test(withoutSpace(text))
}

/** The ticket as one word of lower-case letters and digits. Throws InvalidTicketError where it breaks a limit. */
export function encodeTicket(ticket: Ticket): string {
  const { rootHash, sizeBytes, segmentBytes, name, holders, relays, directors } = ticket
  try {
    checkTicket(ticket)
    const bytes = wire.Ticket.encode({
      rootHash: Uint8Array.from(rootHash),
      sizeBytes,
      segmentBytes,
      name,
      holders: holders.map(toWire),
      relays: relays.map(toWire),
      directors: directors.map(bytesOf)
    })
    if (bytes.byteLength > LIMITS.maxBytes) throw new RangeError('it is too long')
    return `${WORD}${VERSION}${textOf(concatBytes([bytes, checksum(bytes)]), 'base32')}`
  } catch (error) {
    throw new InvalidTicketError((error as Error).message, error)
  }
}

/** Throws InvalidTicketError. */
export function decodeTicket(text: string): Ticket {
  const word = withoutSpace(text)
  if (!word.startsWith(WORD)) throw new InvalidTicketError(`it does not begin with ${WORD}`)
  const [version = '', body] = [word[WORD.length], word.slice(WORD.length + 1)]
  if (/\d/.test(version) && version !== VERSION)
    throw new InvalidTicketError(`it is of version ${version}; use the newest program to read it`)
  const bytes = bytesIn(body)
  const payload = bytes.subarray(0, -CHECKSUM_BYTES)
  if (!equalBytes(checksum(payload), bytes.subarray(payload.byteLength)))
    throw new InvalidTicketError(MISTYPED)
  try {
    return fromWire(payload)
  } catch (error) {
    throw new InvalidTicketError((error as Error).message, error)
  }
}

function bytesIn(body: string): Uint8Array {
  // Each character is five bits.
  if (body.length > Math.ceil(((LIMITS.maxBytes + CHECKSUM_BYTES) * 8) / 5))
    throw new InvalidTicketError('it is too long')
  try {
    return fromString(body, 'base32')
  } catch (error) {
    throw new InvalidTicketError(MISTYPED, error)
  }
}

function fromWire(payload: Uint8Array): Ticket {
  const peers = { addresses: LIMITS.maxAddresses }
  const { holders, relays, directors, ...rest } = decodeWithin(wire.Ticket, payload, {
    holders: LIMITS.maxHolders,
    holders$: peers,
    relays: LIMITS.maxRelays,
    relays$: peers,
    directors: LIMITS.maxDirectors
  })
  const ticket = {
    ...rest,
    holders: holders.map(peerOf),
    relays: relays.map(peerOf),
    directors: directors.map(addressOf)
  }
  checkTicket(ticket)
  return ticket
}

function checkTicket({ rootHash, sizeBytes, segmentBytes, name, holders, relays, directors }: Ticket): void {
  parseContentName(name)
  const peers = [...holders, ...relays]
  const isWithin =
    rootHash.byteLength === HASH_BYTES &&
    Number.isSafeInteger(sizeBytes) &&
    sizeBytes >= 0 &&
    segmentBytes >= 1 &&
    segmentBytes <= MAX_SEGMENT_BYTES &&
    holders.length >= 1 &&
    holders.length <= LIMITS.maxHolders &&
    relays.length <= LIMITS.maxRelays &&
    directors.length <= LIMITS.maxDirectors &&
    peers.every(({ addresses }) => addresses.length <= LIMITS.maxAddresses)
  if (!isWithin) throw new RangeError('what it says is out of range')
}

function toWire({ peerId, addresses }: PeerAddresses): wire.TicketPeer {
  const own = `/p2p/${peerId}`
  const places = addresses.map(address => (address.endsWith(own) ? address.slice(0, -own.length) : address))
  return {
    peerId: fromString(peerId, 'base58btc'),
    addresses: places.filter(address => address !== '').map(bytesOf)
  }
}

function peerOf({ peerId, addresses }: wire.TicketPeer): PeerAddresses {
  return {
    peerId: peerIdFromString(textOf(peerId, 'base58btc')).toString(),
    addresses: addresses.map(addressOf)
  }
}

function bytesOf(address: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(multiaddr(address).bytes)
}

function addressOf(bytes: Uint8Array): string {
  if (bytes.byteLength > LIMITS.maxAddressBytes) throw new RangeError('an address in it is too long')
  const address = multiaddr(bytes).toString()
  if (equalBytes(multiaddr(address).bytes, bytes)) return address
  throw new RangeError('an address in it is not in its usual form')
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECKSUM_BYTES)
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '').toLowerCase()
}
