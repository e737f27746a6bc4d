import { AnabranchError, WireStatus } from '../errors.ts'

/** A peer sent bytes that are no message of the protocol, or one whose values make no sense. */
export class MalformedMessageError extends AnabranchError {
  constructor(what: string, cause?: unknown) {
    super('ERR_MALFORMED', `A peer sent a malformed message: ${what}`, {
      wireStatus: WireStatus.malformed,
      cause
    })
  }
}

/** Throws MalformedMessageError unless the condition holds. */
export function check(condition: boolean, what: string): void {
  if (!condition) throw new MalformedMessageError(what)
}

/** A generated codec of a protobuf message. */
export interface MessageType<T> {
  decode(body: Uint8Array, options: { limits: object }): T
}

/** Decodes a protobuf message within limits on its repeated fields. Throws MalformedMessageError. */
export function decodeWithin<T>(type: MessageType<T>, body: Uint8Array, limits: object): T {
  try {
    return type.decode(body, { limits })
  } catch (error) {
    throw new MalformedMessageError(error instanceof Error ? error.message : String(error), error)
  }
}
