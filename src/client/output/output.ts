/** Where a content's verified bytes go, in order. */
export interface Output {
  /** What an earlier run has left behind, in whole segments: the first byte to write is this one. */
  readonly resumeBytes: number
  /** See ByteSink. */
  readonly gatherMs?: number
  /**
   * Resolves when the bytes are with the operating system; one call at a time. The chunks do not change until then;
   * afterwards their memory is used again, so whoever keeps some of it takes a copy.
   * Throws DiskFullError, OutputError, OutputClosedError; then only abandon() makes sense.
   */
  write(chunks: Uint8Array[]): Promise<void>
  /** Everything was written: makes the output durable and visible. Gives the SHA-256 of the whole, in hex. */
  finish(): Promise<{ sha256: string }>
  /** Lets go; a partial file stays for the next run. Never throws; does nothing after finish(). */
  abandon(): Promise<void>
}
