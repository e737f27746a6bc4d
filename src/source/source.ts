import type { Connection, Stream } from '@libp2p/interface'
import { AnabranchError, WireStatus } from '../errors.ts'
import { failpoint } from '../failpoints.ts'
import { equalBytes, toHex } from '../protocol/bytes.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { extentOf } from '../protocol/extent.ts'
import { ROUTE_LIMITS, SECRET_BYTES } from '../protocol/limits.ts'
import { MalformedMessageError } from '../protocol/malformed-message.ts'
import { HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import type { Opened, Request, RouteMessage } from '../protocol/route-messages.ts'
import { edgeOf } from '../protocol/stream-head.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/node.ts'
import { type Asker, askerAt, countAlike } from '../transport/share.ts'
import { admitSession, admitStream, type SessionRefusal } from './admission.ts'
import { ContentPartialError } from './content-errors.ts'
import type { ContentItem, ContentStore, SegmentReader } from './content-store.ts'
import { FairRate, type RouteTurns } from './fair-rate.ts'
import { InboundRoute, type JoinedRoute, type RouteRequest } from './inbound-route.ts'
import { FAILED_STREAM_MS, SOURCE_LIMITS, type SourceLimits } from './limits.ts'
import { liveSessionInit } from './live-session.ts'
import { PartsTeller } from './parts-teller.ts'
import { RouteSender } from './route-sender.ts'
import { sessionHead } from './session-heads.ts'
import { SessionSecrets, type SharedSecret } from './session-secrets.ts'
import { SourceSession } from './source-session.ts'
import type { SourceView } from './source-view.ts'

/**
 * The source serves as many sessions as it may, in all or for the peer that asks; `wireStatus` says
 * which.
 */
export class SessionRefusedError extends AnabranchError {
  constructor({ status, message }: SessionRefusal) {
    super('ERR_SOURCE_BUSY', message, { wireStatus: status })
  }
}

export type SourceEvent =
  | { kind: 'session'; name: string; sessions: number }
  | { kind: 'sessionEnded'; name: string; sentBytes: number; sessions: number; reason?: string }

export interface SourceOptions {
  /** A node that was started elsewhere. */
  node: OverlayNode
  /** The contents to offer; started elsewhere, where that is needed. */
  contents: ContentStore
  limits?: Partial<SourceLimits>
  /** Serves routes that are not sealed, too: relays then see and can change all of them. Default false. */
  clear?: boolean
  /** Most bytes a second that are sent of contents, over all sessions. Default: no limit. */
  maxRateBytesPerSecond?: number
  /** Tells whether a director has named this peer as a relay. Default: none. */
  isNeighbor?: (peerId: string) => boolean
  scheduler?: Scheduler
  onEvent?: (event: SourceEvent) => void
}

/** The source as a whole. */
export interface SourceStats {
  /** Sessions and their routes that run. */
  sessions: number
  routes: number
  /** Sessions and routes refused by a limit since the start. */
  refused: number
  /** Sessions that ended since the start because their content could not be read any more. */
  failed: number
  /** Bytes of contents sent since the start. */
  sentBytes: number
}

interface SessionRoute {
  sender: RouteSender
  stream: InboundRoute
  turns: RouteTurns | undefined
  /** Present where the client wants to know what there is of the content. */
  parts: PartsTeller | undefined
}

interface Session {
  key: string
  /** The peer whose route was the first. */
  maker: Asker
  /** Who shares what the source may send with the session's routes; see `#ownerOf`. */
  owner: string
  item: ContentItem
  reader: Promise<SegmentReader>
  state: SourceSession
  routes: Map<number, SessionRoute>
  /** Routes that are about to join. */
  joining: number
  sentBytes: number
  failure: string | undefined
  /** Ends the following of a live content. */
  unfollow: (() => void) | undefined
}

/** The role that holds contents and splits them over the routes by the client's patterns. */
export class Source {
  readonly #options: SourceOptions
  readonly #limits: SourceLimits
  readonly #scheduler: Scheduler
  readonly #sessions = new Map<string, Session>()
  readonly #secrets: SessionSecrets
  readonly #rate: FairRate | undefined
  readonly #streams = new Set<InboundRoute>()
  #refused = 0
  #failed = 0
  /** Bytes sent on routes that are over. */
  #endedBytes = 0
  /** Who has opened the streams that are not a part of a session yet. */
  readonly #pending = new Map<InboundRoute, { asker: Asker; endedAtMs: number }>()

  constructor(options: SourceOptions) {
    this.#options = options
    this.#limits = { ...SOURCE_LIMITS, ...options.limits }
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#secrets = new SessionSecrets(this.#limits)
    const { maxRateBytesPerSecond } = options
    if (maxRateBytesPerSecond !== undefined) this.#rate = new FairRate(maxRateBytesPerSecond, this.#scheduler)
  }

  get sessions(): number {
    return this.#sessions.size
  }

  /** What has happened since the start. */
  get stats(): SourceStats {
    let sentBytes = this.#endedBytes
    let routes = 0
    for (const session of this.#sessions.values()) {
      routes += session.routes.size
      for (const { sender } of session.routes.values()) sentBytes += sender.sentBytes
    }
    return { sessions: this.#sessions.size, routes, refused: this.#refused, failed: this.#failed, sentBytes }
  }

  /** How it stands now. */
  get view(): SourceView {
    const { refused, failed, sentBytes } = this.stats
    const { maxRateBytesPerSecond } = this.#options
    return {
      ...{ sentBytes, refused, failed, maxSessions: this.#limits.maxSessions },
      ...(maxRateBytesPerSecond === undefined ? {} : { maxRateBytesPerSecond }),
      sessions: [...this.#sessions.values()].map(({ key, maker, item, routes, sentBytes }) => ({
        ...{ id: key, name: item.record.name, peerId: maker.peerId, routes: routes.size },
        sentBytes: [...routes.values()].reduce((sum, { sender }) => sum + sender.sentBytes, sentBytes)
      }))
    }
  }

  async start(): Promise<void> {
    await this.#options.node.handle(
      ROUTE_PROTOCOL,
      (stream, connection) => this.#accept(stream, connection),
      { maxInboundStreams: 4096 }
    )
  }

  /** Refuses new routes and ends those that are open. */
  async stop(): Promise<void> {
    await this.#options.node.unhandle(ROUTE_PROTOCOL)
    const stopping = new SourceStoppedError()
    for (const stream of this.#streams) stream.refuse(stopping)
    await Promise.all([...this.#streams].map(stream => stream.close(1_000)))
  }

  #accept(stream: Stream, { remotePeer, remoteAddr }: Connection): void {
    const asker = askerAt(remotePeer.toString(), remoteAddr.toString())
    const refusal = this.#admitStream(asker)
    if (refusal && this.#streams.size >= this.#maxStreams) {
      stream.abort(new Error(refusal.message))
      return
    }
    const route = new InboundRoute(stream, {
      limits: this.#limits,
      scheduler: this.#scheduler,
      secrets: this.#secrets,
      handshakes: this.#options.node.services.handshakes,
      lanes: this.#options.node.lanes,
      clear: this.#options.clear ?? false,
      join: (request, inbound) => this.#join(request, inbound, asker),
      closed: inbound => this.#closed(inbound)
    })
    this.#streams.add(route)
    if (refusal) {
      this.#refused++
      route.refuse(new SessionRefusedError(refusal))
    } else this.#pending.set(route, { asker, endedAtMs: Number.POSITIVE_INFINITY })
  }

  /** Streams from which on none that has to be refused is told so. */
  get #maxStreams(): number {
    const { maxSessions, maxRoutesPerSession, maxPendingStreams } = this.#limits
    return maxSessions * maxRoutesPerSession + 2 * maxPendingStreams
  }

  #closed(route: InboundRoute): void {
    this.#streams.delete(route)
    const failed = this.#pending.get(route)
    if (failed) failed.endedAtMs = this.#scheduler.nowMs()
  }

  #admitStream(asker: Asker): SessionRefusal | undefined {
    const nowMs = this.#scheduler.nowMs()
    for (const [route, { endedAtMs }] of this.#pending)
      if (nowMs - endedAtMs >= FAILED_STREAM_MS) this.#pending.delete(route)
    const others = [...this.#pending.values()].map(pending => pending.asker)
    return admitStream(this.#stateFor(asker, others), this.#limits)
  }

  /**
   * Joins a route to its session; the first route makes the session. A session that no route could
   * join is over.
   */
  async #join(request: RouteRequest, stream: InboundRoute, asker: Asker): Promise<JoinedRoute> {
    const session = this.#sessionFor(request, asker)
    session.joining++
    try {
      const reader = await session.reader
      failpoint('source.opened')
      const joined = this.#add(session, request, reader, stream)
      this.#pending.delete(stream)
      return joined
    } finally {
      session.joining--
      this.#endIfEmpty(session)
    }
  }

  #add(
    session: Session,
    { route, control, testBytes, shared, parts: wantsParts = false }: RouteRequest,
    reader: SegmentReader,
    stream: InboundRoute
  ): JoinedRoute {
    const { maxRoutesPerSession } = this.#limits
    const replaced = session.routes.get(route)
    if (replaced) {
      this.#leave(session, route, replaced.stream)
      replaced.stream.refuse(new RouteReplacedError())
    }
    if (session.routes.size >= maxRoutesPerSession)
      throw new SessionRefusedError({
        status: WireStatus.refusedSessions,
        message: `The source serves ${maxRoutesPerSession} routes of a session; use fewer`
      })
    session.state.addRoute(route)
    const turns = this.#rate?.join(session.owner)
    const sender = new RouteSender({
      session: session.state,
      ...{ route, reader, stream, turns, scheduler: this.#scheduler },
      fail: error => this.#end(session, error)
    })
    const parts = wantsParts ? new PartsTeller(session.item, stream) : undefined
    session.routes.set(route, { sender, stream, turns, parts })
    if (testBytes > 0) session.state.queue(route, testReply(0, testBytes))
    try {
      session.state.apply(control)
    } catch (error) {
      this.#leave(session, route, stream)
      throw error
    }
    stream.send({ kind: 'opened', ...this.#word(session, shared) })
    parts?.start()
    this.#wakeAll(session)
    return {
      message: message => this.#onMessage(session, route, message),
      drain: () => {
        parts?.drained()
        sender.wake()
      },
      left: () => this.#leave(session, route, stream)
    }
  }

  /** What a client is told when its route joins the session. */
  #word(session: Session, shared: SharedSecret | undefined): Opened {
    const record = Uint8Array.from(session.item.recordBytes)
    const { firstSeq } = session.state.extent
    const word = {
      record,
      capabilities: [...OWN_CAPABILITIES],
      ...(session.item.live ? { firstSeq } : {})
    }
    if (!shared) return word
    const { cipher } = shared
    if (session.routes.size > 1) return { ...word, cipher }
    const nextSecret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
    this.#secrets.give(nextSecret, shared, this.#scheduler.nowMs())
    return { ...word, cipher, nextSecret }
  }

  #sessionFor(request: RouteRequest, maker: Asker): Session {
    // No client in clear can join a sealed session, whose id every relay of it knows.
    const key = `${request.shared ? 'sealed' : 'clear'} ${toHex(request.sessionId)}`
    const known = this.#sessions.get(key)
    if (known) return known
    this.#admit(maker)
    const item = this.#find(request)
    checkParts(item, request)
    const session: Session = {
      key,
      maker,
      owner: this.#ownerOf(maker, request.shared?.client ?? key),
      item,
      reader: this.#options.contents.open(item.record),
      state: new SourceSession({
        peerId: this.#options.node.peerId.toString(),
        ...(item.live
          ? liveSessionInit(item.record, item.live, request)
          : { extent: extentOf(item.record, request.firstSeq, request.endSeq) }),
        hashGroupSegments: HASH_GROUP_SEGMENTS
      }),
      routes: new Map(),
      joining: 0,
      sentBytes: 0,
      failure: undefined,
      unfollow: undefined
    }
    session.unfollow = item.live?.follow(head => {
      session.state.grow(sessionHead(head), edgeOf(head))
      this.#wakeAll(session)
    })
    this.#sessions.set(key, session)
    this.#options.onEvent?.({ kind: 'session', name: item.record.name, sessions: this.#sessions.size })
    return session
  }

  /** Refuses a further session where a rule stands against it. Throws SessionRefusedError. */
  #admit(asker: Asker): void {
    const makers = [...this.#sessions.values()].map(({ maker }) => maker)
    const refusal = admitSession(this.#stateFor(asker, makers), this.#limits)
    if (!refusal) return
    this.#refused++
    throw new SessionRefusedError(refusal)
  }

  /**
   * Returns who shares what the source may send: all sessions asked for from one host. Behind a relay that
   * a director has named stand many clients: there it is those of one client.
   */
  #ownerOf({ peerId, host }: Asker, client: string): string {
    return this.#options.isNeighbor?.(peerId) ? client : (host ?? peerId)
  }

  #stateFor(asker: Asker, others: readonly Asker[]) {
    return { ...countAlike(asker, others), isNeighbor: this.#options.isNeighbor?.(asker.peerId) ?? false }
  }

  #find({ name, rootHash }: Request): ContentItem {
    const { contents } = this.#options
    const root = rootHash.byteLength > 0 ? rootHash : undefined
    const named = contents.find(name)
    const isMeant = root === undefined || (named && equalBytes(named.record.rootHash, root))
    const item = isMeant ? named : contents.findByRoot(root)
    if (!item) throw contents.whyMissing(name, root)
    return item
  }

  #onMessage(session: Session, route: number, message: RouteMessage): void {
    if (message.kind === 'control') {
      session.state.apply(message)
      this.#wakeAll(session)
    } else if (message.kind === 'test') {
      session.state.queue(route, testReply(message.nonce, message.replyBytes))
      session.routes.get(route)?.sender.wake()
    } else if (message.kind !== 'plan') {
      throw new MalformedMessageError(`'${message.kind}' does not belong on the way to a source`)
    }
  }

  #wakeAll(session: Session): void {
    for (const { sender } of session.routes.values()) sender.wake()
  }

  /** Takes out the route that `stream` carries, unless another stream carries its number by now. */
  #leave(session: Session, route: number, stream: InboundRoute): void {
    const left = session.routes.get(route)
    if (left?.stream !== stream) return
    session.sentBytes += left.sender.sentBytes
    this.#endedBytes += left.sender.sentBytes
    left.turns?.leave()
    left.parts?.stop()
    session.routes.delete(route)
    session.state.removeRoute(route)
    this.#endIfEmpty(session)
  }

  #endIfEmpty(session: Session): void {
    if (session.routes.size > 0 || session.joining > 0 || !this.#sessions.delete(session.key)) return
    session.unfollow?.()
    session.reader.then(reader => reader.close()).catch(() => {})
    this.#options.onEvent?.({
      kind: 'sessionEnded',
      name: session.item.record.name,
      sentBytes: session.sentBytes,
      sessions: this.#sessions.size,
      ...(session.failure === undefined ? {} : { reason: session.failure })
    })
  }

  /** Ends a session whose content cannot be read any more: all routes are told why. */
  #end(session: Session, error: unknown): void {
    if (session.failure === undefined) this.#failed++
    session.failure ??= error instanceof Error ? error.message : String(error)
    for (const { stream } of session.routes.values()) stream.refuse(error)
  }
}

