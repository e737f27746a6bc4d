import { AnabranchError } from '../errors.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import type { Hop, Open, Relay } from '../protocol/route-messages.ts'
import { FairScheduler, type Rates, type Turn } from '../transport/fair-scheduler.ts'
import { type Asker, countAlike, hasRoomFor } from '../transport/share.ts'
import { Histogram, SECONDS_TO_ANSWER, SECONDS_TO_WORK } from '../units/histogram.ts'
import { type AdmissionPolicy, admit, type Refusal } from './admission.ts'
import { Allowance } from './allowance.ts'
import { RelayMemoryError, RouteRefusedError } from './errors.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'
import type { Spend } from './pass-book.ts'
import { RouteCore, type RouteHost } from './route-core.ts'
import { MemoryLedger, type UsageLedger } from './usage-ledger.ts'

export interface RelayCoreInit {
  /** The relay's own peer id, as clients are told. */
  peerId: string
  /** Values that replace single ones of RELAY_LIMITS. */
  limits?: Partial<RelayLimits>
  /** The operator's own rule for new routes. Default: none. */
  policy?: AdmissionPolicy
  /** Keeps what is forwarded for the limits of bytes a day and a month. Default: in memory. */
  ledger?: UsageLedger
  /** The time by the calendar, in milliseconds since 1970, UTC. */
  utcMs(): number
  /**
   * Whether a director or the operator has named the peer: each route that it asks for then counts for
   * itself, as others stand behind it. Default: none is named.
   */
  isNamed?(peerId: string): boolean
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
  /** Those that are not admitted, as yet or for good. */
  readonly #waiting = new Map<RouteCore, Asker>()
  readonly #admitted = new Set<RouteCore>()
  readonly #allowance: Allowance
  /** Who shares the rate with each route that has offered something: that is settled by its first offer. */
  readonly #owners = new Map<RouteCore, unknown>()
  /** What counts the bytes of routes that have a pass. */
  readonly #spends = new Map<RouteCore, Spend>()
  /** Bytes that wait here for each route, in both directions, and for all. */
  readonly #held = new Map<RouteCore, number>()
  #heldBytes = 0
  #limits: RelayLimits
  #admittedCount = 0
  #refusedCount = 0
  #endedBytes = 0
  /** Seconds from the dial of a next hop until the route is open, and seconds that frames wait here for their turn. */
  readonly setUpSeconds = new Histogram(SECONDS_TO_ANSWER)
  readonly queueSeconds = new Histogram(SECONDS_TO_WORK)
  /** True while the relay is being stopped: it takes no further route. */
  isDraining = false

  constructor(init: RelayCoreInit) {
    this.#init = init
    this.#limits = { ...RELAY_LIMITS, ...init.limits }
    this.#turns = new FairScheduler(ratesOf(this.#limits))
    this.#allowance = new Allowance(init.ledger ?? new MemoryLedger())
    this.#host = this.#makeHost()
  }

  /** The limits that hold now. */
  get limits(): RelayLimits {
    return this.#limits
  }

