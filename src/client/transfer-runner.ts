import { TICK_MS } from '../planner/planner.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { Fault, PeerAddresses } from '../protocol/director-messages.ts'
import type { Extent } from '../protocol/extent.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/node.ts'
import type { RelayedHandshakes } from '../transport/relayed-handshake.ts'
import type { FetchEvent } from './fetch-events.ts'
import { HeadCheck } from './head-check.ts'
import type { LiveInit } from './live-edge.ts'
import { LiveVerifier } from './live-verifier.ts'
import { type ByteSink, OutputWriter } from './output/output-writer.ts'
import { type GenuineRecord, readRecord } from './record-check.ts'
import { RouteConnection } from './route-connection.ts'
import { RouteLostError } from './route-errors.ts'
import type { RouteMemory } from './route-memory.ts'
import type { RoutePath } from './route-table.ts'
import { type NextSecrets, SealedSession } from './sealed-session.ts'
import { ClientSession, type SessionPlanner } from './session.ts'
import type { SessionAction } from './session-action.ts'
import { SegmentVerifier } from './verifier.ts'

export interface TransferRunnerInit {
  /** The node that a route by this uplink dials with; undefined where the uplink is gone. */
  nodeFor(uplink: string | undefined): OverlayNode | undefined
  /** The client's part in handshakes with sources. */
  handshakes: RelayedHandshakes
  record: ContentRecord
  /** The record as it was signed, where it is known. */
  known?: GenuineRecord
  /** What of the content is fetched. */
  extent: Extent
  planner: SessionPlanner
  /** Present for a live content. */
  live?: LiveInit
  /** What is known of routes, and what this transfer learns of them. Default: nothing is kept. */
  memory?: RouteMemory
  sink: ByteSink
  /** Gets the hashes of each group, as SegmentVerifier tells them. */
  onProved?(group: number, leaves: Uint8Array, proof: Uint8Array): void
  maxRoutes: number
  /** Whether somebody may yet name other sources of the content. */
  mayHearOfOthers: boolean
  /**
   * How long the transfer goes on without any open route before it gives up, in milliseconds; may
   * be infinite.
   */
  patienceMs: number
  /** Where secrets of sources are kept across transfers; undefined: routes are not sealed. */
  nextSecrets: NextSecrets | undefined
  startedAtMs: number
  onEvent(event: FetchEvent): void
  /** A relay of the path has done this, as far as can be told from here. */
  onComplaint(path: RoutePath, fault: Fault): void
  /** Clock and timers. Default: those of the process. */
  scheduler?: Scheduler
}

/**
 * Carries out over real streams what a ClientSession decides. Errors that end the whole transfer (no route left, the content
 * changed, the output failed) reject `run`.
 */
export class TransferRunner {
  /** The session, to be read and to be told of paths. */
  readonly session: ClientSession
  readonly #init: TransferRunnerInit
  readonly #scheduler: Scheduler
  readonly #writer: OutputWriter
  readonly #connections = new Map<number, RouteConnection>()
  /** The sealed sessions, by source. */
  readonly #sealed = new Map<string, SealedSession>()
  /** The session's id where it is not sealed. */
  readonly #clearId = crypto.getRandomValues(new Uint8Array(16))
  readonly #arrived = Promise.withResolvers<void>()
  readonly #failed = Promise.withResolvers<never>()
  #closedWireBytes = 0
  #cancelTick: (() => void) | undefined

