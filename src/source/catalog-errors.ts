import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import { reasonOf } from './content-errors.ts'

/** The directory that a source offers cannot be listed. */
export class CatalogDirectoryError extends AnabranchError {
  constructor(directory: string, cause: unknown) {
    super('ERR_CATALOG_DIRECTORY', `cannot read the directory ${directory} (${reasonOf(cause)})`, {
      exitCode: ExitCode.configuration,
      wireStatus: WireStatus.readFailed,
      cause
    })
  }
}

/** The directory for the cached hashes cannot be written. */
export class HashCacheError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    super(
      'ERR_HASH_CACHE',
      `cannot keep hashes in ${path}: ${diskCause(cause)}; ${diskRemedy(cause)}, or give another home`,
      {
        exitCode: ExitCode.disk,
        wireStatus: WireStatus.readFailed,
        cause
      }
    )
  }
}

/** A symbolic link leads out of the directory that is offered. */
export class SymlinkOutsideError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_SYMLINK_OUTSIDE',
      `${JSON.stringify(name)} is not offered: the link leads out of the directory`
    )
  }
}

/** A file or directory below the offered one cannot be read. */
export class FileUnreadableError extends AnabranchError {
  constructor(name: string, cause: unknown) {
    super(
      'ERR_FILE_UNREADABLE',
      `${JSON.stringify(name)} is not offered: it cannot be read (${reasonOf(cause)})`,
      {
        wireStatus: WireStatus.readFailed,
        cause
      }
    )
  }
}

/** Something in the directory is neither a file nor a directory: a socket, a pipe, a device. */
export class NotAFileError extends AnabranchError {
  constructor(name: string) {
    super('ERR_NOT_A_FILE', `${JSON.stringify(name)} is not offered: it is no regular file`)
  }
}

/** Two files have one name once the names are in Unicode normal form. */
export class NameTakenError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_NAME_TAKEN',
      `a second file named ${JSON.stringify(name)} is not offered; rename one of the two`
    )
  }
}

/** A file changes so often that it is never at rest for long enough to be hashed. */
export class FileRestlessError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_FILE_RESTLESS',
      `${JSON.stringify(name)} is not offered yet: it is still being changed, and is offered once it is left alone`
    )
  }
}

/** The system gives no more watches, so that changes are seen by looking only. */
export class WatchLimitError extends AnabranchError {
  constructor(cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException
    super(
      'ERR_WATCH_LIMIT',
      `the system tells of no more changes (${code}), which are now seen late; raise ${code === 'ENOSPC' ? WATCHES : INSTANCES}`,
      { cause }
    )
  }
}

// The numbers serve large directories, and are far above the usual defaults. EMFILE does not say which of two limits it is.
const WATCHES = 'the limit of watches, as by sysctl fs.inotify.max_user_watches=1048576'
const INSTANCES =
  'the limit of processes that watch, as by sysctl fs.inotify.max_user_instances=1024, or the limit of open files, as by ulimit -n 4096'
