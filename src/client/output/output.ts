import { type FileOutputOptions, openPartialFile } from './output-file.ts'
import { openStreamOutput, StreamOutput, standardOutput } from './output-stream.ts'
import { outputTarget } from './output-target.ts'

export type { FileOutputOptions } from './output-file.ts'

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

/**
 * A file: written beside the target as NAME.part and put into place when it is complete. A partial file of the same
 * content is gone on with; nobody else can write it meanwhile. Whatever else is there, such as a device or a named pipe, is
 * written to directly, `force` or not.
 * Throws FileExistsError, OutputIsDirectoryError, OutputBusyError, PartialFileForeignError, PartialFileOtherContentError,
 * OutputNeighborForeignError, DiskFullError, OutputError, and the signal's reason.
 */
export async function openFileOutput(options: FileOutputOptions): Promise<Output> {
  const { path, signal } = options
  const target = outputTarget(path)
  if (target.kind === 'file' || target.kind === 'directory') return await openPartialFile(options)
  return await openStreamOutput(path, target, signal)
}

/** Standard output, as slow as its reader. */
export function openStdoutOutput(stream = standardOutput()): Output {
  return new StreamOutput(stream, 'standard output', false)
}
