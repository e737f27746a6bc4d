import { concatBytes } from './bytes.ts'
import type { CipherName } from './cipher.ts'
import { check } from './malformed-message.ts'
import { decodeRouteMessage, encodeRouteMessage } from './route-codec.ts'
import { isSealed } from './route-kinds.ts'
import type { RouteMessage } from './route-messages.ts'
import { Opener, routeKey, Sealer } from './seal.ts'

/** How the two ends of a route write their messages as frames. */
export interface RouteCoding {
  /** The message's frame, in parts to be sent one after the other. */
  encode(message: RouteMessage): Uint8Array[]
  /**
   * Reads a frame; undefined for one of an unknown kind that has to be skipped. Throws MalformedMessageError or PatternError.
   */
  decode(frame: Uint8Array): RouteMessage | undefined
}

/** The coding of a route whose messages any relay may read. */
export const CLEAR: RouteCoding = { encode: encodeRouteMessage, decode: decodeRouteMessage }

/** The cipher of everything up to the source's choice, which is in `opened`. */
const FIRST_CIPHER: CipherName = 'chacha20-poly1305'
const CIPHERS: readonly CipherName[] = ['chacha20-poly1305', 'aes-256-gcm']

/** The name of a cipher that a message gives. Throws MalformedMessageError. */
export function cipherOf(name: string | undefined): CipherName {
  const cipher = CIPHERS.find(known => known === name)
  check(cipher !== undefined, 'an unknown cipher')
  return cipher as CipherName
}

/** Which stream a sealed route is: its session's secret, its number, and the try that it is. */
export interface SealedRoute {
  secret: Uint8Array
  route: number
  /** Ascending among the streams that have carried this number in the session. */
  opening: number
}

/** Bytes of the salt that a source gives each stream. */
export const SALT_BYTES = 16

/**
 * The coding of a sealed route at one of its ends: whatever no relay has to read is encrypted with keys that nobody else
 * has. In the source's direction the salt stands behind the kind of each message up to `opened`, and from there on the
 * cipher is the one that is named in it.
 */
export class RouteSeal implements RouteCoding {
  readonly #sealed: SealedRoute
  readonly #isSource: boolean
  #salt: Uint8Array | undefined
  #sealer: Sealer | undefined
  #opener: Opener | undefined
  /** Whether `opened` has passed. */
  #isOpened = false

  /** `salt`: at the source, SALT_BYTES that it has never used before, so that its keys are always new. */
  constructor(sealed: SealedRoute, salt?: Uint8Array) {
    this.#sealed = sealed
    this.#salt = salt
    this.#isSource = salt !== undefined
    const up = routeKey(sealed.secret, 'to source', sealed)
    if (this.#isSource) {
      this.#opener = new Opener(FIRST_CIPHER, up)
      this.#sealer = new Sealer(FIRST_CIPHER, this.#keyToClient('opened'))
    } else this.#sealer = new Sealer(FIRST_CIPHER, up)
  }

  /** Messages of the source that keep their order and have been left out so far, as seen by the client. */
  get missing(): number {
    return this.#isOpened ? this.#opener!.missing : 0
  }

  encode(message: RouteMessage): Uint8Array[] {
    const [head, body] = encodeRouteMessage(message) as [Uint8Array, Uint8Array]
    if (!isSealed(head[0]!)) return [head, body]
    const isSalted = this.#isSource && !this.#isOpened
    const parts = this.#sealer!.seal(isSalted ? concatBytes([head, this.#salt!]) : head, body)
    if (message.kind === 'opened') {
      this.#sealer = new Sealer(...this.#bulkKey(message.cipher))
      this.#isOpened = true
    }
    return parts
  }

  decode(frame: Uint8Array): RouteMessage | undefined {
    const kind = frame[0]
    if (kind === undefined || !isSealed(kind)) return decodeRouteMessage(frame)
    const isSalted = !this.#isSource && !this.#isOpened
    if (isSalted) this.#takeSalt(frame)
    const body = this.#opener!.open(frame, isSalted ? 1 + SALT_BYTES : undefined)
    const message = decodeRouteMessage(frame, body)
    if (message?.kind === 'opened') {
      this.#opener = new Opener(...this.#bulkKey(message.cipher))
      this.#isOpened = true
    }
    return message
  }

  /** The client learns the salt from the first sealed message; another one later fits no message. */
  #takeSalt(frame: Uint8Array): void {
    if (this.#salt) return
    this.#salt = frame.slice(1, 1 + SALT_BYTES)
    this.#opener = new Opener(FIRST_CIPHER, this.#keyToClient('opened'))
  }

  #bulkKey(name: string | undefined): [CipherName, Uint8Array] {
    const cipher = cipherOf(name)
    return [cipher, this.#keyToClient(`to client ${cipher}`)]
  }

  #keyToClient(purpose: string): Uint8Array {
    return routeKey(this.#sealed.secret, purpose, { ...this.#sealed, salt: this.#salt! })
  }
}
