import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { encodeDirectorReply } from '../protocol/director-codec.ts'
import type { AnswerReply, ListRequest, QueryRequest } from '../protocol/director-messages.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { Asker } from '../transport/share.ts'
import type { Conversation, DirectorContext } from './conversation.ts'
import { Listing } from './listing.ts'
import { crowdAround, queryRefusal } from './query-refusal.ts'
import { Watch } from './watch.ts'

/** There is no room for another list. */
export class ListRefusedError extends AnabranchError {
  constructor(reason: string) {
    super('ERR_LIST_REFUSED', reason, {
      exitCode: ExitCode.refused,
      wireStatus: WireStatus.refusedSessions
    })
  }
}

/** The questions of clients that are open at a director: all count against one limit. */
export class Questions {
  readonly #context: DirectorContext
  readonly #askers = new Map<Conversation, Asker>()

  constructor(context: DirectorContext) {
    this.#context = context
  }

  /** The watches that are open now. */
  get watches(): Watch[] {
    return [...this.#askers.keys()].filter(asked => asked instanceof Watch).filter(watch => watch.isWatching)
  }

  /** Answers a query, or returns the answer that refuses it. */
  query(stream: FramedStream, asker: Asker, query: QueryRequest): Watch | AnswerReply {
    const { maxWatches } = this.#context.limits
    const refusal = queryRefusal(query, asker, [...this.#askers.values()], maxWatches)
    if (refusal !== undefined) {
      stream.send(encodeDirectorReply(refusal))
      return refusal
    }
    const watch = new Watch(this.#context, stream, asker, query, ended => this.#askers.delete(ended))
    if (!stream.closed) this.#askers.set(watch, asker)
    return watch
  }

  /** Tells the contents that are asked for. Throws ListRefusedError. */
  list(stream: FramedStream, asker: Asker, request: ListRequest, isSettling: boolean): Listing {
    const reason = crowdAround(asker, [...this.#askers.values()], this.#context.limits.maxWatches)
    if (reason !== undefined) throw new ListRefusedError(reason)
    const onEnded = () => this.#askers.delete(listing)
    const listing = new Listing(this.#context, stream, request, { isSettling, onEnded })
    this.#askers.set(listing, asker)
    listing.tell()
    return listing
  }
}
