import type { Connection, Stream } from '@libp2p/interface'
import type { AnabranchError } from '../errors.ts'
import { type HopLimits, type Open, ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/node.ts'
import { askerAt, countAlike } from '../transport/share.ts'
import { type AdmissionPolicy, admit, type Refusal } from './admission.ts'
import { dialable } from './dial-policy.ts'
import { RelayStoppedError } from './errors.ts'
import { FairScheduler } from './fair-scheduler.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'
import { RelaySession } from './relay-session.ts'
import type { RelaySessionStats, SessionHost } from './session-host.ts'

/** Streams that libp2p lets a connection have: above all that admission lets it have, which answers with a status. */
const MAX_STREAMS_PER_CONNECTION = 65_536
/** How long `stop` gives the last statuses to get out, in milliseconds. */
const FAREWELL_MS = 1_000

export type RelayEvent =
  | { kind: 'routeAdmitted'; route: RelaySessionStats; sessions: number }
  | { kind: 'routeRefused'; peerId: string; status: number; message: string }
  /** `reason` when the route did not end in order. */
  | { kind: 'routeEnded'; route: RelaySessionStats; reason: AnabranchError | undefined; sessions: number }

export interface RelayOptions {
  /** Started and stopped elsewhere. */
  node: OverlayNode
  /** Default: RELAY_LIMITS; what is given replaces single values. */
  limits?: Partial<RelayLimits>
  /** The operator's own rule for new routes. Default: none. */
  policy?: AdmissionPolicy
  /** The addresses that directors give for a node, which are dialled whatever they are. Default: none. */
  addressesOf?: (peerId: string) => readonly string[]
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
  /** Frames that wait for clients, in bytes. */
  queuedBytes: number
}

/** The role between clients and sources (patent FIG. 11, routing server 72): forwards routes within its limits. */
export class Relay {
  #limits: RelayLimits
  readonly #options: RelayOptions
  readonly #scheduler: Scheduler
  readonly #turns: FairScheduler<RelaySession>
  /** All streams, with those that were not admitted (yet). */
  readonly #sessions = new Set<RelaySession>()
  readonly #admitted = new Set<RelaySession>()
  readonly #host: SessionHost<RelaySession>
  #draining = false
  #pumping = false
  #cancelPump: (() => void) | undefined
  #onLastClosed: (() => void) | undefined
  #admittedCount = 0
  #refusedCount = 0
  #endedBytes = 0

  constructor(options: RelayOptions) {
    this.#options = options
    this.#limits = { ...RELAY_LIMITS, ...options.limits }
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#turns = new FairScheduler(this.limits.maxRateBytesPerSecond)
    this.#host = this.#makeHost()
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
  }

  /** Takes no new routes, waits up to `drainMs` for those that run, and ends the rest with a status. */
  async stop(): Promise<void> {
    this.#draining = true
    await this.#allClosed(this.limits.drainMs)
    await this.#options.node.unhandle(ROUTE_PROTOCOL)
    const stopped = new RelayStoppedError()
    for (const session of [...this.#sessions]) session.end(stopped)
    await this.#allClosed(FAREWELL_MS)
    for (const session of [...this.#sessions]) session.abort(stopped)
    this.#cancelPump?.()
  }

  /** What holds now. */
  get limits(): RelayLimits {
    return this.#limits
  }

  /**
   * Replaces the limits while the relay runs; what is not given gets its default. The rate and the times hold at once,
   * the rest for routes that are still to come: none that runs is ended.
   */
  setLimits(limits: Partial<RelayLimits>): void {
    this.#limits = { ...RELAY_LIMITS, ...limits }
    this.#turns.setRate(this.#limits.maxRateBytesPerSecond)
    this.#pumpAnew()
  }

  get stats(): RelayStats {
    let [bytesForwarded, queuedBytes] = [this.#endedBytes, 0]
    for (const session of this.#admitted) {
      bytesForwarded += session.bytesDown
      queuedBytes += session.stats?.queuedBytes ?? 0
    }
    return {
      sessions: this.#admitted.size,
      admitted: this.#admittedCount,
      refused: this.#refusedCount,
      bytesForwarded,
      queuedBytes
    }
  }

  /** The routes that run, one by one. */
  get sessions(): RelaySessionStats[] {
    return [...this.#admitted].map(session => session.stats).filter(stats => stats !== undefined)
  }

  #accept(stream: Stream, connection: Connection): void {
    if (this.#sessions.size - this.#admitted.size >= this.limits.maxPendingStreams) {
      stream.abort(new Error('too many streams wait for an answer'))
      return
    }
    const asker = askerAt(connection.remotePeer.toString(), connection.remoteAddr.toString())
    this.#sessions.add(new RelaySession(stream, asker, this.#host))
  }

  #makeHost(): SessionHost<RelaySession> {
    const relay = this
    const { node } = this.#options
    return {
      node,
      get limits() {
        return relay.limits
      },
      scheduler: this.#scheduler,
      admit: (session, open) => this.#admit(session, open),
      dialable: ({ asker }, { peerId, addresses }) =>
        dialable({
          offered: addresses,
          known: this.#options.addressesOf?.(peerId) ?? [],
          asker: asker.address,
          privateHops: this.limits.privateHops
        }),
      began: ({ stats }) => {
        if (stats)
          this.#options.onEvent?.({ kind: 'routeAdmitted', route: stats, sessions: this.#admitted.size })
      },
      describe: () => this.#describe(),
      offer: (session, frameBytes) => {
        this.#turns.offer(session, frameBytes)
        this.#pumpAnew()
      },
      withdraw: session => this.#turns.withdraw(session),
      closed: session => this.#closed(session)
    }
  }

  #admit(session: RelaySession, open: Open): Refusal | undefined {
    const { peerId } = session.asker
    const others = [...this.#admitted].map(({ asker }) => asker)
    const state = { draining: this.#draining, ...countAlike(session.asker, others) }
    const refusal = admit(open, peerId, state, this.limits, this.#options.policy)
    if (refusal) {
      this.#refusedCount++
      this.#options.onEvent?.({ kind: 'routeRefused', peerId, ...refusal })
      return refusal
    }
    this.#admitted.add(session)
    this.#admittedCount++
    return undefined
  }

  #describe(): Omit<HopLimits, 'setUpMs'> {
    const { maxRateBytesPerSecond, bufferBytes, maxSessions } = this.limits
    return {
      peerId: this.#options.node.peerId.toString(),
      maxRateBytesPerSecond: Math.round(maxRateBytesPerSecond ?? 0),
      bufferBytes,
      sessions: this.#admitted.size,
      maxSessions
    }
  }

  #closed(session: RelaySession): void {
    this.#turns.remove(session)
    this.#sessions.delete(session)
    const route = session.stats
    if (this.#admitted.delete(session) && route) {
      this.#endedBytes += session.bytesDown
      const { reason } = session
      this.#options.onEvent?.({ kind: 'routeEnded', route, reason, sessions: this.#admitted.size })
    }
    if (this.#sessions.size === 0) this.#onLastClosed?.()
  }

  /** Lets sessions send, each when it is its turn, as far as the rate allows. */
  #pump(): void {
    if (this.#pumping || this.#cancelPump) return
    this.#pumping = true
    try {
      for (;;) {
        const turn = this.#turns.next(this.#scheduler.nowMs())
        if (!turn) return
        if (turn.session === undefined) {
          this.#pumpAfter(turn.waitMs)
          return
        }
        turn.session.sendNext()
      }
    } finally {
      this.#pumping = false
    }
  }

  /** Whatever is waited for: what has come since may have its turn before that. */
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
