import type { Server, Socket } from 'node:net'
import type { Listener } from '@libp2p/interface'
import { toHex } from '../../protocol/bytes.ts'
import { GREETING_BYTES, mayBeLane } from './lane-mask.ts'
import type { ServerCertificate } from './server-certificate.ts'
import { WebReception } from './web-reception.ts'
import type { WebSocketStream } from './web-socket-stream.ts'

/** Connections that have not said yet what they are, or that nobody expects yet; the oldest of more are closed. */
const MAX_WAITING = 512
/** Milliseconds that a connection may take to say what it is, and then to be expected. */
const WAIT_MS = 10_000

/** Takes a connection over: a socket, or what has of one what it uses. */
type ToLibp2p = (connection: Socket | WebSocketStream) => void

/** Undocumented members of libp2p 3.3.11's TCP listener that this file uses. */
export interface SocketListener extends Listener {
  server: Server
}

export interface ReceptionInit {
  /** For WebSockets in TLS; without one there are none of these. */
  certificate?: ServerCertificate | undefined
  /** Sockets of those who dial this node, of all kinds together. Default: no limit. */
  mostSockets?: number
  /** Told of each that finds no place. */
  onFull?: ((open: number) => void) | undefined
}

/**
 * Stands before libp2p at its TCP listeners and tells lanes and WebSockets from other connections by their first byte:
 * whoever dials speaks first. libp2p gets the WebSockets as if they were sockets.
 */
export class Reception {
  readonly #web: WebReception
  /** What becomes of lanes that are expected, by their greeting in hex. */
  readonly #expected = new Map<string, (socket: Socket) => void>()
  /** Lanes that nobody expects yet: what asks for them travels another way. */
  readonly #early = new Map<string, Socket>()
  /** Connections that wait, the oldest first, and how to let them go. */
  readonly #waiting = new Map<Socket, () => void>()
  readonly #mostSockets: number
  readonly #onFull: (open: number) => void
  /** All sockets that have come in and are not closed. */
  #open = 0
  /** Lanes that were handed over and are not closed. */
  readonly #lanes = new Set<Socket>()

  constructor({
    certificate,
    mostSockets = Number.POSITIVE_INFINITY,
    onFull = () => {}
  }: ReceptionInit = {}) {
    this.#web = new WebReception(certificate)
    this.#mostSockets = mostSockets
    this.#onFull = onFull
  }

  standBefore(listener: SocketListener): void {
    const { server } = listener
    const [toLibp2p] = server.listeners('connection') as [ToLibp2p]
    server.off('connection', toLibp2p)
    server.on('connection', (socket: Socket) => this.#receive(socket, toLibp2p))
    const close = listener.close.bind(listener)
    listener.close = async (...options) => {
      const closed = close(...options)
      for (const socket of [...this.#waiting.keys(), ...this.#lanes]) socket.destroy()
      await closed
    }
  }

  /** Hands over the lane with this greeting, in hex; returns how to take that back. */
  expect(greeting: string, take: (socket: Socket) => void): () => void {
    const early = this.#early.get(greeting)
    this.#early.delete(greeting)
    if (early) this.#handOver(early, take)
    else this.#expected.set(greeting, take)
    return () => this.#expected.delete(greeting)
  }

  #receive(socket: Socket, toLibp2p: ToLibp2p): void {
    this.#open++
    socket.on('close', () => this.#open--)
    let said = new Uint8Array()
    const hear = (bytes: Buffer) => {
      said = Uint8Array.of(...said, ...bytes.subarray(0, GREETING_BYTES))
      if (this.#web.takes(said[0]!)) {
        socket.off('data', hear).pause().unshift(bytes)
        void this.#web.receive(socket, said[0]!, stream => {
          this.#release(socket)
          toLibp2p(stream)
        })
      } else if (!mayBeLane(said.subarray(0, 1))) {
        this.#release(socket)
        socket.pause()
        socket.unshift(bytes)
        toLibp2p(socket)
        socket.resume()
      } else if (!mayBeLane(said)) socket.destroy()
      else if (said.byteLength >= GREETING_BYTES) {
        socket.off('data', hear)
        this.#greeted(socket, toHex(said.subarray(0, GREETING_BYTES)))
      }
    }
    const ignore = () => {}
    const leave = () => this.#release(socket)
    const timer = setTimeout(() => socket.destroy(), WAIT_MS)
    this.#waiting.set(socket, () => {
      clearTimeout(timer)
      socket.off('data', hear).off('error', ignore).off('close', leave)
    })
    socket.on('data', hear).on('error', ignore).on('close', leave)
    const isFull = this.#open > this.#mostSockets
    if (isFull) this.#onFull(this.#mostSockets)
    if (isFull || this.#waiting.size > MAX_WAITING) this.#waiting.keys().next().value!.destroy()
  }

  #greeted(socket: Socket, greeting: string): void {
    const take = this.#expected.get(greeting)
    if (take) {
      this.#expected.delete(greeting)
      this.#handOver(socket, take)
      return
    }
    this.#early.set(greeting, socket)
    socket.on('close', () => this.#early.get(greeting) === socket && this.#early.delete(greeting))
  }

  #handOver(socket: Socket, take: (socket: Socket) => void): void {
    this.#release(socket)
    this.#lanes.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#lanes.delete(socket))
    take(socket)
  }

  #release(socket: Socket): void {
    this.#waiting.get(socket)?.()
    this.#waiting.delete(socket)
  }
}
