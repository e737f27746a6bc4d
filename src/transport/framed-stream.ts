import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { AnabranchError, WireStatus } from '../errors.ts'
import { concatBytes } from '../protocol/bytes.ts'
import { type ExpectedAnswer, expectedAnswer } from './early-protocol.ts'
import { reasonOf } from './failure-reasons.ts'

const LENGTH_BYTES = 4
/**
 * Chunks of a frame that are kept as they came; more are joined. A chunk costs about 100 bytes
 * besides its own and keeps the message in memory with which it came, and a peer may send one byte
 * in each.
 */
const MAX_CHUNKS = 64

/** A peer announced a frame larger than this stream takes. */
export class FrameTooLargeError extends AnabranchError {
  constructor(frameBytes: number, maxFrameBytes: number) {
    super(
      'ERR_FRAME_TOO_LARGE',
      `A peer sent a frame of ${frameBytes} bytes; at most ${maxFrameBytes} are taken`,
      {
        wireStatus: WireStatus.frameTooLarge
      }
    )
  }
}

/** A peer ended its stream in the middle of a frame. */
export class TruncatedFrameError extends AnabranchError {
  constructor(missingBytes: number) {
    super('ERR_FRAME_TRUNCATED', `A peer ended the stream ${missingBytes} bytes before the end of a frame`, {
      wireStatus: WireStatus.malformed
    })
  }
}

/** The stream broke (reset, aborted, connection lost) before both ends had closed it. */
export class StreamLostError extends AnabranchError {
  constructor(cause?: unknown) {
    super('ERR_STREAM_LOST', `The connection to the peer was lost (${reasonOf(cause)})`, { cause })
  }
}

export interface FramedStreamHandlers {
  /** One whole frame; the bytes belong to the receiver. An error thrown here aborts the stream. */
  onFrame(frame: Uint8Array): void
  /** The peer has closed its write end and every frame was delivered. */
  onEnd?(): void
  /** Both ends are closed, or the stream broke (then with the reason). Called once, last. */
  onClose?(error?: Error): void
  /** `send` returned false earlier, and now there is room again. */
  onDrain?(): void
}

export interface FramedStreamInit {
  /** Largest frame that the peer may send, in bytes without the length prefix. */
  maxFrameBytes: number
  handlers: FramedStreamHandlers
}

/**
 * Frames with a 32-bit big-endian length over one libp2p stream, with real backpressure in both directions.
 *
 * This is the only place that reads and writes libp2p streams: the ends of v3 streams are read from `end` (not
 * `remoteCloseWrite`, which comes before the last bytes), reading is paused at the muxer so that its window closes, and
 * room to write is told by `drain` events (`onDrain()` resolves too early after its first use).
 */
export class FramedStream {
  readonly #stream: Stream
  readonly #maxFrameBytes: number
  readonly #handlers: FramedStreamHandlers
  readonly #received = new Uint8ArrayList()
  /** Chunks that came last and are not in `#received` yet: no frame ends in them. */
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  readonly #earlyAnswer: ExpectedAnswer
  #paused = false
  #resuming = false
  #delivering = false
  #remoteEnded = false
  #endDelivered = false
  #closed = false
  #closedCleanly = false
  #failure: Error | undefined

