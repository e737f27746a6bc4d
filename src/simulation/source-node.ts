import { concatBytes } from '../protocol/bytes.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import {
  type Control,
  encodeRouteMessage,
  type Open,
  type RouteMessage,
  SEGMENT_HEADER_BYTES
} from '../protocol/route-codec.ts'
import { SourceSession } from '../source/source-session.ts'
import type { Content } from './content.ts'
import type { EventQueue } from './event-queue.ts'
import type { Parcel } from './pipe.ts'

/** The source's end of one route. */
export interface SourcePort {
  writable(): boolean
  send(parcel: Parcel): void
}

/** Hashes of a proof: enough for a content of 2^13 groups. */
const PROOF_HASHES = 13

/** The source of the simulation: the real session, and frames of the right size with segments that can be told apart. */
export class SourceNode {
  readonly #events: EventQueue
  readonly #content: Content
  readonly #clockOffsetMs: number
  readonly #ports = new Map<number, SourcePort>()
  #session: SourceSession | undefined

  constructor(events: EventQueue, content: Content, clockOffsetMs: number) {
    this.#events = events
    this.#content = content
    this.#clockOffsetMs = clockOffsetMs
  }

  receive(route: number, port: SourcePort, message: RouteMessage): void {
    if (message.kind === 'open') this.#open(message, port)
    else if (message.kind === 'control') this.#apply(message)
    else if (message.kind === 'test') {
      this.#session?.queue(route, testReply(message.nonce, message.replyBytes))
      this.pump(route)
    }
  }

  /** The route's stream is closed. With the last one the session ends. */
  routeClosed(route: number): void {
    this.#ports.delete(route)
    this.#session?.removeRoute(route)
    if (this.#ports.size === 0) this.#session = undefined
  }

  /** Sends what the route has to send, as far as its connection takes it. */
  pump(route: number): void {
    const port = this.#ports.get(route)
    if (!port || !this.#session) return
    while (port.writable()) {
      const action = this.#session.next(route)
      if (!action) return
      if (action.kind === 'message') port.send(parcelOf(action.message))
      else if (action.kind === 'hashes') port.send(parcelOf(hashesOf(action.group)))
      else port.send(this.#segment(action.seq, action.repair))
    }
  }

  #open(open: Open, port: SourcePort): void {
    const { segmentCount } = this.#content
    this.#session ??= new SourceSession({
      segmentCount,
      firstSeq: open.firstSeq,
      segmentLength: seq => this.#content.segmentLength(seq),
      hashGroupSegments: HASH_GROUP_SEGMENTS
    })
    this.#session.addRoute(open.route)
    this.#ports.set(open.route, port)
    port.send(parcelOf({ kind: 'opened', record: new Uint8Array(200), limits: [] }))
    if (open.testBytes > 0) port.send(parcelOf(testReply(0, open.testBytes)))
    this.#apply(open.control)
  }

  #apply(control: Control): void {
    this.#session?.apply(control)
    for (const route of this.#ports.keys()) this.pump(route)
  }

  #segment(seq: number, repair: boolean): Parcel {
    const sentAtUs = Math.floor((this.#events.nowMs + this.#clockOffsetMs) * 1000)
    const [header] = encodeRouteMessage({
      kind: 'segment',
      seq,
      sentAtUs,
      repair,
      more: false,
      payload: NOTHING
    })
    const frame = new Uint8Array(SEGMENT_HEADER_BYTES + this.#content.segmentLength(seq))
    frame.set(header!)
    this.#content.mark(seq, frame.subarray(SEGMENT_HEADER_BYTES))
    return { bytes: frame.byteLength, frame }
  }
}

const NOTHING = new Uint8Array(0)

function parcelOf(message: RouteMessage): Parcel {
  const frame = concatBytes(encodeRouteMessage(message))
  return { bytes: frame.byteLength, frame }
}

function testReply(nonce: number, bytes: number): RouteMessage {
  return { kind: 'testReply', nonce, padding: new Uint8Array(bytes) }
}

function hashesOf(group: number): RouteMessage {
  return {
    kind: 'hashes',
    group,
    leaves: new Uint8Array(HASH_GROUP_SEGMENTS * HASH_BYTES),
    proof: new Uint8Array(PROOF_HASHES * HASH_BYTES)
  }
}
