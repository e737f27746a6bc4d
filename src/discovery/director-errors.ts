import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { directorSaying, directorWord } from '../protocol/peer-word.ts'
import { reasonOf, UnreachableError } from '../transport/failure-reasons.ts'

/** No director answered. */
export class DirectorUnreachableError extends AnabranchError {
  constructor(failures: readonly { address: string; error: unknown }[]) {
    const reasons = failures
      .map(({ address, error }) =>
        error instanceof UnreachableError ? error.message : `${address} (${directorReasonOf(error)})`
      )
      .join(', ')
    super(
      'ERR_DIRECTOR_UNREACHABLE',
      `No director answered: ${reasons}; check that one runs and that its address is right`,
      { exitCode: ExitCode.network, wireStatus: WireStatus.nextHopUnreachable, cause: failures.at(-1)?.error }
    )
  }
}

/** The director refused what was asked. */
export class DirectorRefusedError extends AnabranchError {
  constructor(status: number, reason: string) {
    const isLimit = status >= 300 && status < 400
    super('ERR_DIRECTOR_REFUSED', `The director refused: ${directorWord(reason)}`, {
      exitCode: isLimit ? ExitCode.refused : ExitCode.other,
      wireStatus: status
    })
  }
}

/** A director has not found this node at addresses that it tells. */
export class NodeUnreachedError extends AnabranchError {
  constructor(message: string) {
    super('ERR_NODE_UNREACHED', directorSaying(message), { wireStatus: WireStatus.nextHopUnreachable })
  }
}

/** Whether a director's access rules were the reason of a failure. */
export function isNotAdmitted(error: Error): boolean {
  return error instanceof DirectorRefusedError && error.wireStatus === WireStatus.notAdmitted
}

/** A token is to be sent to an address at which anybody could answer. */
export class TokenExposedError extends AnabranchError {
  constructor(address: string) {
    super(
      'ERR_TOKEN_EXPOSED',
      `The token would go to whoever answers at ${address}: give the director's address with its peer id, ` +
        `as the director prints it: ${address}/p2p/12D3KooW...`,
      { exitCode: ExitCode.usage }
    )
  }
}

/** The director ended the stream before it had answered. */
export class DirectorLostError extends AnabranchError {
  constructor(cause?: unknown) {
    super('ERR_DIRECTOR_LOST', `The connection to the director was lost (${directorReasonOf(cause)})`, {
      exitCode: ExitCode.network,
      cause
    })
  }
}

/** The director gave no answer in time. */
export class DirectorTimeoutError extends AnabranchError {
  constructor(timeoutMs: number) {
    super('ERR_DIRECTOR_TIMEOUT', `no answer within ${timeoutMs / 1000} s`, { exitCode: ExitCode.timeout })
  }
}

/** No source that the director knows has the content. */
export class ContentNotFoundError extends AnabranchError {
  /** A source that may hold it is still indexing its files. */
  readonly isIndexing: boolean
  readonly #reason: string

  /** `nearest`: the name of a content that may have been meant. */
  constructor(reason: string, isIndexing = false, nearest?: string) {
    const meant = nearest === undefined ? '' : `did you mean ${JSON.stringify(nearest)}? If not, `
    const advice = isIndexing
      ? 'a source is still indexing its files: try again later, or wait for it'
      : `${meant}check the name, or start its source`
    super('ERR_CONTENT_NOT_FOUND', `Content not found: ${directorSaying(reason)}; ${advice}`, {
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.unknownContent
    })
    this.isIndexing = isIndexing
    this.#reason = reason
  }

  /** The same error, which also asks whether the content of this name is meant. */
  asking(nearest: string): ContentNotFoundError {
    return new ContentNotFoundError(this.#reason, this.isIndexing, nearest)
  }
}

/** None of the contents that a director knows fits a pattern. */
export class NothingFitsError extends AnabranchError {
  /** A source is still indexing its files: something may come. */
  readonly isComing: boolean

  constructor(pattern: string, isComing: boolean) {
    const advice = isComing
      ? 'a source is still indexing its files: try again later'
      : 'see which there are with client list'
    super('ERR_NOTHING_FITS', `No content fits ${JSON.stringify(pattern)}; ${advice}`, {
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.unknownContent
    })
    this.isComing = isComing
  }
}

/**
 * The director named a source or content that is not the one of its signed record, or not the one
 * asked for.
 */
export class DirectorContradictionError extends AnabranchError {
  constructor(what: string) {
    super(
      'ERR_DIRECTOR_CONTRADICTION',
      `The director's answer contradicts itself: ${what}; use another one`,
      {
        exitCode: ExitCode.integrity,
        wireStatus: WireStatus.malformed
      }
    )
  }
}

function directorReasonOf(error: unknown): string {
  if (error instanceof DirectorLostError) return directorReasonOf(error.cause)
  if (error instanceof Error && error.name === 'UnsupportedProtocolError')
    return 'it speaks another version of the protocol, or is no director'
  return reasonOf(error)
}
