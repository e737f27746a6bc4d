import { Budget } from './budget.ts'
import { INBOUND_LIMITS, type InboundLimits } from './limits.ts'
import { isWithinShare } from './share.ts'

/** A connection that a peer has opened, from its first packet on. */
export interface Visit {
  /** The host that it comes from; undefined where hosts cannot be told apart, which takes it out of a host's limits. */
  readonly host: string | undefined
  /** Whose connection it is; undefined until its handshake is done. */
  peerId: string | undefined
  /** When it was last used, in milliseconds; undefined while it has open streams. */
  idleSinceMs(): number | undefined
  /** Ends it: somebody else gets its place. */
  giveWay(): void
}

interface Host {
  /** Connections, those in their handshakes included. */
  open: number
  handshakes: number
  arrivals: Budget
  barredUntilMs: number
}

/** Numbers of hosts above which those that are not here any more are forgotten. */
const REMEMBERED_HOSTS = 4_096

/**
 * Gives the places for inbound connections to those who come. One host gets half of all handshakes
 * that may be under way at most, and so many connections; the last places are kept for known peers.
 */
export class InboundPlaces {
  readonly #limits: InboundLimits
  readonly #isKnown: (peerId: string) => boolean
  readonly #visits = new Set<Visit>()
  readonly #handshaking = new Set<Visit>()
  readonly #hosts = new Map<string, Host>()

  constructor(isKnown: (peerId: string) => boolean, limits: InboundLimits = INBOUND_LIMITS) {
    this.#isKnown = isKnown
    this.#limits = limits
  }

  /** Tells whether a connection may begin its handshake; `left` is to be called when it ends. */
  knock(visit: Visit, nowMs: number): boolean {
    const { maxHandshakes, connectionsPerHost } = this.#limits
    if (visit.host !== undefined) {
      const host = this.#hostAt(visit.host, nowMs)
      if (host.arrivals.use(1, nowMs) < 0 || nowMs < host.barredUntilMs) return false
      if (host.open >= connectionsPerHost) return false
      if (!isWithinShare(host.handshakes, this.#handshaking.size, maxHandshakes)) return false
      host.open++
      host.handshakes++
    }
    this.#visits.add(visit)
    this.#handshaking.add(visit)
    return true
  }

  /**
   * The handshake of a connection is done, and tells whose it is. Tells whether it may stay: where
   * places are short, the connection of an unknown peer that has been idle for the longest time
   * gives way.
   */
  enter(visit: Visit, peerId: string): boolean {
    visit.peerId = peerId
    this.#endHandshake(visit)
    const { maxConnections, placesForKnown } = this.#limits
    const places = this.#isKnown(peerId) ? maxConnections : maxConnections - placesForKnown
    const isFull = () => this.#visits.size - this.#handshaking.size > places
    if (isFull()) this.#longestIdle(visit)?.giveWay()
    return !isFull()
  }

  left(visit: Visit): void {
    this.#endHandshake(visit)
    if (!this.#visits.delete(visit) || visit.host === undefined) return
    this.#hosts.get(visit.host)!.open--
  }

  /** Takes nothing more from the host of a connection for a while. */
  bar({ host }: Visit, nowMs: number): void {
    if (host !== undefined) this.#hostAt(host, nowMs).barredUntilMs = nowMs + this.#limits.barredMs
  }

  #endHandshake(visit: Visit): void {
    if (!this.#handshaking.delete(visit) || visit.host === undefined) return
    this.#hosts.get(visit.host)!.handshakes--
  }

  #longestIdle(newcomer: Visit): Visit | undefined {
    let longest: Visit | undefined
    let sinceMs = Number.POSITIVE_INFINITY
    for (const visit of this.#visits) {
      const { peerId } = visit
      if (visit === newcomer || peerId === undefined || this.#isKnown(peerId)) continue
      const idleSinceMs = visit.idleSinceMs() ?? Number.POSITIVE_INFINITY
      if (idleSinceMs >= sinceMs) continue
      longest = visit
      sinceMs = idleSinceMs
    }
    return longest
  }

  #hostAt(name: string, nowMs: number): Host {
    const known = this.#hosts.get(name)
    if (known) return known
    if (this.#hosts.size >= REMEMBERED_HOSTS) this.#forgetHosts(nowMs)
    const host = { open: 0, handshakes: 0, arrivals: new Budget(this.#limits.arrivals), barredUntilMs: 0 }
    this.#hosts.set(name, host)
    return host
  }

  #forgetHosts(nowMs: number): void {
    for (const [name, { open, arrivals, barredUntilMs }] of this.#hosts) {
      if (open === 0 && barredUntilMs <= nowMs && arrivals.isWhole(nowMs)) this.#hosts.delete(name)
    }
  }
}
