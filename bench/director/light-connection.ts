import type { Socket } from 'node:net'
import type { LightIdentity } from './light-identity.ts'
import { type LightCipher, LightHandshake } from './light-noise.ts'

const NOISE = negotiation('/noise')
const MAX_PLAIN_BYTES = 60_000

const HEADER_BYTES = 12
const [DATA, WINDOW, PING] = [0, 1, 2]
const [SYN, ACK, FIN, RST] = [1, 2, 4, 8]
const FIRST_WINDOW = 256 * 1024
const NONE: Buffer = Buffer.alloc(0)

export interface LightStreamHandlers {
  /** One frame without its length. */
  onFrame(frame: Buffer): void
  /** The stream, or its connection, is over. */
  onEnd(): void
}

/** Returns what both sides of multistream-select send for one protocol. */
function negotiation(protocol: string): Buffer {
  const line = (text: string) => Buffer.concat([Buffer.of(text.length + 1), Buffer.from(`${text}\n`)])
  return Buffer.concat([line('/multistream/1.0.0'), line(protocol)])
}

/**
 * A connection of libp2p's (multistream-select, noise, yamux) over a socket, with as little work and
 * memory as it takes. It opens streams for one protocol each; streams of the other side are not expected.
 */
export class LightConnection {
  readonly #socket: Socket
  readonly #isInitiator: boolean
  readonly #streams = new Map<number, LightStream>()
  readonly #opened = Promise.withResolvers<void>()
  #handshake: LightHandshake | undefined
  #ciphers: { out: LightCipher; in: LightCipher } | undefined
  #isAgreed = false
  #received: Buffer = NONE
  #frames: Buffer = NONE
  #out: Buffer[] = []
  #nextStream: number
  #nextPing = 0
  onClose: (() => void) | undefined

