import { encodeDirectorReply } from '../protocol/director-codec.ts'
import type {
  AnswerReply,
  ComplaintRequest,
  DirectorRequest,
  PathIds,
  QueryRequest
} from '../protocol/director-messages.ts'
import { pathIdsOf } from '../protocol/route-id.ts'
import { placeOf } from '../transport/dial-budget.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { Asker } from '../transport/share.ts'
import { type Standpoint, standpointOf } from './addresses-for.ts'
import { contentKeyOf, isSameAnswer, pathsOf, uncheckedFirst } from './answer.ts'
import type { Holding } from './content-index.ts'
import { type Conversation, type DirectorContext, UnexpectedRequestError } from './conversation.ts'
import type { RegistryEffects } from './registry-change.ts'
import { type WatchView, watchView } from './view.ts'

/** Paths told on one stream that a director remembers: those of a few answers with the most routes. */
const MAX_TOLD_PATHS = 64

/** The stream of a query: answered once, or again with each change while it is open. */
export class Watch implements Conversation {
  readonly #context: DirectorContext
  readonly #stream: FramedStream
  readonly #asker: Asker
  readonly #standpoint: Standpoint
  readonly #onEnded: (watch: Watch) => void
  #query: QueryRequest
  /** The paths that the asker had before. */
  #before: readonly PathIds[] = []
  #told: AnswerReply | undefined
  /** On what the answer rests, as `Answered` has it. */
  #restsOn: ReadonlySet<string> | undefined
  #askedAtMs = 0
  #hasNews = false
  /** The paths told on this stream by their relays, the last ones last; a client can complain of these. */
  readonly #toldPaths = new Set<string>()
  /** Whether the client's pass has to be replaced by a new one. */
  #isPassOld = false
  #cancelRenewal: (() => void) | undefined
  #isVerifying = false
  /** Whether an answer waits for its turn. */
  #isInTurn = false
  #isEnding = false

  constructor(
    context: DirectorContext,
    stream: FramedStream,
    asker: Asker,
    query: QueryRequest,
    onEnded: (watch: Watch) => void
  ) {
    this.#context = context
    this.#stream = stream
    this.#asker = asker
    this.#standpoint = standpointOf(asker.address)
    this.#onEnded = onEnded
    this.#query = query
    this.#ask(query)
  }

  /** A further query on the same stream replaces the one before. */
  onRequest(request: DirectorRequest): void {
    if (request.kind === 'query') this.#ask(request)
    else if (request.kind === 'complaint') this.#complain(request)
    else throw new UnexpectedRequestError(request.kind)
  }

