import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { type Scheduler, systemScheduler } from '../../scheduler.ts'
import { Budget } from '../budget.ts'
import { FRAME_LIMITS, WEB_SOCKET_LIMITS } from '../limits.ts'

/** Options of `ws` for either side: messages of bytes only, no compression of what is encrypted. */
export const WEB_SOCKET_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: WEB_SOCKET_LIMITS.maxMessageBytes,
  closeTimeout: WEB_SOCKET_LIMITS.closeTimeoutMs
} as const

/** The status of RFC 6455 for a connection that broke before both sides had said that they close it. */
const BROKEN = 1006

/**
 * The bytes in the messages of a WebSocket, as a stream that has of a net.Socket what libp2p's TCP
 * uses. Where messages begin and end means nothing. A reader that is slow stops the socket.
 */
export class WebSocketStream extends Duplex {
  /** The address and port from which a visitor has come; those of a connection that was dialled are not looked at. */
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #scheduler: Scheduler
  readonly #pieces = new Budget(FRAME_LIMITS.smallPieces)
  #isFull = false
  #cancelRest: (() => void) | undefined

  /** `socket`: the TCP connection below, whose silence is told by the event `timeout`. */
  constructor(
    webSocket: WebSocket,
    socket: Socket,
    { remoteAddress = socket.remoteAddress, scheduler = systemScheduler }: StreamInit = {}
  ) {
    super({ emitClose: true, allowHalfOpen: false })
    this.#webSocket = webSocket
    this.#socket = socket
    this.#scheduler = scheduler
    this.remoteAddress = remoteAddress
    this.remotePort = socket.remotePort
    socket.on('timeout', () => this.emit('timeout'))
    webSocket.on('message', (data, isBinary) => this.#take(data, isBinary))
    webSocket.on('error', error => this.destroy(error))
    webSocket.on('close', code => {
      if (code === BROKEN) this.destroy(new Error('the WebSocket broke'))
      else this.push(null)
    })
    // Whoever uses the stream hears of its end by `close`, too.
    this.on('error', () => {})
  }

  setTimeout(timeoutMs: number): this {
    this.#socket.setTimeout(timeoutMs)
    return this
  }

  /** Ends the stream once everything written is out. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy()).end()
  }

  resetAndDestroy(): void {
    this.destroy()
  }

  override _read(): void {
    this.#isFull = false
    if (!this.#cancelRest) this.#webSocket.resume()
  }

  override _write(chunk: Uint8Array, _encoding: unknown, done: (error?: Error | null) => void): void {
    this.#webSocket.send(chunk, done)
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#socket.cork()
    chunks.forEach(({ chunk }, at) => {
      this.#webSocket.send(chunk, at === chunks.length - 1 ? done : undefined)
    })
    this.#socket.uncork()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#webSocket.once('close', () => done())
    this.#webSocket.close()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#cancelRest?.()
    this.#webSocket.terminate()
    done(error)
  }

  #take(data: RawData, isBinary: boolean): void {
    if (!isBinary || !(data instanceof Uint8Array)) {
      this.destroy(new Error('the WebSocket brings text'))
      return
    }
    this.#isFull = !this.push(data)
    if (this.#isFull) this.#webSocket.pause()
    const cost = 1 - data.byteLength / FRAME_LIMITS.smallPieceBytes
    if (cost > 0 && this.#pieces.use(cost, this.#scheduler.nowMs()) < 0) this.#rest()
  }

  /** Each message costs work of its own: those who send many small ones are read slower. */
  #rest(): void {
    if (this.#cancelRest) return
    this.#webSocket.pause()
    this.#cancelRest = this.#scheduler.after(this.#pieces.debtMs(), () => {
      this.#cancelRest = undefined
      if (!this.#isFull) this.#webSocket.resume()
    })
  }
}

interface StreamInit {
  /** Default: the socket's. */
  remoteAddress?: string | undefined
  /** Default: systemScheduler. */
  scheduler?: Scheduler
}
