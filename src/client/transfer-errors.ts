import { AnabranchError, ExitCode } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'

/** A route delivered bytes that the content's root hash does not vouch for. */
export class CorruptSegmentError extends AnabranchError {
  /** Which bytes: the segment, or the hashes of the group. */
  readonly what: string

  constructor(route: number, what: string) {
    super('ERR_CORRUPT', `Route ${routeName(route)} delivered a wrong ${what}; the route is dropped`, {
      exitCode: ExitCode.integrity
    })
    this.what = what
  }
}

/** A route delivered a message that was never asked for. */
export class UnexpectedMessageError extends AnabranchError {
  constructor(route: number, what: string) {
    super('ERR_UNEXPECTED_MESSAGE', `Route ${routeName(route)} sent ${what}`, { exitCode: ExitCode.network })
  }
}
