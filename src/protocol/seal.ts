import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { makeAead } from '#aead'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import type { Aead, CipherName } from './cipher.ts'
import { KINDS, mayOvertake } from './route-kinds.ts'
import { SEALED_EXTRA_BYTES, SEGMENT_HEADER_BYTES, withSealedFlag } from './segment-frame.ts'

const SESSION_ID_BYTES = 16
const COUNTER_BYTES = 6
const NONCE_BYTES = 12
const KEY_BYTES = 32
const LABEL = 'anabranch route 4 '

/** A message on a sealed route is not what the other end has sent here: it was altered, made up, repeated or left out. */
export class BrokenSealError extends AnabranchError {
  constructor(what: string) {
    super('ERR_BROKEN_SEAL', `Somebody on the route has tampered with it: ${what}`, {
      exitCode: ExitCode.integrity,
      wireStatus: WireStatus.malformed
    })
  }
}

/** The id of the session that has this secret. Who knows the id cannot find the secret. */
export function sessionIdOf(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return derive(secret, 'session', [], SESSION_ID_BYTES)
}

/**
 * A key of its own for one purpose on one route. `opening` tells the streams apart that have carried the route's number
 * in this session; `salt` is the source's own in the keys of its direction.
 */
export function routeKey(
  secret: Uint8Array,
  purpose: string,
  { route, opening, salt = [] }: { route: number; opening: number; salt?: ArrayLike<number> }
): Uint8Array {
  const where = new Uint8Array(5 + salt.length)
  where[0] = route
  new DataView(where.buffer).setUint32(1, opening)
  where.set(salt, 5)
  return derive(secret, purpose, where, KEY_BYTES)
}

function derive(secret: Uint8Array, purpose: string, where: ArrayLike<number>, bytes: number) {
  const info = Uint8Array.of(...new TextEncoder().encode(`${LABEL}${purpose}\0`), ...Array.from(where))
  return Uint8Array.from(hkdf(sha256, secret, undefined, info, bytes))
}

/**
 * Seals the frames of one direction of one route. Frames that may overtake segments are counted apart from the others, so
 * that each count arrives in order.
 */
export class Sealer {
  readonly #aead: Aead
  readonly #next = { overtaking: 0, inOrder: 0 }

  constructor(cipher: CipherName, key: Uint8Array) {
    this.#aead = makeAead(cipher, key)
  }

  /** The sealed frame of a head, which stays readable, and a body; in parts to be sent one after the other. */
  seal(head: Uint8Array, body: Uint8Array): Uint8Array[] {
    const isSegment = head[0] === KINDS.segment
    const start = new Uint8Array(head.byteLength + COUNTER_BYTES)
    start.set(isSegment ? withSealedFlag(head) : head)
    const overtaking = mayOvertake(head[0]!)
    const count = overtaking ? this.#next.overtaking++ : this.#next.inOrder++
    writeCounter(start, head.byteLength, count)
    const nonce = nonceOf(overtaking, start.subarray(head.byteLength))
    return [start, ...this.#aead.seal(nonce, start.subarray(0, head.byteLength), body)]
  }
}

/** Opens what a Sealer with the same key has sealed. */
export class Opener {
  readonly #aead: Aead
  readonly #next = { overtaking: 0, inOrder: 0 }
  /** Segments, and messages that keep their place among them, that were left out so far. */
  missing = 0

  constructor(cipher: CipherName, key: Uint8Array) {
    this.#aead = makeAead(cipher, key)
  }

  /**
   * The body of a sealed frame. Frames that may overtake have to come complete, one after the other; of the others some
   * may be left out, as relays drop segments, but none comes twice or later than one sent after it. Throws BrokenSealError.
   */
  open(frame: Uint8Array, headBytes: number = headBytesOf(frame)): Uint8Array {
    if (frame.byteLength < headBytes + SEALED_EXTRA_BYTES) throw new BrokenSealError('a message is cut off')
    const count = readCounter(frame, headBytes)
    const overtaking = mayOvertake(frame[0]!)
    const nonce = nonceOf(overtaking, frame.subarray(headBytes, headBytes + COUNTER_BYTES))
    const body = this.#aead.open(
      nonce,
      frame.subarray(0, headBytes),
      frame.subarray(headBytes + COUNTER_BYTES)
    )
    if (!body) throw new BrokenSealError('a message is not the one that was sent')
    if (overtaking) this.#takeOvertaking(count)
    else this.#takeInOrder(count)
    return body
  }

  #takeOvertaking(count: number): void {
    if (count !== this.#next.overtaking) throw new BrokenSealError('a message was left out')
    this.#next.overtaking++
  }

  #takeInOrder(count: number): void {
    if (count < this.#next.inOrder) throw new BrokenSealError('a segment came again, or out of its order')
    this.missing += count - this.#next.inOrder
    this.#next.inOrder = count + 1
  }
}

function headBytesOf(frame: Uint8Array): number {
  return frame[0] === KINDS.segment ? SEGMENT_HEADER_BYTES : 1
}

function nonceOf(overtaking: boolean, counter: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  nonce[0] = overtaking ? 1 : 0
  nonce.set(counter, NONCE_BYTES - COUNTER_BYTES)
  return nonce
}

function writeCounter(bytes: Uint8Array, at: number, count: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint16(at, Math.floor(count / 2 ** 32))
  view.setUint32(at + 2, count >>> 0)
}

function readCounter(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)
}