  constructor(stream: Stream, init: FramedStreamInit) {
    this.#stream = stream
    this.#maxFrameBytes = init.maxFrameBytes
    this.#handlers = init.handlers
    this.#earlyAnswer = expectedAnswer(stream)
    stream.addEventListener('drain', () => {
      // The stream's own listener clears writableNeedsDrain first and goes on with its queue in a microtask.
      queueMicrotask(() => {
        if (!this.#closed && !stream.writableNeedsDrain) this.#handlers.onDrain?.()
      })
    })
    stream.addEventListener('end', () => {
      // A stream that breaks tells its end first, and then the reason by `close`.
      if (stream.status === 'aborted' || stream.status === 'reset') return
      this.#remoteEnded = true
      this.#deliver()
    })
    stream.addEventListener('close', event => this.#onStreamClose(event.error))
    stream.addEventListener('message', event => this.#onMessage(event))
    if (stream.readableEnded) this.#remoteEnded = true
    if (stream.status !== 'open' && stream.status !== 'closing') {
      const lost = stream.status === 'closed' ? undefined : new Error(`the stream was ${stream.status}`)
      queueMicrotask(() => this.#onStreamClose(lost))
    }
  }

  /** True while `send` may be called without growing the write queue. */
  get writable(): boolean {
    return !this.#closed && this.#stream.writeStatus === 'writable' && !this.#stream.writableNeedsDrain
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Bytes handed to `send` that have not gone out: those that the muxer has not taken yet, and at
   * least one while the connection under it takes no more.
   */
  get queuedBytes(): number {
    return Math.max(this.#stream.writeBufferLength, this.#stream.writableNeedsDrain ? 1 : 0)
  }

  /**
   * Queues one frame, given in parts that must not change afterwards. Returns false when the caller should wait for
   * `onDrain` before it sends more. A frame sent to a closed stream is dropped.
   */
  send(...parts: Uint8Array[]): boolean {
    if (this.#closed || this.#stream.writeStatus !== 'writable') return false
    let frameBytes = 0
    for (const part of parts) frameBytes += part.byteLength
    const prefix = new Uint8Array(LENGTH_BYTES)
    new DataView(prefix.buffer).setUint32(0, frameBytes)
    try {
      return this.#stream.send(new Uint8ArrayList(prefix, ...parts)) && !this.#stream.writableNeedsDrain
    } catch (error) {
      this.abort(error as Error)
      return false
    }
  }

  /** Stops delivering frames; once its window is used up, the peer stops sending. */
  pause(): void {
    if (this.#paused || this.#closed) return
    this.#paused = true
    // The stream would undo a pause inside resume(): it is made good after resume() has returned.
    if (!this.#resuming) this.#pauseStream()
  }

  resume(): void {
    if (!this.#paused || this.#closed) return
    this.#paused = false
    this.#deliver()
    if (this.#paused || this.#closed || this.#stream.readStatus !== 'paused') return
    this.#resuming = true
    try {
      this.#stream.resume()
    } finally {
      this.#resuming = false
    }
    if (this.#paused) this.#pauseStream()
  }

  /** Closes the write end once all queued frames are out; gives up and aborts after `timeoutMs`. */
  async close(timeoutMs = 5_000): Promise<void> {
    if (this.#closed) return
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      this.abort(error as Error)
    }
  }

  /** Breaks the stream at once; the peer sees a reset. */
  abort(error: Error): void {
    this.#failure ??= error
    this.#stream.abort(error)
    // A stream that was closed already reports no abort.
    this.#finish(this.#failure)
  }

  #pauseStream(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #onMessage({ data }: StreamMessageEvent): void {
    for (const chunk of data instanceof Uint8Array ? [data] : data) this.#gather(chunk)
    const isPartial = this.#receivedBytes < this.#wantedBytes && this.#earlyAnswer.isTaken
    // The end may have come before the first bytes were heard: then there is no event for it.
    if (isPartial && !this.#remoteEnded) return
    this.#takeChunks()
    try {
      this.#earlyAnswer.take(this.#received)
    } catch (error) {
      this.abort(error as Error)
      return
    }
    this.#deliver()
  }

  #gather(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.byteLength
    if (this.#chunks.length < MAX_CHUNKS) return
    this.#chunks = [concatBytes(this.#chunks, this.#chunkBytes)]
    this.#takeChunks()
  }

  #takeChunks(): void {
    for (const chunk of this.#chunks) this.#received.append(chunk)
    this.#chunks = []
    this.#chunkBytes = 0
  }

  get #receivedBytes(): number {
    return this.#received.byteLength + this.#chunkBytes
  }

  /** Bytes up to the end of the next frame; those of its length alone while that is not known. */
  get #wantedBytes(): number {
    const isLengthKnown = this.#received.byteLength >= LENGTH_BYTES
    return LENGTH_BYTES + (isLengthKnown ? this.#received.getUint32(0) : 0)
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (!this.#paused && !this.#closed) {
        const frame = this.#nextFrame()
        if (frame === undefined) break
        this.#handlers.onFrame(frame)
      }
      this.#deliverEnd()
    } catch (error) {
      this.abort(error as Error)
    } finally {
      this.#delivering = false
    }
  }

  #nextFrame(): Uint8Array | undefined {
    const received = this.#received
    if (received.byteLength < LENGTH_BYTES) return undefined
    const frameBytes = received.getUint32(0)
    if (frameBytes > this.#maxFrameBytes) throw new FrameTooLargeError(frameBytes, this.#maxFrameBytes)
    if (received.byteLength < LENGTH_BYTES + frameBytes) return undefined
    const frame = received.subarray(LENGTH_BYTES, LENGTH_BYTES + frameBytes)
    received.consume(LENGTH_BYTES + frameBytes)
    return frame
  }

  #deliverEnd(): void {
    if (!this.#remoteEnded || this.#paused || this.#endDelivered || this.#failure) return
    this.#endDelivered = true
    const left = this.#receivedBytes
    if (left > 0) throw new TruncatedFrameError(this.#wantedBytes - left)
    this.#handlers.onEnd?.()
    if (this.#closedCleanly) this.#finish(undefined)
  }

  #onStreamClose(error?: Error): void {
    const reason = this.#failure ?? (error === undefined ? undefined : new StreamLostError(error))
    if (reason !== undefined || this.#endDelivered) {
      this.#finish(reason)
      return
    }
    // The stream was closed by both ends while frames wait behind a pause: they are delivered first.
    this.#closedCleanly = true
    this.#deliver()
  }

  #finish(reason: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#handlers.onClose?.(reason)
  }
}
