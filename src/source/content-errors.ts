import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

/** The source does not offer this content (any more). */
export class UnknownContentError extends AnabranchError {
  /** `isByRoot`: the peer asked for the content that has this name and a certain root hash. */
  constructor(name: string, isByRoot = false) {
    super(
      'ERR_UNKNOWN_CONTENT',
      isByRoot
        ? `this source has no ${JSON.stringify(name)} with the root hash asked for, or has it no longer`
        : `this source does not offer ${JSON.stringify(name)}`,
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

/** The source fetches the content itself, and has not all that is asked for yet. */
export class ContentPartialError extends AnabranchError {
  constructor(name: string) {
    super('ERR_CONTENT_PARTIAL', `this source has only a part of ${JSON.stringify(name)} so far`, {
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.notReady
    })
  }
}

/** The file was there and is gone. */
export class ContentGoneError extends AnabranchError {
  constructor(name: string) {
    super('ERR_CONTENT_GONE', `${JSON.stringify(name)} is no longer at the source`, {
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.unknownContent
    })
  }
}

/** The file's bytes are no longer those of the content: it was written to, or another file took its place. */
export class ContentChangedError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_CONTENT_CHANGED',
      `${JSON.stringify(name)} changed at the source; fetch it again, and replace the part that is here`,
      {
        exitCode: ExitCode.integrity,
        wireStatus: WireStatus.contentChanged
      }
    )
  }
}

/** A live content has begun anew under its name, as its source was started again: the stream asked for is gone. */
export class StreamReplacedError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_STREAM_REPLACED',
      `${JSON.stringify(name)} has begun anew at the source, and the stream of before is gone; fetch it again`,
      { exitCode: ExitCode.integrity, wireStatus: WireStatus.contentChanged }
    )
  }
}

/** The source keeps only the newest of a live content, and what was asked for is older. */
export class StreamPassedError extends AnabranchError {
  constructor(name: string) {
    super(
      'ERR_STREAM_PASSED',
      `what comes next of ${JSON.stringify(name)} is older than what the source keeps; fetch it again`,
      { exitCode: ExitCode.timeout, wireStatus: WireStatus.passed }
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

/** The code of a system's error, or its message where it has no code. */
export function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  return code ?? message
}
