import type { Output } from './output.ts'
import { type FileOutputOptions, openPartialFile } from './output-file.ts'
import { openStreamOutput, StreamOutput, standardOutput } from './output-stream.ts'
import { outputTarget } from './output-target.ts'

export type { FileOutputOptions } from './output-file.ts'

/**
 * Opens a file as output. The content is written beside the target as NAME.part and put into place
 * when it is complete. A partial file of the same content is continued, and no other process can
 * write it meanwhile. A target that is no file, such as a device or a named pipe, is written to
 * directly, with or without `force`.
 * Throws FileExistsError, OutputIsDirectoryError, OutputBusyError, PartialFileForeignError,
 * PartialFileOtherContentError, OutputNeighborForeignError, NoRoomError, DiskFullError, OutputError,
 * and the signal's reason.
 */
export async function openFileOutput(options: FileOutputOptions): Promise<Output> {
  const { path, signal } = options
  const target = outputTarget(path)
  if (target.kind === 'file' || target.kind === 'directory') return await openPartialFile(options)
  return await openStreamOutput(path, target, signal)
}

/** Opens standard output. A slow reader slows the fetch down. */
export function openStdoutOutput(stream = standardOutput()): Output {
  return new StreamOutput(stream, 'standard output', false)
}
