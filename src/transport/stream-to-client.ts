import type { Stream } from '@libp2p/interface'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import { decodeRouteMessage, encodeRouteMessage } from '../protocol/route-codec.ts'
import { KINDS, keepsOrder } from '../protocol/route-kinds.ts'
import { isSealedSegment } from '../protocol/segment-frame.ts'
import { FramedStream, type FramedStreamHandlers, StreamLostError } from './framed-stream.ts'
import type { Lanes, LaneWriter } from './lanes.ts'

/** A node that sends what a relay has no right to send over a lane, since it is not encrypted. */
class ClearSegmentError extends Error {
  constructor() {
    super('a segment in clear on a sealed route')
  }
}

/**
 * A route's stream at the end that was dialled, from which segments go towards the client. Where the other end asks for a
 * lane, frames that keep their order change over to it, at a sealed segment and for good.
 */
export class StreamToClient {
  readonly #stream: FramedStream
  readonly #lanes: Lanes | undefined
  readonly #handlers: FramedStreamHandlers
  /** The lane whose connection has come, until it is used. */
  #ready: LaneWriter | undefined
  /** The lane in use. */
  #lane: LaneWriter | undefined
  #forget: (() => void) | undefined

  /** Without `lanes` all frames go over the stream. */
  constructor(stream: Stream, lanes: Lanes | undefined, handlers: FramedStreamHandlers) {
    this.#lanes = lanes
    this.#handlers = handlers
    this.#stream = new FramedStream(stream, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        ...handlers,
        onFrame: frame => {
          if (frame[0] === KINDS.lane) this.#asked(frame)
          else handlers.onFrame(frame)
        },
        onClose: error => {
          this.#forget?.()
          this.#ready?.destroy()
          if (error) this.#lane?.destroy()
          handlers.onClose?.(error)
        }
      }
    })
  }

  /** True while `send` may be called without growing the write queues. */
  get writable(): boolean {
    return this.#stream.writable && (this.#lane?.writable ?? true)
  }

  /** Whether a lane is in use. */
  get hasLane(): boolean {
    return this.#lane !== undefined
  }

  get closed(): boolean {
    return this.#stream.closed
  }

  /** Bytes handed to `send` that have not gone out. */
  get queuedBytes(): number {
    return this.#stream.queuedBytes + (this.#lane?.queuedBytes ?? 0)
  }

  /** Queues one frame, given in parts that must not change afterwards. One sent after the end is dropped. */
  send(...parts: Uint8Array[]): void {
    const head = parts[0]!
    const inOrder = keepsOrder(head[0]!)
    if (inOrder && this.#ready && isSealedSegment(head)) this.#begin(this.#ready)
    if (!inOrder || !this.#lane) this.#stream.send(...parts)
    else if (head[0] === KINDS.segment && !isSealedSegment(head)) this.abort(new ClearSegmentError())
    else this.#lane.send(parts)
  }

  /** Stops delivering frames; once its window is used up, the peer stops sending. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Closes the write end once all queued frames are out; gives up after `timeoutMs`. */
  async close(timeoutMs = 5_000): Promise<void> {
    this.#lane?.end(timeoutMs)
    await this.#stream.close(timeoutMs)
  }

  /** Breaks stream and lane at once. */
  abort(error: Error): void {
    this.#lane?.destroy()
    this.#stream.abort(error)
  }

  /** Waits for the lane's connection. A new one may be asked for until one is in use. */
  #asked(frame: Uint8Array): void {
    const message = decodeRouteMessage(frame)
    if (message?.kind !== 'lane' || !this.#lanes || this.#lane) return
    this.#forget?.()
    this.#ready?.destroy()
    this.#ready = undefined
    const handlers = {
      onDrain: () => this.writable && this.#handlers.onDrain?.(),
      onLost: (error: Error) => this.#lost(error)
    }
    this.#forget = this.#lanes.expect(message.secret, handlers, lane => {
      this.#ready = lane
    })
  }

  #begin(lane: LaneWriter): void {
    this.#stream.send(...encodeRouteMessage({ kind: 'laneBegins' }))
    this.#lane = lane
    this.#ready = undefined
  }

  #lost(error: Error): void {
    this.#ready = undefined
    if (this.#lane) this.abort(new StreamLostError(error))
  }
}
