import type { Connection, Stream } from '@libp2p/interface'
import { WireStatus } from '../errors.ts'
import { MalformedMessageError } from '../protocol/malformed-message.ts'
import {
  decodeOffer,
  encodeOfferAnswer,
  MAX_OFFER_FRAME_BYTES,
  OFFER_PROTOCOL,
  type OfferAnswer
} from '../protocol/offer-codec.ts'
import type { Ticket } from '../protocol/ticket.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { type Asker, askerAt, hasRoomFor } from '../transport/share.ts'

/** Most offers that wait; one peer or host may have as many as are still free. */
const MAX_OFFERS = 16
/** Milliseconds for the ticket to come. */
const FIRST_FRAME_TIMEOUT_MS = 10_000
const TAKEN = { status: WireStatus.ok, message: '' }
const DECLINED = { status: WireStatus.notServed, message: 'this is not wanted' }
const FULL = { status: WireStatus.refusedSessions, message: 'too many offers are waiting; try again later' }

/** A content that its holder offers. */
export interface Offer {
  ticket: Ticket
  /** Whoever offers it. */
  peerId: string
}

export interface OfferInboxOptions {
  node: OverlayNode
  /**
   * Decides on an offer, and tells by `answer`. The next one comes once the promise is kept, unless
   * whoever has offered it has gone.
   */
  onOffer(offer: Offer, answer: (isTaken: boolean) => void): Promise<void>
  scheduler: Scheduler
}

/** Takes the tickets that others offer, one after the other. */
export class OfferInbox {
  readonly #options: OfferInboxOptions
  /** Streams that wait for their ticket, or for what is decided. */
  readonly #streams = new Map<FramedStream, Asker>()
  readonly #waiting: { stream: FramedStream; offer: Offer }[] = []
  #isAtWork = false

  constructor(options: OfferInboxOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#options.node.handle(OFFER_PROTOCOL, (raw, connection) => this.#accept(raw, connection), {
      maxInboundStreams: MAX_OFFERS
    })
  }

  async stop(): Promise<void> {
    await this.#options.node.unhandle(OFFER_PROTOCOL)
    for (const stream of this.#streams.keys()) stream.abort(new Error('nobody waits for offers any more'))
  }

  #accept(raw: Stream, { remotePeer, remoteAddr }: Connection): void {
    const asker = askerAt(remotePeer.toString(), remoteAddr.toString())
    const hasRoom = hasRoomFor(asker, [...this.#streams.values()], MAX_OFFERS)
    const cancelTimeout = this.#options.scheduler.after(FIRST_FRAME_TIMEOUT_MS, () =>
      stream.abort(new Error('no ticket has come in time'))
    )
    const stream = new FramedStream(raw, {
      maxFrameBytes: MAX_OFFER_FRAME_BYTES,
      handlers: {
        onFrame: frame => {
          cancelTimeout()
          if (hasRoom) this.#take(stream, frame, asker)
          else end(stream, FULL)
        },
        onClose: () => {
          cancelTimeout()
          this.#streams.delete(stream)
        }
      }
    })
    this.#streams.set(stream, asker)
  }

  #take(stream: FramedStream, frame: Uint8Array, { peerId }: Asker): void {
    const ticket = decodeOffer(frame)
    // So that people know from whom it comes.
    if (ticket.holders.some(holder => holder.peerId !== peerId))
      throw new MalformedMessageError('an offer of what others hold')
    if (this.#waiting.some(waiting => waiting.stream === stream))
      throw new MalformedMessageError('two offers on one stream')
    this.#waiting.push({ stream, offer: { ticket, peerId } })
    void this.#work()
  }

  async #work(): Promise<void> {
    if (this.#isAtWork) return
    this.#isAtWork = true
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const { stream, offer } = next
      const answer = (isTaken: boolean) => end(stream, isTaken ? TAKEN : DECLINED)
      if (this.#streams.has(stream)) await this.#options.onOffer(offer, answer)
      this.#waiting.shift()
    }
    this.#isAtWork = false
  }
}

function end(stream: FramedStream, answer: OfferAnswer): void {
  stream.send(encodeOfferAnswer(answer))
  void stream.close()
}
