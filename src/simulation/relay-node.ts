import { RelayCore } from '../relay/relay-core.ts'
import type { RouteAction, RouteCore } from '../relay/route-core.ts'
import type { EventQueue } from './event-queue.ts'
import { SimulationCheckError } from './order-check.ts'
import { type OverTime, Steps } from './over-time.ts'
import { type Parcel, parcelOf } from './pipe.ts'

/** What a route through a relay of the simulation does with its neighbours. */
export interface RelayPorts {
  /** Whether the connection towards the client takes more. */
  writable(): boolean
  sendDown(parcel: Parcel): void
  sendUp(parcel: Parcel): void
  /** Stops and restarts reading from the side of the source. */
  pause(): void
  resume(): void
}

/** A relay of the simulation: the real relay's decisions, whose turn it is among them, between modelled connections. */
export class RelayNode {
  readonly #events: EventQueue
  readonly #core: RelayCore
  readonly #routes = new Map<RouteCore, RelayRoute>()
  #pumping = false
  /** How often it was looked at what may go: what was planned before is out of date. */
  #pumps = 0

  /** `rateBytesPerSecond`: the most that it forwards, all routes together; undefined for no limit. */
  constructor(events: EventQueue, rateBytesPerSecond?: OverTime) {
    this.#events = events
    const rate = rateBytesPerSecond === undefined ? undefined : new Steps(rateBytesPerSecond)
    this.#core = new RelayCore({
      peerId: 'relay',
      limits: { maxRateBytesPerSecond: rate?.at(events.nowMs) },
      nextHopOf: () => ({ peerId: 'next hop', addresses: [] })
    })
    if (rate) this.#follow(rate)
  }

  /** A further route through the relay. */
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

  /** The route may have something else to send than before, or room for it. */
  offer(core: RouteCore, isWritable: boolean): void {
    if (this.#core.offer(core, isWritable)) this.#pump()
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

/** Carries out over the modelled network what the relay decides for one route. */
export class RelayRoute {
  readonly #core: RouteCore
  readonly #relay: RelayNode
  readonly #events: EventQueue
  readonly #ports: RelayPorts
  #isReading = true
  /** Most bytes that ever waited here. */
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

  /** Something comes from the client. */
  fromClient({ frame }: Parcel): void {
    this.#tell(nowMs => this.#core.fromClient(frame, nowMs))
  }

  /** Something comes from the source. */
  fromSource({ frame }: Parcel): void {
    this.#tell(nowMs => this.#core.fromNext(frame, nowMs))
  }

  /** The connection towards the client takes more. */
  drained(): void {
    this.#tell(nowMs => this.#core.clientDrained(nowMs))
  }

  sendNext(): void {
    this.#tell(nowMs => this.#core.sendNext(nowMs))
  }

  /** The relay has broken down, as far as the route is concerned. */
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
        // Routes end by dying here, and their ends send nothing that a relay may not pass on.
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
