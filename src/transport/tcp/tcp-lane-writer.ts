import type { Socket } from 'node:net'
import type { LaneWriter, LaneWriterHandlers } from '../lanes.ts'
import { LaneMask, MASKED_BYTES } from './lane-mask.ts'
import { release } from './lane-memory.ts'

const LENGTH_BYTES = 4
/** Bytes that wait for the system before a lane takes no more; one frame more may come. */
const QUEUE_BYTES = 512 * 1024
/** A frame without bytes: nothing comes after it. */
const END = new Uint8Array(LENGTH_BYTES)

/** Writes frames to a socket; those of one turn of the event loop go to the system in one write. */
export class TcpLaneWriter implements LaneWriter {
  readonly #socket: Socket
  readonly #mask: LaneMask
  #isCorked = false
  #hasEnded = false

  constructor(socket: Socket, secret: Uint8Array, handlers: LaneWriterHandlers) {
    this.#socket = socket
    this.#mask = new LaneMask(secret)
    socket.on('drain', () => handlers.onDrain())
    socket.on('close', () => {
      if (!this.#hasEnded) handlers.onLost(new Error('its lane was closed'))
    })
    // The other end says nothing any more, but its end has to be noticed.
    socket.resume()
  }

  get writable(): boolean {
    return !this.#socket.destroyed && this.#socket.writableLength < QUEUE_BYTES
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#hasEnded || this.#socket.destroyed) return
    this.#cork()
    let frameBytes = 0
    for (const part of parts) frameBytes += part.byteLength
    const start = new Uint8Array(LENGTH_BYTES + Math.min(MASKED_BYTES, frameBytes))
    new DataView(start.buffer).setUint32(0, frameBytes)
    const rest: Uint8Array[] = []
    let filled = LENGTH_BYTES
    for (const part of parts) {
      const taken = Math.min(start.byteLength - filled, part.byteLength)
      start.set(part.subarray(0, taken), filled)
      filled += taken
      if (taken < part.byteLength) rest.push(part.subarray(taken))
    }
    this.#mask.apply(start.subarray(LENGTH_BYTES))
    this.#socket.write(start)
    for (const part of rest) this.#socket.write(part, error => !error && release(part))
  }

  end(idleMs: number): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#socket.setTimeout(idleMs, () => this.#socket.destroy())
    this.#socket.end(END)
  }

  destroy(): void {
    this.#hasEnded = true
    this.#socket.destroy()
  }

  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#socket.cork()
    setImmediate(() => {
      this.#isCorked = false
      this.#socket.uncork()
    })
  }
}
