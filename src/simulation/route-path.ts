import { decodeRouteMessage, encodeRouteFrame } from '../protocol/route-codec.ts'
import { relayKindOf } from '../protocol/route-kinds.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import { BurstyLoss } from './bursty-loss.ts'
import type { EventQueue } from './event-queue.ts'
import type { SimulationObserver } from './observer.ts'
import { type OverTime, Steps } from './over-time.ts'
import { type Parcel, Pipe, parcelOf } from './pipe.ts'
import type { Random } from './random.ts'
import { RelayNode, type RelayRoute } from './relay-node.ts'
import { DEFAULT_QUEUE_BYTES, type SimulatedRoute, UNLIMITED_BYTES_PER_SECOND } from './scenario.ts'
import type { SharedLink } from './shared-link.ts'
import type { SourceNode } from './source-node.ts'

export interface RoutePathInit {
  route: number
  spec: SimulatedRoute
  events: EventQueue
  random: Random
  /** The scenario's shared links, by name. */
  links: ReadonlyMap<string, SharedLink>
  /** The relays that hops name, by name; filled as routes are made. */
  relays: Map<string, RelayNode>
  /** The links that lose in bursts, by name and direction; filled as routes are made. */
  bursts: Map<string, BurstyLoss>
  slowStart: boolean
  source: SourceNode
  observer: SimulationObserver
  /** Takes a frame that arrived for the client. */
  deliver(frame: Uint8Array): void
}

/** One route of the network, end to end: a connection for each hop and direction, with relays in between. */
export class RoutePath {
  readonly #init: RoutePathInit
  readonly #down: Pipe[]
  readonly #up: Pipe[]
  readonly relays: RelayRoute[]

  constructor(init: RoutePathInit) {
    this.#init = init
    const { spec, source, route } = init
    const last = spec.hops.length - 1
    this.relays = spec.hops.slice(1).map((_, i) => this.#relay(i))
    this.#down = spec.hops.map((_, i) =>
      this.#pipe(
        i,
        'down',
        parcel => (i === last ? this.#deliver(parcel) : this.relays[i]!.fromSource(parcel)),
        () => (i === 0 ? source.pump(route) : this.relays[i - 1]!.drained())
      )
    )
    this.#up = spec.hops.map((_, i) =>
      this.#pipe(
        i,
        'up',
        parcel => (i === 0 ? this.#toSource(parcel) : this.relays[i - 1]!.fromClient(parcel)),
        () => {}
      )
    )
  }

  /** Sends a message of the client towards the source. */
  send(message: RouteMessage): void {
    this.#up.at(-1)!.send(parcelOf(encodeRouteFrame(message)))
  }

  kill(): void {
    for (const pipe of [...this.#down, ...this.#up]) pipe.kill()
    for (const relay of this.relays) relay.kill()
  }

  #deliver({ frame }: Parcel): void {
    const { spec, events, deliver } = this.#init
    const isData = ['segment', 'inOrder'].includes(relayKindOf(frame) ?? '')
    if (!isData || events.nowMs < (spec.withholdsAtMs ?? Number.POSITIVE_INFINITY)) deliver(frame)
  }

  #toSource({ frame }: Parcel): void {
    const first = this.#down[0]!
    const port = { writable: () => first.writable, send: (parcel: Parcel) => first.send(parcel) }
    this.#init.source.receive(this.#init.route, port, decodeRouteMessage(frame)!)
  }

  /** The relay between hop `i` and the next one towards the client. */
  #relay(i: number): RelayRoute {
    const { events, spec, relays } = this.#init
    const { relay: name, relayRateBytesPerSecond } = spec.hops[i + 1]!
    const named = name === undefined ? undefined : relays.get(name)
    const relay = named ?? new RelayNode(events, relayRateBytesPerSecond)
    if (name !== undefined) relays.set(name, relay)
    return relay.addRoute({
      writable: () => this.#down[i + 1]!.writable,
      sendDown: parcel => this.#down[i + 1]!.send(parcel),
      sendUp: parcel => this.#up[i]!.send(parcel),
      pause: () => this.#down[i]!.pause(),
      resume: () => this.#down[i]!.resume()
    })
  }

  #pipe(
    index: number,
    direction: 'down' | 'up',
    deliver: (parcel: Parcel) => void,
    drained: () => void
  ): Pipe {
    const { events, random, links, bursts, slowStart, spec, route, observer } = this.#init
    const hop = spec.hops[index]!
    const passed = (hop.links?.[direction] ?? []).map(name => links.get(name)!)
    const ownRate: OverTime =
      direction === 'down' ? hop.rateBytesPerSecond : (hop.upRateBytesPerSecond ?? hop.rateBytesPerSecond)
    return new Pipe({
      events,
      random,
      links: passed,
      rate: new Steps(passed.length > 0 ? UNLIMITED_BYTES_PER_SECOND : ownRate),
      delay: new Steps(hop.delayMs),
      loss: new Steps(hop.loss ?? 0),
      bursts: (hop.bursts ?? []).map(({ link, steps }) => {
        const name = `${link} ${direction}`
        const known = bursts.get(name) ?? new BurstyLoss(steps, random)
        bursts.set(name, known)
        return known
      }),
      queueBytes: passed.length > 0 ? 0 : (hop.queueBytes ?? DEFAULT_QUEUE_BYTES),
      outages: spec.outages ?? [],
      slowStart,
      deliver,
      drained,
      passed: (fromMs, toMs, wireBytes) =>
        observer.passed?.({ route, hop: index, direction, fromMs, toMs, wireBytes })
    })
  }
}
