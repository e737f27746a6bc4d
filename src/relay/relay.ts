import type { Connection, Stream } from '@libp2p/interface'
import type { AnabranchError } from '../errors.ts'
import type { Receipt } from '../protocol/receipt.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/node.ts'
import { askerAt } from '../transport/share.ts'
import { verifierOf } from '../transport/signatures.ts'
import type { HistogramReading } from '../units/histogram.ts'
import type { AdmissionPolicy, Refusal } from './admission.ts'
import { Attachments } from './attachments.ts'
import { dialable } from './dial-policy.ts'
import { RelayStoppedError } from './errors.ts'
import type { RelayLimits } from './limits.ts'
import { PassBook } from './pass-book.ts'
import { nextHopOf, sourceOf } from './path.ts'
import { RelayCore, type RelayCoreInit } from './relay-core.ts'
import { RelaySession } from './relay-session.ts'
import type { RouteCore } from './route-core.ts'
import type { RelaySessionStats, SessionHost } from './session-host.ts'
import type { UsageLedger } from './usage-ledger.ts'

/**
 * Streams that libp2p allows on a connection: more than admission allows, since admission answers
 * with a status.
 */
const MAX_STREAMS_PER_CONNECTION = 65_536
/** Milliseconds that `stop` gives the last statuses to get out. */
const FAREWELL_MS = 1_000
/**
 * Longest time in milliseconds between two looks at whether an allowance that is used up has come back:
 * clocks are set, and timers cannot run for a month.
 */
const ALLOWANCE_LOOK_MS = 600_000

export type RelayEvent =
  | { kind: 'routeAdmitted'; route: RelaySessionStats; sessions: number }
  | ({ kind: 'routeRefused'; peerId: string } & Refusal)
  /** The relay has forwarded what it may in a day or a month: it takes no routes for so long. */
  | ({ kind: 'allowanceUsed' } & Refusal)
  | { kind: 'allowanceBack' }
  /** `reason`: why the route ended; undefined when it ended in order. */
  | { kind: 'routeEnded'; route: RelaySessionStats; reason: AnabranchError | undefined; sessions: number }

export interface RelayOptions {
  /** A node that is started and stopped elsewhere. */
  node: OverlayNode
  /** Values that replace single ones of RELAY_LIMITS. Default: RELAY_LIMITS. */
  limits?: Partial<RelayLimits>
  /** The operator's own rule for new routes. Default: none. */
  policy?: AdmissionPolicy
  /** Keeps what is forwarded for the limits of bytes a day and a month. Default: in memory. */
  ledger?: UsageLedger
  /** The time by the calendar, in milliseconds since 1970, UTC. Default: Date.now. */
  utcMs?: () => number
  /**
   * Peer ids of the directors whose passes it takes: without a pass of theirs nobody is served.
   * Default: no pass is wanted.
   */
  passFrom?: readonly string[]
  /**
   * Gives the addresses that directors or the operator have told for a node, which are dialled
   * whatever they are; undefined for a node that none of them has named. Default: none is named.
   */
  addressesOf?: (peerId: string) => readonly string[] | undefined
  /** Takes the receipts of clients, whose signatures fit; `signed` is what the client has signed. */
  onReceipt?: (receipt: Receipt, signed: Uint8Array) => void
  /** Hears which peers are attached, each time that changes: routes to them go over their own connections. */
  onAttached?: (peerIds: readonly string[]) => void
  scheduler?: Scheduler
  onEvent?: (event: RelayEvent) => void
}

/** The relay as a whole, since its start. */
export interface RelayStats {
  /** Routes admitted and not over yet. */
  sessions: number
  /** Routes admitted since the start. */
  admitted: number
  refused: number
  /** Frames sent towards clients, in bytes. */
  bytesForwarded: number
  /** Frames sent towards sources, in bytes. */
  bytesUp: number
  /** Frames that wait for clients, in bytes. */
  queuedBytes: number
  /** Frames that wait, in both directions, with what holding them costs, in bytes. */
  heldBytes: number
  /** Routes whose segments go to the client over a lane. */
  lanes: number
}

/** The role between clients and sources (patent FIG. 11, routing server 72): forwards routes within its limits. */
export class Relay {
  readonly #options: RelayOptions
  readonly #scheduler: Scheduler
  readonly #core: RelayCore
  readonly #attachments: Attachments
  /** All streams, also those that were not admitted (yet). */
  readonly #sessions = new Map<RouteCore, RelaySession>()
  readonly #host: SessionHost<RelaySession>
  #pumping = false
  #cancelPump: (() => void) | undefined
  #isSpent = false
  /** Frames of routes that are over, sent towards sources, in bytes. */
  #endedBytesUp = 0
  #cancelLook: (() => void) | undefined
  #onLastClosed: (() => void) | undefined

