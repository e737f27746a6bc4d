import {
  type ConnectionProtector,
  type MessageStream,
  type Stream,
  type StreamMuxer,
  UnsupportedProtocolError
} from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

/** Prefix of the protocols whose streams are used at once; the peer's consent is checked when it comes. */
const EARLY_PREFIX = '/anabranch/'
/** The only encryption protocol of a node. */
const ENCRYPTION = '/noise'

/** Bytes that the peer of an early stream has to answer before its first byte of data. */
const expectedAnswers = new WeakMap<Stream, Uint8Array>()

/**
 * Opens a muxer's outbound streams for our own protocols without a round trip: protocol and first
 * data travel together, as multistream-select allows one who proposes a single protocol. Peers see
 * nothing but the usual negotiation.
 */
export function openEarly(muxer: StreamMuxer): void {
  const createStream = muxer.createStream.bind(muxer)
  muxer.createStream = async options => {
    const stream = await createStream(options)
    const protocol = options?.protocol
    if (protocol?.startsWith(EARLY_PREFIX)) propose(stream, protocol)
    return stream
  }
}

/**
 * Lets outbound connections begin their encryption without a round trip for its choice. The answer
 * expected of the peer is handed to the negotiation at once; the real answer is checked and taken
 * off when it comes. Peers see nothing but the usual negotiation. This is a protector because
 * libp2p hands it each connection before the encryption; it protects nothing.
 */
export function encryptEarly(): ConnectionProtector {
  return {
    protect: async connection => {
      if (connection.direction === 'outbound' && hasInside(connection)) expectEncryption(connection)
      return connection
    }
  }
}

/**
 * Undocumented member of libp2p 3.3.11's connections that this file patches: called with the bytes
 * read from the socket.
 */
interface OpenConnection extends MessageStream {
  onData(data: Uint8Array | Uint8ArrayList): void
}

function hasInside(connection: MessageStream): connection is OpenConnection {
  return 'onData' in connection
}

function expectEncryption(connection: OpenConnection): void {
  const proposal = handshakeFor(ENCRYPTION)
  const answer = new ExpectedAnswer(ENCRYPTION, proposal)
  const onData = connection.onData.bind(connection)
  const send = connection.send.bind(connection)
  // This wrapper stays in place, since others wrap it, too.
  connection.onData = data => {
    if (answer.isTaken) {
      onData(data)
      return
    }
    const received = new Uint8ArrayList(data)
    try {
      answer.take(received)
    } catch (error) {
      connection.abort(error as Error)
      return
    }
    if (received.byteLength > 0) onData(received)
  }
  connection.send = data => {
    connection.send = send
    const isOpen = send(data)
    queueMicrotask(() => onData(proposal))
    return isOpen
  }
}

/** Takes the peer's answer to an early proposal off the first bytes that arrive. */
export class ExpectedAnswer {
  #left: Uint8Array | undefined
  readonly #protocol: string

  constructor(protocol: string, answer: Uint8Array | undefined) {
    this.#left = answer
    this.#protocol = protocol
  }

  get isTaken(): boolean {
    return this.#left === undefined
  }

  /**
   * Removes the bytes that belong to the answer. Throws UnsupportedProtocolError where they are not
   * those expected.
   */
  take(received: Uint8ArrayList): void {
    const left = this.#left
    if (left === undefined) return
    const bytes = Math.min(left.byteLength, received.byteLength)
    if (!received.subarray(0, bytes).every((byte, at) => byte === left[at])) {
      throw new UnsupportedProtocolError(`The peer does not speak ${this.#protocol}`)
    }
    received.consume(bytes)
    this.#left = bytes === left.byteLength ? undefined : left.subarray(bytes)
  }
}

/**
 * Returns the answer that the peer of an early stream still owes; for any other stream one that
 * expects nothing.
 */
export function expectedAnswer(stream: Stream): ExpectedAnswer {
  return new ExpectedAnswer(stream.protocol, expectedAnswers.get(stream))
}

function propose(stream: Stream, protocol: string): void {
  const handshake = handshakeFor(protocol)
  stream.protocol = protocol
  expectedAnswers.set(stream, handshake)
  stream.send(handshake)
}

/** The bytes that both sides of multistream-select send when the first proposal is agreed to. */
function handshakeFor(protocol: string): Uint8Array {
  return new Uint8ArrayList(line('/multistream/1.0.0'), line(protocol)).subarray()
}

/** A message of multistream-select: its length as a varint of one byte, then the text and a line feed. */
function line(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\n`)
  if (bytes.byteLength > 127) throw new RangeError(`the protocol name ${text} is too long`)
  return Uint8Array.of(bytes.byteLength, ...bytes)
}
