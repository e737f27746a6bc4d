import { WireStatus } from '../errors.ts'
import type {
  DirectorReply,
  DirectorRequest,
  MeasuredPeer,
  NeighborsReply,
  NoticeReply,
  RegisterRequest,
  RenewRequest
} from '../protocol/director-messages.ts'
import { directorWord } from '../protocol/peer-word.ts'
import { ProtocolVersionError } from '../protocol/version-error.ts'
import type { Scheduler } from '../scheduler.ts'
import { INTERFACE_POLL_MS } from '../transport/limits.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { Backoff } from './backoff.ts'
import { type AnnouncedContent, type CatalogDelta, CatalogSender } from './catalog-sender.ts'
import {
  DirectorLostError,
  DirectorRefusedError,
  isNotAdmitted,
  NodeUnreachedError
} from './director-errors.ts'
import { type DirectorStream, openDirector } from './director-stream.ts'

/**
 * Milliseconds after which neighbours that have not answered, and files that are not hashed, no longer
 * hold up the word that a node is registered.
 */
const READY_PATIENCE_MS = 1_000

/**
 * Milliseconds of silence after which a director is given up that has not told its lease yet; later
 * the lease counts.
 */
const FIRST_LEASE_MS = 15_000
/** Milliseconds that a node waits for a director to take leave before it leaves all the same. */
const LEAVE_PATIENCE_MS = 2_000

export interface DirectorLinkOptions {
  node: OverlayNode
  /** Addresses of one director. */
  addresses: readonly string[]
  /** Returns the request with which to register; asked each time. */
  registration(): RegisterRequest
  state(): Omit<RenewRequest, 'kind'>
  /** Returns the whole catalog; absent for a node without one. */
  catalog?: () => Iterable<AnnouncedContent>
  onNeighbors(neighbors: NeighborsReply): void
  /** Returns the round trips to those of these peers that are known already. */
  known(peerIds: Iterable<string>): MeasuredPeer[]
  hasProbed(peerIds: Iterable<string>): boolean
  onReady(address: string): void
  onProblem(error: Error): void
  scheduler: Scheduler
  random: () => number
}

/**
 * Keeps a node registered with one director: connects, registers, tells everything, renews, and
 * starts again after a loss.
 */
export class DirectorLink {
  readonly #options: DirectorLinkOptions
  readonly #backoff: Backoff
  readonly #stopped = new AbortController()
  #registered: Registered | undefined
  #toldProblem: string | undefined
  #cancelRetry: (() => void) | undefined

  constructor(options: DirectorLinkOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.random)
  }

  /** Whether a director has this node now, with its catalog and first round trips. */
  get isRegistered(): boolean {
    return this.#registered?.isReady ?? false
  }

  start(): void {
    void this.#connect()
  }

  /** Leaves the director in good order. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#cancelRetry?.()
    await this.#registered?.leave()
  }

  report(peers: MeasuredPeer[]): void {
    this.#registered?.report(peers)
  }

  catalogChanged(delta: CatalogDelta): void {
    this.#registered?.catalogChanged(delta)
  }

  /** Tells the node's state now instead of with the next renewal. */
  renew(): void {
    this.#registered?.renew()
  }

  async #connect(): Promise<void> {
    const { node, addresses, registration, scheduler } = this.#options
    try {
      const options = { scheduler, signal: this.#stopped.signal }
      const request = registration()
      const { address, stream } = await openDirector(node, addresses, request, options)
      this.#registered = new Registered(this.#options, stream, request, {
        onReady: () => {
          this.#backoff.succeeded(scheduler.nowMs())
          this.#toldProblem = undefined
          this.#options.onReady(address)
        },
        onLost: error => this.#lost(error)
      })
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      this.#retryAfter(error as Error)
    }
  }

  #lost(error: Error): void {
    this.#registered = undefined
    if (this.#stopped.signal.aborted) return
    this.#retryAfter(error)
  }

  /** Tells of a failure and tries again; one that repeats is told the first time only. */
  #retryAfter(error: Error): void {
    const { scheduler, onProblem } = this.#options
    if (error.message !== this.#toldProblem) onProblem(error)
    this.#toldProblem = error.message
    const delayMs = isNotAdmitted(error)
      ? this.#backoff.nextWhenNotAdmitted()
      : this.#backoff.next(scheduler.nowMs())
    this.#cancelRetry = scheduler.after(delayMs, () => void this.#connect())
  }
}

