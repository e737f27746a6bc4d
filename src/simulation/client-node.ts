import { RouteLostError } from '../client/route-errors.ts'
import { ClientSession } from '../client/session.ts'
import type { SessionAction } from '../client/session-action.ts'
import { CorruptSegmentError } from '../client/transfer-errors.ts'
import { TICK_MS } from '../planner/planner.ts'
import { Extent } from '../protocol/extent.ts'
import { decodeRouteMessage } from '../protocol/route-codec.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import { SegmentLengths } from '../protocol/segment-lengths.ts'
import { readHead } from '../protocol/stream-head.ts'
import { type ClientRoute, ClientWatch } from './client-watch.ts'
import { type Content, ContentCheck, WRONG_PROOF } from './content.ts'
import type { EventQueue } from './event-queue.ts'
import { RouteCapacity } from './ideal.ts'
import { LiveContentCheck, streamOf } from './live-feed.ts'
import type { SimulationObserver } from './observer.ts'
import { intervalAt, Steps } from './over-time.ts'
import type { SimulationResult } from './result.ts'
import type { RoutePath } from './route-path.ts'
import {
  breakdownsOf,
  DEFAULT_MEMORY_BYTES,
  DEFAULT_SET_UP_ROUND_TRIPS,
  type Scenario,
  type SimulatedRoute,
  sourceOf
} from './scenario.ts'
import { SinkNode } from './sink-node.ts'

/** What the handshakes of a connection take of the processors, in ms, however near it is. */
const LEAST_SET_UP_MS = 0.1

export interface ClientNodeInit {
  events: EventQueue
  content: Content
  scenario: Scenario
  observer: SimulationObserver
  /**
   * Makes new connections along a path of the scenario; `deliver` gets each frame that comes out
   * for the client.
   */
  connect(index: number, route: number, deliver: (frame: Uint8Array) => void): RoutePath
  /** The client has ended a route over a path of the scenario: its source is to hear of it. */
  routeEnded(index: number, route: number): void
}

/** The client of the simulation: the real session over modelled connections and with a modelled output. */
export class ClientNode {
  readonly #init: ClientNodeInit
  readonly #events: EventQueue
  readonly #session: ClientSession
  readonly #sink: SinkNode
  readonly #watch: ClientWatch
  /** The last route of each number; a number can be used again. */
  readonly #routes = new Map<number, ClientRoute>()
  #finishedAtMs: number | undefined
  #failure: Error | undefined

