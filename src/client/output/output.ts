/** The destination of a content's verified bytes, in order. */
export interface Output {
  /** Number of bytes that an earlier run has left, a whole number of segments: writing begins there. */
  readonly resumeBytes: number
  /** Whether the whole content was here already, in its place. */
  readonly isPresent?: boolean
  /** How long a small amount may wait for more, in milliseconds; see ByteSink. */
  readonly gatherMs?: number
  /**
   * Resolves when the bytes are with the operating system; one call at a time. The chunks do not change until then;
   * afterwards their memory is used again, so whoever keeps some of it takes a copy.
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
