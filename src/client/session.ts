import { relayLimit, relayShare } from '../planner/relay-share.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { encodeRequest } from '../protocol/route-codec.ts'
import { type Control, emptyControl, planOf, type RouteMessage } from '../protocol/route-messages.ts'
import type { StreamHead } from '../protocol/stream-head.ts'
import { Blame } from './blame.ts'
import { isLie, provenVerdictOf, verdictOf } from './content-verdict.ts'
import { TEST_BLOCK_BYTES } from './defaults.ts'
import { DeliveryWatch } from './delivery-watch.ts'
import { Holders } from './holders.ts'
import { LiveFlow } from './live-flow.ts'
import { noRouteError } from './no-route.ts'
import { Outage } from './outage.ts'
import { OutputPosition } from './output-position.ts'
import { RouteLostError } from './route-errors.ts'
import { RouteInUse } from './route-in-use.ts'
import { idOf, type RouteEntry, type RoutePath, RouteTable } from './route-table.ts'
import type { SessionAction } from './session-action.ts'
import type { SessionInit } from './session-init.ts'
import { SessionSteering } from './session-steering.ts'
import { SessionStory } from './session-story.ts'
import { StallMeter } from './stall-meter.ts'
import { Transfer } from './transfer.ts'
import { CorruptSegmentError, UnexpectedMessageError } from './transfer-errors.ts'
import { awaitedAfter } from './waiting-reason.ts'

/** Interval in milliseconds at which a session tells its progress. */
const PROGRESS_INTERVAL_MS = 250
/** Milliseconds for which all open routes may be silent, though they owe something, before they count as none. */
const SILENT_MS = 3_000

/**
 * Milliseconds after the last source was refused before a fetch gives up that may hear of others: a director that is
 * watched may name one within that time.
 */
const NEWS_MS = 2_000

/** Kinds of messages that only a source which follows the session's orders sends. */
const BRINGS: readonly RouteMessage['kind'][] = ['segment', 'testReply']

/** Why a session waits that has routes, none of which delivers or fails. */
const NOTHING_COMES = 'nothing comes over those that are open'

/** The part of a session's transfer that others may read. */
export type TransferView = Pick<
  Transfer,
  'complete' | 'next' | 'heldBytes' | 'duplicateBytes' | 'outOfSequence' | 'openRoutes' | 'stats'
>

/**
 * Makes one fetch's decisions: which paths to open and try again, which sources take part, what to
 * send, when all is here and when to give up. Pure: each method takes an event and its time, and
 * `nextAction` returns what is to be done about it.
 */
export class ClientSession {
  readonly #init: SessionInit
  readonly #transfer: Transfer
  readonly #table: RouteTable
  readonly #story: SessionStory
  readonly #outage: Outage
  readonly #delivery: DeliveryWatch
  readonly #blame: Blame
  readonly #live: LiveFlow | undefined
  /** What somebody wants by hand. */
  readonly steering: SessionSteering
  /** What the output has taken. */
  readonly #position: OutputPosition
  #takenBytes = 0

  readonly #stalls = new StallMeter()
  readonly #routes = new Map<number, RouteInUse>()
  /** The reason why the last route over each path has ended. */
  readonly #ends = new Map<string, Error>()
  readonly #actions: SessionAction[] = []
  readonly #holders: Holders
  #lastFailure: Error | undefined
  #lastProgressMs = Number.NEGATIVE_INFINITY
  /**
   * Whether everything has arrived or the fetch has failed: then routes are neither opened nor
   * missed any more.
   */
  #isClosed = false

