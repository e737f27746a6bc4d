import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { MAX_ROUTES } from '../pattern/pattern.ts'
import { ROUTE_LIMITS } from './limits.ts'
import { genuineSigner, KEY_BYTES, PAYLOAD_START, type Signer, sign } from './signed-form.ts'

/** A client's word, under its signature, on what one relay has carried for it. */
export interface Receipt {
  /** Peer id of the client, the signer. */
  client: string
  /** Peer id of the relay. */
  relay: string
  /** 16 bytes. */
  sessionId: Uint8Array
  /** 0 to 51. */
  route: number
  /** As in the `open` of the stream that carried the route; 0 where that has none. */
  opening: number
  /** Payload bytes of the segments that have come over this stream since it was opened: 1 to 2^53 - 1. */
  bytes: number
  /** When the client signed, by its own clock: milliseconds since 1970, UTC. */
  atMs: number
}

/** A receipt is malformed, its signature does not fit, or it does not belong where it came. */
export class InvalidReceiptError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_RECEIPT', `The receipt is not valid: ${reason}`, {
      exitCode: ExitCode.integrity,
      wireStatus: WireStatus.invalidRequest,
      cause
    })
  }
}

// The payload of the signed form (see signed-form.ts): the client's Ed25519 key (32 bytes), session id (16), route (1),
// opening (4, big-endian), bytes (8, big-endian), time (8, big-endian), the relay's peer id (the rest, UTF-8).
const VERSION = 1
const DOMAIN = 'anabranch receipt 1'
const SESSION_START = KEY_BYTES
const ROUTE_START = SESSION_START + 16
const OPENING_START = ROUTE_START + 1
const BYTES_START = OPENING_START + 4
const TIME_START = BYTES_START + 8
const RELAY_START = TIME_START + 8

/** The receipt's canonical bytes with the signature of its client. `signer` has an Ed25519 key. */
export async function signReceipt(receipt: Omit<Receipt, 'client'>, signer: Signer): Promise<Uint8Array> {
  const relay = new TextEncoder().encode(receipt.relay)
  const payload = new Uint8Array(RELAY_START + relay.byteLength)
  const view = new DataView(payload.buffer)
  payload.set(signer.publicKey.raw, 0)
  payload.set(receipt.sessionId, SESSION_START)
  view.setUint8(ROUTE_START, receipt.route)
  view.setUint32(OPENING_START, receipt.opening)
  view.setBigUint64(BYTES_START, BigInt(receipt.bytes))
  view.setBigUint64(TIME_START, BigInt(receipt.atMs))
  payload.set(relay, RELAY_START)
  return await sign(VERSION, DOMAIN, payload, signer)
}

/** The receipt in `bytes`; its signature is not looked at. Throws InvalidReceiptError. */
export function readReceipt(bytes: Uint8Array): Receipt {
  if (bytes[0] !== VERSION) throw new InvalidReceiptError(`its version ${bytes[0] ?? '(none)'} is unknown`)
  const payload = bytes.subarray(PAYLOAD_START)
  if (payload.byteLength <= RELAY_START) throw new InvalidReceiptError('it is cut short')
  if (payload.byteLength > RELAY_START + ROUTE_LIMITS.maxPeerIdBytes) {
    throw new InvalidReceiptError('it is too long')
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const route = view.getUint8(ROUTE_START)
  if (route >= MAX_ROUTES) throw new InvalidReceiptError(`there is no route ${route}`)
  const count = Number(view.getBigUint64(BYTES_START))
  const atMs = Number(view.getBigUint64(TIME_START))
  if (count === 0 || !Number.isSafeInteger(count) || !Number.isSafeInteger(atMs)) {
    throw new InvalidReceiptError('a number in it is out of range')
  }
  return {
    client: clientOf(payload),
    relay: relayOf(payload),
    sessionId: Uint8Array.from(payload.subarray(SESSION_START, ROUTE_START)),
    route,
    opening: view.getUint32(OPENING_START),
    bytes: count,
    atMs
  }
}

/** The receipt in `bytes`, once its signature holds. Throws InvalidReceiptError. */
export async function verifyReceipt(bytes: Uint8Array): Promise<Receipt> {
  const receipt = readReceipt(bytes)
  if (!(await genuineSigner(bytes, DOMAIN))) throw new InvalidReceiptError('its signature is wrong')
  return receipt
}

function clientOf(payload: Uint8Array): string {
  return peerIdFromPublicKey(publicKeyFromRaw(payload.slice(0, KEY_BYTES))).toString()
}

/** A peer id has several spellings; the one in a receipt has to be the usual one, so that each receipt has one form. */
function relayOf(payload: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      payload.subarray(RELAY_START)
    )
    if (peerIdFromString(text).toString() === text) return text
  } catch (error) {
    throw new InvalidReceiptError('its relay is no peer id', error)
  }
  throw new InvalidReceiptError('its relay is written in another form')
}
