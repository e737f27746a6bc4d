import { AnabranchError, WireStatus } from '../errors.ts'
import type { FramedStream } from '../overlay/framed-stream.ts'
import type { Scheduler } from '../overlay/scheduler.ts'
import type { AnswerReply, DirectorRequest, QueryRequest } from '../protocol/director-messages.ts'
import type { Before } from './answer.ts'
import type { DirectorLimits } from './limits.ts'
import type { Member } from './member.ts'
import type { Registry } from './registry.ts'
import type { Watch } from './watch.ts'

/** A request came that has no place on this stream or at this point. */
export class UnexpectedRequestError extends AnabranchError {
  constructor(kind: string) {
    super('ERR_UNEXPECTED_REQUEST', `A request of kind ${kind} has no place on this stream`, {
      wireStatus: WireStatus.unexpectedMessage
    })
  }
}

/** What the director holds of a content record once its signature was checked. */
export interface VerifiedRecord {
  name: string
  sizeBytes: number
  rootHash: Uint8Array
  sourcePeerId: string
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
  /** Checks a signed content record; throws when it cannot be trusted. */
  verifyRecord(bytes: Uint8Array): Promise<VerifiedRecord>
  answer(query: QueryRequest, before: Before | undefined): AnswerReply
  /** The registry may have changed: neighbour lists and watches are looked at soon. */
  changed(): void
  left(member: Member, reason: 'ended' | 'connection lost'): void
  ended(watch: Watch): void
  /** Tells the peer what was wrong and closes the stream. */
  refuse(stream: FramedStream, error: unknown): void
}
