import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

/** Whose word it is that a route has ended, and when it may be asked for again. */
interface Said {
  sourceWord?: 'proven' | 'claimed' | undefined
  retryAfterMs?: number | undefined
}

/** A route could not be opened, or has ended. `wireStatus` is the reason that a relay or the source gave. */
export class RouteLostError extends AnabranchError {
  /**
   * Whether the reason is the source's word: proven, so that nobody can have made it up; or claimed, so that any relay of
   * the route may have. Undefined where a relay gave it in its own name, or nobody.
   */
  readonly sourceWord: 'proven' | 'claimed' | undefined
  /** Milliseconds for which the path is not worth a try, where the one who gave the reason said so. */
  readonly retryAfterMs: number | undefined

  constructor(reason: string, wireStatus?: number, cause?: unknown, said: Said = {}) {
    super('ERR_ROUTE_LOST', reason, {
      exitCode: exitCodeOf(wireStatus),
      ...(wireStatus === undefined ? {} : { wireStatus }),
      cause
    })
    this.sourceWord = said.sourceWord
    this.retryAfterMs = said.retryAfterMs
  }
}

/** No route is left, and none came back in time. */
export class NoRouteError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_NO_ROUTE', `No route to the source: ${reason}`, { exitCode: ExitCode.network, cause })
  }
}

/** Nobody nearby can be asked. */
export class NobodyHeardError extends AnabranchError {
  constructor() {
    super(
      'ERR_NOBODY_HEARD',
      'Nobody is heard on the networks of this host; directors and sources that announce themselves do so by UDP port 5353',
      { exitCode: ExitCode.network }
    )
  }
}

/** No route is left, as every one is refused by a limit or rule of its relays. */
export class RoutesRefusedError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_ROUTES_REFUSED', `Refused: ${reason}`, { exitCode: ExitCode.refused, cause })
  }
}

/** The source keeps only the newest of a live content, and the client has fallen further behind than that. */
export class BehindWindowError extends AnabranchError {
  constructor() {
    super(
      'ERR_BEHIND_WINDOW',
      'What comes next is older than what the source keeps; fetch it again to go on at the live edge, or leave out what is late',
      { exitCode: ExitCode.timeout }
    )
  }
}

/** A route was opened with a record that is not genuine, or not of the source or content that was asked for. */
export class WrongRecordError extends AnabranchError {
  constructor(what: string, cause?: unknown) {
    super('ERR_WRONG_RECORD', what, { exitCode: ExitCode.integrity, cause })
  }
}

/** Whoever answered at the end of a route has not proved to be the source. */
export class WrongSourceError extends AnabranchError {
  constructor(sourceId: string, cause: Error) {
    super('ERR_WRONG_SOURCE', `who answered over the route is not the source ${sourceId}: ${cause.message}`, {
      exitCode: ExitCode.integrity,
      cause
    })
  }
}

function exitCodeOf(wireStatus: number | undefined): number {
  switch (wireStatus) {
    case WireStatus.unknownContent:
    case WireStatus.notReady:
      return ExitCode.notFound
    case WireStatus.contentChanged:
      return ExitCode.integrity
    case WireStatus.passed:
      return ExitCode.timeout
    default:
      return wireStatus !== undefined && wireStatus >= 300 && wireStatus < 400
        ? ExitCode.refused
        : ExitCode.network
  }
}
