import { multiaddr } from '@multiformats/multiaddr'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { saying, shortPeer } from '../protocol/peer-word.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import type { RouteMessage, Status } from '../protocol/route-messages.ts'
import { CLEAR, type RouteCoding } from '../protocol/route-seal.ts'
import { ProtocolVersionError } from '../protocol/version-error.ts'
import type { Scheduler } from '../scheduler.ts'
import { reasonOf } from '../transport/failure-reasons.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { reach } from '../transport/reach.ts'
import { StreamToSource } from '../transport/stream-to-source.ts'
import { RouteLostError, WrongSourceError } from './route-errors.ts'
import { RouteReceipts } from './route-receipts.ts'
import type { ClientRouteSeal } from './sealed-session.ts'

export interface RouteConnectionHandlers {
  /**
   * The stream to the first hop is open: `open` may be sent. It may hold the request unless `canAsk` is false: then
   * `onSecured` will tell when the request may be sent.
   */
  onDialled(canAsk: boolean): void
  /** The source has the secret that the request is sealed with. */
  onSecured(): void
  /** Takes every message but those that end the route or belong to the handshake. An error thrown here ends the route and is its reason. */
  onMessage(message: RouteMessage): void
  /** The route is over; called once. */
  onClosed(reason: Error): void
}

/** Time in milliseconds for setting a route up through all its hops. */
const OPEN_TIMEOUT_MS = 12_000
/** Bytes of orders that may wait for a first hop that does not read them. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/**
 * Bytes of relays' words (frames that only relays make, each counted as `MIN_WORD_BYTES` at least) that a route may bring
 * beyond as many as it brings of the source's.
 */
const MAX_WORD_BYTES = 1024 * 1024
const MIN_WORD_BYTES = 1024

/** One route of a transfer: a stream to its first hop, from `open` to the end. */
export class RouteConnection {
  readonly #handlers: RouteConnectionHandlers
  readonly #scheduler: Scheduler
  readonly #seal: ClientRouteSeal | undefined
  readonly #coding: RouteCoding
  readonly #abort = new AbortController()
  #stream: StreamToSource | undefined
  #receipts: RouteReceipts | undefined
  #cancelTimeout: (() => void) | undefined
  #stopWaiting: (() => void) | undefined
  #over = false
  /** Bytes of relays' words, less those of the source's. */
  #wordBytes = 0
  /** Bytes of all frames that came in, their length prefixes included. */
  wireBytes = 0

  /** Without a seal all relays can read and change what the route carries. */
  constructor(handlers: RouteConnectionHandlers, scheduler: Scheduler, seal?: ClientRouteSeal) {
    this.#handlers = handlers
    this.#scheduler = scheduler
    this.#seal = seal
    this.#coding = seal ?? CLEAR
  }

