import { AnabranchError, WireStatus } from '../errors.ts'
import type {
  AnswerReply,
  DirectorRequest,
  Fault,
  PathIds,
  QueryRequest
} from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { Standpoint } from './addresses-for.ts'
import type { Answered } from './answer.ts'
import type { Holding } from './content-index.ts'
import type { DirectorLimits } from './limits.ts'
import type { ChangeOutcome, ReadonlyRegistry } from './registry.ts'
import type { RegistryChange } from './registry-change.ts'

/** A request came that has no place on this stream or at this point. */
export class UnexpectedRequestError extends AnabranchError {
  constructor(kind: string) {
    super('ERR_UNEXPECTED_REQUEST', `A request of kind ${kind} has no place on this stream`, {
      wireStatus: WireStatus.unexpectedMessage
    })
  }
}

/** A stream whose first request has told what it is for. */
export interface Conversation {
  onRequest(request: DirectorRequest): void
  onEnd(): void
  onClose(): void
  onDrain(): void
}

/** A relay of which a client has complained from a host that held nothing against it yet. */
export interface Complained {
  peerId: string
  /** Number of hosts that complain of it now. */
  hosts: number
  fault: Fault
}

/** The parts of a director that its conversations use. */
export interface DirectorContext {
  /** The director's own name as the owner of the nodes that registered with it. */
  readonly owner: string
  readonly registry: ReadonlyRegistry
  readonly limits: DirectorLimits
  /** Milliseconds of a lease that is given now; see leaseMsFor. */
  leaseMs(): number
  readonly scheduler: Scheduler
  /** The time in milliseconds since 1970, UTC. */
  readonly utcMs: () => number
  /**
   * Applies a change; the only way to change the registry. A change is applied before this returns,
   * wherever else it may be sent: what a node says is published by its owner alone, so the owner
   * need not ask others what became of it.
   */
  publish(change: RegistryChange): ChangeOutcome
  answer(query: QueryRequest, asker: Standpoint, before: readonly PathIds[]): Answered
  /** Works an answer out when it has its turn, which may be at once. */
  inTurn(answer: () => void): void
  /**
   * Returns a new pass for the answer's routes; undefined where the director signs none or there are
   * no routes.
   */
  passFor(client: string, answer: AnswerReply): AnswerReply['pass']
  /**
   * Checks the entry's record and publishes the result; tells the entry's source where the record
   * is not genuine.
   */
  verify(unverified: Holding): Promise<void>
  /** Hears the status of a query's first answer, and how many milliseconds it took. */
  answered(status: number, tookMs: number): void
  /** Hears of a relay once for each host that holds something against it. */
  complained(relay: Complained): void
  /** Tells the peer what was wrong and closes the stream. */
  refuse(stream: FramedStream, error: unknown): void
}
