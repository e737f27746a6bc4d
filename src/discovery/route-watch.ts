import { WireStatus } from '../errors.ts'
import { equalBytes } from '../protocol/bytes.ts'
import type { AnswerReply, DirectorReply, Fault } from '../protocol/director-messages.ts'
import { pathIdsOf } from '../protocol/route-id.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { Backoff } from './backoff.ts'
import {
  type DirectorClientOptions,
  type OfferedRoute,
  type RouteAnswer,
  type RouteQuestion,
  readAnswer,
  toQuery
} from './director-client.ts'
import { DirectorLostError, DirectorRefusedError, isNotAdmitted } from './director-errors.ts'
import { type DirectorStream, openDirector } from './director-stream.ts'

/** The longest that `finish` waits for a director to take complaints, in milliseconds. */
const FINISH_MS = 1_000

export interface RouteUpdate {
  /** The director's answer as things stand; undefined while no registered source has the content. */
  answer: RouteAnswer | undefined
  /** Routes that the update before did not have, or whose nodes had other addresses. */
  gained: OfferedRoute[]
  /** Ids of routes that only the update before had. */
  lost: string[]
}

export interface RouteWatchOptions extends DirectorClientOptions {
  /** Called first with all routes, then with each change and each new pass. */
  onUpdate(update: RouteUpdate): void
  /** No director could be reached, or the one in use was lost or refused: the watch goes on trying. */
  onProblem?(error: Error): void
  /** An answer in use already, such as that of queryRoutes: only changes against it are told. */
  from?: RouteAnswer
  /** Returns a random number between 0 and 1, for back-off. Default: Math.random. */
  random?: () => number
}

/** Watches the routes to a content from now on, across losses and restarts of the director. Throws InvalidContentNameError. */
export function watchRoutes(
  node: OverlayNode,
  directors: readonly string[],
  question: RouteQuestion,
  options: RouteWatchOptions
): RouteWatch {
  return new RouteWatch(node, directors, question, options)
}

export class RouteWatch {
  readonly #node: OverlayNode
  readonly #directors: readonly string[]
  readonly #options: RouteWatchOptions
  readonly #scheduler: Scheduler
  readonly #backoff: Backoff
  readonly #stopped = new AbortController()
  #question: RouteQuestion
  #known: RouteAnswer | undefined
  #hasTold = false
  /**
   * True while the known answer comes from before this stream and the director may not know all its
   * nodes again yet.
   */
  #isReturning = false
  #stream: DirectorStream | undefined
  /** False when the director's access rules have refused the last query. */
  #isAdmitted = true
  #toldProblem: string | undefined
  #reading: Promise<void> = Promise.resolve()
  /** Complaints that wait for a stream, by the id of the route. */
  readonly #complaints = new Map<string, Fault>()
  /** Ids of routes of which the director was told, and which it need not keep for this client. */
  readonly #unwanted = new Set<string>()
  #connecting: Promise<void> = Promise.resolve()
  #cancelRetry: (() => void) | undefined

