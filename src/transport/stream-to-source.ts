import type { Stream } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { ROUTE_LIMITS, SECRET_BYTES } from '../protocol/limits.ts'
import { encodeRouteFrame } from '../protocol/route-codec.ts'
import { KINDS, keepsOrder } from '../protocol/route-kinds.ts'
import { isSealedSegment } from '../protocol/segment-frame.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream, type FramedStreamHandlers, StreamLostError } from './framed-stream.ts'
import { LaneWish } from './lane-wish.ts'
import type { LaneReader, Lanes } from './lanes.ts'
import type { OverlayNode } from './overlay-node.ts'

export interface StreamToSourceInit {
  node: OverlayNode
  /** Multiaddrs at which the other end may be dialled. */
  addresses: readonly string[]
  scheduler: Scheduler
  handlers: FramedStreamHandlers
}

/**
 * A route's stream at the end that has dialled, to which segments come. When so many come that it pays, it asks the
 * other end for a lane, and takes frames from there as soon as the other end has changed over to it.
 */
export class StreamToSource {
  readonly #init: StreamToSourceInit
  readonly #libp2pStream: Stream
  readonly #stream: FramedStream
  readonly #wish: LaneWish | undefined
  /** The lane that was asked for, once its connection stands. */
  #lane: LaneReader | undefined
  /** Asked for is one lane at most. Where it does not come, the route goes on over its stream. */
  #laneState: 'none' | 'asked' | 'begun' | 'ended' = 'none'
  #paused = false
  #left = false
  #hasEnded = false
  /** Set when the stream was closed by both ends while frames are still to come over the lane. */
  #closedCleanly = false
  #over = false

  constructor(stream: Stream, init: StreamToSourceInit) {
    this.#init = init
    this.#libp2pStream = stream
    const { lanes } = init.node
    this.#wish = lanes && new LaneWish(lanes.limits)
    this.#stream = new FramedStream(stream, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => this.#onFrame(frame),
        onDrain: () => init.handlers.onDrain?.(),
        onEnd: () => {
          this.#hasEnded = true
          if (this.#laneState !== 'begun') init.handlers.onEnd?.()
        },
        onClose: error => this.#onClose(error)
      }
    })
  }

  /** True while `send` may be called without growing the write queue. */
  get writable(): boolean {
    return this.#stream.writable
  }

  /** True when nothing more is delivered. */
  get closed(): boolean {
    return this.#over
  }

  /** Bytes handed to `send` that the muxer has not taken yet. */
  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  /** Queues one frame, given in parts that must not change afterwards. One sent after the end is dropped. */
  send(...parts: Uint8Array[]): void {
    this.#stream.send(...parts)
  }

  /** Stops delivering frames; the peer stops sending once what is under way may not grow any more. */
  pause(): void {
    this.#paused = true
    this.#stream.pause()
    if (this.#laneState === 'begun') this.#lane?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#stream.resume()
    if (!this.#paused && this.#laneState === 'begun') this.#lane?.resume()
  }

  /** Closes the write end once all queued frames are out; gives up and aborts after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    await this.#stream.close(timeoutMs)
  }

  /** Closes the write end as `close` does; what still comes is not waited for. */
  async leave(timeoutMs: number): Promise<void> {
    this.#left = true
    await this.#stream.close(timeoutMs)
  }

  /** Breaks stream and lane at once. */
  abort(error: Error): void {
    this.#stream.abort(error)
    // A stream that both ends had closed before reports no abort.
    this.#finish(error)
  }

  #onFrame(frame: Uint8Array): void {
    if (frame[0] === KINDS.laneBegins) {
      this.#begin()
      return
    }
    this.#init.handlers.onFrame(frame)
    if (!this.#wish || this.#laneState !== 'none' || !isSealedSegment(frame)) return
    if (this.#wish.brought(frame.byteLength, this.#init.scheduler.nowMs())) this.#ask(this.#init.node.lanes!)
  }

  #ask(lanes: Lanes): void {
    const address = this.#laneAddress()
    if (!address) return
    this.#laneState = 'asked'
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
    this.#stream.send(encodeRouteFrame({ kind: 'lane', secret }))
    const connecting = lanes.connect(address, secret, {
      onFrame: frame => this.#onLaneFrame(frame),
      onEnd: () => this.#onLaneEnd(),
      onLost: error => this.#onLaneLost(error)
    })
    connecting.then(lane => {
      if (this.#over) lane?.destroy()
      else this.#lane = lane
    })
  }

  /** Where the other end listens, on the host with which the stream's connection stands; undefined where that is not known. */
  #laneAddress(): Multiaddr | undefined {
    const { node, addresses } = this.#init
    const connection = node.getConnections().find(({ streams }) => streams.includes(this.#libp2pStream))
    if (connection?.direction !== 'inbound') return connection?.remoteAddr
    const ip = ipOf(connection.remoteAddr)
    return addresses.map(address => multiaddr(address)).find(address => ipOf(address) === ip)
  }

  #begin(): void {
    if (!this.#lane || this.#laneState !== 'asked') throw new Error('a lane begins that was not asked for')
    this.#laneState = 'begun'
    if (!this.#paused) this.#lane.resume()
  }

  #onLaneFrame(frame: Uint8Array): void {
    if (!keepsOrder(frame[0]!)) throw new Error(`a frame of kind ${frame[0]} over a lane`)
    this.#init.handlers.onFrame(frame)
  }

  #onLaneEnd(): void {
    this.#laneState = 'ended'
    if (this.#hasEnded) this.#init.handlers.onEnd?.()
    if (this.#closedCleanly) this.#finish(undefined)
  }

  /** A lane that is lost before it is used does no harm. */
  #onLaneLost(error: Error): void {
    if (this.#laneState === 'begun') this.abort(new StreamLostError(error))
    else this.#lane = undefined
  }

  #onClose(error: Error | undefined): void {
    this.#closedCleanly = error === undefined
    if (error || this.#left || this.#laneState !== 'begun') this.#finish(error)
  }

  #finish(error: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#lane?.destroy()
    this.#init.handlers.onClose?.(error)
  }
}

function ipOf(address: Multiaddr): string | undefined {
  return address.getComponents()[0]?.value
}
