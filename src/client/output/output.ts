import type { NumberRange, RangeSet } from '../../pattern/range-set.ts'

/** What an output has of a content, to be read again by those who serve it on. */
export interface KeptContent {
  /** The segments that are in the output and proven. */
  readonly ranges: RangeSet
  /** Calls back with segments that have come. */
  onKept: ((range: NumberRange) => void) | undefined
  /** Reads one of these segments, which may have been changed since. Throws the file system's errors. */
  readSegment(seq: number): Promise<Uint8Array>
  /** Reads the hashes of a group of segments and their proof; undefined where they are not here. Throws as well. */
  groupHashes(group: number): Promise<{ leaves: Uint8Array; proof: Uint8Array } | undefined>
  close(): Promise<void>
}

/** Where the bytes of one range of segments go. */
export interface PartSink {
  readonly gatherMs?: number
  write(chunks: Uint8Array[]): Promise<void>
}

/** What is known of an output when it is complete. */
export interface FinishedOutput {
  /** The SHA-256 of its bytes, in hex; absent where nobody has asked for it. */
  sha256?: string
}

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
  /**
   * The segments that are to be written by `part`, in any order; then `nextRange` and `write` are not used. Absent where
   * the order is fixed.
   */
  missing?(): NumberRange[]
  /** Takes the bytes of a range of missing segments, in order, by calls as those of `write`. */
  part?(range: NumberRange): PartSink
  /**
   * Opens for reading what is in the output, and what comes to it by `part`. It can be read until it is closed, also when
   * the output has finished. Absent where nothing can be read again. Throws the file system's errors.
   */
  openKept?(): Promise<KeptContent>
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
   * Makes the output durable and visible; to be called when everything was written.
   */
  finish(): Promise<FinishedOutput>
  /**
   * Closes the output unfinished; a partial file stays for the next run. Never throws; does nothing
   * after finish().
   */
  abandon(): Promise<void>
}
