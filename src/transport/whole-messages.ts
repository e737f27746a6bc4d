import { Uint8ArrayList } from 'uint8arraylist'
import { concatBytes } from '../protocol/bytes.ts'
import { systemScheduler } from '../scheduler.ts'
import { type PausableConnection, ReadThrottle } from './read-throttle.ts'

/** Bytes of the length in front of a noise message, big endian. */
const LENGTH_BYTES = 2

/**
 * Undocumented members of libp2p 3.3.11's connections that this file patches: the bytes that were
 * read and not told yet, and the function that is called with more.
 */
interface ReadingConnection extends PausableConnection {
  readBuffer: Uint8ArrayList
  onData(data: Uint8Array | Uint8ArrayList): void
}

/**
 * Undocumented member of noise 17.0.0's connections that this file patches: it cuts the bytes read
 * into messages.
 */
interface NoiseConnection {
  decoder: { buffer: Uint8ArrayList; decode(data: Uint8ArrayList): Iterable<Uint8ArrayList> }
}

/**
 * Makes a connection that noise has encrypted hear of whole messages only, each in one piece. From
 * a WAN a large message arrives in many small reads: each of them would go through libp2p's events,
 * be decrypted on its own, and be copied twice to be put together again. Called once the handshake
 * is done.
 */
export function readWholeMessages(connection: object, encrypted: object): void {
  if (!isReadingConnection(connection) || !isNoiseConnection(encrypted)) return
  const { readBuffer } = connection
  const { buffer } = encrypted.decoder
  const throttle = new ReadThrottle(connection, systemScheduler)
  encrypted.decoder.decode = data => {
    const messages = messagesIn(data)
    for (const message of messages) throttle.took(message.byteLength)
    return messages
  }
  const onData = connection.onData.bind(connection)
  const gatherer = new MessageGatherer()
  connection.onData = data => {
    for (const piece of data instanceof Uint8Array ? [data] : data) {
      const messages = gatherer.add(piece)
      if (messages) onData(messages)
    }
  }
  // The bytes that came right behind the handshake may end within a message.
  const early = new Uint8ArrayList(buffer, readBuffer)
  buffer.consume(buffer.byteLength)
  readBuffer.consume(readBuffer.byteLength)
  connection.onData(early)
}

/** Puts pieces together until there are whole messages. */
export class MessageGatherer {
  #pieces: Uint8Array[] = []
  #bytes = 0
  /**
   * Bytes needed to complete the first message: prefix and body, or the prefix alone until the
   * length is known.
   */
  #wantedBytes = LENGTH_BYTES

  /**
   * Returns all messages that `piece` completes, each in one piece, with their lengths; undefined
   * while there is none.
   */
  add(piece: Uint8Array): Uint8ArrayList | undefined {
    this.#pieces.push(piece)
    this.#bytes += piece.byteLength
    if (this.#bytes < this.#wantedBytes) return undefined
    const messages = new Uint8ArrayList()
    const rest = this.#pieces.length === 1 ? piece : this.#takeFirst(messages, piece)
    let end = 0
    this.#wantedBytes = messageBytes(rest, end)
    while (end + this.#wantedBytes <= rest.byteLength) {
      end += this.#wantedBytes
      this.#wantedBytes = messageBytes(rest, end)
    }
    if (end > 0) messages.append(rest.subarray(0, end))
    this.#pieces = end < rest.byteLength ? [rest.subarray(end)] : []
    this.#bytes = rest.byteLength - end
    return messages.byteLength > 0 ? messages : undefined
  }

  /** Moves the first message, which ends in the last piece, to `messages`. Returns the rest of that piece. */
  #takeFirst(messages: Uint8ArrayList, last: Uint8Array): Uint8Array {
    if (this.#wantedBytes === LENGTH_BYTES) return concatBytes(this.#pieces)
    const begun = this.#bytes - last.byteLength
    const missing = this.#wantedBytes - begun
    this.#pieces[this.#pieces.length - 1] = last.subarray(0, missing)
    messages.append(concatBytes(this.#pieces, this.#wantedBytes))
    return last.subarray(missing)
  }
}

function messageBytes(data: Uint8Array, at: number): number {
  if (data.byteLength - at < LENGTH_BYTES) return LENGTH_BYTES
  return LENGTH_BYTES + ((data[at]! << 8) | data[at + 1]!)
}

/** Cuts the gathered bytes into messages without their lengths; an empty message counts as none. */
function messagesIn(data: Uint8ArrayList): Uint8ArrayList[] {
  const messages: Uint8ArrayList[] = []
  for (let at = 0; at < data.byteLength; ) {
    const end = at + LENGTH_BYTES + data.getUint16(at)
    if (end > at + LENGTH_BYTES) messages.push(data.sublist(at + LENGTH_BYTES, end))
    at = end
  }
  return messages
}

function isReadingConnection(connection: object): connection is ReadingConnection {
  return ['readBuffer', 'onData'].every(name => name in connection)
}

function isNoiseConnection(connection: object): connection is NoiseConnection {
  return 'decoder' in connection
}
