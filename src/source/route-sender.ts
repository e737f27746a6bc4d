import { encodeRouteMessage, type RouteMessage } from '../protocol/route-codec.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { SegmentReader } from './content-store.ts'
import type { SourceSession } from './source-session.ts'

/** Segments sent in one go before other routes and the network get their turn. */
const BATCH_SEGMENTS = 16
/**
 * Relays pass on whole messages only, and while a hop's transport starts slowly a whole segment takes it several round
 * trips: a route's first segments travel in pieces of this size, so that each hop begins with what the one before has
 * brought so far. So do the last ones, for which nothing else fills the wait.
 */
const PIECE_BYTES = 8 * 1024
const FIRST_BYTES = 128 * 1024
const LAST_SEGMENTS = 16

/**
 * Sends one route's part of a session: whatever the session says is next, as long as the stream takes it. A route that is
 * blocked, or waits for the disk, holds up no other.
 */
export class RouteSender {
  readonly #session: SourceSession
  readonly #route: number
  readonly #reader: SegmentReader
  readonly #stream: FramedStream
  readonly #fail: (error: unknown) => void
  #busy = false
  #again = false
  sentBytes = 0

  constructor(
    session: SourceSession,
    route: number,
    reader: SegmentReader,
    stream: FramedStream,
    fail: (error: unknown) => void
  ) {
    this.#session = session
    this.#route = route
    this.#reader = reader
    this.#stream = stream
    this.#fail = fail
  }

  /** Something has changed: there is credit, a new order, or room in the stream. */
  wake(): void {
    if (this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    this.#run()
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#busy = false
        if (this.#again && !this.#stream.closed) {
          this.#again = false
          this.wake()
        }
      })
  }

  send(message: RouteMessage): void {
    this.#stream.send(...encodeRouteMessage(message))
  }

  async #run(): Promise<void> {
    let batch = 0
    while (this.#stream.writable) {
      const action = this.#session.next(this.#route)
      if (!action) return
      switch (action.kind) {
        case 'message':
          this.send(action.message)
          break
        case 'hashes':
          this.send({
            kind: 'hashes',
            group: action.group,
            ...copyOf(this.#reader.groupHashes(action.group))
          })
          break
        case 'segment': {
          const { seq, repair } = action
          const payload = this.#reader.tryGetSegment(seq) ?? (await this.#reader.readSegment(seq))
          this.#sendSegment(seq, repair, payload)
          if (++batch % BATCH_SEGMENTS === 0) await new Promise(resolve => setImmediate(resolve))
        }
      }
    }
  }

  #sendSegment(seq: number, repair: boolean, payload: Uint8Array): void {
    const isCut = this.sentBytes < FIRST_BYTES || seq >= this.#session.segmentCount - LAST_SEGMENTS
    const pieceBytes = isCut ? PIECE_BYTES : payload.byteLength
    const sentAtUs = Math.floor(performance.now() * 1000)
    for (let at = 0; at < payload.byteLength; at += pieceBytes) {
      const end = at + pieceBytes
      const more = end < payload.byteLength
      this.send({ kind: 'segment', seq, repair, more, payload: payload.subarray(at, end), sentAtUs })
    }
    this.sentBytes += payload.byteLength
  }
}

function copyOf(hashes: { leaves: Uint8Array; proof: Uint8Array }) {
  return { leaves: Uint8Array.from(hashes.leaves), proof: Uint8Array.from(hashes.proof) }
}
