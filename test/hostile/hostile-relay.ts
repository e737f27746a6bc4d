import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import {
  decodeRouteMessage,
  encodeRouteFrame,
  forwardedOpen,
  ROUTE_PROTOCOL
} from '../../src/protocol/route-codec.ts'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import type { Hop, Open, RouteMessage } from '../../src/protocol/route-messages.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import type { OverlayNode } from '../../src/transport/node.ts'

/** What a relay does with frames. Each handler replaces passing the frame on. */
export interface Tampering {
  /** The client has asked for a route. Default: dial the next hop and pass the rest of the path on. */
  opening?(way: Way, open: Open): void
  /** A frame for the source. */
  up?(frame: Uint8Array, way: Way): void
  /** A frame for the client. */
  down?(frame: Uint8Array, way: Way): void
}

/** One route through a hostile relay, which may send anything either way at any time. */
export class Way {
  /** Number of the way among those of its relay, from 0. */
  readonly index: number
  readonly node: OverlayNode
  readonly #tampering: Tampering
  readonly #client: FramedStream
  #source: FramedStream | undefined
  readonly #early: Uint8Array[] = []
  /** The client's `open`, as it came. */
  open = new Uint8Array()
  /** The same as it goes to the next hop. */
  forwarded = new Uint8Array()
  hop: Hop | undefined
  /** Segments that have come from the source. */
  segments = 0

  constructor(index: number, node: OverlayNode, raw: Stream, tampering: Tampering) {
    this.index = index
    this.node = node
    this.#tampering = tampering
    this.#client = new FramedStream(raw, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => this.#fromClient(frame),
        onEnd: () => {
          void this.#source?.close()
          void this.#client.close()
        },
        onClose: () => this.#source?.abort(new Error('the client has left'))
      }
    })
  }

  toClient(frame: Uint8Array): void {
    this.#client.send(frame)
  }

  toSource(frame: Uint8Array): void {
    if (this.#source) this.#source.send(frame)
    else this.#early.push(frame)
  }

  tellClient(message: RouteMessage): void {
    this.toClient(encodeRouteFrame(message))
  }

  tellSource(message: RouteMessage): void {
    this.toSource(encodeRouteFrame(message))
  }

  get isOver(): boolean {
    return this.#client.closed
  }

  /** True while the client takes more. */
  get isWritable(): boolean {
    return this.#client.writable
  }

  cut(): void {
    this.#client.abort(new Error('cut'))
    this.#source?.abort(new Error('cut'))
  }

  /** Dials the next hop and sends it an `open`, by default the client's. */
  async connect(open: Uint8Array = this.forwarded): Promise<void> {
    const stream = await dialRoute(this.node, this.hop!)
    this.#source = new FramedStream(stream, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => this.#fromSource(frame),
        onEnd: () => void this.#client.close(),
        onClose: () => void this.#client.close()
      }
    })
    this.#source.send(open)
    for (const frame of this.#early.splice(0)) this.#source.send(frame)
  }

  #fromClient(frame: Uint8Array): void {
    if (this.hop) {
      if (this.#tampering.up) this.#tampering.up(frame, this)
      else this.toSource(frame)
      return
    }
    const open = decodeRouteMessage(frame) as Open
    this.open = Uint8Array.from(frame)
    this.forwarded = Uint8Array.from(forwardedOpen(frame))
    this.hop = open.hops[0]!
    if (this.#tampering.opening) this.#tampering.opening(this, open)
    else void this.connect().catch(() => this.cut())
  }

  #fromSource(frame: Uint8Array): void {
    if (frame[0] === KINDS.segment) this.segments++
    if (this.#tampering.down) this.#tampering.down(frame, this)
    else this.toClient(frame)
  }
}

/** A man in the middle of real streams: it reads the hop kinds, and may do anything with any frame. */
export class HostileRelay {
  readonly node: OverlayNode
  readonly peer: PeerAddresses
  readonly ways: Way[] = []
  readonly #tampering: Tampering

  constructor(node: OverlayNode, tampering: Tampering) {
    this.node = node
    this.peer = { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
    this.#tampering = tampering
  }

  async start(): Promise<void> {
    await this.node.handle(
      ROUTE_PROTOCOL,
      raw => {
        this.ways.push(new Way(this.ways.length, this.node, raw, this.#tampering))
      },
      { maxInboundStreams: 1_000, maxOutboundStreams: 1_000 }
    )
  }
}

export async function dialRoute(node: OverlayNode, { peerId, addresses }: Hop): Promise<Stream> {
  const dialled = addresses.map(address =>
    multiaddr(address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`)
  )
  return await node.dialProtocol(dialled, ROUTE_PROTOCOL, { maxOutboundStreams: 5_000 })
}

export function isKind(frame: Uint8Array, kind: keyof typeof KINDS): boolean {
  return frame[0] === KINDS[kind]
}

/** A copy of the frame in which a bit is turned, counted from its end. */
export function flipped(frame: Uint8Array, fromEnd = 1): Uint8Array {
  const copy = Uint8Array.from(frame)
  copy[copy.byteLength - fromEnd]! ^= 1
  return copy
}
