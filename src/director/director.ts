import type { Connection, PrivateKey, Stream } from '@libp2p/interface'
import { AnabranchError, WireStatus } from '../errors.ts'
import { failpoint } from '../failpoints.ts'
import { verifyContentRecord } from '../protocol/content-record.ts'
import { decodeDirectorRequest, encodeDirectorReply } from '../protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import {
  DIRECTOR_PROTOCOL,
  type ListRequest,
  type PathIds,
  type QueryRequest,
  type RegisterRequest
} from '../protocol/director-messages.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import { answers } from '../transport/liveness.ts'
import type { OverlayNode } from '../transport/node.ts'
import { type Asker, askerAt, hasRoomFor } from '../transport/share.ts'
import { type AccessRules, type Admitted, admit, type Guest, type Party } from './access.ts'
import type { Standpoint } from './addresses-for.ts'
import { type Answered, answerQuery } from './answer.ts'
import { AnswerTurns } from './answer-turns.ts'
import type { Holding } from './content-index.ts'
import { type Conversation, type DirectorContext, UnexpectedRequestError } from './conversation.ts'
import { type DialBack, dialBackFrom } from './dial-back.ts'
import type { Verdict } from './dial-back-plan.ts'
import type { DirectorEvent } from './director-event.ts'
import { isGenuine, type VerifyRecord } from './genuine.ts'
import { DIRECTOR_LIMITS, type DirectorLimits, leaseMsFor } from './limits.ts'
import { Looks } from './looks.ts'
import { IdentityTakenError, type LeftReason, Member, registrationOf } from './member.ts'
import { passGiver } from './pass-giver.ts'
import { Questions } from './questions.ts'
import { Reachability } from './reachability.ts'
import { type ChangeOutcome, Registry } from './registry.ts'
import type { Registration, RegistryChange, RegistryEffects } from './registry-change.ts'
import { speaksRoutes, versionMessage } from './route-version.ts'
import { type RoutesQuestion, type RoutesView, routesView } from './routes-view.ts'
import type { SharedState } from './shared-state.ts'
import { Sharing } from './sharing.ts'
import { Tally } from './tally.ts'
import { type DirectorCounts, type DirectorView, directorCounts, directorView } from './view.ts'

/** Milliseconds that a refused peer has to read the reason and close its end. */
const REFUSED_GRACE_MS = 2_000

export interface DirectorOptions {
  /** A node that is started and stopped elsewhere. */
  node: OverlayNode
  limits?: Partial<DirectorLimits>
  /** Who may register and ask. Default: everybody. */
  access?: AccessRules
  /** Checks a signed content record. Default: verifyContentRecord. */
  verifyRecord?: VerifyRecord
  /** The node's own key, Ed25519, which signs passes for clients. Default: answers carry no pass. */
  privateKey?: PrivateKey
  /**
   * Returns the bytes that each relay may forward to a client by its next pass, 0 to 2^53 - 1 or
   * undefined for no limit; called for each pass. Default: no limit.
   */
  allowanceOf?: (client: string) => number | undefined
  /** Finds out who is at a multiaddr. Default: a dial from `node`. */
  dialBack?: DialBack
  /** What it shares with other directors; it is started and stopped with this one. Default: it knows its own nodes alone. */
  state?: SharedState
  onEvent?: (event: DirectorEvent) => void
  /** A request could not be answered through the director's own fault. */
  onFailure?: (error: unknown) => void
  scheduler?: Scheduler
  /** The time in milliseconds since 1970, UTC. Default: Date.now. */
  utcMs?: () => number
}

/**
 * The role that knows who holds what and which routes lead there. All its knowledge is in memory
 * and told anew after a restart, by nodes and by the other directors with which it shares a state.
 */
