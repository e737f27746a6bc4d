import type { Connection, Stream } from '@libp2p/interface'
import { WireStatus } from '../errors.ts'
import {
  ATTACH_PROTOCOL,
  type Attachment,
  checkAttachFrame,
  encodeAttachment,
  MAX_ATTACH_FRAME_BYTES
} from '../protocol/attach-codec.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { type Asker, askerAt, hasRoomFor } from '../transport/share.ts'
import { ATTACHMENT_LIMITS } from './limits.ts'

export interface AttachmentsOptions {
  node: OverlayNode
  /** Tells whether the relay serves the peer at all. */
  serves(peerId: string): boolean
  /** The peers that are attached have changed. */
  onChange(peerIds: string[]): void
  scheduler: Scheduler
}

/**
 * The nodes that nobody can dial and that have dialled this relay instead. Routes to them go back over
 * the connections of their own; the stream of an attachment keeps such a connection, and tells when
 * the relay is about to stop.
 */
export class Attachments {
  readonly #options: AttachmentsOptions
  /** Streams that wait for their first frame, and those that are attached, with who has opened them. */
  readonly #streams = new Map<FramedStream, Asker>()
  readonly #attached = new Map<string, FramedStream>()
  #isDraining = false

  constructor(options: AttachmentsOptions) {
    this.#options = options
  }

  has(peerId: string): boolean {
    return this.#attached.has(peerId)
  }

  async start(): Promise<void> {
    await this.#options.node.handle(
      ATTACH_PROTOCOL,
      (stream, connection) => this.#accept(stream, connection),
      { maxInboundStreams: ATTACHMENT_LIMITS.maxStreamsPerConnection }
    )
  }

  /** Tells all who are attached to go elsewhere, and takes nobody else. */
  drain(): void {
    this.#isDraining = true
    for (const stream of this.#attached.values()) tell(stream, DRAINING)
  }

  async stop(): Promise<void> {
    await this.#options.node.unhandle(ATTACH_PROTOCOL)
    for (const stream of this.#streams.keys()) stream.abort(new Error('the relay stops'))
  }

  #accept(raw: Stream, connection: Connection): void {
    const asker = askerAt(connection.remotePeer.toString(), connection.remoteAddr.toString())
    const others = [...this.#streams.values()]
    const cancelTimeout = this.#options.scheduler.after(ATTACHMENT_LIMITS.firstFrameTimeoutMs, () =>
      stream.abort(new Error('nothing was asked in time'))
    )
    const stream = new FramedStream(raw, {
      maxFrameBytes: MAX_ATTACH_FRAME_BYTES,
      handlers: {
        onFrame: frame => {
          cancelTimeout()
          checkAttachFrame(frame)
          this.#attach(stream, asker, hasRoomFor(asker, others, ATTACHMENT_LIMITS.maxAttachments))
        },
        onEnd: () => void stream.close(),
        onClose: () => {
          cancelTimeout()
          this.#streams.delete(stream)
          this.#detach(stream, asker)
        }
      }
    })
    this.#streams.set(stream, asker)
  }

  #attach(stream: FramedStream, { peerId }: Asker, hasRoom: boolean): void {
    const refusal = this.#refusalOf(peerId, hasRoom)
    const before = this.#attached.get(peerId)
    if (before === stream) throw new Error('a stream attaches once')
    tell(stream, refusal ?? { status: WireStatus.ok, message: '' })
    if (refusal) {
      void stream.close()
      return
    }
    this.#attached.set(peerId, stream)
    before?.abort(new Error('the node has attached itself anew'))
    this.#options.onChange([...this.#attached.keys()])
  }

  #detach(stream: FramedStream, { peerId }: Asker): void {
    if (this.#attached.get(peerId) !== stream) return
    this.#attached.delete(peerId)
    this.#options.onChange([...this.#attached.keys()])
  }

  #refusalOf(peerId: string, hasRoom: boolean): Attachment | undefined {
    if (this.#isDraining) return DRAINING
    if (!this.#options.serves(peerId))
      return { status: WireStatus.notServed, message: 'this relay serves others only' }
    if (hasRoom) return undefined
    return {
      status: WireStatus.refusedSessions,
      message: 'this relay has as many attached nodes as it takes'
    }
  }
}

const DRAINING = { status: WireStatus.draining, message: 'this relay is about to stop' }

function tell(stream: FramedStream, attachment: Attachment): void {
  stream.send(encodeAttachment(attachment))
}
