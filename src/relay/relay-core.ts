import { AnabranchError } from '../errors.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import type { Hop, Open, Relay } from '../protocol/route-messages.ts'
import { type Asker, countAlike } from '../transport/share.ts'
import { type AdmissionPolicy, admit, type Refusal } from './admission.ts'
import { FairScheduler, type Turn } from './fair-scheduler.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'
import type { Spend } from './pass-book.ts'
import { RouteCore, type RouteHost } from './route-core.ts'

export interface RelayCoreInit {
  /** The relay's own peer id, as clients are told. */
  peerId: string
  /** Values that replace single ones of RELAY_LIMITS. */
  limits?: Partial<RelayLimits>
  /** The operator's own rule for new routes. Default: none. */
  policy?: AdmissionPolicy
  /** Returns the hop to which a path leads from here. Throws InvalidPathError. */
  nextHopOf(hops: readonly Hop[]): Hop
  /**
   * Takes the pass of an `open`. Throws an AnabranchError when it does not hold. Default: no pass is
   * wanted.
   */
  takePass?(open: Open, asker: Asker): Spend
}

/**
 * The common part of all routes through one relay: its limits, which routes it takes in, and whose
 * turn it is to send, so that together they stay within its rate. Pure: the time is passed in.
 */
export class RelayCore {
  readonly #init: RelayCoreInit
  readonly #host: RouteHost
  readonly #turns: FairScheduler<RouteCore>
  /** All routes and the peers that asked for them, also those that are not admitted (yet). */
  readonly #routes = new Map<RouteCore, Asker>()
  readonly #admitted = new Set<RouteCore>()
  /** What counts the bytes of routes that have a pass. */
  readonly #spends = new Map<RouteCore, Spend>()
  #limits: RelayLimits
  #admittedCount = 0
  #refusedCount = 0
  #endedBytes = 0
  /** True while the relay is being stopped: it takes no further route. */
  isDraining = false

  constructor(init: RelayCoreInit) {
    this.#init = init
    this.#limits = { ...RELAY_LIMITS, ...init.limits }
    this.#turns = new FairScheduler(this.#limits.maxRateBytesPerSecond)
    this.#host = this.#makeHost()
  }

  /** The limits that hold now. */
  get limits(): RelayLimits {
    return this.#limits
  }

  /**
   * Replaces the limits; a value that is not given gets its default. The rate and the times hold at
   * once, the others for routes that are still to come: no running route is ended.
   */
  setLimits(limits: Partial<RelayLimits>): void {
    this.#limits = { ...RELAY_LIMITS, ...limits }
    this.#turns.setRate(this.#limits.maxRateBytesPerSecond)
  }

  /** Routes admitted and not over yet. */
  get admitted(): ReadonlySet<RouteCore> {
    return this.#admitted
  }

  /** Routes admitted since the start. */
  get admittedCount(): number {
    return this.#admittedCount
  }

  get refusedCount(): number {
    return this.#refusedCount
  }

  /** Frames sent towards clients since the start, in bytes. */
  get bytesForwarded(): number {
    let bytes = this.#endedBytes
    for (const route of this.#admitted) bytes += route.bytesDown
    return bytes
  }

  /**
   * Takes a stream from `asker`, who may ask for a route over it. Returns undefined when too many
   * streams wait for an answer.
   */
  accept(asker: Asker, nowMs: number): RouteCore | undefined {
    if (this.#routes.size - this.#admitted.size >= this.#limits.maxPendingStreams) return undefined
    const route = new RouteCore(this.#host, nowMs)
    this.#routes.set(route, asker)
    return route
  }

  /**
   * Has to be called when the frame that the route could send has changed, or when its client's
   * stream takes more or no more. Returns true when the route waits for its turn: that may come at
   * once.
   */
  offer(route: RouteCore, isWritable: boolean): boolean {
    const { headBytes } = route
    const hasOffer = headBytes !== undefined && isWritable
    if (hasOffer) this.#turns.offer(route, headBytes)
    else this.#turns.withdraw(route)
    return hasOffer
  }

  /**
   * Returns the route whose turn it is to send: its `sendNext` has to be called. Returns how long
   * to wait when the rate allows nothing yet, and undefined when no route has something to send and
   * room for it.
   */
  next(nowMs: number): Turn<RouteCore> | undefined {
    return this.#turns.next(nowMs)
  }

  /** Removes a route that is over. Returns true when it had been admitted. */
  remove(route: RouteCore): boolean {
    this.#turns.remove(route)
    this.#routes.delete(route)
    this.#spends.delete(route)
    const wasAdmitted = this.#admitted.delete(route)
    if (wasAdmitted) this.#endedBytes += route.bytesDown
    return wasAdmitted
  }

  #makeHost(): RouteHost {
    const relay = this
    return {
      peerId: this.#init.peerId,
      get limits() {
        return relay.#limits
      },
      nextHopOf: hops => this.#init.nextHopOf(hops),
      admit: (route, open) => this.#admit(route, open),
      spend: (route, bytes) => this.#spends.get(route)?.(bytes) ?? true,
      describe: () => this.#describe()
    }
  }

  #admit(route: RouteCore, open: Open): Refusal | undefined {
    const asker = this.#routes.get(route)!
    const others = [...this.#admitted].map(other => this.#routes.get(other)!)
    const state = {
      draining: this.isDraining,
      ...countAlike(asker, others),
      takePass: () => this.#takePass(route, open, asker)
    }
    const refusal = admit(open, asker.peerId, state, this.#limits, this.#init.policy)
    if (refusal) {
      this.#refusedCount++
      return refusal
    }
    this.#admitted.add(route)
    this.#admittedCount++
    return undefined
  }

  #takePass(route: RouteCore, open: Open, asker: Asker): Refusal | undefined {
    if (!this.#init.takePass) return undefined
    try {
      this.#spends.set(route, this.#init.takePass(open, asker))
      return undefined
    } catch (error) {
      if (!(error instanceof AnabranchError)) throw error
      return { status: error.wireStatus, message: error.message }
    }
  }

  #describe(): Omit<Relay, 'setUpMs'> {
    const { maxRateBytesPerSecond, bufferBytes, maxSessions } = this.#limits
    return {
      peerId: this.#init.peerId,
      maxRateBytesPerSecond: Math.round(maxRateBytesPerSecond ?? 0),
      bufferBytes,
      sessions: this.#admitted.size,
      maxSessions,
      capabilities: [...OWN_CAPABILITIES]
    }
  }
}
