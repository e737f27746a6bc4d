import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

/** Who has ended a route, and when it may be asked for again. */
interface Said {
  by?: string
  retryAfterMs?: number | undefined
}

/** A route could not be opened, or has ended. `wireStatus` is the reason that a relay or the source gave. */
export class RouteLostError extends AnabranchError {
  /** Peer id of the relay that gave the reason; empty where it claims to be the source's; undefined where nobody gave one. */
  readonly saidBy: string | undefined
  /** Milliseconds for which the path is not worth a try, where the one who gave the reason said so. */
  readonly retryAfterMs: number | undefined

  constructor(reason: string, wireStatus?: number, cause?: unknown, said: Said = {}) {
    super('ERR_ROUTE_LOST', reason, {
      exitCode: exitCodeOf(wireStatus),
      ...(wireStatus === undefined ? {} : { wireStatus }),
      cause
    })
    this.saidBy = said.by
    this.retryAfterMs = said.retryAfterMs
  }
}

/** No route is left, and none came back in time. */
export class NoRouteError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_NO_ROUTE', `No route to the source: ${reason}`, { exitCode: ExitCode.network, cause })
  }
}

/** A route was opened with a record that is not genuine, or not of the source or content that was asked for. */
export class WrongRecordError extends AnabranchError {
  constructor(what: string, cause?: unknown) {
    super('ERR_WRONG_RECORD', what, { exitCode: ExitCode.integrity, cause })
  }
}

function exitCodeOf(wireStatus: number | undefined): number {
  switch (wireStatus) {
    case WireStatus.unknownContent:
    case WireStatus.notReady:
      return ExitCode.notFound
    case WireStatus.contentChanged:
      return ExitCode.integrity
    default:
      return wireStatus !== undefined && wireStatus >= 300 && wireStatus < 400
        ? ExitCode.refused
        : ExitCode.network
  }
}