export class Director {
  readonly #options: DirectorOptions
  readonly #limits: DirectorLimits
  readonly #scheduler: Scheduler
  readonly #registry: Registry
  readonly #context: DirectorContext
  readonly #reachability: Reachability
  readonly #sharing: Sharing | undefined
  readonly #members = new Map<string, Member>()
  readonly #questions: Questions
  readonly #streams = new Set<FramedStream>()
  /** How queries and registrations ended since the start. */
  readonly tally = new Tally()
  #access: AccessRules
  /** Who has opened a stream and asked nothing yet. */
  readonly #silent = new Set<Asker>()
  readonly #looks: Looks
  readonly #turns: AnswerTurns
  #startedAtMs = 0
  #cancelSweep: (() => void) | undefined

  constructor(options: DirectorOptions) {
    this.#options = options
    this.#limits = { ...DIRECTOR_LIMITS, ...options.limits }
    this.#access = options.access ?? {}
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#registry = new Registry(this.#limits)
    this.#registry.follow((change, effects) => this.#onChange(change, effects))
    this.#reachability = new Reachability({
      dialBack: options.dialBack ?? dialBackFrom(options.node, this.#scheduler),
      onVerdict: (peerId, verdict) => this.#onVerdict(peerId, verdict),
      limits: this.#limits,
      scheduler: this.#scheduler
    })
    const owner = options.node.peerId.toString()
    this.#turns = new AnswerTurns(this.#scheduler)
    this.#context = {
      owner,
      registry: this.#registry,
      limits: this.#limits,
      leaseMs: () => leaseMsFor(this.#registry.nodeCount, this.#limits),
      scheduler: this.#scheduler,
      utcMs: options.utcMs ?? Date.now,
      answer: (query, asker, before) => this.#answer(query, asker, before),
      inTurn: answer => this.#turns.take(answer),
      passFor: passGiver({ ...options, owner, limits: this.#limits, utcMs: options.utcMs ?? Date.now }),
      publish: change => this.#publish(change),
      verify: unverified => this.#verify(unverified),
      answered: (status, tookMs) => this.tally.answered(status, tookMs),
      complained: relay => this.#options.onEvent?.({ kind: 'complaint', ...relay }),
      refuse: (stream, error) => this.#refuse(stream, error)
    }
    this.#questions = new Questions(this.#context)
    const { state, onEvent } = options
    const common = { owner, registry: this.#registry, limits: this.#limits, scheduler: this.#scheduler }
    this.#sharing = state && new Sharing({ ...common, state, ...(onEvent ? { onEvent } : {}) })
    this.#looks = new Looks(this.#scheduler, this.#limits.changeDebounceMs, {
      members: () => this.#members.keys(),
      pushNeighbors: peerId => this.#members.get(peerId)?.pushNeighbors(),
      watches: () => this.#questions.watches
    })
  }

