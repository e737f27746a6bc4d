import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { utf8Length } from './bytes.ts'
import type * as wire from './director.ts'
import { DIRECTOR_WIRE_LIMITS as LIMITS } from './director-limits.ts'
import type { MeasuredPeer, PeerAddresses } from './director-messages.ts'
import { isToken } from './director-token.ts'
import { check, MalformedMessageError } from './malformed-message.ts'
import { HASH_BYTES } from './merkle.ts'
import { Remembered } from './remembered.ts'

// Checks of fields that several messages have. Each throws MalformedMessageError.

export function checkMeasuredPeer({ peerId, rttMs }: wire.MeasuredPeer): MeasuredPeer {
  check(
    rttMs === undefined || (rttMs >= 0 && rttMs <= LIMITS.maxRttMs),
    'a round trip that is negative or too long'
  )
  return { peerId: checkPeerId(peerId), ...(rttMs === undefined ? {} : { rttMs }) }
}

export function checkPeer({ peerId, addresses }: wire.Peer): PeerAddresses {
  for (const address of addresses) checkAddress(address)
  return { peerId: checkPeerId(peerId), addresses }
}

/** Nodes name the same peers again and again, and base58 takes some 10 us to read. Usual ones take some 5 MB together, the longest 15 MB. */
const knownPeerIds = new Remembered<string>(8_192)
const knownAddresses = new Remembered<true>(8_192)

export function checkPeerId(peerId: string): string {
  check(utf8Length(peerId) <= LIMITS.maxPeerIdBytes, 'a peer id that is too long')
  return knownPeerIds.of(peerId, readPeerId)
}

export function checkAddress(address: string): void {
  check(utf8Length(address) <= LIMITS.maxAddressBytes, 'an address that is too long')
  knownAddresses.of(address, readAddress)
}

function readPeerId(peerId: string): string {
  try {
    return peerIdFromString(peerId).toString()
  } catch (error) {
    throw new MalformedMessageError('a peer id that cannot be read', error)
  }
}

function readAddress(address: string): true {
  try {
    multiaddr(address)
    return true
  } catch (error) {
    throw new MalformedMessageError('an address that is no multiaddr', error)
  }
}

export function checkCapacity(bytesPerSecond: number | undefined): void {
  check(bytesPerSecond === undefined || Number.isSafeInteger(bytesPerSecond), 'a capacity out of range')
}

export function checkLabel(label: string): void {
  check(utf8Length(label) <= LIMITS.maxLabelBytes && label === plainText(label), 'a label out of range')
}

export function checkToken({ token }: { token: string }): { token?: string } {
  check(token === '' || isToken(token), 'a token that is too short, too long or has other signs')
  return token === '' ? {} : { token }
}

export function checkRecord(record: Uint8Array): void {
  check(record.byteLength > 0, 'a content without a record')
  check(record.byteLength <= LIMITS.maxRecordBytes, 'a content record that is too long')
}

/** Text from a peer is shown to people: no control characters, bounded. */
export function plainText(text: string): string {
  return text.slice(0, LIMITS.maxMessageBytes).replace(/\p{Cc}/gu, ' ')
}

export function checkRootHash(rootHash: Uint8Array): void {
  check(rootHash.byteLength === HASH_BYTES, 'a root hash that is not 32 bytes')
}