  onEnd(): void {
    this.#isEnding = true
    this.#cancelRenewal?.()
    // An answer that is still to come goes on counting against the limit of questions.
    if (!this.#told) return
    this.#onEnded(this)
    void this.#stream.close()
  }

  onClose(): void {
    this.#cancelRenewal?.()
    this.#onEnded(this)
  }

  onDrain(): void {
    if (this.#hasNews) this.#lookInTurn()
  }

  /** Looks again when the changes may concern this query. */
  onChanges({ topology, places, contents }: RegistryEffects): void {
    const restsOn = this.#restsOn
    const isOfContent = contents.has(contentKeyOf(this.#query))
    if (isOfContent || (restsOn === undefined ? topology : haveCommon(restsOn, [places, contents])))
      this.look()
  }

  /**
   * Tells the answer if it differs from the last one, or to bring a new pass; a slow reader gets the
   * newest once it has read.
   */
  look(): void {
    this.#hasNews = !this.#stream.writable
    if (this.#hasNews || this.#isVerifying || this.#stream.closed) return
    const unchecked = uncheckedFirst(this.#context.registry, this.#query)
    if (unchecked) {
      this.#verify(unchecked)
      return
    }
    const answered = this.#context.answer(this.#query, this.#standpoint, this.#before)
    const { reply, unverified } = answered
    this.#restsOn = answered.restsOn
    if (unverified) this.#verify(unverified)
    else if (this.#told === undefined || this.#isPassOld || !isSameAnswer(reply, this.#told))
      this.#tell(reply)
  }

  /** True while the asker is told of changes. */
  get isWatching(): boolean {
    return this.#query.watch && !this.#isEnding
  }

  /** Ends the stream; the client asks again, and is let in or not by the rules that hold then. */
  drop(reason: string): void {
    this.#stream.abort(new Error(reason))
  }

  view(): WatchView {
    return watchView(this.#query, this.#told)
  }

  #ask(query: QueryRequest): void {
    this.#query = query
    this.#before = query.held
    this.#told = undefined
    this.#askedAtMs = this.#context.scheduler.nowMs()
    this.#lookInTurn()
  }

  /** Takes a complaint of a path that was told here. Over loopback each peer counts as a host of its own. */
  #complain({ relays, fault }: ComplaintRequest): void {
    if (!this.#toldPaths.has(pathKey(relays))) return
    const { registry, scheduler, publish, complained } = this.#context
    const { host, peerId: client } = this.#asker
    const hostsOf = (relay: string) => registry.standingOf(relay, scheduler.nowMs()).hosts
    const before = relays.map(hostsOf)
    publish({ kind: 'complained', host: host ?? client, relays })
    for (const [at, peerId] of relays.entries()) {
      const hosts = hostsOf(peerId)
      if (hosts > before[at]!) complained({ peerId, hosts, fault })
    }
  }

  /** A record is checked when it is first asked for: checking a large catalog whole would hold up all others. */
  #verify(unverified: Holding): void {
    this.#isVerifying = true
    void this.#context.verify(unverified).then(() => {
      this.#isVerifying = false
      if (!this.#stream.closed) this.#lookInTurn()
    })
  }

  #lookInTurn(): void {
    if (this.#isInTurn) return
    this.#isInTurn = true
    this.#context.inTurn(() => {
      this.#isInTurn = false
      this.look()
    })
  }

  #tell(answer: AnswerReply): void {
    if (this.#told === undefined) this.#tellTook(answer.status)
    this.#told = answer
    this.#before = pathsOf(answer)
    this.#remember(answer)
    const pass = this.#context.passFor(this.#asker.peerId, answer)
    const view = { observed: placeOf(this.#asker.address), timeMs: this.#context.utcMs() }
    this.#stream.send(encodeDirectorReply({ ...answer, ...(pass ? { pass } : {}), ...view }))
    this.#renewLater(pass !== undefined)
    if (this.#isEnding || !this.#query.watch) void this.#stream.close()
  }

  #tellTook(status: number): void {
    const { answered, scheduler } = this.#context
    answered(status, scheduler.nowMs() - this.#askedAtMs)
  }

  #remember({ routes }: AnswerReply): void {
    for (const route of routes) {
      const key = pathKey(pathIdsOf(route).relays)
      this.#toldPaths.delete(key)
      this.#toldPaths.add(key)
    }
    for (const key of [...this.#toldPaths].slice(0, -MAX_TOLD_PATHS)) this.#toldPaths.delete(key)
  }

  #renewLater(hasPass: boolean): void {
    this.#isPassOld = false
    this.#cancelRenewal?.()
    if (!hasPass || this.#isEnding || !this.#query.watch) return
    const { scheduler, limits } = this.#context
    this.#cancelRenewal = scheduler.after(limits.passLifetimeMs / 2, () => {
      this.#isPassOld = true
      this.look()
    })
  }
}

function haveCommon(some: ReadonlySet<string>, others: readonly ReadonlySet<string>[]): boolean {
  return others.some(other => {
    const [few, many] = some.size < other.size ? [some, other] : [other, some]
    for (const each of few) if (many.has(each)) return true
    return false
  })
}

function pathKey(relays: readonly string[]): string {
  return relays.join()
}
