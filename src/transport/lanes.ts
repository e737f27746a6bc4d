import type { Multiaddr } from '@multiformats/multiaddr'

/** When a node asks for a lane. */
export interface LaneLimits {
  /** A route is looked at each time that it has brought so many bytes. Default 256 KiB: what is shorter is over too soon. */
  stretchBytes: number
  /**
   * Bytes a second over such a stretch from which a lane pays. Default 100 kB/s: many slow routes keep the processors as
   * busy as a fast one.
   */
  leastBytesPerSecond: number
  /**
   * Milliseconds within which the lane's connection has to stand. On longer links the slow start of a fresh connection
   * costs more than a lane saves. Default 5.
   */
  connectMs: number
}

export const LANE_LIMITS: LaneLimits = {
  stretchBytes: 256 * 1024,
  leastBytesPerSecond: 100_000,
  connectMs: 5
}

export interface LaneWriterHandlers {
  /** The lane was not `writable`, and now it is. */
  onDrain(): void
  /** The lane broke. Called once, and not after `end`. */
  onLost(error: Error): void
}

/** The end of a lane that sends. */
export interface LaneWriter {
  /** True while `send` may be called without growing what waits. */
  readonly writable: boolean
  /** Bytes that the system has not taken yet. */
  readonly queuedBytes: number
  /** Queues one frame, given in parts that must not change afterwards. */
  send(parts: readonly Uint8Array[]): void
  /** Ends the lane in order once all is out; gives up after `idleMs` in which nothing has moved. */
  end(idleMs: number): void
  destroy(): void
}

export interface LaneReaderHandlers {
  /** One whole frame; the bytes belong to the receiver. An error thrown here breaks the lane. */
  onFrame(frame: Uint8Array): void
  /** The other end has ended the lane in order, and every frame was delivered. */
  onEnd(): void
  /** The lane broke. Called once. */
  onLost(error: Error): void
}

/** The end of a lane that receives. It delivers nothing until `resume`. */
export interface LaneReader {
  pause(): void
  resume(): void
  destroy(): void
}

/** The lanes of a node: plain connections for what one route brings over one hop, see docs/protocol.md. */
export interface Lanes {
  readonly limits: LaneLimits
  /**
   * Connects to the listener at `address` and shows it what only one who has the lane's secret can know. Resolves with
   * undefined where there is no lane: the address is not TCP's, or the connection did not stand soon enough.
   */
  connect(
    address: Multiaddr,
    secret: Uint8Array,
    handlers: LaneReaderHandlers
  ): Promise<LaneReader | undefined>
  /** Nobody reads this frame any more, from a lane or not: its memory may be used again. Called once a frame at most. */
  release(frame: Uint8Array): void
  /** Hands over the lane of this secret, as soon as its connection comes; returns how to take that back. */
  expect(secret: Uint8Array, handlers: LaneWriterHandlers, came: (lane: LaneWriter) => void): () => void
}