  /**
   * Replaces the limits; a value that is not given gets its default. Rates, times, memory and bytes a
   * day and a month hold at once, the others for routes that are still to come.
   */
  setLimits(limits: Partial<RelayLimits>): void {
    this.#limits = { ...RELAY_LIMITS, ...limits }
    this.#turns.setRates(ratesOf(this.#limits))
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

  /** Bytes that wait here in both directions, with what holding them costs. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * Takes a stream from `asker`, who may ask for a route over it. Returns undefined when too many
   * streams wait for an answer, of the same peer or host or in all.
   */
  accept(asker: Asker, nowMs: number): RouteCore | undefined {
    if (!hasRoomFor(asker, [...this.#waiting.values()], this.#limits.maxPendingStreams)) return undefined
    const route = new RouteCore(this.#host, nowMs)
    this.#routes.set(route, asker)
    this.#waiting.set(route, asker)
    return route
  }

  /**
   * Has to be called when the frame that the route could send has changed, when its client's stream
   * takes more or no more, or when other `queuedUpBytes` wait for its next hop. Returns true when the
   * route waits for its turn: that may come at once.
   */
  offer(route: RouteCore, isWritable: boolean, queuedUpBytes: number): boolean {
    this.#hold(route, route.queuedBytes + queuedUpBytes)
    const { headBytes } = route
    const hasOffer = headBytes !== undefined && isWritable
    if (hasOffer) this.#turns.offer(route, headBytes, this.#settledOwnerOf(route))
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

  /** Bytes that were forwarded today and this month, in both directions. */
  get used(): { dayBytes: number; monthBytes: number } {
    return this.#allowance.used(this.#init.utcMs())
  }

  /** The reason for which the relay may forward nothing more today or this month. */
  get spent(): Refusal | undefined {
    return this.#allowance.refusal(this.#limits, this.#init.utcMs())
  }

  /**
   * Returns a route that a limit of the whole relay ends, and the reason: its `cutShort` has to be
   * called. To be asked after each `offer` until it returns undefined.
   */
  nextCut(): { route: RouteCore; reason: AnabranchError } | undefined {
    const { spent } = this
    const running = spent && [...this.#admitted].find(route => !route.isOver)
    if (running) return { route: running, reason: new RouteRefusedError(spent) }
    if (this.#heldBytes <= this.#limits.memoryBytes) return undefined
    const holding = [...this.#held.keys()].filter(route => this.#held.get(route)! > 0)
    const [route] = holding.sort((a, b) => a.waitingSinceMs - b.waitingSinceMs)
    return route && { route, reason: new RelayMemoryError() }
  }

  /** Removes a route that is over. Returns true when it had been admitted. */
  remove(route: RouteCore): boolean {
    this.#hold(route, 0)
    this.#held.delete(route)
    this.#turns.remove(route)
    this.#routes.delete(route)
    this.#waiting.delete(route)
    this.#owners.delete(route)
    this.#spends.delete(route)
    const wasAdmitted = this.#admitted.delete(route)
    if (wasAdmitted) this.#endedBytes += route.bytesDown
    return wasAdmitted
  }

  #hold(route: RouteCore, bytes: number): void {
    this.#heldBytes += bytes - (this.#held.get(route) ?? 0)
    this.#held.set(route, bytes)
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
      passing: (route, bytes) =>
        this.#allowance.add(bytes, this.#routes.get(route)!.peerId, route.sessionId, this.#init.utcMs()),
      spend: (route, bytes) => this.#spends.get(route)?.(bytes) ?? true,
      describe: route => this.#describe(route),
      opened: setUpMs => this.setUpSeconds.observe(setUpMs / 1000),
      waited: waitMs => this.queueSeconds.observe(waitMs / 1000)
    }
  }

  #admit(route: RouteCore, open: Open): Refusal | undefined {
    const asker = this.#routes.get(route)!
    const others = [...this.#admitted].map(other => this.#routes.get(other)!)
    const state = {
      draining: this.isDraining,
      allowance: this.spent,
      ...countAlike(asker, others),
      takePass: () => this.#takePass(route, open, asker)
    }
    const refusal = admit(open, asker.peerId, state, this.#limits, this.#init.policy)
    if (refusal) {
      this.#refusedCount++
      return refusal
    }
    this.#waiting.delete(route)
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

  /**
   * Returns who shares the rate with a route: all routes of one host, but those of nodes that are named,
   * have one share together.
   */
  #ownerOf(route: RouteCore): unknown {
    const { peerId, host } = this.#routes.get(route)!
    return this.#init.isNamed?.(peerId) ? route : (host ?? peerId)
  }

  /** As #ownerOf said first: that asks all who are named, which is too much for each frame. */
  #settledOwnerOf(route: RouteCore): unknown {
    const known = this.#owners.get(route)
    if (known !== undefined) return known
    const owner = this.#ownerOf(route)
    this.#owners.set(route, owner)
    return owner
  }

  #describe(route: RouteCore): Omit<Relay, 'setUpMs'> {
    const { maxRateBytesPerSecond, maxSessionRateBytesPerSecond, bufferBytes, maxSessions } = this.#limits
    const sessions = this.#admitted.size
    const owners = [...this.#admitted].map(each => this.#ownerOf(each))
    const ofSameOwner = owners.filter(owner => owner === this.#ownerOf(route)).length
    const share = (maxRateBytesPerSecond ?? Infinity) / (new Set(owners).size * ofSameOwner)
    // The client divides the rate by the sessions, so what one gets is told as that of all.
    const rate = Math.min(share, maxSessionRateBytesPerSecond ?? Infinity) * sessions
    return {
      peerId: this.#init.peerId,
      maxRateBytesPerSecond: Number.isFinite(rate) ? Math.round(rate) : 0,
      bufferBytes,
      sessions,
      maxSessions,
      capabilities: [...OWN_CAPABILITIES]
    }
  }
}

function ratesOf({ maxRateBytesPerSecond, maxSessionRateBytesPerSecond }: RelayLimits): Rates {
  return {
    inAllBytesPerSecond: maxRateBytesPerSecond,
    perSessionBytesPerSecond: maxSessionRateBytesPerSecond
  }
}
