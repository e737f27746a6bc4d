import type { NumberRange } from '../../pattern/range-set.ts'

/** The destination of a content's verified bytes. */
export interface Output {
  /**
   * Number of bytes of the content that are here from earlier runs. Without `nextRange` they are
   * its first ones, a whole number of segments, and writing begins behind them.
   */
  readonly resumeBytes: number
  /** Number of further bytes that were here and are wrong: they are among those to be written. */
  readonly wrongBytes?: number
  /** Whether the whole content was here already, in its place. */
  readonly isPresent?: boolean
  /** How long a small amount may wait for more, in milliseconds; see ByteSink. */
  readonly gatherMs?: number
  /**
   * Resolves with the next segments that are to be written, `to` excluded, once those before are
   * written; with undefined when all are here. What an earlier run has left may prove to be wrong
   * only then: its segments come in a range that begins before the last one, and `resumeBytes` is
   * less by them.
   * Throws as `write` does, and the reason of the signal by which the output was opened.
   */
  nextRange?(): Promise<NumberRange | undefined>
  /** Takes the hashes of a group of segments and their proof, before any of these is written. */
  proved?(group: number, leaves: Uint8Array, proof: Uint8Array): void
  /**
   * Takes the bytes that come next in the range. Resolves when they are with the operating system;
   * one call at a time. The chunks do not change until then; afterwards their memory is used again,
   * so whoever keeps some of it takes a copy.
   * Throws DiskFullError, OutputError, OutputClosedError; then only abandon() makes sense.
   */
  write(chunks: Uint8Array[]): Promise<void>
  /**
   * Makes the output durable and visible; to be called when everything was written. Resolves with
   * the SHA-256 of the whole, in hex.
   */
  finish(): Promise<{ sha256: string }>
  /**
   * Closes the output unfinished; a partial file stays for the next run. Never throws; does nothing
   * after finish().
   */
  abandon(): Promise<void>
}