  /** Starts to answer. */
  async start(): Promise<void> {
    this.#looks.start()
    this.#startedAtMs = this.#scheduler.nowMs()
    this.#sweepLater()
    // Until then, clients and nodes turn to others: what these know would be missed here.
    await this.#sharing?.start()
    if (!this.#looks.isRunning) return
    await this.#options.node.handle(
      DIRECTOR_PROTOCOL,
      (stream, connection) => this.#accept(stream, connection),
      { maxInboundStreams: this.#limits.maxStreamsPerConnection }
    )
  }

  /** Ends all streams. */
  async stop(): Promise<void> {
    this.#cancelSweep?.()
    this.#looks.stop()
    this.#turns.stop()
    this.#reachability.stop()
    await this.#options.node.unhandle(DIRECTOR_PROTOCOL)
    for (const stream of this.#streams) stream.abort(new Error('the director stops'))
    await this.#sharing?.stop()
  }

  /**
   * Takes other access rules. Nodes that they do not let in on the same terms are sent away, and all
   * watches end: those whom they admit are soon back.
   */
  setAccess(access: AccessRules): void {
    this.#access = access
    for (const member of [...this.#members.values()]) member.judge(access)
    const { owner, publish } = this.#context
    // Nodes in their grace have nobody who could be judged.
    const absent = this.#registry
      .nodes()
      .filter(node => node.owner === owner && !this.#members.has(node.peerId))
    for (const { peerId } of absent) publish({ kind: 'gone', owner, peerId })
    for (const watch of this.#questions.watches) watch.drop('the access rules changed')
  }

  /** How much it holds now. */
  get counts(): DirectorCounts {
    return directorCounts(this.#registry, this.#questions.watches.length)
  }

  /** Returns what the director holds now, as plain data. */
  view(): DirectorView {
    const nowMs = this.#scheduler.nowMs()
    const verdictOf = (peerId: string) => this.#reachability.verdictOf(peerId)
    return directorView(this.#registry, this.#questions.watches, nowMs, this.#limits, verdictOf)
  }

  /** Returns the routes that a client would be told of. */
  routesFor(question: RoutesQuestion): RoutesView {
    return routesView(this.#registry, question, this.#scheduler.nowMs(), this.#limits)
  }

  #publish(change: RegistryChange): ChangeOutcome {
    const outcome = this.#registry.apply(change, this.#scheduler.nowMs())
    if (!outcome.refusal) this.#sharing?.published(change)
    return outcome
  }

  #accept(raw: Stream, connection: Connection): void {
    const asker = askerAt(connection.remotePeer.toString(), connection.remoteAddr.toString())
    if (!hasRoomFor(asker, [...this.#silent], this.#limits.maxSilentStreams)) {
      raw.abort(new Error('too many streams have asked nothing yet'))
      return
    }
    this.#silent.add(asker)
    let conversation: Conversation | undefined
    let isRefused = false
    let asked: string | undefined
    const cancelTimeout = this.#scheduler.after(this.#limits.firstFrameTimeoutMs, () =>
      stream.abort(new Error('nothing was asked in time'))
    )
    const orRefuse = (take: () => void): void => {
      if (isRefused) return
      try {
        take()
      } catch (error) {
        isRefused = true
        this.tally.refused(asked, error instanceof AnabranchError ? error.wireStatus : undefined)
        this.#refuse(stream, error)
      }
    }
    const onFrame = (frame: Uint8Array): void =>
      orRefuse(() => {
        cancelTimeout()
        this.#silent.delete(asker)
        const request = decodeDirectorRequest(frame)
        asked = request.kind
        if (conversation) conversation.onRequest(request)
        else if (request.kind === 'register') {
          // Further requests of the node wait until it is let in.
          stream.pause()
          void this.#rivalOf(connection).then(rival => {
            if (stream.closed) return
            orRefuse(() => {
              if (rival) throw new IdentityTakenError(rival)
              conversation = this.#join(stream, connection, request)
            })
            stream.resume()
          })
        } else if (request.kind === 'query') conversation = this.#query(stream, connection, request)
        else if (request.kind === 'list') conversation = this.#list(stream, connection, request)
        else throw new UnexpectedRequestError(request.kind)
      })
    const stream = new FramedStream(raw, {
      maxFrameBytes: DIRECTOR_WIRE_LIMITS.maxRequestBytes,
      handlers: {
        onFrame,
        onEnd: () => (conversation ? conversation.onEnd() : void stream.close()),
        onDrain: () => conversation?.onDrain(),
        onClose: () => {
          cancelTimeout()
          this.#silent.delete(asker)
          this.#streams.delete(stream)
          conversation?.onClose()
        }
      }
    })
    this.#streams.add(stream)
  }

  /**
   * Returns the member that is registered with this connection's identity over another connection
   * and answers there. A node that lost its connection may be back before the director knows of the
   * loss.
   */
  async #rivalOf(connection: Connection): Promise<Member | undefined> {
    const known = this.#members.get(connection.remotePeer.toString())
    if (!known || known.connection === connection) return undefined
    const isThere = await answers(known.connection, this.#limits.identityCheckMs, this.#scheduler)
    // Another member may have taken its place meanwhile.
    if (this.#members.get(known.peerId) !== known) return await this.#rivalOf(connection)
    return isThere ? known : undefined
  }

  #join(stream: FramedStream, connection: Connection, request: RegisterRequest): Conversation {
    const peerId = connection.remotePeer.toString()
    const entry = this.#admit({ party: request.role, peerId, token: request.token })
    const before = this.#members.get(peerId)
    const { publish } = this.#context
    const node = registrationOf(request, peerId, entry.admission)
    this.#describe(node, connection)
    if (node.role === 'source') publish({ kind: 'contentsBegun', peerId })
    failpoint('director.registered')
    const onLeft = (left: Member, reason: LeftReason) => this.#left(left, reason)
    const onMoved = (moved: Registration) => this.#describe(moved, connection)
    const member = new Member(this.#context, stream, connection, entry, { onLeft, onMoved })
    this.#members.set(peerId, member)
    before?.drop('the node registered on another stream')
    this.#options.onEvent?.({
      kind: 'joined',
      role: request.role,
      peerId,
      ...(node.vouchedBy === undefined ? {} : { vouchedBy: node.vouchedBy })
    })
    this.#checkVersion(member, node)
    return member
  }

  /** Tells both operators of a node that speaks another route protocol: nobody can use it. */
  #checkVersion(member: Member, node: Registration): void {
    if (speaksRoutes(node)) return
    const message = versionMessage(node, 'nobody is led to this node')
    this.tally.nodeRefused(WireStatus.otherVersion)
    member.notify(WireStatus.otherVersion, message)
    this.#tellRefused(node.role, node.peerId, message)
  }

  #tellRefused(role: Party, peerId: string, message: string): void {
    this.#options.onEvent?.({ kind: 'refused', role, peerId, message })
  }

  /** Takes what a node says of itself, and sees where it can be reached. Throws RegistryFullError, HostFullError. */
  #describe(node: Registration, connection: Connection): void {
    const { publish, owner, leaseMs } = this.#context
    const asker = askerOf(connection)
    const from = asker.address
    const { refusal } = publish({ kind: 'registered', owner, node, from, leaseMs: leaseMs() })
    if (refusal) throw refusal
    void this.#reachability.check(asker, node.addresses)
  }

  /** Returns the terms on which the guest is let in. Throws NotAdmittedError. */
  #admit(guest: Guest): Admitted {
    try {
      return { guest, admission: admit(this.#access, guest) }
    } catch (error) {
      this.#tellRefused(guest.party, guest.peerId, (error as Error).message)
      throw error
    }
  }

  /** Makes known where a node can be reached; what is not known anew yet stays as it was. */
  #onVerdict(peerId: string, verdict: Verdict): void {
    const known = this.#registry.node(peerId)
    const member = this.#members.get(peerId)
    if (!known || !member) return
    const { reached, open } = verdict
    const addresses = [...reached, ...open.filter(address => known.reachable.includes(address))]
    this.#context.publish({ kind: 'reached', owner: this.#context.owner, peerId, addresses })
    const told = member.onVerdict(verdict)?.map(({ address, reason }) => ({ address, reason }))
    if (told) this.#options.onEvent?.({ kind: 'unreached', peerId, addresses: told })
  }

  #query(stream: FramedStream, connection: Connection, query: QueryRequest): Conversation | undefined {
    const asker = askerOf(connection)
    this.#admit({ party: 'client', peerId: asker.peerId, token: query.token })
    const asked = this.#questions.query(stream, asker, query)
    if (!('kind' in asked)) return asked
    const { status, message } = asked
    this.tally.queryRefused(status)
    if (status === WireStatus.otherVersion) this.#tellRefused('client', asker.peerId, message)
    this.#endSoon(stream)
    return undefined
  }

  #list(stream: FramedStream, connection: Connection, request: ListRequest): Conversation {
    const asker = askerOf(connection)
    this.#admit({ party: 'client', peerId: asker.peerId, token: request.token })
    return this.#questions.list(stream, asker, request, this.#isSettling())
  }

