import type { Stream } from '@libp2p/interface'
import { fastestCipher } from '#aead'
import { AnabranchError, WireStatus } from '../errors.ts'
import { concatBytes, equalBytes } from '../protocol/bytes.ts'
import type { CipherName } from '../protocol/cipher.ts'
import { MalformedMessageError } from '../protocol/malformed-message.ts'
import {
  decodeRequest,
  decodeRouteMessage,
  decodeSecret,
  encodeRouteMessage
} from '../protocol/route-codec.ts'
import { KINDS } from '../protocol/route-kinds.ts'
import type { Open, Request, RouteMessage } from '../protocol/route-messages.ts'
import { CLEAR, cipherOf, type RouteCoding, RouteSeal, SALT_BYTES } from '../protocol/route-seal.ts'
import { sessionIdOf } from '../protocol/seal.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Lanes } from '../transport/lanes.ts'
import type { HandshakeEnd, Introduction, RelayedHandshakes } from '../transport/relayed-handshake.ts'
import { StreamToClient } from '../transport/stream-to-client.ts'
import { FAREWELL_MS, MAX_HANDSHAKE_MESSAGES, type SourceLimits } from './limits.ts'
import type { SecretSession, SessionSecrets, SharedSecret } from './session-secrets.ts'

/** A peer was silent for too long. */
export class RouteTimeoutError extends AnabranchError {
  constructor(waitedMs: number) {
    super('ERR_ROUTE_TIMEOUT', `Nothing came from the peer for ${Math.round(waitedMs / 1000)} s`, {
      wireStatus: WireStatus.timeout
    })
  }
}

/** A client asks in clear, and the source serves sealed routes only. */
export class UnsealedRouteError extends AnabranchError {
  constructor() {
    super(
      'ERR_UNSEALED',
      'The source serves sealed routes only; ask for those, or let the source serve clear ones, too',
      {
        wireStatus: WireStatus.unsealed
      }
    )
  }
}

/** What a client asks for over one stream. */
export interface RouteRequest extends Request {
  sessionId: Uint8Array
  route: number
  /** The secret that is shared with the client; undefined in a session in clear. */
  shared: SharedSecret | undefined
}

/** A route that has become part of a session. */
export interface JoinedRoute {
  message(message: RouteMessage): void
  drain(): void
  left(): void
}

export interface InboundRouteInit {
  limits: SourceLimits
  scheduler: Scheduler
  secrets: SessionSecrets
  handshakes: RelayedHandshakes
  lanes: Lanes | undefined
  /** Whether routes that are not sealed are served. */
  clear: boolean
  join(request: RouteRequest, route: InboundRoute): Promise<JoinedRoute>
  /** The route's stream is gone. */
  closed(route: InboundRoute): void
}

/** A stream whose `open` has come, and that waits for its secret or its request. */
interface Asking {
  open: Open
  session: SecretSession
  handshake: HandshakeEnd<Introduction> | undefined
  handshakeMessages: number
  /** The sealed request's frame. */
  request: Uint8Array | undefined
  forget(): void
}

/** One stream that asks for a route: `open`, a handshake where client and source do not know each other, then orders. */
export class InboundRoute {
  readonly #stream: StreamToClient
  readonly #init: InboundRouteInit
  #coding: RouteCoding | undefined
  #asking: Asking | undefined
  #joined: JoinedRoute | undefined
  /** Whether the route was refused or its stream is gone: it has left its session, and nothing of it is heard any more. */
  #over = false
  #cancelTimer: () => void

