import { AnabranchError, ExitCode } from '../errors.ts'
import { formatBytes } from '../units/units.ts'

/** The target is there already, and nobody said that it may be replaced. */
export class FileExistsError extends AnabranchError {
  constructor(path: string) {
    super('ERR_FILE_EXISTS', `${path} exists; choose another -o or replace it with --force`, {
      exitCode: ExitCode.usage
    })
  }
}

/** Something that this program did not make has the name that the partial file would get. */
export class PartialFileForeignError extends AnabranchError {
  constructor(partialPath: string) {
    super(
      'ERR_PARTIAL_FOREIGN',
      `${partialPath} is not a partial file of this program; move it away, or replace it with --force`,
      { exitCode: ExitCode.usage }
    )
  }
}

/** No space is left for the output. What was written stays, if it is a file. */
export class DiskFullError extends AnabranchError {
  constructor(path: string, kept: { partialPath: string; bytes: number } | undefined, cause: unknown) {
    const advice = kept
      ? `${formatBytes(kept.bytes)} are kept in ${kept.partialPath}; free some space and run the same command again to resume`
      : 'free some space and try again'
    super('ERR_DISK_FULL', `no space left to write ${path}; ${advice}`, { exitCode: ExitCode.disk, cause })
  }
}

/** The output cannot be opened or written, for another reason than its space. */
export class OutputError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException
    super(
      'ERR_OUTPUT',
      `cannot write ${path} (${code ?? message}); check the path and its rights, or choose another -o`,
      {
        exitCode: ExitCode.disk,
        cause
      }
    )
  }
}

/** Whoever read our output has closed it. */
export class OutputClosedError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    super('ERR_OUTPUT_CLOSED', `the reader of ${path} closed it before the end`, { cause })
  }
}

/** A partial file of an earlier run turned out not to hold what that run had verified. */
export class PartialFileDamagedError extends AnabranchError {
  constructor(partialPath: string) {
    super(
      'ERR_PARTIAL_DAMAGED',
      `${partialPath} was damaged since the earlier run and has been removed; run the same command again`,
      { exitCode: ExitCode.integrity }
    )
  }
}

/** Another process finished, replaced or removed the partial file meanwhile. */
export class PartialFileTakenError extends AnabranchError {
  constructor(partialPath: string) {
    super(
      'ERR_PARTIAL_TAKEN',
      `${partialPath} was taken by another process; let only one run at a time write this file`,
      { exitCode: ExitCode.disk }
    )
  }
}
