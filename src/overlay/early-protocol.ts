import { type Stream, type StreamMuxer, UnsupportedProtocolError } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

/** Streams of these protocols are used at once; the peer's consent is checked when it comes. */
const EARLY_PREFIX = '/anabranch/'

/** What the peer of an early stream has to answer before its first byte of data. */
const expectedAnswers = new WeakMap<Stream, Uint8Array>()

/**
 * Lets a muxer's outbound streams for our own protocols be there without a round trip: protocol and first data travel
 * together, as multistream-select allows one who proposes a single protocol. Peers see nothing but the usual negotiation.
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

/** Takes the peer's answer to an early stream's protocol off its first bytes. */
export class EarlyAnswer {
  #left: Uint8Array | undefined
  readonly #protocol: string

  constructor(stream: Stream) {
    this.#left = expectedAnswers.get(stream)
    this.#protocol = stream.protocol
  }

  /** Removes what is part of the answer. Throws UnsupportedProtocolError where it is another than expected. */
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

function propose(stream: Stream, protocol: string): void {
  const handshake = new Uint8ArrayList(line('/multistream/1.0.0'), line(protocol)).subarray()
  stream.protocol = protocol
  expectedAnswers.set(stream, handshake)
  stream.send(handshake)
}

/** A message of multistream-select: its length as a varint of one byte, then the text and a line feed. */
function line(text: string): Uint8Array {
  const bytes = Buffer.from(`${text}\n`)
  if (bytes.byteLength > 127) throw new RangeError(`the protocol name ${text} is too long`)
  return Uint8Array.of(bytes.byteLength, ...bytes)
}
