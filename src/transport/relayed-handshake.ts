import { type NoiseInit, noise } from '@chainsafe/libp2p-noise'
import type { ConnectionEncrypter, MessageStream, StreamMessageEvent } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'

type NoiseComponents = Parameters<ReturnType<typeof noise>>[0]

/** One end of a handshake whose messages somebody else carries to the other end. */
export interface HandshakeEnd<T> {
  /** Takes bytes that the other end has sent, in their order. */
  receive(bytes: Uint8Array): void
  /** Gives the handshake up. */
  abort(reason: Error): void
  /** Rejects where the other end is not who it should be, or the bytes are not a handshake's. */
  readonly done: Promise<T>
}

/** What the end that answered a handshake has learnt. */
export interface Introduction {
  /** The other end, which has proved to be this peer. */
  peerId: string
  /** What it had to say, which nobody else can have read or written. */
  message: Uint8Array
}

/** Makes two nodes know each other by noise (XX), through nodes that neither of them trusts. */
export interface RelayedHandshakes {
  /** Begins a handshake with `peerId`. Once that has proved its identity, `message` is sent to it. */
  initiate(peerId: string, binding: Uint8Array, message: Uint8Array, send: Send): HandshakeEnd<void>
  /** Answers a handshake; both ends must give the same `binding`. */
  respond(binding: Uint8Array, send: Send): HandshakeEnd<Introduction>
}

/** Takes bytes that are to be carried to the other end's `receive`. */
type Send = (bytes: Uint8Array) => void

const PROLOGUE = new TextEncoder().encode('anabranch relayed handshake 1\0')

/** The node's service for relayed handshakes, under its own identity. `init`: noise's cryptography. */
export function relayedHandshakes(init: Pick<NoiseInit, 'crypto'>) {
  return (components: NoiseComponents): RelayedHandshakes => {
    const encrypter = (binding: Uint8Array): ConnectionEncrypter =>
      noise({ ...init, prologueBytes: Uint8Array.of(...PROLOGUE, ...binding) })(components)
    const options = { skipStreamMuxerNegotiation: true }
    return {
      initiate: (peerId, binding, message, send) => {
        const carried = new CarriedStream(components, 'outbound', send)
        const remotePeer = peerIdFromString(peerId)
        const done = encrypter(binding)
          .secureOutbound(carried, { ...options, remotePeer })
          .then(({ connection }) => {
            connection.send(message)
          })
        return endOf(carried, done)
      },
      respond: (binding, send) => {
        const carried = new CarriedStream(components, 'inbound', send)
        const done = encrypter(binding)
          .secureInbound(carried, options)
          .then(async ({ connection, remotePeer }) => ({
            peerId: remotePeer.toString(),
            message: await firstMessage(connection)
          }))
        return endOf(carried, done)
      }
    }
  }
}

function endOf<T>(carried: CarriedStream, done: Promise<T>): HandshakeEnd<T> {
  done.catch(() => {})
  return {
    receive: bytes => carried.receive(bytes),
    abort: reason => carried.abort(reason),
    done
  }
}

function firstMessage(connection: MessageStream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    connection.addEventListener('message', ({ data }: StreamMessageEvent) => resolve(data.subarray()), {
      once: true
    })
    connection.addEventListener('close', ({ error }) => reject(error ?? new Error('the handshake was ended')))
  })
}

/** A stream whose bytes somebody else carries. */
class CarriedStream extends AbstractMessageStream {
  readonly #send: Send

  constructor({ logger }: NoiseComponents, direction: 'inbound' | 'outbound', send: Send) {
    super({ log: logger.forComponent(`anabranch:handshake:${direction}`), direction })
    this.#send = send
  }

  receive(bytes: Uint8Array): void {
    this.onData(new Uint8ArrayList(bytes))
  }

  override sendData(data: Uint8ArrayList): SendResult {
    this.#send(data.slice())
    return { sentBytes: data.byteLength, canSendMore: true }
  }

  override async close(): Promise<void> {}
  override sendReset(): void {}
  override sendPause(): void {}
  override sendResume(): void {}
}