  constructor(init: ClientNodeInit) {
    this.#init = init
    const { events, content, scenario, observer } = init
    const { segmentBytes, sizeBytes } = content
    const { live } = scenario
    const frames = live?.frames && { startedAtMs: 0, frameMs: live.frames.frameMs }
    const lengths = frames && new SegmentLengths(0)
    const extent = live ? new Extent({ firstSeq: 0, segmentBytes, edgeSeq: 0, lengths }) : content.extent
    this.#events = events
    const memoryBytes = scenario.memoryBytes ?? DEFAULT_MEMORY_BYTES
    const latency = live?.latencyMs === undefined ? {} : { latencyMs: live.latencyMs }
    const cutover = scenario.cutover === undefined ? {} : { cutover: scenario.cutover }
    const planner = scenario.createPlanner({ extent, memoryBytes, ...latency, ...cutover })
    this.#session = new ClientSession({
      record: {
        name: 'simulated',
        sizeBytes,
        segmentBytes,
        rootHash: new Uint8Array(32),
        sourcePeerId: sourceOf(scenario.routes[0]!)
      },
      extent,
      sessionIdOf: () => new Uint8Array(16),
      isSealed: true,
      planner,
      check: live ? new LiveContentCheck(content) : new ContentCheck(content),
      ...(live ? { live: { ...latency, frames } } : {}),
      ...(scenario.memory ? { memory: scenario.memory } : {}),
      maxRoutes: scenario.routes.length,
      patienceMs: scenario.routelessPatienceMs ?? Number.POSITIVE_INFINITY,
      startedAtMs: 0,
      nowMs: 0
    })
    this.#sink = new SinkNode(events, scenario.sink, segments => this.#taken(segments))
    this.#watch = new ClientWatch({
      events,
      content,
      scenario,
      observer,
      planner,
      memoryBytes,
      session: this.#session,
      routes: this.#routes,
      sink: this.#sink
    })
  }

  /** Whether the client has everything, or has given up. */
  get isOver(): boolean {
    return this.#finishedAtMs !== undefined || this.#failure !== undefined
  }

  /** Tells the client of a path, which it opens when its turn comes. */
  offer(index: number): void {
    const { joinsAtMs = 0, costMs } = this.#specOf(index)
    this.#events.at(joinsAtMs, () => {
      if (this.isOver) return
      this.#session.offer({ ...this.#pathOf(index), ...(costMs === undefined ? {} : { costMs }) })
      this.#do(nowMs => this.#session.openDue(nowMs))
    })
  }

  /** Tells the client that the path will not be there again. */
  withdraw(index: number): void {
    this.#session.withdraw(this.#pathOf(index))
  }

  start(): void {
    this.#finishIfDone()
    this.#events.at(0, () => this.#tick())
    this.#watch.sampleUntil(() => this.isOver)
  }

  /** The route in use over a path; undefined where there is none. */
  routeOver(index: number): ClientRoute | undefined {
    return [...this.#routes.values()].find(used => used.index === index && !used.isClosed)
  }

  routeClosed(used: ClientRoute, reason: string): void {
    if (used.isClosed || this.isOver) return
    used.isClosed = true
    this.#plan(nowMs => this.#session.closed(used.route, new RouteLostError(reason), nowMs))
  }

  result(idealMs: number): Omit<SimulationResult, 'flows'> {
    const finishedAtMs = this.#finishedAtMs
    return this.#watch.result({ finishedAtMs, failure: this.#failure, idealMs })
  }

  #specOf(index: number): SimulatedRoute {
    return this.#init.scenario.routes[index]!
  }

  /** The path as the client knows it: the first relay's peer id is the path's index in the scenario. */
  #pathOf(index: number) {
    const others = this.#specOf(index).hops.slice(2)
    const ids = [String(index), ...others.map((_, i) => `${index} relay ${i + 1}`)]
    const source = { peerId: sourceOf(this.#specOf(index)), addresses: [] }
    return { relays: ids.map(peerId => ({ peerId, addresses: [] })), source }
  }

  #tick(): void {
    if (this.isOver) return
    this.#plan(nowMs => this.#session.tick(nowMs))
    this.#watch.checkProgress()
    this.#events.after(TICK_MS, () => this.#tick())
  }

  /** Gives the session an event and the time, and carries out its actions. */
  #do(handle: (nowMs: number) => void): void {
    handle(this.#events.nowMs)
    for (let action = this.#session.nextAction(); action; action = this.#session.nextAction()) {
      this.#perform(action)
    }
  }

  /**
   * Does the same for an event upon which the session plans, and which tells what has happened
   * since the last plan.
   */
  #plan(handle: (nowMs: number) => void): void {
    this.#do(handle)
    this.#watch.planned()
  }

  #perform(action: SessionAction): void {
    switch (action.type) {
      case 'open':
        this.#open(action.route, Number(action.path.relays[0]!.peerId))
        break
      case 'send':
        this.#send(action.route, action.message)
        break
      case 'end':
        this.#end(action.route, action.reason)
        break
      case 'output':
        this.#watch.left(action.payloads)
        this.#sink.push(action.payloads)
        break
      case 'tell':
        this.#watch.told(action.event)
        break
      case 'failed':
        this.#failure = action.error
        break
      case 'finished':
        // What ends a live content may be that the rest is done without.
        this.#events.after(0, () => this.#finishIfDone())
        break
      // Records are not signed here, no relay is complained of, and routes stay until the output has taken everything.
      case 'verify':
      case 'complain':
    }
  }

  #open(route: number, index: number): void {
    if (this.isOver) return
    const spec = this.#specOf(index)
    const { nowMs } = this.#events
    const path = this.#init.connect(index, route, frame => this.#receive(used, frame))
    const capacity = new RouteCapacity(spec)
    const series = this.#routes.get(route)?.series ?? []
    const used: ClientRoute = { route, index, path, capacity, series, isClosed: false }
    this.#watch.began(route)
    this.#routes.set(route, used)
    const rttMs = 2 * new Steps(spec.hops.at(-1)!.delayMs).at(nowMs)
    if (intervalAt(breakdownsOf(spec), nowMs)) {
      this.#events.after(rttMs, () => this.routeClosed(used, 'the relay cannot be reached'))
      return
    }
    const roundTrips = spec.setUpRoundTrips ?? DEFAULT_SET_UP_ROUND_TRIPS
    const setUpMs = roundTrips === 0 ? 0 : Math.max(LEAST_SET_UP_MS, roundTrips * rttMs)
    this.#events.after(setUpMs, () => {
      if (!used.isClosed && !this.isOver) this.#do(dialledMs => this.#session.dialled(route, dialledMs))
    })
  }

  /** A route ends when another takes its place, or its source lies; else by a fault in the program. */
  #end(route: number, reason: Error): void {
    const used = this.#routes.get(route)!
    const { liesAtMs = Number.POSITIVE_INFINITY } = this.#specOf(used.index)
    const isFault = !(reason instanceof RouteLostError || reason instanceof CorruptSegmentError)
    if (isFault || (reason instanceof CorruptSegmentError && this.#events.nowMs < liesAtMs)) throw reason
    used.isClosed = true
    used.path.kill()
    this.#init.routeEnded(used.index, route)
  }

  #send(route: number, message: RouteMessage): void {
    if (this.isOver) return
    this.#watch.sent(message)
    // The route's connections are laid along its path already, so `open` need not name the hops.
    this.#routes.get(route)!.path.send(message.kind === 'open' ? { ...message, hops: [] } : message)
  }

  #receive(used: ClientRoute, frame: Uint8Array): void {
    if (used.isClosed || this.isOver) return
    const { route } = used
    const message = decodeRouteMessage(frame)!
    this.#watch.received(frame)
    const receive = (nowMs: number) =>
      message.kind === 'head'
        ? this.#session.headCame(
            route,
            readHead(message.bytes, streamOf(this.#init.content, this.#init.scenario.live)),
            nowMs
          )
        : this.#session.received(route, message, nowMs)
    if (message.kind === 'opened') {
      this.#plan(receive)
      return
    }
    const { liesAtMs = Number.POSITIVE_INFINITY } = this.#specOf(used.index)
    if (message.kind === 'hashes' && this.#events.nowMs >= liesAtMs) message.proof[0] = WRONG_PROOF
    this.#watch.arrived(route, message)
    this.#do(receive)
    this.#watch.checkMemory()
  }

  #taken(segments: number): void {
    this.#do(nowMs => this.#session.consumed(segments, nowMs))
    this.#watch.moved()
    this.#finishIfDone()
  }

  #finishIfDone(): void {
    if (this.isOver || !this.#init.content.extent.endsBy(this.#session.consumedSegments)) return
    this.#finishedAtMs = this.#events.nowMs
    // Messages have told what the source had answered by now; the last events still wait for their
    // tick.
    this.#plan(nowMs => this.#session.step(nowMs))
  }
}
