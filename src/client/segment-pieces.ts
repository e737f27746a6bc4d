import { AnabranchError, ExitCode } from '../errors.ts'
import { concatBytes } from '../protocol/bytes.ts'
import type { Segment } from '../protocol/route-messages.ts'

/** A route delivered a piece that does not belong where it came. */
export class WrongPieceError extends AnabranchError {
  constructor(what: string) {
    super('ERR_WRONG_PIECE', `A route delivered ${what}`, { exitCode: ExitCode.network })
  }
}

/** Joins the pieces of one route's segments. Pure. */
export class SegmentPieces {
  readonly #segmentBytes: number
  #first: Segment | undefined
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes
  }

  /**
   * Adds a piece. Returns the whole segment that it completes, with the stamp of its first piece;
   * undefined while further pieces are missing. Throws WrongPieceError where a piece belongs to
   * another segment than the one being joined, or makes it too long.
   */
  add(piece: Segment): Segment | undefined {
    const first = this.#first
    if (!first && !piece.more) return piece
    if (first && first.seq !== piece.seq) {
      throw new WrongPieceError(`a piece of segment ${piece.seq} in the middle of segment ${first.seq}`)
    }
    this.#first ??= piece
    this.#pieces.push(piece.payload)
    this.#bytes += piece.payload.byteLength
    if (this.#bytes > this.#segmentBytes)
      throw new WrongPieceError(`segment ${piece.seq} in pieces that are too long`)
    if (piece.more) return undefined
    const segment = { ...this.#first, more: false, payload: concatBytes(this.#pieces, this.#bytes) }
    this.#first = undefined
    this.#pieces = []
    this.#bytes = 0
    return segment
  }
}
