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

/**
 * The coding of a sealed route at one of its ends: whatever no relay has to read is encrypted with keys that nobody else
 * has. After `opened` the source's direction changes to the cipher that is named there.
 */
export class RouteSeal implements RouteCoding {
  readonly #sealed: SealedRoute
  readonly #sealer: Sealer
  readonly #opener: Opener
  /** The source's direction after `opened`, at either end. */
  #bulk: Sealer | Opener | undefined

  constructor(sealed: SealedRoute, end: 'client' | 'source') {
    this.#sealed = sealed
    const [up, down] = ['to source', 'opened'].map(purpose => this.#keyFor(purpose))
    this.#sealer = new Sealer(FIRST_CIPHER, end === 'client' ? up! : down!)
    this.#opener = new Opener(FIRST_CIPHER, end === 'client' ? down! : up!)
  }

  /** Messages of the source that keep their order and have been left out so far, as seen by the client. */
  get missing(): number {
    return this.#bulk instanceof Opener ? this.#bulk.missing : 0
  }

  encode(message: RouteMessage): Uint8Array[] {
    const [head, body] = encodeRouteMessage(message) as [Uint8Array, Uint8Array]
    if (!isSealed(head[0]!)) return [head, body]
    const sealer = this.#bulk instanceof Sealer ? this.#bulk : this.#sealer
    const parts = sealer.seal(head, body)
    if (message.kind === 'opened') this.#bulk = new Sealer(...this.#bulkKey(message.cipher))
    return parts
  }

  decode(frame: Uint8Array): RouteMessage | undefined {
    const kind = frame[0]
    if (kind === undefined || !isSealed(kind)) return decodeRouteMessage(frame)
    const body = (this.#bulk instanceof Opener ? this.#bulk : this.#opener).open(frame)
    const message = decodeRouteMessage(frame, body)
    if (message?.kind === 'opened') this.#bulk = new Opener(...this.#bulkKey(message.cipher))
    return message
  }

  #bulkKey(name: string | undefined): [CipherName, Uint8Array] {
    const cipher = cipherOf(name)
    return [cipher, this.#keyFor(`to client ${cipher}`)]
  }

  #keyFor(purpose: string): Uint8Array {
    const { secret, route, opening } = this.#sealed
    return routeKey(secret, purpose, route, opening)
  }
}
