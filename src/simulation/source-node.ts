import { extentOf } from '../protocol/extent.ts'
import { groupSegmentCount, HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import { decodeRequest, encodeRouteFrame } from '../protocol/route-codec.ts'
import type { Control, Open, RouteMessage } from '../protocol/route-messages.ts'
import { edgeOf, type SignedHead } from '../protocol/stream-head.ts'
import { SenderCore } from '../source/sender-core.ts'
import { sessionHead } from '../source/session-heads.ts'
import { SourceSession } from '../source/source-session.ts'
import type { Content } from './content.ts'
import type { EventQueue } from './event-queue.ts'
import { LiveFeed } from './live-feed.ts'
import { type Parcel, parcelOf } from './pipe.ts'
import type { SimulatedLive } from './scenario.ts'

/** The source's end of one route. */
export interface SourcePort {
  writable(): boolean
  send(parcel: Parcel): void
}

/** Number of hashes in a proof: enough for a content of 2^13 groups. */
const PROOF_HASHES = 13

/**
 * The source of the simulation: the real session and senders, with segments of the right size that
 * carry their number.
 */
export class SourceNode {
  readonly #events: EventQueue
  readonly #content: Content
  readonly #clockOffsetMs: number
  readonly #peerId: string
  readonly #routes = new Map<number, { port: SourcePort; sender: SenderCore }>()
  /** The payload of the segment that is being sent. */
  readonly #payload: Uint8Array
  #session: SourceSession | undefined

  /** What it offers is made meanwhile; undefined where all of it is there. */
  readonly #feed: LiveFeed | undefined

  /** `clockOffsetMs`: by how much its clock is ahead of the simulation's time. */
  constructor(
    events: EventQueue,
    content: Content,
    { peerId, clockOffsetMs }: { peerId: string; clockOffsetMs: number },
    live?: SimulatedLive
  ) {
    this.#peerId = peerId
    this.#feed = live && new LiveFeed(events, content, live, head => this.#grew(head))
    this.#events = events
    this.#content = content
    this.#clockOffsetMs = clockOffsetMs
    this.#payload = new Uint8Array(content.segmentBytes)
  }

  receive(route: number, port: SourcePort, message: RouteMessage): void {
    if (message.kind === 'open') this.#open(message, port)
    else if (message.kind === 'control') this.#apply(message)
    else if (message.kind === 'test') {
      this.#session?.queue(route, testReply(message.nonce, message.replyBytes))
      this.pump(route)
    }
  }

  /** Tells that the route's stream is closed. The session ends with the last route. */
  routeClosed(route: number): void {
    this.#routes.delete(route)
    this.#session?.removeRoute(route)
    if (this.#routes.size === 0) this.#session = undefined
  }

  /** Sends what the route has to send, as far as its connection takes it. */
  pump(route: number): void {
    const { port, sender } = this.#routes.get(route) ?? {}
    if (!port || !sender) return
    const send = (message: RouteMessage) => port.send(parcelOf(encodeRouteFrame(message)))
    sender.begin()
    while (port.writable()) {
      const action = sender.next()
      if (!action) return
      switch (action.kind) {
        case 'message':
          send(action.message)
          break
        case 'hashes':
          send(hashesOf(action.group, action.count))
          break
        case 'segment': {
          const { seq, repair } = action
          const pieces = sender.segment(seq, repair, this.#payloadOf(seq), this.#clockMs)
          for (const piece of pieces) send({ kind: 'segment', ...piece })
          break
        }
        case 'yield':
          this.#events.after(0, () => this.pump(route))
          return
      }
    }
  }

  /** The time of the source's own clock. */
  get #clockMs(): number {
    return this.#events.nowMs + this.#clockOffsetMs
  }

  #open({ route, request }: Open, port: SourcePort): void {
    const { firstSeq, endSeq, control, testBytes } = decodeRequest(request)
    this.#session ??= new SourceSession({
      peerId: this.#peerId,
      ...(this.#feed?.sessionInit(firstSeq) ?? { extent: extentOf(this.#content, firstSeq, endSeq) }),
      hashGroupSegments: HASH_GROUP_SEGMENTS
    })
    this.#session.addRoute(route)
    this.#routes.set(route, { port, sender: new SenderCore(this.#session, route) })
    port.send(parcelOf(encodeRouteFrame({ kind: 'opened', record: new Uint8Array(200), capabilities: [] })))
    if (testBytes > 0) port.send(parcelOf(encodeRouteFrame(testReply(0, testBytes))))
    this.#apply(control)
  }

  #grew(head: SignedHead): void {
    this.#session?.grow(sessionHead(head), edgeOf(head))
    for (const route of this.#routes.keys()) this.pump(route)
  }

  #apply(control: Control): void {
    this.#session?.apply(control)
    for (const route of this.#routes.keys()) this.pump(route)
  }

  #payloadOf(seq: number): Uint8Array {
    const payload = this.#payload.subarray(0, this.#content.segmentLength(seq))
    this.#content.mark(seq, payload)
    return payload
  }
}

function testReply(nonce: number, bytes: number): RouteMessage {
  return { kind: 'testReply', nonce, padding: new Uint8Array(bytes) }
}

/** `count`: segments that there are of a live content, whose last group may not be whole. */
function hashesOf(group: number, count = Number.POSITIVE_INFINITY): RouteMessage {
  return {
    kind: 'hashes',
    group,
    leaves: new Uint8Array(groupSegmentCount(count, group) * HASH_BYTES),
    proof: new Uint8Array(PROOF_HASHES * HASH_BYTES)
  }
}