  constructor(init: SessionInit) {
    this.#init = init
    const { extent, planner, check } = init
    this.#transfer = new Transfer({ extent, planner, check })
    this.#table = new RouteTable(init.maxRoutes, route => planner.orders.isNamed(route))
    this.#story = new SessionStory(init.startedAtMs, this.#table, event =>
      this.#actions.push({ type: 'tell', event })
    )
    this.#outage = new Outage(init.patienceMs, init.nowMs)
    const isFit = (route: number) => this.#story.stateOf(route) === 'open'
    const owes = (route: number) => (planner.estimates().get(route)?.outstandingBytes ?? 0) > 0
    const segmentMs = (route: number) => {
      const { rateBytesPerSecond = 0 } = planner.estimates().get(route) ?? {}
      return rateBytesPerSecond > 0 ? (extent.segmentBytes / rateBytesPerSecond) * 1_000 : 0
    }
    this.#delivery = new DeliveryWatch({ isFit, owes, segmentMs }, init.nowMs)
    this.#blame = new Blame(init.isSealed)
    this.#holders = new Holders(init.record.sourcePeerId)
    this.#position = new OutputPosition(extent.firstSeq)
    const [transfer, position, story, stalls] = [this.#transfer, this.#position, this.#story, this.#stalls]
    const parts = { transfer, position, story, stalls, planner }
    this.#live = init.live && new LiveFlow(init.live, parts, action => this.#actions.push(action), init.nowMs)
    this.steering = new SessionSteering({ ...parts, live: this.#live, routes: this.#routes })
  }

  /** Takes the next action. To be called after every event until it returns undefined. */
  nextAction(): SessionAction | undefined {
    return this.#actions.shift()
  }

  get transfer(): TransferView {
    return this.#transfer
  }

  /** Number of segments that the output has taken, those before the extent included. */
  get consumedSegments(): number {
    return this.#position.consumed
  }

  /** Bytes of the content that the output has, those before the extent included. */
  get outputBytes(): number {
    const { extent } = this.#transfer
    return extent.bytesBetween(0, extent.firstSeq) + this.#takenBytes
  }

  /** Bytes of a live content that came too late, or never, and that the output does without. */
  get skippedBytes(): number {
    return this.#live?.skippedBytes ?? 0
  }

  get longestStallMs(): number {
    return this.#stalls.longestMs
  }

  /** Totals of all routes that were ever opened, by letter. */
  routeTotals() {
    return this.#story.totals(this.#transfer.stats)
  }

  /** Offers a path to a source of the content. It is opened when its turn comes, and again after it has failed. */
  offer(path: RoutePath): void {
    if (this.#holders.mayReturn(path.source.peerId)) this.#table.offer(path)
  }

  /** Offers a path that has a place besides those of the others. */
  add(path: RoutePath): void {
    this.#table.addPlace()
    this.offer(path)
  }

  /** Takes a path off offer; a route over it goes on while it can. */
  withdraw(path: RoutePath): void {
    this.#table.withdraw(idOf(path))
  }

  /**
   * Takes the director's word on which paths lead to sources of the content; `gained` are those that it did not name
   * before. Where it names no path, the known ones are still tried, as nobody knows better ones.
   */
  follow(paths: readonly RoutePath[], gained: readonly RoutePath[]): void {
    if (paths.length === 0) return
    const ids = new Set(paths.map(idOf))
    for (const id of this.#table.ids) if (!ids.has(id)) this.#table.withdraw(id)
    for (const path of paths) this.#table.readdress(path)
    for (const path of gained) this.offer(path)
  }

  /** Does the regular work of a session; to be called every `TICK_MS`. */
  tick(nowMs: number): void {
    if (!this.#isClosed) {
      this.#delivery.step(nowMs)
      this.openDue(nowMs)
      this.#openBeside(nowMs)
      this.#live?.keepUp(nowMs)
      this.step(nowMs)
      this.#checkHolders(nowMs)
      if (this.steering.isPaused) this.#outage.rest(nowMs)
      else this.#checkRoutes(nowMs)
    }
    if (nowMs - this.#lastProgressMs >= PROGRESS_INTERVAL_MS) this.tellProgress(nowMs)
  }

  /** Opens the paths whose turn it is, once routes have ended whose places are another uplink's; each tick also does this. */
  openDue(nowMs: number): void {
    for (const route of this.#table.surplus()) {
      const reason = 'another uplink needs its place'
      this.#story.routeState(route, 'closed', reason)
      this.#end(route, new RouteLostError(reason), nowMs)
    }
    for (const entry of this.#table.due(nowMs, this.#delivery.isDelivering)) this.#open(entry, nowMs)
  }

  /** Plans, and sends what is planned; each tick also does this. */
  step(nowMs: number): void {
    const { plans, controls, tests, ready, events } = this.#transfer.tick(nowMs)
    for (const { route, plan } of plans) this.#send(route, { kind: 'plan', ...plan })
    for (const { routes, control } of controls)
      for (const route of routes) this.#send(route, { kind: 'control', ...control })
    for (const { route, nonce, replyBytes } of tests) this.#send(route, { kind: 'test', nonce, replyBytes })
    for (const event of events) this.#story.transferred(event, nowMs)
    this.#output(ready, nowMs)
  }

  /**
   * Tells that the stream to the route's first hop is open. Unless the source can be asked for the content already,
   * `secured` will tell when it can.
   */
  dialled(route: number, nowMs: number, canAsk = true): void {
    const inUse = this.#routes.get(route)
    if (!inUse) return
    inUse.dialled(nowMs)
    const sessionId = this.#init.sessionIdOf(inUse.sourceId)
    const hops = inUse.hops.slice(1)
    const { pass } = inUse.entry.path
    const capabilities = [...OWN_CAPABILITIES]
    const control = canAsk ? this.#transfer.openingControl(route, nowMs) : emptyControl()
    const request = canAsk ? this.#request(control) : new Uint8Array()
    const plan = planOf(control, route)
    const open = { hops, sessionId, route, plan, capabilities, request, ...(pass ? { pass } : {}) }
    this.#send(route, { kind: 'open', ...open })
  }

  /** Tells that a source which could not be asked when the route was dialled can be asked now. */
  secured(route: number, nowMs: number): void {
    const inUse = this.#routes.get(route)
    if (!inUse) return
    inUse.asked(nowMs)
    const control = this.#transfer.openingControl(route, nowMs)
    this.#send(route, { kind: 'plan', ...planOf(control, route) })
    this.#send(route, { kind: 'request', request: this.#request(control) })
  }

  /** Tells that the record that came over the route is not genuine, or not the wanted one. */
  recordRefused(route: number, error: Error, nowMs: number): void {
    this.#end(route, error, nowMs)
  }

  /** Takes a message that came over the route. One that breaks the protocol ends the route. */
  received(route: number, message: RouteMessage, nowMs: number): void {
    const inUse = this.#routes.get(route)
    if (!inUse) return
    try {
      if (!this.#transfer.openRoutes.has(route)) this.#answered(route, inUse, message, nowMs)
      else if (message.kind === 'report' && message.source !== inUse.sourceId)
        throw new UnexpectedMessageError(route, `a report of ${message.source}, which is not its source`)
      else if (message.kind === 'lengths' && this.#live) {
        if (this.#live.lengthsCame(route, message, nowMs)) this.step(nowMs)
      } else {
        if (BRINGS.includes(message.kind)) {
          this.#delivery.brought(route)
          this.#table.brought(route)
        }
        this.#output(this.#transfer.receive(route, message, nowMs), nowMs)
      }
    } catch (error) {
      this.#end(route, error as Error, nowMs)
    }
  }

  /** Takes a head of a live content that came over the route and has proved to be the source's. */
  headCame(route: number, head: StreamHead, nowMs: number): void {
    try {
      if (this.#live?.headCame(route, head, nowMs)) this.step(nowMs)
    } catch (error) {
      this.#end(route, error as Error, nowMs)
    }
  }

  /** Tells that the output has taken `segments` further segments. */
  consumed(segments: number, nowMs: number): void {
    for (const { from, to } of this.#position.taken(segments))
      this.#takenBytes += this.#transfer.extent.bytesBetween(from, to)
    this.#transfer.consumed(this.#position.consumed, nowMs)
  }

  /** Tells that the route has ended, or could not be opened. */
  closed(route: number, reason: Error, nowMs: number): void {
    const inUse = this.#routes.get(route)
    if (!inUse) return
    this.#ends.set(inUse.entry.id, reason)
    this.#lastFailure = reason
    this.#over(route, reason, nowMs)
    this.#judge(inUse.entry.path, reason, nowMs)
  }

  /**
   * Ends all routes. A route that ends now is over in good order, or the error that is being thrown
   * says why.
   */
  close(nowMs: number): void {
    this.#isClosed = true
    this.#remember(nowMs)
    for (const route of [...this.#routes.keys()]) {
      this.#story.routeState(route, 'closed', '')
      this.#end(route, new RouteLostError('the transfer is over'), nowMs)
    }
  }

  tellProgress(nowMs: number): void {
    this.#lastProgressMs = nowMs
    this.#remember(nowMs)
    this.#story.progress(this.outputBytes, this.#transfer, this.#init.planner.estimates(), nowMs)
  }

  #open(entry: RouteEntry, nowMs: number): void {
    const { route, id, path } = entry
    const inUse = new RouteInUse(entry, nowMs)
    this.#story.begin(route)
    this.#delivery.began(route)
    this.#transfer.addRoute(route, path, nowMs, this.#init.memory?.recall(id, nowMs))
    this.#routes.set(route, inUse)
    this.steering.opening(route, id, nowMs)
    this.#story.routeState(route, 'opening', '')
    this.#actions.push({ type: 'open', route, path, hops: inUse.hops })
  }

  /**
   * Opens another route beside each one that is lost. The first of the two to bring something stays: the way may be open
   * again, or the connection dead.
   */
  #openBeside(nowMs: number): void {
    for (const entry of this.#table.dueBeside(nowMs, this.#delivery.lost)) this.#open(entry, nowMs)
    for (const route of this.#routes.keys()) {
      if (!this.#transfer.openRoutes.has(route) && this.#isNeedless(route)) this.#dismiss(route, nowMs)
    }
  }

  /** Whether a route that another was to be opened in place of delivers again. */
  #isNeedless(route: number): boolean {
    const others = this.#table.othersOver(route)
    return others.some(other => this.#transfer.openRoutes.has(other) && !this.#delivery.lost.has(other))
  }

  /** Takes an answer to `open`: the relays' words on themselves, and then that the source has the route. */
  #answered(route: number, inUse: RouteInUse, message: RouteMessage, nowMs: number): void {
    if (message.kind === 'opened') {
      this.#opened(route, inUse, message.record, nowMs)
      if (message.firstSeq !== undefined) this.#live?.begins(message.firstSeq, nowMs)
    } else if (message.kind !== 'relay' || !inUse.takeRelay(message))
      throw new UnexpectedMessageError(route, `a message of kind '${message.kind}' before it was open`)
  }

  #request(control: Control): Uint8Array<ArrayBuffer> {
    const { record, extent } = this.#init
    return encodeRequest({
      name: record.name,
      rootHash: Uint8Array.from(record.rootHash),
      firstSeq: this.#transfer.next,
      ...(extent.endSeq === undefined ? {} : { endSeq: extent.endSeq }),
      control,
      testBytes: TEST_BLOCK_BYTES,
      capabilities: [...OWN_CAPABILITIES]
    })
  }

  /** The source has the route; `record` is its signed word on the content. */
  #opened(route: number, inUse: RouteInUse, record: Uint8Array, nowMs: number): void {
    const { relays, sourceId: sourcePeerId } = inUse
    // The source at the route's end must mean the same content as the director, under its own
    // signature.
    const wanted = { sourcePeerId, rootHash: this.#init.record.rootHash }
    this.#actions.push({ type: 'verify', route, record, wanted })
    if (this.#holders.opened(sourcePeerId)) this.#story.source(sourcePeerId, 'joined', '', nowMs)
    for (const other of this.#table.othersOver(route)) this.#dismiss(other, nowMs)
    this.#table.opened(route, nowMs)
    this.#delivery.opened(route)
    this.#transfer.routeOpened(route, inUse.rttMs(nowMs), nowMs)
    this.#init.planner.relays?.(route, relays)
    const share = relayShare(relays)
    if (share !== undefined) this.#story.limit(route, share)
    this.step(nowMs)
  }

  #output(payloads: Uint8Array[], nowMs: number): void {
    if (payloads.length === 0) return
    this.#stalls.progressed(nowMs)
    const { next } = this.#transfer
    this.#position.handed(next - payloads.length, next)
    this.#actions.push({ type: 'output', payloads })
    if (this.#transfer.complete) this.#actions.push({ type: 'finished' })
  }

  /** Keeps what the planner has found out about the routes in use, for fetches that follow. */
  #remember(nowMs: number): void {
    const { memory, planner } = this.#init
    if (!memory) return
    const estimates = planner.estimates()
    for (const [route, { entry, relays }] of this.#routes) {
      const estimate = estimates.get(route)
      if (estimate?.state === 'parked') memory.forget(entry.id)
      else if (estimate?.state === 'open' && estimate.isMeasured) {
        // What a busy node holds back comes at once then: a relay with a limit brings no more than that for long.
        const rateBytesPerSecond = Math.min(estimate.rateBytesPerSecond, relayLimit(relays))
        memory.learn(entry.id, { ...estimate, rateBytesPerSecond }, nowMs)
      }
    }
  }

  #send(route: number, message: RouteMessage): void {
    this.#actions.push({ type: 'send', route, message })
  }

  #end(route: number, reason: Error, nowMs: number): void {
    if (!this.#routes.has(route)) return
    this.#actions.push({ type: 'end', route, reason })
    this.closed(route, reason, nowMs)
  }

  /** A route has ended. Where that is the source's fault, nothing more is fetched from it. */
  #judge(path: RoutePath, reason: Error, nowMs: number): void {
    const verdict = this.#blame.judge(path, reason)
    if (verdict?.of === 'relays' && path.relays.length > 0)
      this.#actions.push({ type: 'complain', path, fault: verdict.fault })
    if (verdict?.of === 'source') this.#refuse(path.source.peerId, verdict.error, nowMs)
  }

  /** Ends a route that another over the same path makes needless, which says nothing against the path. */
  #dismiss(route: number, nowMs: number): void {
    const reason = new RouteLostError('another connection over the same path goes on in its place')
    this.#story.routeState(route, 'closed', reason.message)
    this.#actions.push({ type: 'end', route, reason })
    this.#over(route, reason, nowMs)
  }

  #over(route: number, reason: Error, nowMs: number): void {
    this.#routes.delete(route)
    const hasLied = isLie(reason) || reason instanceof CorruptSegmentError
    const { retryAfterMs = 0 } = reason instanceof RouteLostError ? reason : {}
    this.#table.closed(route, nowMs, { hasLied, retryAfterMs })
    this.#delivery.ended(route)
    this.#transfer.routeClosed(route, reason.message, nowMs)
    if (!this.#isClosed) this.step(nowMs)
  }

  /** Fetches nothing more from a source. What the routes to it still owe is ordered from others. */
  #refuse(sourceId: string, error: Error, nowMs: number): void {
    const isNews = this.#holders.refuse(sourceId, error, nowMs)
    for (const id of this.#table.sources.get(sourceId) ?? []) {
      this.#table.withdraw(id)
      this.#ends.delete(id)
    }
    for (const [route, inUse] of [...this.#routes]) {
      if (inUse.sourceId === sourceId)
        this.#end(
          route,
          new RouteLostError(`nothing more is fetched from its source: ${error.message}`),
          nowMs
        )
    }
    if (isNews) this.#story.source(sourceId, 'left', error.message, nowMs)
    this.#endIfAllRefuse(nowMs)
  }

  /** Refuses the sources that the ends of their routes demand, and tells which ones have left. */
  #checkHolders(nowMs: number): void {
    const isInUse = (sourceId: string) => [...this.#routes.values()].some(each => each.sourceId === sourceId)
    const { sources } = this.#table
    for (const [sourceId, ids] of sources) {
      // A route that is being tried may yet tell the truth.
      const judge = isInUse(sourceId) ? provenVerdictOf : verdictOf
      const ends = ids.map(id => this.#ends.get(id))
      const verdict = judge(ends, { hasOpened: this.#holders.hasOpened(sourceId) })
      if (verdict) this.#refuse(sourceId, verdict, nowMs)
    }
    for (const sourceId of this.#holders.leave(id => sources.has(id) || isInUse(id)))
      this.#story.source(sourceId, 'left', 'nobody names a way to it any more', nowMs)
    this.#endIfAllRefuse(nowMs)
  }

  /** Ends the fetch once every source was refused, and none came that could help. */
  #endIfAllRefuse(nowMs: number): void {
    const { lastRefusal } = this.#holders
    if (!lastRefusal || this.#table.ids.length > 0) return
    const waitMs = this.#init.mayHearOfOthers ? NEWS_MS : 0
    if (nowMs - lastRefusal.atMs >= waitMs) this.#actions.push({ type: 'failed', error: lastRefusal.error })
  }

  /**
   * Ends the fetch where the length of the outage demands it. A route that is being tried does not
   * count as open, or trying again and again would never end.
   */
  #checkRoutes(nowMs: number): void {
    const ends = this.#table.ids.map(id => this.#ends.get(id))
    const isOpen = this.#transfer.openRoutes.size > 0
    const isSilent = this.#delivery.silentMs >= SILENT_MS || (this.#live?.isUnheard(nowMs) ?? false)
    if (this.#delivery.isDelivering) this.#lastFailure = undefined
    const unanswered = this.#routes.size > 0 ? 'none has answered' : 'none was offered'
    const reason = this.#lastFailure?.message ?? (isSilent ? NOTHING_COMES : unanswered)
    const told = this.#outage.step(isOpen && !isSilent, reason, nowMs)
    if (told) {
      const missing = awaitedAfter(this.#lastFailure, isSilent ? 'source' : 'relays')
      this.#story.outage(told, missing, nowMs)
    }
    const isHopeless = this.#routes.size === 0 && this.#table.isUsedUp
    if (!this.#outage.isTooLong && !isHopeless) return
    const error = noRouteError(reason, isSilent ? [] : ends, this.#lastFailure)
    this.#actions.push({ type: 'failed', error })
  }
}