  #answer(query: QueryRequest, asker: Standpoint, before: readonly PathIds[]): Answered {
    const moment = { nowMs: this.#scheduler.nowMs(), settling: this.#isSettling() }
    const answered = answerQuery(this.#registry, query, asker, before, moment, this.#limits)
    // The nodes of a route are told first who their neighbours are.
    for (const { source, relays } of answered.reply.routes)
      for (const peerId of [source, ...relays.map(relay => relay.peerId)])
        this.#members.get(peerId)?.tellGathered()
    return answered
  }

  async #verify(unverified: Holding): Promise<void> {
    const { sourceId, entry } = unverified
    const { name, record } = entry
    const isProved = await isGenuine(unverified, this.#options.verifyRecord ?? verifyContentRecord)
    this.#context.publish({ kind: 'contentChecked', peerId: sourceId, name, record, isGenuine: isProved })
    if (isProved) return
    const message = `${name} was left out: its record is not one that this source has signed for it`
    this.#members.get(sourceId)?.notify(WireStatus.malformed, message)
  }

  #isSettling(): boolean {
    return this.#sharing?.isSettling || this.#scheduler.nowMs() < this.#startedAtMs + this.#limits.settleMs
  }

  #left(member: Member, reason: LeftReason): void {
    if (this.#members.get(member.peerId) === member) this.#forget(member.peerId)
    this.#options.onEvent?.({ kind: 'left', peerId: member.peerId, reason })
  }

