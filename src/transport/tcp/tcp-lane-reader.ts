import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { ROUTE_LIMITS } from '../../protocol/limits.ts'
import { FrameTooLargeError, TruncatedFrameError } from '../framed-stream.ts'
import type { LaneReader, LaneReaderHandlers } from '../lanes.ts'
import { LaneMask } from './lane-mask.ts'
import { hold, release, takeBlock } from './lane-memory.ts'

const LENGTH_BYTES = 4
/** Bytes up to which a frame is copied, so that few small ones never keep a block. */
const COPIED_FRAME_BYTES = 8 * 1024
/** Least room for a read: with less, a new block is taken. */
const LEAST_READ_BYTES = 64 * 1024

/** Bytes that one lane reads in one turn of the event loop, so that the others get theirs: one frame and more. */
const TURN_BYTES = 128 * 1024

/** Reads frames from a socket into blocks of memory in which they stay: only one that a block has no room for is moved. */
export class TcpLaneReader implements LaneReader {
  readonly socket: Socket
  readonly #mask: LaneMask
  readonly #handlers: LaneReaderHandlers
  #memory = takeBlock(LEAST_READ_BYTES)
  /** What has been read and not delivered is from `#start` to `#end` of the memory. */
  #start = 0
  #end = 0
  #paused = true
  /** Bytes that were read in this turn of the event loop. */
  #turnBytes = 0
  #delivering = false
  #over = false

  /** Connects, and reads nothing yet. */
  constructor(target: TcpNetConnectOpts, secret: Uint8Array, handlers: LaneReaderHandlers) {
    this.#mask = new LaneMask(secret)
    this.#handlers = handlers
    this.socket = connect({
      ...target,
      noDelay: true,
      onread: { buffer: () => this.#room(), callback: bytes => this.#read(bytes) }
    })
    this.socket.pause()
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#lose(new TruncatedFrameError(LENGTH_BYTES)))
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.#paused || this.#over) return
    this.#paused = false
    this.#deliver()
    if (this.#mayRead) this.socket.resume()
  }

  destroy(): void {
    if (this.#over) return
    this.#over = true
    this.socket.destroy()
    release(this.#memory)
  }

  #read(bytes: number): boolean {
    this.#end += bytes
    if (this.#turnBytes === 0) setImmediate(() => this.#beginTurn())
    this.#turnBytes += bytes
    this.#deliver()
    return this.#mayRead
  }

  get #mayRead(): boolean {
    return !this.#paused && !this.#over && this.#turnBytes < TURN_BYTES
  }

  #beginTurn(): void {
    const hasWaited = this.#turnBytes >= TURN_BYTES
    this.#turnBytes = 0
    if (hasWaited && this.#mayRead) this.socket.resume()
  }

  /** The memory that the next read fills. */
  #room(): Uint8Array {
    if (!this.#over && this.#memory.byteLength - this.#end < LEAST_READ_BYTES) {
      const waiting = this.#end - this.#start
      // Twice what waits: a frame larger than a block is not moved again and again.
      const memory = takeBlock(waiting + Math.max(waiting, LEAST_READ_BYTES))
      this.#memory.copy(memory, 0, this.#start, this.#end)
      release(this.#memory)
      this.#memory = memory
      this.#start = 0
      this.#end = waiting
    }
    return this.#memory.subarray(this.#end, this.#end + Math.max(1, TURN_BYTES - this.#turnBytes))
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (!this.#paused && !this.#over) {
        const frame = this.#nextFrame()
        if (!frame) break
        if (frame.byteLength > 0) this.#handlers.onFrame(frame)
        else this.#endInOrder()
      }
    } catch (error) {
      this.#lose(error as Error)
    } finally {
      this.#delivering = false
    }
  }

  #nextFrame(): Uint8Array | undefined {
    if (this.#end - this.#start < LENGTH_BYTES) return undefined
    const frameBytes = this.#memory.readUInt32BE(this.#start)
    if (frameBytes > ROUTE_LIMITS.maxFrameBytes)
      throw new FrameTooLargeError(frameBytes, ROUTE_LIMITS.maxFrameBytes)
    const from = this.#start + LENGTH_BYTES
    if (this.#end - from < frameBytes) return undefined
    this.#start = from + frameBytes
    const frame = new Uint8Array(this.#memory.buffer, from, frameBytes)
    this.#mask.apply(frame)
    if (frameBytes <= COPIED_FRAME_BYTES) return frame.slice()
    hold(frame)
    return frame
  }

  #endInOrder(): void {
    this.destroy()
    this.#handlers.onEnd()
  }

  #lose(error: Error): void {
    if (this.#over) return
    this.destroy()
    this.#handlers.onLost(error)
  }
}
