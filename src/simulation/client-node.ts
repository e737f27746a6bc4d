import { TEST_BLOCK_BYTES } from '../client/defaults.ts'
import { StallMeter } from '../client/stall-meter.ts'
import { type SegmentCheck, Transfer, type TransferEvent } from '../client/transfer.ts'
import { AnabranchError } from '../errors.ts'
import { type Planner, TICK_MS } from '../planner/planner.ts'
import { HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import { decodeRouteMessage, type RouteMessage } from '../protocol/route-codec.ts'
import type { Content } from './content.ts'
import type { EventQueue } from './event-queue.ts'
import { describeHang } from './hang.ts'
import { RouteCapacity } from './ideal.ts'
import type { SimulationObserver } from './observer.ts'
import { OrderCheck, SimulationCheckError } from './order-check.ts'
import { intervalAt, Steps } from './over-time.ts'
import type { SeriesPoint, SimulationResult } from './result.ts'
import type { RoutePath } from './route-path.ts'
import {
  DEFAULT_MEMORY_BYTES,
  DEFAULT_PATIENCE_MS,
  DEFAULT_SERIES_STEP_MS,
  DEFAULT_SET_UP_ROUND_TRIPS,
  type Scenario,
  type SimulatedRoute
} from './scenario.ts'
import { SinkNode } from './sink-node.ts'

/** Nothing arrives any more although a route works. */
export class SimulationHangError extends AnabranchError {
  constructor(dump: string) {
    const message = `The simulated transfer hangs:\n${dump}`
    super('ERR_SIMULATION_HANG', message, { lines: message.split('\n') })
  }
}

interface ClientRoute {
  spec: SimulatedRoute
  path: RoutePath
  capacity: RouteCapacity
  series: SeriesPoint[]
  /** When `open` left. */
  askedAtMs?: number
  closed: boolean
}

/** The client of the simulation: the real transfer and planner, with ticks and streams as the real runner has them. */
export class ClientNode {
  readonly #events: EventQueue
  readonly #content: Content
  readonly #scenario: Scenario
  readonly #observer: SimulationObserver
  readonly #planner: Planner
  readonly #transfer: Transfer
  readonly #sink: SinkNode
  readonly #check: OrderCheck
  readonly #stalls = new StallMeter()
  readonly #routes = new Map<number, ClientRoute>()
  readonly #memoryBytes: number
  readonly #log: Pick<SimulationResult, 'patterns' | 'states' | 'reassignments'> = {
    patterns: [],
    states: [],
    reassignments: []
  }
  #consumed = 0
  #controls = 0
  #wireBytes = 0
  #peakHeldBytes = 0
  #lastMovedMs = 0
  #finishedAtMs: number | undefined

  constructor(events: EventQueue, content: Content, scenario: Scenario, observer: SimulationObserver) {
    this.#events = events
    this.#content = content
    this.#scenario = scenario
    this.#observer = observer
    this.#memoryBytes = scenario.memoryBytes ?? DEFAULT_MEMORY_BYTES
    const size = {
      segmentCount: content.segmentCount,
      segmentBytes: content.segmentBytes,
      sizeBytes: content.sizeBytes
    }
    this.#planner = scenario.createPlanner({ ...size, firstSeq: 0, memoryBytes: this.#memoryBytes })
    this.#transfer = new Transfer({
      ...size,
      firstSeq: 0,
      planner: this.#planner,
      check: new ContentCheck(content)
    })
    this.#check = new OrderCheck(content)
    this.#sink = new SinkNode(events, scenario.sink, segments => {
      this.#consumed += segments
      this.#transfer.consumed(this.#consumed, events.nowMs)
      this.#lastMovedMs = events.nowMs
      this.#finishIfDone()
    })
  }

  get finished(): boolean {
    return this.#finishedAtMs !== undefined
  }

  /** The client hears of a route when it is time, and opens it. */
  offer(route: number, spec: SimulatedRoute, path: RoutePath): void {
    this.#events.at(spec.joinsAtMs ?? 0, () => this.#open(route, spec, path))
  }

  start(): void {
    this.#finishIfDone()
    this.#events.at(0, () => this.#tick())
    this.#events.at(0, () => this.#sample())
  }

  receive(route: number, frame: Uint8Array): void {
    const record = this.#routes.get(route)!
    if (record.closed || this.finished) return
    const { nowMs } = this.#events
    const message = decodeRouteMessage(frame)
    this.#wireBytes += frame.byteLength + 4
    if (message.kind === 'opened') this.#opened(route)
    else if (message.kind === 'segment') this.#segment(route, message)
    else this.#transfer.receive(route, message, nowMs)
  }

  routeClosed(route: number, reason: string): void {
    const record = this.#routes.get(route)
    if (!record || record.closed || this.finished) return
    record.closed = true
    this.#transfer.routeClosed(route, reason, this.#events.nowMs)
    this.#step()
  }

  result(idealMs: number): SimulationResult {
    const completed = this.finished
    const durationMs = this.#finishedAtMs ?? this.#events.nowMs
    if (completed) this.#check.finish(this.#counts())
    return {
      completed,
      durationMs,
      idealMs,
      efficiency: completed && durationMs > 0 ? idealMs / durationMs : 0,
      longestStallMs: this.#stalls.longestMs,
      duplicateBytes: this.#check.duplicateBytes,
      wireBytes: this.#wireBytes,
      outOfSequence: this.#transfer.outOfSequence,
      peakHeldBytes: this.#peakHeldBytes,
      peakRelayBytes: Math.max(
        0,
        ...[...this.#routes.values()].flatMap(({ path }) => path.relays.map(r => r.peakQueuedBytes))
      ),
      controls: this.#controls,
      ...this.#log,
      routes: [...this.#transfer.stats].map(([route, stats]) => ({
        route,
        ...stats,
        series: this.#routes.get(route)!.series
      }))
    }
  }

  #open(route: number, spec: SimulatedRoute, path: RoutePath): void {
    if (this.finished) return
    const capacity = new RouteCapacity(spec)
    const record: ClientRoute = { spec, path, capacity, series: [], closed: false }
    this.#routes.set(route, record)
    this.#transfer.addRoute(route, spec.costMs, this.#events.nowMs)
    const rttMs = 2 * new Steps(spec.hops.at(-1)!.delayMs).at(this.#events.nowMs)
    this.#events.after((spec.setUpRoundTrips ?? DEFAULT_SET_UP_ROUND_TRIPS) * rttMs, () => {
      if (record.closed || this.finished) return
      record.askedAtMs = this.#events.nowMs
      path.send(this.#openMessage(route))
    })
  }

  #openMessage(route: number): RouteMessage {
    return {
      kind: 'open',
      sessionId: new Uint8Array(16),
      route,
      name: 'simulated',
      rootHash: new Uint8Array(32),
      hops: [],
      firstSeq: this.#transfer.next,
      control: this.#transfer.openingControl(route, this.#events.nowMs),
      testBytes: TEST_BLOCK_BYTES
    }
  }

  #opened(route: number): void {
    const { nowMs } = this.#events
    const rttMs = Math.max(1, nowMs - this.#routes.get(route)!.askedAtMs!)
    this.#transfer.routeOpened(route, rttMs, nowMs)
    this.#step()
  }

  #segment(route: number, message: RouteMessage & { kind: 'segment' }): void {
    const { nowMs } = this.#events
    this.#check.arrived({ route, seq: message.seq, repair: message.repair }, message.payload)
    this.#lastMovedMs = nowMs
    const ready = this.#transfer.receive(route, message, nowMs)
    for (const payload of ready) this.#check.left(payload)
    if (ready.length > 0) {
      this.#stalls.progressed(nowMs)
      this.#sink.push(ready)
    }
    const heldBytes = this.#transfer.heldBytes + this.#sink.waitingBytes
    this.#peakHeldBytes = Math.max(this.#peakHeldBytes, heldBytes)
    if (heldBytes > Math.max(this.#memoryBytes, this.#content.segmentBytes)) {
      throw new SimulationCheckError(
        `the client holds ${heldBytes} bytes of the ${this.#memoryBytes} allowed`
      )
    }
  }

  #tick(): void {
    if (this.finished) return
    this.#step()
    this.#checkProgress()
    this.#events.after(TICK_MS, () => this.#tick())
  }

  #step(): void {
    const { nowMs } = this.#events
    const { control, controlRoutes, tests, events } = this.#transfer.tick(nowMs)
    if (control) {
      for (const route of controlRoutes) {
        this.#controls++
        this.#routes.get(route)!.path.send({ kind: 'control', ...control })
      }
    }
    for (const { route, nonce, replyBytes } of tests) {
      this.#routes.get(route)!.path.send({ kind: 'test', nonce, replyBytes })
    }
    this.#note(events)
  }

  #note(events: readonly TransferEvent[]): void {
    const atMs = this.#events.nowMs
    const told = this.#log.patterns.length
    for (const { type, ...event } of events) {
      if (type === 'pattern') this.#log.patterns.push({ atMs, ...(event as Told<'pattern'>) })
      else if (type === 'state') this.#log.states.push({ atMs, ...(event as Told<'state'>) })
      else this.#log.reassignments.push({ atMs, ...(event as Told<'reassigned'>) })
    }
    this.#check.told(this.#log.patterns.slice(told))
  }

  #finishIfDone(): void {
    if (this.finished || this.#consumed < this.#content.segmentCount) return
    this.#finishedAtMs = this.#events.nowMs
    // What the source had answered by now was told by messages; the last events still wait for their tick.
    this.#note(this.#transfer.tick(this.#events.nowMs).events)
  }

  #counts() {
    const all = [...this.#transfer.stats.values()]
    return {
      bytes: all.reduce((sum, stats) => sum + stats.bytes, 0),
      duplicateBytes: this.#transfer.duplicateBytes
    }
  }

  #checkProgress(): void {
    const { nowMs } = this.#events
    const sinkPaused = intervalAt(this.#scenario.sink?.pauses ?? [], nowMs)
    const works = [...this.#routes.values()].some(route => !route.closed && route.capacity.at(nowMs) > 0)
    if (sinkPaused || !works) this.#lastMovedMs = nowMs
    if (nowMs - this.#lastMovedMs <= (this.#scenario.patienceMs ?? DEFAULT_PATIENCE_MS)) return
    throw new SimulationHangError(
      describeHang({
        nowMs,
        transfer: this.#transfer,
        planner: this.#planner,
        consumed: this.#consumed,
        segmentCount: this.#content.segmentCount,
        patterns: this.#log.patterns,
        relayBytes: new Map(
          [...this.#routes].map(([route, { path }]) => [route, path.relays.map(r => r.queuedBytes)])
        )
      })
    )
  }

  #sample(): void {
    if (this.finished) return
    const { nowMs } = this.#events
    const routes = new Map<number, SeriesPoint>()
    for (const [route, estimate] of this.#planner.estimates()) {
      const record = this.#routes.get(route)!
      const point = {
        atMs: nowMs,
        ...estimate,
        deliveredBytes: this.#transfer.stats.get(route)?.bytes ?? 0,
        capacityBytesPerSecond: record.capacity.at(nowMs)
      }
      record.series.push(point)
      routes.set(route, point)
    }
    const { sizeBytes, segmentBytes } = this.#content
    this.#observer.sampled?.({
      atMs: nowMs,
      outputBytes: Math.min(this.#consumed * segmentBytes, sizeBytes),
      reorderBytes: this.#transfer.heldBytes,
      routes
    })
    this.#events.after(this.#scenario.seriesStepMs ?? DEFAULT_SERIES_STEP_MS, () => this.#sample())
  }
}

type Told<T extends TransferEvent['type']> = Omit<TransferEvent & { type: T }, 'type'>

/** Vouches for segments as the real verifier does: only where the hashes of their group have come before them. */
class ContentCheck implements SegmentCheck {
  readonly #content: Content
  readonly #groups = new Set<number>()

  constructor(content: Content) {
    this.#content = content
  }

  learn(group: number): boolean {
    this.#groups.add(group)
    return true
  }

  verify(seq: number, payload: Uint8Array): boolean {
    return this.#groups.has(Math.floor(seq / HASH_GROUP_SEGMENTS)) && this.#content.isSegment(seq, payload)
  }

  forgetBelow(seq: number): void {
    for (const group of this.#groups) if ((group + 1) * HASH_GROUP_SEGMENTS <= seq) this.#groups.delete(group)
  }
}