  #onChange(change: RegistryChange, effects: RegistryEffects): void {
    if (effects.topology && change.kind === 'reached') {
      this.#tellLinked(change.peerId, this.#registry.linkedTo(change.peerId))
    }
    if (effects.topology && change.kind === 'measured') {
      this.#tellLinked(
        change.peerId,
        change.peers.map(({ peerId }) => peerId)
      )
    }
    this.#looks.add(effects)
  }

  /** Tells those of the `others` that are linked to a node of it. */
  #tellLinked(peerId: string, others: Iterable<string>): void {
    const node = this.#registry.node(peerId)!
    for (const other of others) {
      if (this.#registry.linkRttMs(peerId, other) !== undefined) this.#members.get(other)?.pushLinked(node)
    }
  }

  #sweepLater(): void {
    const wasSettling = this.#isSettling()
    this.#cancelSweep = this.#scheduler.after(this.#limits.sweepIntervalMs, () => {
      const { owner, publish } = this.#context
      const overdue = this.#registry.overdue(owner, this.#scheduler.nowMs())
      if (overdue) publish({ kind: 'expired', owner, ...overdue })
      for (const peerId of overdue?.peerIds ?? []) this.#expired(peerId)
      if (wasSettling && !this.#isSettling()) this.#looks.addAll()
      this.#sweepLater()
    })
  }

  #expired(peerId: string): void {
    this.#members.get(peerId)?.drop('the lease was not renewed')
    this.#forget(peerId)
    this.#options.onEvent?.({ kind: 'left', peerId, reason: 'lease expired' })
  }

  #forget(peerId: string): void {
    this.#members.delete(peerId)
    this.#reachability.forget(peerId)
  }

  #refuse(stream: FramedStream, error: unknown): void {
    const isOurs = error instanceof AnabranchError
    const status = isOurs ? error.wireStatus : WireStatus.internal
    const message = isOurs ? error.message : 'the director failed; see its log'
    if (!isOurs) this.#options.onFailure?.(error)
    stream.send(encodeDirectorReply({ kind: 'notice', status, message }))
    this.#endSoon(stream)
  }

  #endSoon(stream: FramedStream): void {
    void stream.close()
    this.#scheduler.after(REFUSED_GRACE_MS, () => {
      if (!stream.closed) stream.abort(new Error('refused'))
    })
  }
}

function askerOf({ remotePeer, remoteAddr }: Connection): Asker {
  return askerAt(remotePeer.toString(), remoteAddr.toString())
}