  constructor(init: TransferRunnerInit) {
    this.#init = init
    this.#scheduler = init.scheduler ?? systemScheduler
    const { record, extent, planner, live, memory, maxRoutes, mayHearOfOthers, patienceMs, startedAtMs } =
      init
    this.session = new ClientSession({
      record,
      extent,
      sessionIdOf: sourceId => this.#sealedFor(sourceId)?.sessionId ?? this.#clearId,
      isSealed: init.nextSecrets !== undefined,
      planner,
      check: live
        ? new LiveVerifier(extent)
        : new SegmentVerifier(record, (...proved) => init.onProved?.(...proved)),
      ...(live ? { live } : {}),
      ...(memory ? { memory } : {}),
      maxRoutes,
      mayHearOfOthers,
      patienceMs,
      startedAtMs,
      nowMs: this.#scheduler.nowMs()
    })
    this.#failed.promise.catch(() => {})
    this.#writer = new OutputWriter(
      init.sink,
      segments => this.#do(nowMs => this.session.consumed(segments, nowMs)),
      error => this.#failed.reject(error),
      this.#scheduler
    )
  }

  /** Bytes of all frames that came in, their length prefixes included. */
  get wireBytes(): number {
    return [...this.#connections.values()].reduce(
      (sum, { wireBytes }) => sum + wireBytes,
      this.#closedWireBytes
    )
  }

  /**
   * Runs the transfer. Resolves once the output has taken everything. Rejects when the transfer
   * cannot go on, or with the signal's reason.
   */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#failed.reject(signal.reason)
    signal.addEventListener('abort', onAbort)
    try {
      signal.throwIfAborted()
      if (!this.session.transfer.complete) {
        this.#tick()
        await Promise.race([this.#arrived.promise, this.#failed.promise])
        // Routes close here, as nobody else is needed however long the output takes from now on.
        this.#do(nowMs => this.session.close(nowMs))
      }
      await Promise.race([this.#writer.whenIdle(), this.#failed.promise])
      this.#do(nowMs => this.session.tellProgress(nowMs))
    } finally {
      this.#cancelTick?.()
      signal.removeEventListener('abort', onAbort)
      this.#do(nowMs => this.session.close(nowMs))
    }
  }

  #tick(): void {
    this.#cancelTick = this.#scheduler.after(TICK_MS, () => this.#tick())
    this.#do(nowMs => this.session.tick(nowMs))
  }

  /** Gives the session an event and the time, and carries out its actions. */
  #do(handle: (nowMs: number) => void): void {
    handle(this.#scheduler.nowMs())
    for (let action = this.session.nextAction(); action; action = this.session.nextAction()) {
      this.#perform(action)
    }
  }

  #perform(action: SessionAction): void {
    switch (action.type) {
      case 'open':
        this.#open(action.route, action.path, action.hops)
        break
      case 'send':
        this.#connections.get(action.route)?.send(action.message)
        break
      case 'end':
        this.#forget(action.route)?.end(action.reason)
        break
      case 'verify': {
        const { route, record, wanted } = action
        const connection = this.#connections.get(route)
        readRecord(record, wanted, this.#init.known).catch(error => {
          if (this.#connections.get(route) !== connection) return
          this.#do(nowMs => this.session.recordRefused(route, error, nowMs))
        })
        break
      }
      case 'output':
        this.#writer.push(action.payloads)
        break
      case 'tell':
        this.#init.onEvent(action.event)
        break
      case 'complain':
        this.#init.onComplaint(action.path, action.fault)
        break
      case 'finished':
        this.#arrived.resolve()
        break
      case 'failed':
        this.#failed.reject(action.error)
    }
  }

  #open(route: number, { uplink }: RoutePath, hops: PeerAddresses[]): void {
    const { session } = this
    const heads = this.#init.live && this.#headCheck(route, () => this.#connections.get(route) === connection)
    const connection = new RouteConnection(
      {
        onDialled: canAsk => this.#do(nowMs => session.dialled(route, nowMs, canAsk)),
        onSecured: () => this.#do(nowMs => session.secured(route, nowMs)),
        onMessage: message => {
          if (!heads?.take(message)) this.#do(nowMs => session.received(route, message, nowMs))
        },
        onClosed: reason => {
          // A connection that the session has ended is forgotten already, and its number may be
          // another's.
          if (this.#connections.get(route) !== connection) return
          this.#forget(route)
          this.#do(nowMs => session.closed(route, reason, nowMs))
        }
      },
      this.#scheduler,
      this.#sealedFor(hops.at(-1)!.peerId)?.sealRoute(route)
    )
    this.#connections.set(route, connection)
    const node = this.#init.nodeFor(uplink)
    if (node) connection.start(node, hops)
    else connection.end(new RouteLostError(`the uplink ${uplink} is gone`))
  }

  /** Checks the heads that come over a route, as long as that is there. */
  #headCheck(route: number, isThere: () => boolean): HeadCheck {
    const { session } = this
    const act = (handle: (nowMs: number) => void) => {
      if (isThere()) this.#do(handle)
    }
    return new HeadCheck(this.#init.record, {
      onHead: head => act(nowMs => session.headCame(route, head, nowMs)),
      onMessage: message => act(nowMs => session.received(route, message, nowMs)),
      onRefused: error => act(nowMs => session.recordRefused(route, error, nowMs))
    })
  }

  /** The sealed session with a source; undefined where routes are not sealed. */
  #sealedFor(sourceId: string): SealedSession | undefined {
    const { handshakes, nextSecrets } = this.#init
    if (!nextSecrets) return undefined
    const known = this.#sealed.get(sourceId)
    if (known) return known
    const sealed = new SealedSession(sourceId, handshakes, nextSecrets)
    this.#sealed.set(sourceId, sealed)
    return sealed
  }

  #forget(route: number): RouteConnection | undefined {
    const connection = this.#connections.get(route)
    this.#connections.delete(route)
    this.#closedWireBytes += connection?.wireBytes ?? 0
    return connection
  }
}
