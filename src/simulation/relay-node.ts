import { RelayCore } from '../relay/relay-core.ts'
import type { RouteAction } from '../relay/route-action.ts'
import type { RouteCore } from '../relay/route-core.ts'
import type { EventQueue } from './event-queue.ts'
import { SimulationCheckError } from './order-check.ts'
import { type OverTime, Steps } from './over-time.ts'
import { type Parcel, parcelOf } from './pipe.ts'

/** The connections of a route through a relay of the simulation, as the relay uses them. */
export interface RelayPorts {
  /** Whether the connection towards the client takes more. */
  writable(): boolean
  sendDown(parcel: Parcel): void
  sendUp(parcel: Parcel): void
  /** Stops reading from the side of the source; `resume` starts it again. */
  pause(): void
  resume(): void
}

/**
 * A relay of the simulation: the real relay's decisions, with the turns of its routes, between
 * modelled connections.
 */
export class RelayNode {
  readonly #events: EventQueue
  readonly #core: RelayCore
  readonly #routes = new Map<RouteCore, RelayRoute>()
  #pumping = false
  /** Number of calls of `#pump`. A timer that was set in an earlier call is out of date. */
  #pumps = 0

  /**
   * `rateBytesPerSecond` is the most that the relay forwards for all routes together; undefined for
   * no limit.
   */
  constructor(events: EventQueue, rateBytesPerSecond?: OverTime) {
    this.#events = events
    const rate = rateBytesPerSecond === undefined ? undefined : new Steps(rateBytesPerSecond)
    this.#core = new RelayCore({
      peerId: 'relay',
      limits: { maxRateBytesPerSecond: rate?.at(events.nowMs) },
      nextHopOf: () => ({ peerId: 'next hop', addresses: [] }),
      utcMs: () => events.nowMs
    })
    if (rate) this.#follow(rate)
  }

  /** Adds a route through the relay. */
  addRoute(ports: RelayPorts): RelayRoute {
    const asker = { peerId: 'client', address: '', host: undefined }
    const core = this.#core.accept(asker, this.#events.nowMs)
    if (!core) throw new SimulationCheckError('a relay takes no further stream')
    const route = new RelayRoute(core, this, this.#events, ports)
    this.#routes.set(core, route)
    return route
  }

  removeRoute(core: RouteCore): void {
    this.#routes.delete(core)
    this.#core.remove(core)
  }

  /** Tells that the route may have something else to send, or room for it. */
  offer(core: RouteCore, isWritable: boolean): void {
    if (this.#core.offer(core, isWritable, 0)) this.#pump()
  }

  /** Gives turns as far as the relay's rate allows and the connections towards the clients take it. */
  #pump(): void {
    if (this.#pumping) return
    const pumps = ++this.#pumps
    this.#pumping = true
    for (;;) {
      const turn = this.#core.next(this.#events.nowMs)
      if (turn?.waitMs !== undefined) {
        this.#events.after(turn.waitMs, () => {
          if (pumps === this.#pumps) this.#pump()
        })
      }
      if (turn?.session === undefined) break
      this.#routes.get(turn.session)!.sendNext()
    }
    this.#pumping = false
  }

  #follow(rate: Steps): void {
    const changeMs = rate.nextChange(this.#events.nowMs)
    this.#events.at(changeMs, () => {
      this.#core.setLimits({ maxRateBytesPerSecond: rate.at(changeMs) })
      this.#pump()
      this.#follow(rate)
    })
  }
}

/** Carries out one route's decisions of the relay over the modelled network. */
export class RelayRoute {
  readonly #core: RouteCore
  readonly #relay: RelayNode
  readonly #events: EventQueue
  readonly #ports: RelayPorts
  #isReading = true
  /** The most bytes that ever waited in this relay for the route. */
  peakQueuedBytes = 0

  constructor(core: RouteCore, relay: RelayNode, events: EventQueue, ports: RelayPorts) {
    this.#core = core
    this.#relay = relay
    this.#events = events
    this.#ports = ports
  }

  get queuedBytes(): number {
    return this.#core.queuedBytes
  }

  /** Takes a frame from the client. */
  fromClient({ frame }: Parcel): void {
    this.#tell(nowMs => this.#core.fromClient(frame, nowMs))
  }

  /** Takes a frame from the source. */
  fromSource({ frame }: Parcel): void {
    this.#tell(nowMs => this.#core.fromNext(frame, nowMs))
  }

  /** Tells that the connection towards the client takes more. */
  drained(): void {
    this.#tell(nowMs => this.#core.clientDrained(nowMs))
  }

  sendNext(): void {
    this.#tell(nowMs => this.#core.sendNext(nowMs, 0))
  }

  /** Ends the route in this relay, as when the relay breaks down. */
  kill(): void {
    this.#core.clientClosed(undefined)
    this.#relay.removeRoute(this.#core)
  }

  #tell(event: (nowMs: number) => void): void {
    event(this.#events.nowMs)
    for (let action = this.#core.nextAction(); action; action = this.#core.nextAction()) this.#do(action)
    this.peakQueuedBytes = Math.max(this.peakQueuedBytes, this.#core.queuedBytes)
    this.#read()
    this.#relay.offer(this.#core, this.#ports.writable())
  }

  #do(action: RouteAction): void {
    switch (action.kind) {
      case 'sendToClient':
        this.#ports.sendDown(parcelOf(action.frame))
        break
      case 'sendToNext':
        this.#ports.sendUp(parcelOf(action.frame))
        break
      case 'dialNext':
        this.#ports.sendUp(parcelOf(action.opening))
        this.#core.nextReached(this.#events.nowMs)
        break
      case 'reportAdmitted':
        break
      default:
        // A route ends here only when it is killed, and its two ends send nothing that a relay must
        // refuse.
        throw new SimulationCheckError(`a relay ended a route: ${this.#core.reason?.message ?? action.kind}`)
    }
  }

  #read(): void {
    const isReading = this.#core.readsNext
    if (isReading === this.#isReading) return
    this.#isReading = isReading
    if (isReading) this.#ports.resume()
    else this.#ports.pause()
  }
}
