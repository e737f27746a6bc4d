import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

/** The directory that a source offers cannot be listed. */
export class CatalogDirectoryError extends AnabranchError {
  constructor(directory: string, cause: unknown) {
    super(
      'ERR_CATALOG_DIRECTORY',
      `cannot read the directory ${directory} (${reasonOf(cause)}); check --dir`,
      {
        exitCode: ExitCode.configuration,
        wireStatus: WireStatus.readFailed,
        cause
      }
    )
  }
}

/** The place for the cached hashes cannot be written. */
export class HashCacheError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    super(
      'ERR_HASH_CACHE',
      `cannot keep hashes in ${path} (${reasonOf(cause)}); free space there or change --home`,
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

/** The source does not offer this content (any more). */
export class UnknownContentError extends AnabranchError {
  /** `isByRoot`: asked for was what has this name and a certain root hash. */
  constructor(name: string, isByRoot = false) {
    super(
      'ERR_UNKNOWN_CONTENT',
      `this source does not offer ${JSON.stringify(name)}${isByRoot ? ' with the root hash asked for' : ''}`,
      {
        exitCode: ExitCode.notFound,
        wireStatus: WireStatus.unknownContent
      }
    )
  }
}

/** The content will be offered once its hashes are (again) made. */
export class ContentNotReadyError extends AnabranchError {
  constructor(name: string) {
    super('ERR_CONTENT_NOT_READY', `${JSON.stringify(name)} is still being hashed; try again in a moment`, {
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.notReady
    })
  }
}

/** The file changed, was replaced or went while it was being read: what would follow is another content. */
export class ContentChangedError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_CONTENT_CHANGED',
      `${JSON.stringify(name)} changed at the source; fetch it again, with --force to replace the part that is here`,
      {
        exitCode: ExitCode.integrity,
        wireStatus: WireStatus.contentChanged
      }
    )
  }
}

/** The disk refused to give the content's bytes or hashes. */
export class ContentReadError extends AnabranchError {
  constructor(name: string, cause: unknown) {
    super(
      'ERR_CONTENT_READ',
      `the source cannot read ${JSON.stringify(name)} (${reasonOf(cause)}); check its disk`,
      {
        exitCode: ExitCode.disk,
        wireStatus: WireStatus.readFailed,
        cause
      }
    )
  }
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  return code ?? message
}
