import { AnabranchError, ExitCode } from '../../errors.ts'
import { diskCause, diskRemedy } from '../../files/disk-faults.ts'
import { formatBytes } from '../../units/units.ts'

/** The target is there already, and nobody said that it may be replaced. */
export class FileExistsError extends AnabranchError {
  constructor(path: string) {
    super('ERR_FILE_EXISTS', `${path} exists; choose another output, or have it replaced`, {
      exitCode: ExitCode.usage
    })
  }
}

/** A directory has the name of the output. */
export class OutputIsDirectoryError extends AnabranchError {
  constructor(path: string) {
    super('ERR_OUTPUT_DIRECTORY', `${path} is a directory; give the name of a file`, {
      exitCode: ExitCode.usage
    })
  }
}

/** Another process is at work on the same output, or another fetch of this one. */
export class OutputBusyError extends AnabranchError {
  constructor(path: string, pid: number | undefined) {
    const holder = pid === undefined ? '' : ` (process ${pid})`
    super(
      'ERR_OUTPUT_BUSY',
      `another run${holder} is writing this file: ${path}; wait until it has ended, or choose another output`,
      { exitCode: ExitCode.usage }
    )
  }
}

/** Something that this program did not make has the name that the partial file would get. */
export class PartialFileForeignError extends AnabranchError {
  constructor(partialPath: string) {
    super(
      'ERR_PARTIAL_FOREIGN',
      `${partialPath} is not a partial file of this program; move it away, or have it replaced`,
      { exitCode: ExitCode.usage }
    )
  }
}

/** Something that this program did not make has the name of a file that stands beside the partial file. */
export class OutputNeighborForeignError extends AnabranchError {
  constructor(path: string) {
    super(
      'ERR_PARTIAL_FOREIGN',
      `${path} is not of this program, which needs that name; move it away, or choose another output`,
      { exitCode: ExitCode.usage }
    )
  }
}

/** An earlier run has left a part of another content, or of other bytes of it, under the name of the partial file. */
export class PartialFileOtherContentError extends AnabranchError {
  constructor(partialPath: string, content: { name: string; bytes: number }) {
    super(
      'ERR_PARTIAL_OTHER',
      `${partialPath} holds ${formatBytes(content.bytes)} of another content or range, which an earlier run fetched as ` +
        `${JSON.stringify(content.name)}; choose another output, or remove it, or have it replaced`,
      { exitCode: ExitCode.usage }
    )
  }
}

/** No space is left for the output. The bytes written so far stay, if the output is a file. */
export class DiskFullError extends AnabranchError {
  constructor(path: string, kept: { partialPath: string; bytes: number } | undefined, cause: unknown) {
    const again = kept
      ? `and run the same command again: ${formatBytes(kept.bytes)} are kept in ${kept.partialPath}`
      : 'and try again'
    super('ERR_DISK_FULL', `cannot write ${path}: ${diskCause(cause)}; ${diskRemedy(cause)} ${again}`, {
      exitCode: ExitCode.disk,
      cause
    })
  }
}

/** The disk has less room than the output still needs; nothing was fetched. */
export class NoRoomError extends AnabranchError {
  constructor(path: string, { neededBytes, freeBytes }: { neededBytes: number; freeBytes: number }) {
    super(
      'ERR_NO_ROOM',
      `${path} needs another ${formatBytes(neededBytes)} and its disk has ${formatBytes(freeBytes)} left; ` +
        'free some space, or choose another output',
      { exitCode: ExitCode.disk }
    )
  }
}

/** The file system of the output takes no file as large as the content; nothing was fetched. */
export class FileTooLargeError extends AnabranchError {
  constructor(path: string, sizeBytes: number, maxBytes: number) {
    super(
      'ERR_FILE_TOO_LARGE',
      `${path} is to have ${formatBytes(sizeBytes)} and its file system takes files of ${formatBytes(maxBytes)} ` +
        'at most; choose another output',
      { exitCode: ExitCode.disk }
    )
  }
}

/** The output cannot be opened or written, for a reason other than a lack of space. */
export class OutputError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    const remedy = `${diskRemedy(cause)}, or choose another output`
    super('ERR_OUTPUT', `cannot write ${path}: ${diskCause(cause)}; ${remedy}`, {
      exitCode: ExitCode.disk,
      cause
    })
  }
}

/** The output was closed before the content was written whole: by its reader, or by whoever started this program. */
export class OutputClosedError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    super('ERR_OUTPUT_CLOSED', `${path} was closed before the content was written whole`, {
      exitCode: ExitCode.disk,
      cause
    })
  }
}

/** Somebody else removed, replaced or changed the file that was being written. */
export class PartialFileTakenError extends AnabranchError {
  constructor(path: string) {
    super(
      'ERR_PARTIAL_TAKEN',
      `${path} was removed, replaced or changed by another process, and the fetch is not complete; run it again`,
      { exitCode: ExitCode.disk }
    )
  }
}

/** All bytes are the content's, but they do not have the SHA-256 that is wanted. */
export class WrongSha256Error extends AnabranchError {
  /** `partialPath`: where the bytes are kept, if they were not put in place. */
  constructor(path: string, sha256: string, partialPath?: string) {
    const kept = partialPath === undefined ? '' : `; what came is kept in ${partialPath}`
    super('ERR_SHA256', `${path} has the SHA-256 ${sha256}, not the one that is wanted${kept}`, {
      exitCode: ExitCode.integrity
    })
  }
}