/**
 * Checks that the content is here as far as it is asked for, unless the client wants to know how far it is. Throws
 * ContentPartialError.
 */
function checkParts({ record, parts }: ContentItem, { firstSeq, endSeq, parts: wantsParts }: Request): void {
  if (!parts || wantsParts) return
  const { endSeq: end = 0 } = extentOf(record, firstSeq, endSeq)
  if (parts.ranges.within(firstSeq, end).size < end - firstSeq) throw new ContentPartialError(record.name)
}

/** The source is shutting down. */
class SourceStoppedError extends AnabranchError {
  constructor() {
    super('ERR_SOURCE_STOPPED', 'The source is being stopped', { wireStatus: WireStatus.draining })
  }
}

/** The client has opened the route anew, over another stream. */
class RouteReplacedError extends AnabranchError {
  constructor() {
    super('ERR_ROUTE_REPLACED', 'The route was opened anew', { wireStatus: WireStatus.taken })
  }
}

function testReply(nonce: number, replyBytes: number): RouteMessage {
  return {
    kind: 'testReply',
    nonce,
    padding: PADDING.subarray(0, replyBytes)
  }
}

/** One for all replies: a client may ask much faster than it reads them. */
const PADDING = new Uint8Array(ROUTE_LIMITS.maxTestBytes)