  constructor(
    node: OverlayNode,
    directors: readonly string[],
    question: RouteQuestion,
    options: RouteWatchOptions
  ) {
    this.#node = node
    this.#directors = directors
    this.#question = question
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#backoff = new Backoff(options.random ?? Math.random)
    this.#known = options.from
    this.#hasTold = options.from !== undefined
    toQuery(question, true)
    options.signal?.addEventListener('abort', () => this.stop(), { signal: this.#stopped.signal })
    if (options.signal?.aborted) this.stop()
    else this.#connecting = this.#connect()
  }

  /**
   * Asks another question from now on, such as one with neighbours measured meanwhile. Throws
   * InvalidContentNameError.
   */
  ask(question: RouteQuestion): void {
    toQuery(question, true)
    this.#question = question
    this.#stream?.send(this.#query())
  }

  /**
   * Tells the director what a relay of a route has done that it names, and asks it for another route
   * instead.
   */
  complain(routeId: string, fault: Fault): void {
    if (!this.#known?.routes.some(({ id }) => id === routeId)) return
    this.#complaints.set(routeId, fault)
    if (this.#stream) this.#sendComplaints(this.#stream)
  }

  stop(): void {
    this.#stopped.abort()
    this.#cancelRetry?.()
    void this.#stream?.close()
  }

  /** Stops once the director has the complaints that were made, or does not take them. */
  async finish(): Promise<void> {
    if (this.#complaints.size + this.#unwanted.size > 0) {
      const patience = Promise.withResolvers<void>()
      const cancel = this.#scheduler.after(FINISH_MS, patience.resolve)
      await Promise.race([this.#connecting.then(() => this.#stream?.close()), patience.promise])
      cancel()
    }
    this.stop()
  }

  async #connect(): Promise<void> {
    const options = { scheduler: this.#scheduler, signal: this.#stopped.signal }
    try {
      const asked = this.#question
      const { stream } = await openDirector(this.#node, this.#directors, this.#query(), options)
      this.#stream = stream
      this.#isAdmitted = true
      this.#backoff.succeeded(this.#scheduler.nowMs())
      this.#isReturning = this.#known !== undefined
      stream.attach({ onReply: reply => this.#onReply(reply), onClose: error => this.#onClose(error) })
      if (asked !== this.#question) stream.send(this.#query())
      this.#sendComplaints(stream)
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      this.#tellOnce(error as Error)
      this.#retry()
    }
  }

  #onClose(error?: Error): void {
    this.#stream = undefined
    // Answers that came before the end are told before it.
    this.#reading = this.#reading.then(() => {
      if (this.#stopped.signal.aborted) return
      this.#tellOnce(new DirectorLostError(error))
      this.#retry()
    })
  }

  /** Tells of a failure; one that repeats is told the first time only. */
  #tellOnce(error: Error): void {
    if (error.message !== this.#toldProblem) this.#options.onProblem?.(error)
    this.#toldProblem = error.message
  }

  #retry(): void {
    const delayMs = this.#isAdmitted
      ? this.#backoff.next(this.#scheduler.nowMs())
      : this.#backoff.nextWhenNotAdmitted()
    this.#cancelRetry = this.#scheduler.after(delayMs, () => {
      this.#connecting = this.#connect()
    })
  }

  #onReply(reply: DirectorReply): void {
    if (reply.kind === 'notice') {
      const refusal = new DirectorRefusedError(reply.status, reply.message)
      this.#isAdmitted = !isNotAdmitted(refusal)
      this.#options.onProblem?.(refusal)
      return
    }
    if (reply.kind !== 'answer') return
    // Checking a signature takes a moment; answers are told in the order in which they came.
    this.#reading = this.#reading.then(() => this.#read(reply))
  }

  async #read(reply: AnswerReply): Promise<void> {
    try {
      const isUnknown = reply.status === WireStatus.unknownContent
      const answer = isUnknown ? undefined : await readAnswer(reply, this.#question, this.#options)
      if (this.#stopped.signal.aborted) return
      this.#toldProblem = undefined
      this.#take(answer, reply.settling)
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#options.onProblem?.(error as Error)
    }
  }

  /**
   * Takes an answer. A director that has just started does not know all nodes again: routes that it
   * does not name are not lost for that.
   */
  #take(told: RouteAnswer | undefined, isSettling: boolean): void {
    const known = this.#known
    this.#isReturning &&= isSettling
    const answer = this.#isReturning && known ? withKnownRoutes(told, known) : told
    const before = new Map(known?.routes.map(route => [route.id, addressesOf(route)]))
    const after = new Set(answer?.routes.map(route => route.id))
    const gained = answer?.routes.filter(route => before.get(route.id) !== addressesOf(route)) ?? []
    const lost = [...before.keys()].filter(id => !after.has(id))
    this.#known = answer
    if (this.#hasTold && gained.length === 0 && lost.length === 0 && isAlike(answer, known)) return
    this.#hasTold = true
    this.#options.onUpdate({ answer, gained, lost })
  }

  /** The director takes a complaint of what it has named on this stream, so its first answer comes before. */
  #sendComplaints(stream: DirectorStream): void {
    const routes = this.#known?.routes.filter(({ id }) => this.#complaints.has(id)) ?? []
    for (const { id, relays } of routes) {
      const fault = this.#complaints.get(id)!
      stream.send({ kind: 'complaint', relays: relays.map(({ peerId }) => peerId), fault })
      this.#unwanted.add(id)
    }
    this.#complaints.clear()
    if (routes.length > 0) stream.send(this.#query())
  }

  #query() {
    const routes = this.#known?.routes.filter(({ id }) => !this.#unwanted.has(id)) ?? []
    const held = routes.map(({ relays, source }) => pathIdsOf({ relays, source: source.peerId }))
    return toQuery(this.#question, true, held)
  }
}

function withKnownRoutes(told: RouteAnswer | undefined, known: RouteAnswer): RouteAnswer {
  if (told === undefined || !equalBytes(told.record.rootHash, known.record.rootHash)) return known
  const taken = new Set(told.routes.flatMap(route => route.relays.map(relay => relay.peerId)))
  const ids = new Set(told.routes.map(route => route.id))
  const kept = known.routes.filter(
    ({ id, relays }) => !ids.has(id) && relays.every(relay => !taken.has(relay.peerId))
  )
  const routes = [...told.routes, ...kept]
  return kept.length === 0 ? told : { ...told, routes, shortfall: known.shortfall }
}

/** The addresses of a route's nodes, to be compared: a node that has moved is reached in another way. */
export function addressesOf({ relays, source }: OfferedRoute): string {
  return JSON.stringify([...relays, source].map(({ addresses }) => addresses))
}

/** True when answers with the same routes agree on content, shortfall and pass, too. */
function isAlike(a: RouteAnswer | undefined, b: RouteAnswer | undefined): boolean {
  if (!a || !b) return a === b
  const [passOfA, passOfB] = [a, b].map(({ routes }) => routes[0]?.pass ?? new Uint8Array())
  return (
    equalBytes(a.record.rootHash, b.record.rootHash) &&
    a.shortfall?.message === b.shortfall?.message &&
    equalBytes(passOfA!, passOfB!)
  )
}
