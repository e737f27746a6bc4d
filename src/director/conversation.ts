import { AnabranchError, WireStatus } from '../errors.ts'
import type { DirectorRequest, QueryRequest } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { Answered, Before } from './answer.ts'
import type { CatalogEntry } from './content-index.ts'
import type { DirectorLimits } from './limits.ts'
import type { Registry } from './registry.ts'

/** A request came that has no place on this stream or at this point. */
export class UnexpectedRequestError extends AnabranchError {
  constructor(kind: string) {
    super('ERR_UNEXPECTED_REQUEST', `A request of kind ${kind} has no place on this stream`, {
      wireStatus: WireStatus.unexpectedMessage
    })
  }
}

/** One stream once its first request told what it is for. */
export interface Conversation {
  onRequest(request: DirectorRequest): void
  onEnd(): void
  onClose(): void
  onDrain(): void
}

/** What the conversations need of the director. */
export interface DirectorContext {
  readonly registry: Registry
  readonly limits: DirectorLimits
  readonly scheduler: Scheduler
  answer(query: QueryRequest, before: Before | undefined): Answered
  /** Marks the entry as verified, or removes it and tells its source. */
  verify(sourceId: string, entry: CatalogEntry): Promise<void>
  /** The registry may have changed: neighbour lists and watches are looked at soon. */
  changed(): void
  /** Tells the peer what was wrong and closes the stream. */
  refuse(stream: FramedStream, error: unknown): void
}