  /** The socket has to be connected, or to be about to. */
  constructor(socket: Socket, isInitiator: boolean, identity: LightIdentity) {
    this.#socket = socket
    this.#isInitiator = isInitiator
    this.#nextStream = isInitiator ? 1 : 2
    this.#handshake = new LightHandshake(isInitiator, identity)
    this.#opened.promise.catch(() => {})
    socket.setNoDelay(true)
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', error => this.#end(error))
    socket.on('close', () => this.#end(new Error('the connection was closed')))
    if (isInitiator) socket.write(Buffer.concat([NOISE, prefixed(this.#handshake.begin())]))
  }

  /** Resolves when the handshake is done. Throws where the connection ends before. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  get isOpen(): boolean {
    return this.#ciphers !== undefined && !this.#socket.destroyed
  }

  /** Asks the other side for a sign of life, as yamux does regularly. */
  ping(): void {
    if (this.isOpen) this.#sendFrame(PING, SYN, 0, this.#nextPing++)
  }

  /** Opens a stream; the first frame travels with the negotiation. */
  open(protocol: string, handlers: LightStreamHandlers): LightStream {
    const id = this.#nextStream
    this.#nextStream += 2
    const parts = { id, hello: negotiation(protocol), handlers }
    const stream = new LightStream(parts, (type, flags, length, data) =>
      this.#sendFrame(type, flags, id, length, data)
    )
    this.#streams.set(id, stream)
    return stream
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #end(error: Error): void {
    this.#opened.reject(error)
    this.#ciphers = undefined
    for (const stream of this.#streams.values()) stream.end()
    this.#streams.clear()
    this.#socket.destroy()
    const { onClose } = this
    this.onClose = undefined
    onClose?.()
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    try {
      if (!this.#isAgreed) this.#agree()
      while (this.#isAgreed && this.#takeMessage()) {}
    } catch (error) {
      this.#end(error as Error)
    }
  }

  #agree(): void {
    if (this.#received.length < NOISE.length) return
    if (!this.#received.subarray(0, NOISE.length).equals(NOISE)) throw new Error('the peer wants no noise')
    this.#received = this.#received.subarray(NOISE.length)
    this.#isAgreed = true
    if (!this.#isInitiator) this.#socket.write(NOISE)
  }

  #takeMessage(): boolean {
    if (this.#received.length < 2) return false
    const end = 2 + this.#received.readUInt16BE(0)
    if (this.#received.length < end) return false
    const message = this.#received.subarray(2, end)
    this.#received = this.#received.subarray(end)
    if (this.#ciphers) this.#takePlain(this.#ciphers.in.open(message))
    else this.#shake(message)
    return true
  }

  #shake(message: Buffer): void {
    const { reply, ciphers } = this.#handshake!.take(message)
    if (reply) this.#socket.write(prefixed(reply))
    if (!ciphers) return
    this.#ciphers = ciphers
    this.#handshake = undefined
    this.#opened.resolve()
  }

  #takePlain(plain: Buffer): void {
    this.#frames = this.#frames.length === 0 ? plain : Buffer.concat([this.#frames, plain])
    while (this.#frames.length >= HEADER_BYTES) {
      const type = this.#frames[1]!
      const flags = this.#frames.readUInt16BE(2)
      const id = this.#frames.readUInt32BE(4)
      const length = this.#frames.readUInt32BE(8)
      const end = HEADER_BYTES + (type === DATA ? length : 0)
      if (this.#frames.length < end) return
      const data = this.#frames.subarray(HEADER_BYTES, end)
      this.#frames = this.#frames.subarray(end)
      if (type === PING) {
        if ((flags & SYN) !== 0) this.#sendFrame(PING, ACK, 0, length)
      } else if (type === DATA || type === WINDOW) this.#toStream(id, flags, type === DATA ? data : length)
    }
    if (this.#frames.length === 0) this.#frames = NONE
  }

  #toStream(id: number, flags: number, what: Buffer | number): void {
    const stream = this.#streams.get(id)
    if (!stream) return
    if (typeof what === 'number') stream.grant(what)
    else stream.receive(what)
    if ((flags & (FIN | RST)) === 0) return
    this.#streams.delete(id)
    stream.end()
  }

  /** Frames of one turn go out as one message. */
  #sendFrame(type: number, flags: number, id: number, length: number, data: Buffer = NONE): void {
    const header = Buffer.alloc(HEADER_BYTES)
    header[1] = type
    header.writeUInt16BE(flags, 2)
    header.writeUInt32BE(id, 4)
    header.writeUInt32BE(length, 8)
    if (this.#out.length === 0) queueMicrotask(() => this.#flush())
    this.#out.push(header, data)
  }

  #flush(): void {
    const all = Buffer.concat(this.#out)
    this.#out = []
    if (!this.#ciphers) return
    for (let at = 0; at < all.length; at += MAX_PLAIN_BYTES)
      this.#socket.write(prefixed(this.#ciphers.out.seal(all.subarray(at, at + MAX_PLAIN_BYTES))))
  }
}

type SendFrame = (type: number, flags: number, length: number, data?: Buffer) => void

/** A stream of frames with a length of 32 bits before each. */
export class LightStream {
  readonly #sendFrame: SendFrame
  readonly #handlers: LightStreamHandlers
  readonly #hello: Buffer
  #owed: Buffer
  #waiting: Buffer
  #window = FIRST_WINDOW
  #unacknowledged = 0
  #flags = SYN
  #received: Buffer = NONE
  #isOver = false

  constructor(
    { hello, handlers }: { id: number; hello: Buffer; handlers: LightStreamHandlers },
    sendFrame: SendFrame
  ) {
    this.#hello = hello
    this.#owed = hello
    this.#waiting = hello
    this.#handlers = handlers
    this.#sendFrame = sendFrame
  }

  send(frame: Uint8Array): void {
    const prefix = Buffer.alloc(4)
    prefix.writeUInt32BE(frame.length)
    this.#waiting = Buffer.concat([this.#waiting, prefix, frame])
    this.#sendWaiting()
  }

  /** Says that nothing more comes from here. */
  finish(): void {
    this.#sendFrame(DATA, FIN, 0)
  }

  grant(bytes: number): void {
    this.#window += bytes
    this.#sendWaiting()
  }

  receive(data: Buffer): void {
    this.#unacknowledged += data.length
    if (this.#unacknowledged > FIRST_WINDOW / 2) {
      this.#sendFrame(WINDOW, 0, this.#unacknowledged)
      this.#unacknowledged = 0
    }
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    if (this.#owed.length > 0) {
      if (this.#received.length < this.#owed.length) return
      if (!this.#received.subarray(0, this.#owed.length).equals(this.#hello))
        throw new Error('the director does not speak the protocol')
      this.#received = this.#received.subarray(this.#owed.length)
      this.#owed = NONE
    }
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE(0)) {
      const end = 4 + this.#received.readUInt32BE(0)
      const frame = this.#received.subarray(4, end)
      this.#received = this.#received.subarray(end)
      this.#handlers.onFrame(frame)
    }
    if (this.#received.length === 0) this.#received = NONE
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#handlers.onEnd()
  }

  #sendWaiting(): void {
    const data = this.#waiting.subarray(0, this.#window)
    if (data.length === 0) return
    this.#waiting = this.#waiting.length === data.length ? NONE : this.#waiting.subarray(data.length)
    this.#window -= data.length
    this.#sendFrame(DATA, this.#flags, data.length, data)
    this.#flags = 0
  }
}

function prefixed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
