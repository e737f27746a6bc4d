import { multiaddr } from '@multiformats/multiaddr'
import { AnabranchError, ExitCode } from '../errors.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import { decodeRouteMessage, encodeRouteMessage, ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { RouteLostError } from './route-errors.ts'

/** The other side speaks another version of the protocol, or does not speak it at all. */
export class ProtocolVersionError extends AnabranchError {
  constructor(peerId: string, cause: unknown) {
    super(
      'ERR_PROTOCOL_VERSION',
      `${peerId} does not speak ${ROUTE_PROTOCOL}; use the same version on both sides`,
      {
        exitCode: ExitCode.network,
        cause
      }
    )
  }
}

export interface RouteConnectionHandlers {
  /** The stream to the first hop is open: `open` may be sent. */
  onDialled(): void
  /** Takes every message but `status`. An error thrown here ends the route and is its reason. */
  onMessage(message: RouteMessage): void
  /** The route is over; called once. */
  onClosed(reason: Error): void
}

/** Time in milliseconds for setting a route up through all its hops. */
const OPEN_TIMEOUT_MS = 12_000

/** One route of a transfer: a stream to its first hop, from `open` to the end. */
export class RouteConnection {
  readonly #handlers: RouteConnectionHandlers
  readonly #scheduler: Scheduler
  readonly #abort = new AbortController()
  #stream: FramedStream | undefined
  #cancelTimeout: (() => void) | undefined
  #over = false
  /** Bytes of all frames that came in, their length prefixes included. */
  wireBytes = 0

  constructor(handlers: RouteConnectionHandlers, scheduler: Scheduler) {
    this.#handlers = handlers
    this.#scheduler = scheduler
  }

  /** Dials the first of the hops; `onDialled` or `onClosed` tells how it went. */
  start(node: OverlayNode, [first, ...others]: PeerAddresses[]): void {
    const role = others.length > 0 ? 'relay' : 'source'
    this.#cancelTimeout = this.#scheduler.after(OPEN_TIMEOUT_MS, () =>
      this.end(new RouteLostError(`no answer within ${OPEN_TIMEOUT_MS / 1000} s`))
    )
    const { signal } = this.#abort
    node
      .dialProtocol(dialAddresses(first!), ROUTE_PROTOCOL, { signal, maxOutboundStreams: 1024 })
      .then(stream => {
        this.#stream = new FramedStream(stream, {
          maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
          handlers: {
            onFrame: frame => this.#onFrame(frame),
            onEnd: () => this.end(new RouteLostError(`the ${role} ended the route`)),
            onClose: error => this.end(lossOf(role, first!.peerId, error))
          }
        })
        if (this.#over) this.#stream.abort(new Error('the route is not wanted any more'))
        else this.#handlers.onDialled()
      })
      .catch(error => this.end(dialFailure(role, first!.peerId, error)))
  }

  send(message: RouteMessage): void {
    this.#stream?.send(...encodeRouteMessage(message))
  }

  /** Ends the route from this side. */
  end(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.#cancelTimeout?.()
    this.#abort.abort(reason)
    void this.#stream?.close(1_000)
    this.#handlers.onClosed(reason)
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#over) return
    this.wireBytes += frame.byteLength + 4
    try {
      const message = decodeRouteMessage(frame)
      if (message?.kind === 'status') {
        const { status, peerId, retryAfterMs } = message
        this.end(new RouteLostError(message.message, status, undefined, { by: peerId, retryAfterMs }))
      } else if (message) {
        if (message.kind === 'opened') this.#cancelTimeout?.()
        this.#handlers.onMessage(message)
      }
    } catch (error) {
      this.end(error as Error)
    }
  }
}

/** Dialable multiaddrs of a peer, each ending in its id. */
export function dialAddresses({ peerId, addresses }: PeerAddresses) {
  return addresses.map(address => multiaddr(address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`))
}

function lossOf(role: string, peerId: string, error: Error | undefined): Error {
  return error?.name === 'UnsupportedProtocolError'
    ? new ProtocolVersionError(peerId, error)
    : new RouteLostError(error?.message ?? `the ${role} closed the route`, undefined, error)
}

function dialFailure(role: string, peerId: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error)
  return new RouteLostError(`the ${role} ${peerId} cannot be reached: ${reason}`, undefined, error)
}
