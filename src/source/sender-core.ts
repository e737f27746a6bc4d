import type { Segment } from '../protocol/route-messages.ts'
import type { SourceAction, SourceSession } from './source-session.ts'

/** Segments sent in one go before other routes and the network get their turn. */
const BATCH_SEGMENTS = 16
/**
 * Bytes of a piece. Relays pass on whole messages only, and while a hop's transport starts slowly a
 * whole segment takes it several round trips. So a route's first segments travel in pieces of this
 * size: each hop begins with the pieces that the hop before has brought so far. So do the last
 * segments, for which nothing else fills the wait.
 */
const PIECE_BYTES = 8 * 1024
const FIRST_BYTES = 128 * 1024
const LAST_SEGMENTS = 16

/** The next thing that a route should send, or the order to let others have their turn before it goes on. */
export type SenderAction = SourceAction | { kind: 'yield' }

/**
 * Decides how one route sends its part of a session: in which order, when other routes get their
 * turn, and which segments travel in pieces. Pure: the bytes and the time are passed in.
 */
export class SenderCore {
  readonly #session: SourceSession
  readonly #route: number
  #batch = 0
  /** Payload bytes sent so far. */
  sentBytes = 0

  constructor(session: SourceSession, route: number) {
    this.#session = session
    this.#route = route
  }

  /** The route begins to send after a rest. */
  begin(): void {
    this.#batch = 0
  }

  /**
   * Returns what the route sends now, as long as its stream takes it; undefined when it has nothing
   * to send.
   */
  next(): SenderAction | undefined {
    if (this.#batch === BATCH_SEGMENTS) {
      this.#batch = 0
      return { kind: 'yield' }
    }
    return this.#session.next(this.#route)
  }

  /** The messages in which a segment that `next` has named leaves at `nowMs`: whole, or in pieces that are views of it. */
  segment(seq: number, repair: boolean, payload: Uint8Array, nowMs: number): Segment[] {
    const isCut = this.sentBytes < FIRST_BYTES || this.#session.extent.endsBy(seq + LAST_SEGMENTS)
    const pieceBytes = isCut ? PIECE_BYTES : payload.byteLength
    const sentAtUs = Math.floor(nowMs * 1000)
    const pieces: Segment[] = []
    for (let at = 0; at < payload.byteLength; at += pieceBytes) {
      const end = at + pieceBytes
      const more = end < payload.byteLength
      pieces.push({ seq, repair, more, payload: payload.subarray(at, end), sentAtUs })
    }
    this.sentBytes += payload.byteLength
    this.#batch++
    return pieces
  }
}