  /** Throws UsageError where a peer id of `passFrom` is not that of an Ed25519 key. */
  constructor(options: RelayOptions) {
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    const peerId = options.node.peerId.toString()
    const utcMs = options.utcMs ?? Date.now
    this.#core = new RelayCore({
      peerId,
      isNamed: peer => options.addressesOf?.(peer) !== undefined,
      nextHopOf: hops => nextHopOf(hops, peerId),
      ...(options.limits && { limits: options.limits }),
      ...(options.policy && { policy: options.policy }),
      ...(options.ledger && { ledger: options.ledger }),
      ...(options.passFrom && { takePass: passTaker(peerId, options.passFrom, utcMs) }),
      utcMs
    })
    this.#host = this.#makeHost()
    this.#attachments = new Attachments({
      node: options.node,
      serves: peer => this.limits.allowedPeers?.includes(peer) ?? true,
      onChange: peerIds => options.onAttached?.(peerIds),
      scheduler: this.#scheduler
    })
  }

  async start(): Promise<void> {
    await this.#options.node.handle(
      ROUTE_PROTOCOL,
      (stream, connection) => this.#accept(stream, connection),
      {
        maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
        maxOutboundStreams: MAX_STREAMS_PER_CONNECTION
      }
    )
    await this.#attachments.start()
    // An allowance may be used up already. That is told once the start itself is over.
    this.#cancelLook = this.#scheduler.after(0, () => this.#lookAtAllowance())
  }

  /** Takes no new routes, waits up to `drainMs` for those that run, and ends the rest with a status. */
  async stop(): Promise<void> {
    this.#core.isDraining = true
    this.#attachments.drain()
    await this.#allClosed(this.limits.drainMs)
    await this.#options.node.unhandle(ROUTE_PROTOCOL)
    await this.#attachments.stop()
    const stopped = new RelayStoppedError()
    for (const session of [...this.#sessions.values()]) session.end(stopped)
    await this.#allClosed(FAREWELL_MS)
    for (const session of [...this.#sessions.values()]) session.abort(stopped)
    this.#cancelPump?.()
    this.#cancelLook?.()
  }

  /** The limits that hold now. */
  get limits(): RelayLimits {
    return this.#core.limits
  }

  /**
   * Replaces the limits while the relay runs; a value that is not given gets its default. Rates,
   * times, memory and bytes a day and a month hold at once, the others for routes that are still to
   * come.
   */
  setLimits(limits: Partial<RelayLimits>): void {
    this.#core.setLimits(limits)
    this.#cutRoutes()
    this.#pumpAnew()
  }

  get stats(): RelayStats {
    const { admitted, admittedCount, refusedCount, bytesForwarded, heldBytes } = this.#core
    let queuedBytes = 0
    let bytesUp = this.#endedBytesUp
    let lanes = 0
    for (const route of admitted) {
      const session = this.#sessions.get(route)
      queuedBytes += route.queuedBytes
      bytesUp += session?.bytesUp ?? 0
      if (session?.hasLane) lanes++
    }
    return {
      sessions: admitted.size,
      admitted: admittedCount,
      refused: refusedCount,
      bytesForwarded,
      bytesUp,
      queuedBytes,
      heldBytes,
      lanes
    }
  }

  /**
   * Seconds since the start: from the dial of a next hop until the route was open, and how long frames
   * waited for their turn towards clients.
   */
  get times(): { setUp: HistogramReading; queue: HistogramReading } {
    return { setUp: this.#core.setUpSeconds.reading, queue: this.#core.queueSeconds.reading }
  }

  /** Bytes that were forwarded today and this month (UTC), in both directions. */
  get used(): { dayBytes: number; monthBytes: number } {
    return this.#core.used
  }

  /** Why the relay takes no routes now: it is being stopped, or has used up its allowance; undefined while it may. */
  get takesNone(): 'stopping' | 'allowance used' | undefined {
    if (this.#core.isDraining) return 'stopping'
    return this.#core.spent && 'allowance used'
  }

  /** The routes that run, one by one. */
  get sessions(): RelaySessionStats[] {
    return [...this.#core.admitted]
      .map(route => this.#sessions.get(route)?.stats)
      .filter(stats => stats !== undefined)
  }

  #accept(stream: Stream, connection: Connection): void {
    const asker = askerAt(connection.remotePeer.toString(), connection.remoteAddr.toString())
    const route = this.#core.accept(asker, this.#scheduler.nowMs())
    if (route) this.#sessions.set(route, new RelaySession(stream, route, asker, this.#host))
    else stream.abort(new Error('too many streams wait for an answer'))
  }

  #makeHost(): SessionHost<RelaySession> {
    const relay = this
    const { node, addressesOf, onEvent, onReceipt } = this.#options
    return {
      node,
      get limits() {
        return relay.limits
      },
      scheduler: this.#scheduler,
      dialable: ({ asker }, { peerId, addresses }) =>
        dialable({
          offered: addresses,
          known: addressesOf?.(peerId) ?? (this.#attachments.has(peerId) ? [] : undefined),
          asker: asker.address,
          nextHops: this.limits.nextHops
        }),
      admitted: ({ stats }) => {
        if (stats) onEvent?.({ kind: 'routeAdmitted', route: stats, sessions: this.#core.admitted.size })
      },
      refused: ({ asker }, refusal) => onEvent?.({ kind: 'routeRefused', peerId: asker.peerId, ...refusal }),
      receipt: (receipt, signed) => onReceipt?.(receipt, signed),
      offer: ({ core }, isWritable, queuedUpBytes) => {
        if (this.#core.offer(core, isWritable, queuedUpBytes)) this.#pumpAnew()
        this.#cutRoutes()
      },
      closed: session => this.#closed(session)
    }
  }

  /** Ends the routes that a limit of the whole relay stands against. */
  #cutRoutes(): void {
    this.#lookAtAllowance()
    for (let cut = this.#core.nextCut(); cut; cut = this.#core.nextCut()) {
      this.#sessions.get(cut.route)!.cutShort(cut.reason)
    }
  }

  /** Tells when the allowance is used up and when it is back. */
  #lookAtAllowance(): void {
    const { spent } = this.#core
    if (this.#isSpent === (spent !== undefined)) return
    this.#isSpent = spent !== undefined
    this.#cancelLook?.()
    this.#options.onEvent?.(spent ? { kind: 'allowanceUsed', ...spent } : { kind: 'allowanceBack' })
    if (spent) this.#lookLater()
  }

  #lookLater(): void {
    const waitMs = Math.min(ALLOWANCE_LOOK_MS, this.#core.spent?.retryAfterMs ?? 0)
    this.#cancelLook = this.#scheduler.after(waitMs, () => {
      this.#lookAtAllowance()
      if (this.#isSpent) this.#lookLater()
    })
  }

  #closed({ core, stats }: RelaySession): void {
    this.#sessions.delete(core)
    this.#endedBytesUp += stats?.bytesUp ?? 0
    if (this.#core.remove(core) && stats) {
      const { reason } = core
      this.#options.onEvent?.({
        kind: 'routeEnded',
        route: stats,
        reason,
        sessions: this.#core.admitted.size
      })
    }
    if (this.#sessions.size === 0) this.#onLastClosed?.()
  }

  /** Lets sessions send, each when it is its turn, as far as the rate allows. */
  #pump(): void {
    if (this.#pumping || this.#cancelPump) return
    this.#pumping = true
    try {
      for (;;) {
        const turn = this.#core.next(this.#scheduler.nowMs())
        if (!turn) return
        if (turn.session === undefined) {
          this.#pumpAfter(turn.waitMs)
          return
        }
        this.#sessions.get(turn.session)!.sendNext()
      }
    } finally {
      this.#pumping = false
    }
  }

  /**
   * Ends the wait and lets sessions send again: a frame offered since may have its turn before the
   * awaited one.
   */
  #pumpAnew(): void {
    this.#cancelPump?.()
    this.#cancelPump = undefined
    this.#pump()
  }

  #pumpAfter(waitMs: number): void {
    this.#cancelPump = this.#scheduler.after(Math.ceil(waitMs), () => {
      this.#cancelPump = undefined
      this.#pump()
    })
  }

  #allClosed(withinMs: number): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const done = () => {
        cancelTimer()
        this.#onLastClosed = undefined
        resolve()
      }
      const cancelTimer = this.#scheduler.after(withinMs, done)
      this.#onLastClosed = done
    })
  }
}

function passTaker(
  peerId: string,
  directors: readonly string[],
  utcMs: () => number
): RelayCoreInit['takePass'] {
  const book = new PassBook(peerId, new Map(directors.map(director => [director, verifierOf(director)])))
  return ({ pass, hops }, asker) => book.take(pass, asker.peerId, sourceOf(hops), utcMs())
}
