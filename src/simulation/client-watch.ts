import type { FetchEvent } from '../client/fetch-events.ts'
import type { ClientSession } from '../client/session.ts'
import { AnabranchError } from '../errors.ts'
import { routeIndex } from '../pattern/pattern.ts'
import type { Planner } from '../planner/planner.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import type { Content } from './content.ts'
import type { EventQueue } from './event-queue.ts'
import { describeHang } from './hang.ts'
import type { RouteCapacity } from './ideal.ts'
import type { SimulationObserver } from './observer.ts'
import { OrderCheck, SimulationCheckError } from './order-check.ts'
import { intervalAt } from './over-time.ts'
import type { SeriesPoint, SimulationResult } from './result.ts'
import type { RoutePath } from './route-path.ts'
import { DEFAULT_PATIENCE_MS, DEFAULT_SERIES_STEP_MS, type Scenario } from './scenario.ts'
import type { SinkNode } from './sink-node.ts'

/** The simulation hangs: nothing arrives any more, although a route works. */
export class SimulationHangError extends AnabranchError {
  constructor(dump: string) {
    const message = `The simulated transfer hangs:\n${dump}`
    super('ERR_SIMULATION_HANG', message, { lines: message.split('\n') })
  }
}

/** One route that the client has opened over a path of the scenario. */
export interface ClientRoute {
  /** The route's number for the client and the source. */
  route: number
  /** Index of the route in the scenario. */
  index: number
  path: RoutePath
  capacity: RouteCapacity
  /** One series for all routes that have had the number. */
  series: SeriesPoint[]
  isClosed: boolean
}

export interface ClientWatchInit {
  events: EventQueue
  content: Content
  scenario: Scenario
  observer: SimulationObserver
  planner: Planner
  memoryBytes: number
  session: ClientSession
  /** The last route of each number. */
  routes: ReadonlyMap<number, ClientRoute>
  sink: SinkNode
}

