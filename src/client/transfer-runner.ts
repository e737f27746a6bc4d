import { AnabranchError, ExitCode } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { type Planner, TICK_MS } from '../planner/planner.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { HopLimits, RouteMessage } from '../protocol/route-codec.ts'
import type { OverlayNode } from '../transport/node.ts'
import { verdictOf } from './content-verdict.ts'
import { TEST_BLOCK_BYTES } from './defaults.ts'
import type { FetchEvent, PublicRouteState, RouteProgress } from './fetch-events.ts'
import { Outage } from './outage.ts'
import { type ByteSink, OutputWriter } from './output/output-writer.ts'
import { readRecord } from './record-check.ts'
import { RouteConnection } from './route-connection.ts'
import { RouteLostError } from './route-errors.ts'
import { idOf, type RouteEntry, type RoutePath, RouteTable } from './route-table.ts'
import { StallMeter } from './stall-meter.ts'
import { Transfer, type TransferEvent } from './transfer.ts'
import { SegmentVerifier } from './verifier.ts'

const PROGRESS_INTERVAL_MS = 250

/** No route is left, and none came back in time. */
export class NoRouteError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_NO_ROUTE', `No route to the source: ${reason}`, { exitCode: ExitCode.network, cause })
  }
}

/** Who has the content, and which paths lead there. */
export interface Holder {
  source: PeerAddresses
  paths: RoutePath[]
}

export interface TransferRunnerInit {
  node: OverlayNode
  record: ContentRecord
  source: PeerAddresses
  firstSeq: number
  planner: Planner
  sink: ByteSink
  maxRoutes: number
  /** How long it goes on without any open route before it gives up, in milliseconds; may be infinite. */
  patienceMs: number
  startedAtMs: number
  onEvent(event: FetchEvent): void
  /** The relays of an opened route tell what they allow it. */
  onLimits?(route: number, limits: HopLimits[]): void
}

/**
 * Runs one Transfer over real streams: opens routes, carries messages, ticks, and writes what is in order. Errors that end
 * the whole transfer (no route left, the content changed, the output failed) reject `run`.
 */
export class TransferRunner {
  readonly #init: TransferRunnerInit
  readonly #transfer: Transfer
  readonly #table: RouteTable
  readonly #connections = new Map<number, RouteConnection>()
  /** Why the last route over each path has ended. */
  readonly #ends = new Map<string, Error>()
  readonly #sessionId = crypto.getRandomValues(new Uint8Array(16))
  readonly #writer: OutputWriter
  readonly #stalls = new StallMeter()
  readonly #arrived = Promise.withResolvers<void>()
  readonly #failed = Promise.withResolvers<never>()
  readonly #states = new Map<number, PublicRouteState>()
  #consumed: number
  #wireBytes = 0
  #lastProgressMs = 0
  readonly #outage: Outage
  /** Some route was open: the source has the content, or had it a moment ago. */
  #hasOpened = false
  #source: PeerAddresses
  /** Another source of the same content, and the paths to it: taken when the one in use delivers no more. */
  #successor: Holder | undefined
  #lastFailure: Error | undefined
  #timer: NodeJS.Timeout | undefined
  /** All has arrived, or the transfer has failed: routes are neither opened nor missed any more. */
  #isOver = false