/** One stream on which the node is, or is about to be, registered. */
class Registered {
  readonly #options: DirectorLinkOptions
  readonly #stream: DirectorStream
  readonly #events: { onReady(): void; onLost(error: Error): void }
  readonly #ended = Promise.withResolvers<void>()
  /** The node, as the director was told of it last. */
  #request: RegisterRequest
  #catalog: CatalogSender | undefined
  #neighborIds: string[] | undefined
  /** True while nobody can be led to this node, as it is attached to no relay yet. */
  #isOutOfReach = false
  #refusal: Error | undefined
  #isAccepted = false
  /** Peers of which the director knows a round trip. */
  readonly #toldPeers = new Set<string>()
  /** Round trips that were measured again: they are told with the next renewal. */
  readonly #measuredAgain = new Map<string, MeasuredPeer>()
  #hasToldIndexing = false
  #leaseMs = FIRST_LEASE_MS
  #readiness: 'waiting' | 'asked' | 'ready' = 'waiting'
  #cancelRenewal: (() => void) | undefined
  #cancelLoss: (() => void) | undefined
  #cancelPatience: (() => void) | undefined
  #cancelLook: (() => void) | undefined

  constructor(
    options: DirectorLinkOptions,
    stream: DirectorStream,
    request: RegisterRequest,
    events: { onReady(): void; onLost(error: Error): void }
  ) {
    this.#options = options
    this.#stream = stream
    this.#request = request
    this.#events = events
    this.#cancelPatience = options.scheduler.after(READY_PATIENCE_MS, () => {
      this.#cancelPatience = undefined
      this.#checkReady()
    })
    this.#lookLater()
    stream.attach({
      onReply: reply => this.#onReply(reply),
      onDrain: () => this.#catalog?.onDrain(),
      onClose: error => this.#onClose(error)
    })
  }

  get isReady(): boolean {
    return this.#readiness === 'ready'
  }

  async leave(): Promise<void> {
    const cancel = this.#options.scheduler.after(LEAVE_PATIENCE_MS, () =>
      this.#stream.abort(new Error('the director does not answer'))
    )
    this.#stream.send({ kind: 'leave' })
    await this.#stream.close()
    await this.#ended.promise
    cancel()
  }

  report(peers: MeasuredPeer[]): void {
    const isAgain = ({ peerId, rttMs }: MeasuredPeer) => rttMs !== undefined && this.#toldPeers.has(peerId)
    for (const peer of peers.filter(isAgain)) this.#measuredAgain.set(peer.peerId, peer)
    this.#tell(peers.filter(peer => !isAgain(peer)))
    this.#checkReady()
  }

  catalogChanged(delta: CatalogDelta): void {
    this.#catalog?.add(delta)
  }

  renew(): void {
    if (!this.#isAccepted) return
    const indexing = this.#isIndexing
    this.#hasToldIndexing = indexing
    this.#tell([...this.#measuredAgain.values()])
    this.#stream.send({ kind: 'renew', ...this.#options.state(), indexing })
    this.#checkReady()
  }

  #tell(peers: MeasuredPeer[]): void {
    for (const { peerId, rttMs } of peers) {
      this.#measuredAgain.delete(peerId)
      if (rttMs === undefined) this.#toldPeers.delete(peerId)
      else this.#toldPeers.add(peerId)
    }
    if (peers.length > 0) this.#stream.send({ kind: 'measurements', peers })
  }

  /** Contents may wait for the stream, so the director has to be told of all before it hears that these were all. */
  get #isIndexing(): boolean {
    return this.#options.state().indexing || (this.#hasToldIndexing && this.#catalog?.isStored === false)
  }

  /** Looks again and again whether the node has other addresses, and registers anew with them. */
  #lookLater(): void {
    const { scheduler, registration } = this.#options
    this.#cancelLook = scheduler.after(INTERFACE_POLL_MS, () => {
      const request = registration()
      if (this.#isAccepted && isElsewhere(request, this.#request)) {
        this.#request = request
        this.#stream.send(request)
        // A registration says nothing of the node's state.
        this.renew()
      }
      this.#lookLater()
    })
  }

  #onReply(reply: DirectorReply): void {
    this.#cancelLoss?.()
    this.#cancelLoss = this.#options.scheduler.after(this.#leaseMs, () =>
      this.#stream.abort(new Error('the director no longer answers'))
    )
    if (reply.kind === 'registered') this.#onRegistered(reply.leaseMs)
    else if (reply.kind === 'neighbors') this.#onNeighbors(reply)
    else if (reply.kind === 'catalogStored') this.#onStored()
    else if (reply.kind === 'notice') this.#onNotice(errorOf(reply))
    this.#checkReady()
  }

  #onRegistered(leaseMs: number): void {
    const { scheduler, catalog } = this.#options
    this.#cancelRenewal?.()
    this.#leaseMs = leaseMs
    this.#cancelRenewal = scheduler.after(leaseMs / 3, () => this.renew())
    if (!this.#isAccepted) {
      this.#isAccepted = true
      const send = (request: DirectorRequest) => this.#stream.send(request)
      if (catalog) this.#catalog = new CatalogSender(catalog(), send, scheduler)
      this.#catalog?.start()
      // A registration says nothing of the node's state.
      if (this.#isIndexing) this.renew()
    } else if (this.#readiness === 'asked') {
      this.#readiness = 'ready'
      this.#events.onReady()
    }
  }

  #onStored(): void {
    this.#catalog?.onStored()
    if (this.#hasToldIndexing && !this.#isIndexing) this.renew()
  }

  #onNeighbors(neighbors: NeighborsReply): void {
    const { peers, linked, attach } = neighbors
    this.#neighborIds = peers.map(peer => peer.peerId)
    // The director may forget what it was told of others.
    for (const peerId of this.#toldPeers)
      if (!this.#neighborIds.includes(peerId)) this.#toldPeers.delete(peerId)
    this.#isOutOfReach = attach && peers.length > 0 && linked.length === 0
    this.#options.onNeighbors(neighbors)
    this.report(this.#options.known(this.#neighborIds))
  }

  #onNotice(refusal: Error): void {
    // A refusal before the registration was accepted is the reason of the loss that follows, and is
    // told then.
    if (this.#isAccepted) this.#options.onProblem(refusal)
    else this.#refusal = refusal
  }

  /**
   * Tells that the node is registered once the director has its catalog and first round trips, so
   * that whoever asks then gets routes: a renewal is sent behind them, and its answer says that
   * they have arrived.
   */
  #checkReady(): void {
    if (this.#readiness !== 'waiting' || !this.#isAccepted || this.#neighborIds === undefined) return
    if (this.#catalog && !this.#catalog.isStored) return
    const hasLinks = !this.#isOutOfReach && this.#options.hasProbed(this.#neighborIds)
    const hasAll = hasLinks && !this.#isIndexing
    if (this.#cancelPatience && !hasAll) return
    this.#readiness = 'asked'
    this.renew()
  }

  #onClose(error?: Error): void {
    this.#cancelRenewal?.()
    this.#cancelLoss?.()
    this.#cancelPatience?.()
    this.#cancelLook?.()
    this.#catalog?.stop()
    this.#ended.resolve()
    this.#events.onLost(this.#refusal ?? new DirectorLostError(error))
  }
}

function isElsewhere(now: RegisterRequest, before: RegisterRequest): boolean {
  return now.addresses.join() !== before.addresses.join()
}

function errorOf({ status, message }: NoticeReply): Error {
  if (status === WireStatus.nextHopUnreachable) return new NodeUnreachedError(message)
  if (status === WireStatus.otherVersion)
    return new ProtocolVersionError(`The director refused: ${directorWord(message)}`)
  return new DirectorRefusedError(status, message)
}