  /** Dials the first of the hops; `onDialled` or `onClosed` tells how it went. */
  start(node: OverlayNode, [first, ...others]: PeerAddresses[]): void {
    const role = others.length > 0 ? 'relay' : 'source'
    this.#cancelTimeout = this.#scheduler.after(OPEN_TIMEOUT_MS, () =>
      this.end(new RouteLostError(`${this.#unanswered(role, first!)} within ${OPEN_TIMEOUT_MS / 1000} s`))
    )
    const { signal } = this.#abort
    const begun = this.#seal?.begin(
      message => this.send(message),
      reason => this.end(new WrongSourceError((others.at(-1) ?? first!).peerId, reason))
    )
    reach({
      node,
      peerId: first!.peerId,
      addresses: dialAddresses(first!),
      protocol: ROUTE_PROTOCOL,
      scheduler: this.#scheduler,
      signal,
      options: { maxOutboundStreams: 1024 }
    })
      .then(async stream => {
        this.#stream = new StreamToSource(stream, {
          node,
          addresses: first!.addresses,
          scheduler: this.#scheduler,
          handlers: {
            onFrame: frame => {
              this.#onFrame(frame)
              // Nothing of it is kept: all that comes over a lane is sealed, and opening it makes a copy.
              node.lanes?.release(frame)
            },
            onEnd: () => this.end(new RouteLostError(this.#wordless(role))),
            onClose: error => this.end(lossOf(first!.peerId, error, this.#wordless(role)))
          }
        })
        this.#receipts = new RouteReceipts({
          signer: node.services.signing,
          relays: [first!, ...others].slice(0, -1).map(({ peerId }) => peerId),
          send: message => this.send(message)
        })
        await begun
        if (this.#over) this.#stream.abort(new Error('the route is not wanted any more'))
        else this.#dialled()
      })
      .catch(error => this.end(dialFailure(role, first!.peerId, error)))
  }

  /** What has not been answered when the time for opening the route is over. */
  #unanswered(role: string, { peerId }: PeerAddresses): string {
    return this.#stream
      ? `the ${role} ${peerId} has not opened the route`
      : `no connection to the ${role} ${peerId}`
  }

  /**
   * Says that the other side has ended the route without giving a reason. A node that has no room for a
   * connection ends it right after its handshake, when nothing can be said yet.
   */
  #wordless(role: string): string {
    return this.wireBytes > 0
      ? `the ${role} ended the route`
      : `the ${role} ended the connection without a word; it may have no room for more of them`
  }

  send(message: RouteMessage): void {
    if (message.kind === 'open') {
      this.#receipts?.begin({ ...message, opening: this.#seal?.opening ?? 0 })
    }
    this.#stream?.send(...this.#coding.encode(message))
    if (this.#stream && this.#stream.queuedBytes > MAX_UNREAD_BYTES)
      this.end(new RouteLostError('nobody reads what is sent over the route'))
  }

  /** Ends the route from this side. */
  end(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.#cancelTimeout?.()
    this.#stopWaiting?.()
    this.#seal?.end(reason)
    this.#abort.abort(reason)
    void this.#receipts?.finish().then(() => this.#stream?.leave(1_000))
    this.#handlers.onClosed(reason)
  }

  #dialled(): void {
    const canAsk = this.#seal?.isShared ?? true
    this.#handlers.onDialled(canAsk)
    if (!canAsk) this.#stopWaiting = this.#seal?.whenShared(() => this.#handlers.onSecured())
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#over) return
    this.wireBytes += frame.byteLength + 4
    try {
      const message = this.#coding.decode(frame)
      this.#weigh(message, frame.byteLength)
      if (message) this.#take(message)
    } catch (error) {
      this.end(error as Error)
    }
  }

  /** A relay that floods the client takes its link and its processor away from other routes. Throws RouteLostError. */
  #weigh(message: RouteMessage | undefined, bytes: number): void {
    if (message && !RELAYS_WORDS.includes(message.kind)) {
      this.#wordBytes = Math.max(0, this.#wordBytes - bytes)
      return
    }
    this.#wordBytes += Math.max(bytes, MIN_WORD_BYTES)
    if (this.#wordBytes > MAX_WORD_BYTES) throw new RouteLostError('a relay floods the route')
  }

  #take(message: RouteMessage): void {
    switch (message.kind) {
      case 'status':
        this.end(this.#reasonOf(message))
        break
      case 'ended':
        this.end(
          new RouteLostError(saying('the source', message.message), message.status, undefined, {
            sourceWord: 'proven'
          })
        )
        break
      case 'segment':
        this.#handlers.onMessage(message)
        // A segment that has just ended the route is not signed for.
        this.#receipts?.received(message.payload.byteLength)
        break
      case 'handshake':
        this.#seal?.receive(message.bytes)
        break
      case 'opened':
        this.#cancelTimeout?.()
        this.#handlers.onMessage(message)
        break
      default:
        this.#handlers.onMessage(message)
    }
  }

  /** A status is a relay's, or claims to be the source's, which says its own by `ended` on a sealed route. */
  #reasonOf({ status, message, peerId, retryAfterMs }: Status): RouteLostError {
    const sourceWord = peerId === '' && !this.#seal ? 'claimed' : undefined
    const who = sourceWord ? 'the source' : peerId === '' ? 'a relay' : `relay ${shortPeer(peerId)}`
    return new RouteLostError(saying(who, message), status, undefined, { sourceWord, retryAfterMs })
  }
}

/** Kinds that relays make, or can make at will; so they can of those that are unknown. */
const RELAYS_WORDS: readonly RouteMessage['kind'][] = ['relay', 'dropped', 'held', 'handshake']

/** Dialable multiaddrs of a peer, each ending in its id. */
export function dialAddresses({ peerId, addresses }: PeerAddresses) {
  return addresses.map(address => multiaddr(address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`))
}

function otherVersion(peerId: string, cause: Error): ProtocolVersionError {
  const message = `${peerId} does not speak ${ROUTE_PROTOCOL}; use the same version on both sides`
  return new ProtocolVersionError(message, cause)
}

function lossOf(peerId: string, error: Error | undefined, wordless: string): Error {
  return error?.name === 'UnsupportedProtocolError'
    ? otherVersion(peerId, error)
    : new RouteLostError(error?.message ?? wordless, undefined, error)
}

function dialFailure(role: string, peerId: string, error: unknown): Error {
  if (error instanceof Error && error.name === 'UnsupportedProtocolError') return otherVersion(peerId, error)
  return new RouteLostError(`the ${role} ${peerId} cannot be reached: ${reasonOf(error)}`, undefined, error)
}
