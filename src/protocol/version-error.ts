import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

/** Another node speaks another version of a protocol, or does not speak it at all. */
export class ProtocolVersionError extends AnabranchError {
  constructor(message: string, cause?: unknown) {
    super('ERR_PROTOCOL_VERSION', message, {
      exitCode: ExitCode.network,
      wireStatus: WireStatus.otherVersion,
      cause
    })
  }
}