  constructor(stream: Stream, init: InboundRouteInit) {
    this.#init = init
    this.#cancelTimer = this.#arm(init.limits.openTimeoutMs)
    this.#stream = new StreamToClient(stream, init.lanes, {
      onFrame: frame => this.#onFrame(frame),
      onEnd: () => void this.#stream.close(),
      onDrain: () => this.#joined?.drain(),
      onClose: () => this.#onClose()
    })
  }

  /** True while `send` may be called without growing the write queue. */
  get writable(): boolean {
    return this.#stream.writable
  }

  get closed(): boolean {
    return this.#stream.closed
  }

  /** Queues a message, whose bytes are sealed, or copied, at once. */
  send(message: RouteMessage): void {
    const isKept = this.#coding === CLEAR && message.kind === 'segment'
    const own = isKept ? { ...message, payload: message.payload.slice() } : message
    this.#stream.send(...this.#coding!.encode(own))
  }

  /**
   * Tells the client why, and closes, for good: the route gives up its places at once, and a client that does not end its
   * side is cut off. Relays are told no more of it than that the route ends.
   */
  refuse(error: unknown): void {
    if (this.#over) return
    const known = error instanceof AnabranchError
    const status = known ? error.wireStatus : WireStatus.internal
    const message = known ? error.message : 'The source failed'
    const isSealed = this.#coding instanceof RouteSeal
    if (isSealed) this.send({ kind: 'ended', status, message })
    const told = isSealed
      ? { status: WireStatus.ended, message: 'The source ended the route' }
      : { status, message }
    this.#stream.send(...encodeRouteMessage({ kind: 'status', ...told, peerId: '' }))
    this.#leave()
    this.#cancelTimer = this.#init.scheduler.after(FAREWELL_MS, () =>
      this.#stream.abort(new Error('the route was refused'))
    )
    void this.#stream.close()
    this.#stream.resume()
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#stream.close(timeoutMs)
  }

  #arm(waitMs: number): () => void {
    return this.#init.scheduler.after(waitMs, () => this.refuse(new RouteTimeoutError(waitMs)))
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#over) return
    try {
      if (this.#joined) {
        this.#cancelTimer()
        this.#cancelTimer = this.#arm(this.#init.limits.idleTimeoutMs)
        const message = this.#coding!.decode(frame)
        // Another route's handshake may have been done first; the client ends this one's in good order.
        if (message && message.kind !== 'handshake') this.#joined.message(message)
      } else if (this.#asking) this.#onAnswer(this.#asking, frame)
      else this.#onOpen(decodeRouteMessage(frame))
    } catch (error) {
      this.refuse(error)
    }
  }

  #onClose(): void {
    this.#leave()
    this.#init.closed(this)
  }

  /** Gives up all that the route has a part in. */
  #leave(): void {
    this.#cancelTimer()
    if (this.#over) return
    this.#over = true
    this.#joined?.left()
    this.#asking?.forget()
    this.#asking?.handshake?.abort(new Error('the route is closed'))
    const { secrets, scheduler } = this.#init
    if (this.#asking) secrets.leave(this.#asking.open.sessionId, scheduler.nowMs())
  }

  #onOpen(open: RouteMessage | undefined): void {
    if (open === undefined) return
    if (open.kind !== 'open')
      throw new MalformedMessageError(`a route begins with 'open', not '${open.kind}'`)
    if (open.handshake === undefined) {
      if (!this.#init.clear) throw new UnsealedRouteError()
      this.#coding = CLEAR
      this.#join(open, open.request, undefined)
      return
    }
    const session = this.#init.secrets.enter(open.sessionId, this.#init.scheduler.nowMs())
    const request = open.request.byteLength > 0 ? concatBytes([REQUEST_KIND, open.request]) : undefined
    const forget = session.whenShared(() => this.#ask())
    this.#asking = { open, session, handshake: undefined, handshakeMessages: 0, request, forget }
    if (session.shared) this.#ask()
    else this.#introduce(this.#asking, open.handshake)
  }

  /** Lets the client prove who it is and tell the session's secret. */
  #introduce(asking: Asking, first: Uint8Array): void {
    const { sessionId } = asking.open
    const handshake = this.#init.handshakes.respond(sessionId, bytes =>
      this.#stream.send(...encodeRouteMessage({ kind: 'handshake', bytes }))
    )
    asking.handshake = handshake
    handshake.receive(first)
    handshake.done
      .then(({ peerId, message }) => {
        const { secret, cipher } = decodeSecret(message)
        if (!equalBytes(sessionIdOf(secret), sessionId))
          throw new MalformedMessageError('a secret of another session')
        asking.session.learn({ secret, client: peerId, cipher: commonCipher(cipherOf(cipher)) })
      })
      .catch(error => {
        if (!asking.session.shared) this.refuse(asMalformed(error))
      })
  }

  /** Takes what follows `open` until the route is joined. */
  #onAnswer(asking: Asking, frame: Uint8Array): void {
    if (frame[0] === KINDS.request && !asking.request) {
      asking.request = frame
      this.#ask()
      return
    }
    const message =
      frame[0] === KINDS.handshake || frame[0] === KINDS.plan ? decodeRouteMessage(frame) : undefined
    if (message?.kind === 'handshake' && asking.handshakeMessages++ < MAX_HANDSHAKE_MESSAGES)
      asking.handshake?.receive(message.bytes)
    else if (message?.kind !== 'plan')
      throw new MalformedMessageError(`a message of kind ${frame[0]} before the route was asked for`)
  }

  /** Joins the route if both secret and request are here. */
  #ask(): void {
    const { open, session, request } = this.#asking!
    const { shared } = session
    if (!shared || !request || this.#coding) return
    try {
      const sealed = { secret: shared.secret, route: open.route, opening: open.opening ?? 0 }
      const coding = new RouteSeal(sealed, crypto.getRandomValues(new Uint8Array(SALT_BYTES)))
      const message = coding.decode(request)
      if (message?.kind !== 'request') throw new MalformedMessageError('no request')
      // Only now it is proven that the client itself has opened the route: relays know the session's id, too.
      session.open(sealed.route, sealed.opening)
      this.#coding = coding
      this.#join(open, message.request, shared)
    } catch (error) {
      this.refuse(error)
    }
  }

  #join({ sessionId, route }: Open, request: Uint8Array, shared: SharedSecret | undefined): void {
    // Orders that come while the content is being opened wait in the peer's window.
    this.#stream.pause()
    this.#init.join({ ...decodeRequest(request), sessionId, route, shared }, this).then(
      joined => {
        if (this.#over) {
          joined.left()
          return
        }
        this.#joined = joined
        this.#cancelTimer()
        this.#cancelTimer = this.#arm(this.#init.limits.idleTimeoutMs)
        this.#stream.resume()
      },
      error => this.refuse(error)
    )
  }
}

const REQUEST_KIND = Uint8Array.of(KINDS.request)

/** AES where both ends are fast with it. */
function commonCipher(ofClient: CipherName): CipherName {
  return ofClient === fastestCipher() ? ofClient : 'chacha20-poly1305'
}

function asMalformed(error: unknown): AnabranchError {
  return error instanceof AnabranchError
    ? error
    : new MalformedMessageError(`a handshake that failed: ${(error as Error).message}`)
}
