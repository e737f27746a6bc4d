import { type ContentRecord, isLive } from '../../protocol/content-record.ts'
import type { ChecksumOptions } from './checksum.ts'
import { type GrowingOutputOptions, openGrowingFile } from './growing-file.ts'
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
  const target = outputTarget(options.path)
  if (target.kind === 'file' || target.kind === 'directory') return await openPartialFile(options)
  return await openStreamOutput(options, target)
}

/**
 * Opens a file as the output of a content whose end is not known yet. It is written beside the target as NAME.part and put
 * into place at the end; what an earlier run has left there is not gone on with. A target that is no file is written to
 * directly.
 * Throws FileExistsError, OutputIsDirectoryError, OutputError, and the signal's reason.
 */
export async function openGrowingOutput(options: GrowingOutputOptions): Promise<Output> {
  const target = outputTarget(options.path)
  if (target.kind === 'file' || target.kind === 'directory') return await openGrowingFile(options)
  return await openStreamOutput(options, target)
}

/**
 * Opens a file as the output of a content, or of the bytes of it that are to come. Throws as openFileOutput and
 * openGrowingOutput do.
 */
export async function openOutputOf(
  record: ContentRecord,
  options: Pick<FileOutputOptions, 'path' | 'force' | 'range' | 'checksum' | 'sha256' | 'signal'>
): Promise<Output> {
  if (isLive(record)) return await openGrowingOutput({ force: false, ...options })
  const { name, sizeBytes, segmentBytes, rootHash, modifiedAtMs } = record
  return await openFileOutput({
    ...options,
    ...{ name, sizeBytes, segmentBytes, rootHash },
    ...(modifiedAtMs === undefined ? {} : { modifiedAtMs })
  })
}

/** Opens standard output. A slow reader slows the fetch down. */
export function openStdoutOutput(options: ChecksumOptions = {}, stream = standardOutput()): Output {
  return new StreamOutput(stream, 'standard output', { ...options, endsStream: false })
}