/** Watches the client of the simulation: checks what it does, and keeps what the result says of it. */
export class ClientWatch {
  readonly #init: ClientWatchInit
  readonly #check: OrderCheck
  readonly #log: Pick<SimulationResult, 'patterns' | 'states' | 'reassignments'> = {
    patterns: [],
    states: [],
    reassignments: []
  }
  /** Number of the logged patterns that the order check has been told of. */
  #checkedPatterns = 0
  readonly #delays: SimulationResult['delays'] = []
  #skippedAtStartBytes: number | undefined
  #controls = 0
  #wireBytes = 0
  #peakHeldBytes = 0
  #lastMovedMs = 0
  /** The most bytes that waited in one relay of a route whose number another has by now. */
  #peakRelayBytes = 0

  constructor(init: ClientWatchInit) {
    this.#init = init
    this.#check = new OrderCheck(init.content)
  }

  /** Tells that a route begins under a number that another may have had until now. */
  began(route: number): void {
    this.#peakRelayBytes = Math.max(this.#peakRelayBytes, ...peaksOf(this.#init.routes.get(route)))
    this.#check.began(route)
  }

  sent({ kind }: RouteMessage): void {
    if (kind === 'control') this.#controls++
  }

  received(frame: Uint8Array): void {
    this.#wireBytes += frame.byteLength + 4
  }

  /** Tells that a message has arrived; called before the session knows it. */
  arrived(route: number, message: RouteMessage): void {
    if (message.kind !== 'segment') return
    this.#check.arrived({ route, seq: message.seq, repair: message.repair }, message.payload)
    this.moved()
  }

  /** Tells that these payloads leave the client, in this order. */
  left(payloads: readonly Uint8Array[]): void {
    const { content, scenario, events } = this.#init
    this.#skippedAtStartBytes ??= this.#check.skippedBytes
    for (const payload of payloads) {
      if (scenario.live) {
        const { frames, rateBytesPerSecond } = scenario.live
        const segmentMs = frames?.frameMs ?? (1_000 * content.segmentBytes) / rateBytesPerSecond
        const madeAtMs = (this.#check.next + 1) * segmentMs
        if (payload.length > 0) this.#delays.push({ madeAtMs, delayMs: events.nowMs - madeAtMs })
      }
      this.#check.left(payload)
    }
  }

  /** Tells that the transfer has made progress. */
  moved(): void {
    this.#lastMovedMs = this.#init.events.nowMs
  }

  told(event: FetchEvent): void {
    const atMs = this.#init.events.nowMs
    if (event.event === 'pattern') {
      const { pattern, predicted, actual } = event
      this.#log.patterns.push({ atMs, pattern, predicted, actual })
    } else if (event.event === 'reassigned') {
      const { segments, copy } = event
      const [from, to] = [routeIndex(event.from), routeIndex(event.to)]
      this.#log.reassignments.push({ atMs, from, to, segments, copy })
    } else if (event.event === 'skipped') {
      const { content } = this.#init
      for (const { from, to } of event.ranges) this.#check.skipped(content.seqAt(from), content.seqAt(to))
    } else if (event.event === 'route' && event.state !== 'opening') {
      const { id, state, reason } = event
      // The session is never closed here, so a route that is over counts as lost.
      this.#log.states.push({
        atMs,
        route: routeIndex(id),
        state: state === 'lost' ? 'closed' : state,
        reason
      })
    }
  }

  /** Tells that the session has planned, and has told of all patterns that it knows to be in force. */
  planned(): void {
    this.#check.told(this.#log.patterns.slice(this.#checkedPatterns))
    this.#checkedPatterns = this.#log.patterns.length
  }

  checkMemory(): void {
    const { session, sink, memoryBytes, content } = this.#init
    const heldBytes = session.transfer.heldBytes + sink.waitingBytes
    this.#peakHeldBytes = Math.max(this.#peakHeldBytes, heldBytes)
    if (heldBytes <= Math.max(memoryBytes, content.segmentBytes)) return
    throw new SimulationCheckError(`the client holds ${heldBytes} bytes of the ${memoryBytes} allowed`)
  }

  /** Throws SimulationHangError where a route works and the transfer makes no progress. */
  checkProgress(): void {
    const { events, scenario, session, planner, content, routes } = this.#init
    const { nowMs } = events
    const isSinkPaused = intervalAt(scenario.sink?.pauses ?? [], nowMs)
    const works = [...routes.values()].some(used => !used.isClosed && used.capacity.at(nowMs) > 0)
    if (isSinkPaused || !works) this.#lastMovedMs = nowMs
    if (nowMs - this.#lastMovedMs <= (scenario.patienceMs ?? DEFAULT_PATIENCE_MS)) return
    throw new SimulationHangError(
      describeHang({
        nowMs,
        transfer: session.transfer,
        planner,
        consumed: session.consumedSegments,
        segmentCount: content.segmentCount,
        patterns: this.#log.patterns,
        relayBytes: new Map(
          [...routes].map(([route, { path }]) => [route, path.relays.map(r => r.queuedBytes)])
        )
      })
    )
  }

  /** Adds to the series of each route, from now on until the transfer is over. */
  sampleUntil(isOver: () => boolean): void {
    const { events, scenario } = this.#init
    const sample = () => {
      if (isOver()) return
      this.#sample()
      events.after(scenario.seriesStepMs ?? DEFAULT_SERIES_STEP_MS, sample)
    }
    events.at(0, sample)
  }

  /** Sums up the simulation. `finishedAtMs` is the time at which the output had taken everything. */
  result(end: {
    finishedAtMs: number | undefined
    failure: Error | undefined
    idealMs: number
  }): Omit<SimulationResult, 'flows'> {
    const { events, session, routes } = this.#init
    const { finishedAtMs, failure, idealMs } = end
    const { transfer, longestStallMs } = session
    const completed = finishedAtMs !== undefined
    const durationMs = finishedAtMs ?? events.nowMs
    if (completed) this.#check.finish(this.#counts())
    return {
      completed,
      ...(failure ? { failure } : {}),
      durationMs,
      idealMs,
      efficiency: completed && durationMs > 0 ? idealMs / durationMs : 0,
      longestStallMs,
      duplicateBytes: this.#check.duplicateBytes,
      wireBytes: this.#wireBytes,
      outOfSequence: transfer.outOfSequence,
      peakHeldBytes: this.#peakHeldBytes,
      peakRelayBytes: Math.max(this.#peakRelayBytes, ...[...routes.values()].flatMap(peaksOf)),
      controls: this.#controls,
      delays: this.#delays,
      skippedBytes: this.#check.skippedBytes,
      skippedAtStartBytes: this.#skippedAtStartBytes ?? this.#check.skippedBytes,
      ...this.#log,
      routes: [...transfer.stats].map(([route, stats]) => ({
        route,
        ...stats,
        series: routes.get(route)!.series
      }))
    }
  }

  #counts() {
    const { stats, duplicateBytes } = this.#init.session.transfer
    return { bytes: [...stats.values()].reduce((sum, { bytes }) => sum + bytes, 0), duplicateBytes }
  }

  #sample(): void {
    const { events, planner, session, observer, routes: used } = this.#init
    const { nowMs } = events
    const { stats, heldBytes } = session.transfer
    const routes = new Map<number, SeriesPoint>()
    for (const [route, estimate] of planner.estimates()) {
      const { series, capacity } = used.get(route)!
      const point = {
        atMs: nowMs,
        ...estimate,
        deliveredBytes: stats.get(route)?.bytes ?? 0,
        capacityBytesPerSecond: capacity.at(nowMs)
      }
      series.push(point)
      routes.set(route, point)
    }
    observer.sampled?.({ atMs: nowMs, outputBytes: session.outputBytes, reorderBytes: heldBytes, routes })
  }
}

/** The most bytes that waited in each relay of the route. */
function peaksOf(used: ClientRoute | undefined): number[] {
  return used?.path.relays.map(relay => relay.peakQueuedBytes) ?? []
}