  constructor(init: TransferRunnerInit) {
    this.#init = init
    const { record, firstSeq, planner } = init
    this.#transfer = new Transfer({
      segmentCount: segmentCount(record),
      segmentBytes: record.segmentBytes,
      sizeBytes: record.sizeBytes,
      firstSeq,
      planner,
      check: new SegmentVerifier(record)
    })
    this.#failed.promise.catch(() => {})
    this.#table = new RouteTable(init.maxRoutes)
    this.#consumed = firstSeq
    this.#source = init.source
    this.#outage = new Outage(init.patienceMs, performance.now())
    this.#writer = new OutputWriter(
      init.sink,
      segments => {
        this.#consumed += segments
        this.#transfer.consumed(this.#consumed, performance.now())
      },
      error => this.#fail(error)
    )
  }

  get longestStallMs(): number {
    return this.#stalls.longestMs
  }

  get duplicateBytes(): number {
    return this.#transfer.duplicateBytes
  }

  get outOfSequence(): number {
    return this.#transfer.outOfSequence
  }

  get wireBytes(): number {
    let bytes = this.#wireBytes
    for (const connection of this.#connections.values()) bytes += connection.wireBytes
    return bytes
  }

  /** Totals of every route that was ever opened, by its letter. */
  routeTotals() {
    return Object.fromEntries(
      [...this.#transfer.stats].map(([route, { bytes, segments, repairs }]) => [
        routeName(route),
        { bytes, segments, repairs, relays: this.#table.relaysOf(route) }
      ])
    )
  }

  offer(path: RoutePath): void {
    this.#table.offer(path)
  }

  /**
   * Takes the director's word on who holds the content and which paths lead there; `gained` are those that it did not name
   * before. Where it names no path, those known are tried on: nobody knows better ones.
   */
  follow(holder: Holder, gained: RoutePath[]): void {
    if (holder.paths.length === 0) return
    if (holder.source.peerId !== this.#source.peerId) {
      this.#successor = holder
      return
    }
    this.#successor = undefined
    this.#source = holder.source
    const ids = new Set(holder.paths.map(idOf))
    for (const id of this.#table.ids) if (!ids.has(id)) this.#table.withdraw(id)
    for (const path of gained) this.#table.offer(path)
  }

  /** Resolves once the output has taken everything. Rejects when it cannot go on, or with the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#fail(signal.reason)
    signal.addEventListener('abort', onAbort)
    try {
      signal.throwIfAborted()
      if (!this.#transfer.complete) {
        this.#tick()
        this.#timer = setInterval(() => this.#tick(), TICK_MS)
        await Promise.race([this.#arrived.promise, this.#failed.promise])
        // However long the output takes from here on, nobody else is needed.
        this.#closeRoutes()
      }
      await Promise.race([this.#writer.whenIdle(), this.#failed.promise])
      this.#progress(performance.now())
    } finally {
      clearInterval(this.#timer)
      signal.removeEventListener('abort', onAbort)
      this.#closeRoutes()
    }
  }

  #tick(): void {
    const nowMs = performance.now()
    if (!this.#isOver) {
      if (this.#successor && !this.#isDelivering()) this.#takeSuccessor(this.#successor, nowMs)
      for (const entry of this.#table.due(nowMs)) this.#open(entry, nowMs)
      this.#step(nowMs)
      this.#checkRoutes(nowMs)
    }
    if (nowMs - this.#lastProgressMs >= PROGRESS_INTERVAL_MS) this.#progress(nowMs)
  }

  #step(nowMs: number): void {
    const { control, controlRoutes, tests, events } = this.#transfer.tick(nowMs)
    if (control) {
      for (const route of controlRoutes) {
        this.#connections.get(route)?.send({ kind: 'control', ...control })
      }
    }
    for (const { route, nonce, replyBytes } of tests) {
      this.#connections.get(route)?.send({ kind: 'test', nonce, replyBytes })
    }
    for (const event of events) this.#tell(event, nowMs)
  }

  /** Some route is open, and not silent. */
  #isDelivering(): boolean {
    return [...this.#transfer.openRoutes].some(route => this.#states.get(route) === 'open')
  }

  /** Goes on from another source, over routes of its own: what those to the one before still owe is ordered anew. */
  #takeSuccessor({ source, paths }: Holder, nowMs: number): void {
    this.#successor = undefined
    for (const id of this.#table.ids) this.#table.withdraw(id)
    for (const connection of [...this.#connections.values()]) {
      connection.end(new RouteLostError('another source has the content, too, and this one is silent'))
    }
    this.#source = source
    for (const path of paths) this.#table.offer(path)
    this.#init.onEvent({ event: 'source', source: source.peerId, atMs: this.#atMs(nowMs) })
  }

  #open(entry: RouteEntry, nowMs: number): void {
    const { route, path } = entry
    const { node, record, firstSeq } = this.#init
    this.#states.delete(route)
    this.#transfer.addRoute(route, path.costMs, nowMs)
    let askedAtMs = nowMs
    const connection = new RouteConnection({
      onOpened: (bytes, limits) => {
        const farMs = limits.reduce((sum, hop) => sum + hop.setUpMs, 0)
        const rttMs = Math.max(1, performance.now() - askedAtMs - farMs)
        this.#checkRecord(route, bytes)
        this.#hasOpened = true
        this.#table.opened(route, performance.now())
        this.#transfer.routeOpened(route, rttMs, performance.now())
        this.#init.onLimits?.(route, limits)
        this.#step(performance.now())
      },
      onMessage: message => this.#receive(route, message),
      onClosed: reason => this.#closed(entry, reason)
    })
    this.#connections.set(route, connection)
    connection.start(node, [...path.relays, this.#source], () => {
      askedAtMs = performance.now()
      return {
        sessionId: this.#sessionId,
        route,
        name: record.name,
        rootHash: Uint8Array.from(record.rootHash),
        firstSeq: Math.max(firstSeq, this.#transfer.next),
        control: this.#transfer.openingControl(route, askedAtMs),
        testBytes: TEST_BLOCK_BYTES
      }
    })
  }

  /** The source that the route leads to must mean the same content as the director, under its own signature. */
  #checkRecord(route: number, bytes: Uint8Array): void {
    const wanted = { sourcePeerId: this.#source.peerId, rootHash: this.#init.record.rootHash }
    readRecord(bytes, wanted).catch(error => this.#connections.get(route)?.end(error))
  }

  #receive(route: number, message: RouteMessage): void {
    const nowMs = performance.now()
    const ready = this.#transfer.receive(route, message, nowMs)
    if (ready.length === 0) return
    this.#stalls.progressed(nowMs)
    this.#writer.push(ready)
    if (this.#transfer.complete) this.#arrived.resolve()
  }

  #closed({ route, id }: RouteEntry, reason: Error): void {
    const nowMs = performance.now()
    const connection = this.#connections.get(route)
    this.#connections.delete(route)
    this.#wireBytes += connection?.wireBytes ?? 0
    this.#table.closed(route, nowMs, !this.#transfer.isNamed(route))
    this.#ends.set(id, reason)
    this.#lastFailure = reason
    this.#transfer.routeClosed(route, reason.message, nowMs)
    if (!this.#isOver) this.#step(nowMs)
  }

  /** A route that is being tried is none yet: else trying again and again would never end. */
  #checkRoutes(nowMs: number): void {
    if (this.#connections.size === 0) {
      const ends = this.#table.ids.map(id => this.#ends.get(id))
      const verdict = verdictOf(ends, { hasOpened: this.#hasOpened })
      if (verdict) this.#fail(verdict)
    }
    const reason = this.#lastFailure?.message ?? 'none was offered'
    const told = this.#outage.step(this.#transfer.openRoutes.size > 0, reason, nowMs)
    if (told?.type === 'waiting') {
      const { leftMs } = told
      const patience = Number.isFinite(leftMs) ? { leftMs: Math.round(leftMs) } : {}
      this.#init.onEvent({ event: 'waiting', reason, ...patience, atMs: this.#atMs(nowMs) })
    } else if (told) {
      const waitedMs = Math.round(told.waitedMs)
      this.#init.onEvent({ event: 'resumed', waitedMs, atMs: this.#atMs(nowMs) })
    }
    const isHopeless = this.#connections.size === 0 && this.#table.isUsedUp
    if (!this.#outage.isTooLong && !isHopeless) return
    this.#fail(new NoRouteError(`${reason}; check that relays run and can reach it`, this.#lastFailure))
  }

  #fail(error: unknown): void {
    this.#failed.reject(error)
  }

  /** What ends now is over in good order, or the error that is being thrown says why. */
  #closeRoutes(): void {
    this.#isOver = true
    for (const [route, connection] of [...this.#connections]) {
      this.#tellState(route, 'closed', '')
      connection.end(new RouteLostError('the transfer is over'))
    }
  }

  /** The time that events tell. */
  #atMs(nowMs: number): number {
    return Math.round(nowMs - this.#init.startedAtMs)
  }

  #tell(event: TransferEvent, nowMs: number): void {
    const atMs = nowMs - this.#init.startedAtMs
    switch (event.type) {
      case 'pattern': {
        const { pattern, predicted, actual } = event
        this.#init.onEvent({ event: 'pattern', pattern, predicted, actual, atMs })
        break
      }
      case 'reassigned': {
        const { segments, copy } = event
        this.#init.onEvent({
          event: 'reassigned',
          from: routeName(event.from),
          to: routeName(event.to),
          segments,
          copy,
          atMs
        })
        break
      }
      case 'state':
        this.#tellState(event.route, event.state === 'closed' ? 'lost' : event.state, event.reason)
    }
  }

  #tellState(route: number, state: PublicRouteState, reason: string): void {
    const before = this.#states.get(route)
    if (before === state || before === 'lost' || before === 'closed') return
    this.#states.set(route, state)
    this.#init.onEvent({
      event: 'route',
      id: routeName(route),
      state,
      relays: this.#table.relaysOf(route),
      reason
    })
  }

  #progress(nowMs: number): void {
    this.#lastProgressMs = nowMs
    const routes: Record<string, RouteProgress> = {}
    for (const [route, estimate] of this.#init.planner.estimates()) {
      routes[routeName(route)] = {
        bytes: this.#transfer.stats.get(route)?.bytes ?? 0,
        rateBytesPerSecond: Math.round(estimate.rateBytesPerSecond),
        rttMs: Math.round(estimate.rttMs * 10) / 10,
        weight: estimate.weight,
        state: this.#states.get(route) ?? 'opening'
      }
    }
    const bytes = Math.min(this.#consumed * this.#init.record.segmentBytes, this.#init.record.sizeBytes)
    this.#init.onEvent({
      event: 'progress',
      bytes,
      reorderBytes: this.#transfer.heldBytes,
      atMs: this.#atMs(nowMs),
      routes
    })
  }
}
