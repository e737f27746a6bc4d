import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { saying } from '../protocol/peer-word.ts'
import { formatBytes } from '../units/units.ts'
import type { Refusal } from './admission.ts'

/** A limit or the operator's policy stands against a route; `wireStatus` says which. */
export class RouteRefusedError extends AnabranchError {
  /** Milliseconds after which the route may be asked for again, where that is known. */
  readonly retryAfterMs: number | undefined

  constructor({ status, message, retryAfterMs }: Refusal) {
    super('ERR_ROUTE_REFUSED', message, { wireStatus: status, exitCode: ExitCode.refused })
    this.retryAfterMs = retryAfterMs
  }
}

/** Too much waits in the relay, and of all routes this one's data has waited for longest. */
export class RelayMemoryError extends AnabranchError {
  constructor() {
    super('ERR_RELAY_MEMORY', "The relay's memory is full, and this route's data has waited for longest", {
      wireStatus: WireStatus.outOfMemory,
      exitCode: ExitCode.refused
    })
  }
}

/** A route has forwarded all bytes that its pass allows. */
export class PassUsedUpError extends AnabranchError {
  constructor() {
    super('ERR_PASS_USED_UP', 'The bytes that the pass allows are used up', {
      wireStatus: WireStatus.refusedPass,
      exitCode: ExitCode.refused
    })
  }
}

/** The path that a client gave cannot be followed from here. */
export class InvalidPathError extends AnabranchError {
  constructor(what: string, cause?: unknown) {
    super('ERR_INVALID_PATH', `The route's path cannot be used: ${what}`, {
      wireStatus: WireStatus.invalidRequest,
      exitCode: ExitCode.usage,
      cause
    })
  }
}

/** A message that does not belong here: in the wrong direction, or at the wrong time. */
export class UnexpectedMessageError extends AnabranchError {
  constructor(kind: string, where: string) {
    super('ERR_UNEXPECTED_MESSAGE', `A peer sent '${kind}' ${where}, where it does not belong`, {
      wireStatus: WireStatus.unexpectedMessage
    })
  }
}

/** The next hop of a route did not answer, or not with a route, or may not be dialled. */
export class NextHopUnreachableError extends AnabranchError {
  /**
   * The whole message for the client: the reason would tell it what a relay finds at addresses of
   * the client's choice.
   */
  readonly told: string

  constructor(hop: string, reason: string, cause?: unknown) {
    super('ERR_NEXT_HOP_UNREACHABLE', `The next hop ${hop} cannot be reached: ${reason}`, {
      wireStatus: WireStatus.nextHopUnreachable,
      exitCode: ExitCode.network,
      cause
    })
    this.told = `The next hop ${hop} cannot be reached`
  }
}

/** The next hop of a route that was open went away or broke the protocol. */
export class NextHopLostError extends AnabranchError {
  constructor(hop: string, reason: string, cause?: unknown) {
    super('ERR_NEXT_HOP_LOST', `The next hop ${hop} was lost: ${reason}`, {
      wireStatus: WireStatus.nextHopLost,
      exitCode: ExitCode.network,
      cause
    })
  }
}

/** A node further on ended the route and said why; its `status` is passed on as it came. */
export class EndedFurtherOnError extends AnabranchError {
  constructor(wireStatus: number, message: string) {
    super('ERR_ENDED_FURTHER_ON', saying('a node further on', message), {
      wireStatus,
      exitCode: ExitCode.network
    })
  }
}

/** Nothing has moved on a route for too long. */
export class RouteIdleError extends AnabranchError {
  constructor(limitMs: number) {
    super('ERR_ROUTE_IDLE', `Nothing has moved on the route for ${limitMs / 1000} s`, {
      wireStatus: WireStatus.timeout,
      exitCode: ExitCode.timeout
    })
  }
}

/** The relay requires receipts, and the client lags behind with them. */
export class ReceiptsDueError extends AnabranchError {
  constructor(signedBytes: number, sentBytes: number) {
    super(
      'ERR_RECEIPTS_DUE',
      `The relay requires receipts, and the client has signed for ${formatBytes(signedBytes)} of ` +
        `${formatBytes(sentBytes)}`,
      { wireStatus: WireStatus.receiptsDue, exitCode: ExitCode.refused }
    )
  }
}

/** The client takes too little of what is sent to it. */
export class SlowClientError extends AnabranchError {
  constructor(limitMs: number) {
    super('ERR_SLOW_CLIENT', `The client has taken next to nothing for ${limitMs / 1000} s`, {
      wireStatus: WireStatus.timeout,
      exitCode: ExitCode.timeout
    })
  }
}

/** The relay shuts down; other routes have to take over. */
export class RelayStoppedError extends AnabranchError {
  constructor() {
    super('ERR_RELAY_STOPPED', 'The relay is being stopped; use another route', {
      wireStatus: WireStatus.draining,
      exitCode: ExitCode.network
    })
  }
}

/** Returns any fault as an AnabranchError; an unknown one counts as the relay's own. */
export function asAnabranchError(error: unknown): AnabranchError {
  if (error instanceof AnabranchError) return error
  return new AnabranchError('ERR_INTERNAL', 'The relay failed', {
    cause: error,
    wireStatus: WireStatus.internal
  })
}
