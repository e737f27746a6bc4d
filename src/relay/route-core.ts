import type { AnabranchError } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { toHex } from '../protocol/bytes.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import type { Receipt } from '../protocol/receipt.ts'
import { decodeRouteMessage, encodeRouteFrame, forwardedOpen } from '../protocol/route-codec.ts'
import { KINDS, relayKindOf } from '../protocol/route-kinds.ts'
import type { Hop, Open, Relay, RouteMessage } from '../protocol/route-messages.ts'
import { Budget } from '../transport/budget.ts'
import type { Refusal } from './admission.ts'
import { ClientPace } from './client-pace.ts'
import {
  asAnabranchError,
  EndedFurtherOnError,
  NextHopLostError,
  NextHopUnreachableError,
  PassUsedUpError,
  RouteIdleError,
  RouteRefusedError,
  SlowClientError,
  UnexpectedMessageError
} from './errors.ts'
import { ForwardQueue } from './forward-queue.ts'
import { HopWaits } from './hop-waits.ts'
import { CLIENT_FRAMES, type RelayLimits } from './limits.ts'
import { passSegment } from './pass-segment.ts'
import { ReceiptAccount } from './receipt-account.ts'
import type { RouteAction, RouteCoreStats, RoutePhase } from './route-action.ts'

/** The parts of a relay that its routes use. */
export interface RouteHost {
  readonly peerId: string
  readonly limits: RelayLimits
  /** The hop to which a path leads from here. Throws InvalidPathError. */
  nextHopOf(hops: readonly Hop[]): Hop
  /** Takes the route in, or says why not. */
  admit(route: RouteCore, open: Open): Refusal | undefined
  /** The route passes a frame on, in either direction. */
  passing(route: RouteCore, bytes: number): void
  /** Counts bytes that the route sends towards its client; false when it may send no more. */
  spend(route: RouteCore, bytes: number): boolean
  /** Describes this relay for the client of a route. */
  describe(route: RouteCore): Omit<Relay, 'setUpMs'>
  /** Hears how many milliseconds passed from the dial until the route was open, all hops behind included. */
  opened(setUpMs: number): void
  /** Hears how many milliseconds a frame for the client has waited for its turn. */
  waited(waitMs: number): void
}

/**
 * The parts of a route that exist from its `open` on. `open` itself is not kept: what it orders may
 * take much memory.
 */
interface AskedRoute {
  sessionId: string
  letter: string
  hop: string
  queue: ForwardQueue
  waits: HopWaits
  receipts: ReceiptAccount
  dialledAtMs: number
  /** Milliseconds from the dial within which the next hop's answer has to be here. */
  answerLimitMs: number
}

/**
 * Decides everything about one route through a relay: which frames are taken from whom and when, what is forwarded, dropped
 * and told, and when the route ends. Every fault ends this route only: the client is told by a `status`, the next hop by the
 * end or reset of its stream. Pure: frames, events and the time come in; `nextAction` gives what to do, `readsClient` and
 * `readsNext` say whom to read, `headBytes` what could be sent, `deadlineMs` when `timePassed` is to be called.
 */
export class RouteCore {
  readonly #host: RouteHost
  readonly #actions: RouteAction[] = []
  #phase: RoutePhase = 'pending'
  #asked: AskedRoute | undefined
  #clientEnded = false
  #nextTakes = true
  readonly #orders = new Budget(CLIENT_FRAMES)
  /** When the client's frames are read again, after too many of them; Infinity while they are read. */
  #readsAgainAtMs = Number.POSITIVE_INFINITY
  #readsNext = true
  #setUpMs = 0
  #bytesDown = 0
  #lastMovedMs: number
  readonly #pace: ClientPace
  /** The reason why the route ended, when not in order. */
  reason: AnabranchError | undefined

  constructor(host: RouteHost, nowMs: number) {
    this.#host = host
    this.#pace = new ClientPace(nowMs)
    this.#lastMovedMs = nowMs
  }

  get phase(): RoutePhase {
    return this.#phase
  }

  /** True when the client's frames should be read; false while enough of them wait for the next hop, or too many came. */
  get readsClient(): boolean {
    return this.isOver || (this.#nextTakes && this.#readsAgainAtMs === Number.POSITIVE_INFINITY)
  }

  /** True when the next hop's frames should be read; false while enough of them wait for the client. */
  get readsNext(): boolean {
    return this.#readsNext
  }

  /** Bytes of the frame that would go to the client next; undefined when none waits. */
  get headBytes(): number | undefined {
    return this.#asked?.queue.headBytes
  }

  /** Frames that wait for the client, in bytes with what holding them costs. */
  get queuedBytes(): number {
    return this.#asked?.queue.queuedBytes ?? 0
  }

  /** Time since which the oldest frame waits for the client; Infinity when none does. */
  get waitingSinceMs(): number {
    return this.#asked?.queue.waitingSinceMs ?? Number.POSITIVE_INFINITY
  }

  /** Frames sent towards the client, in bytes. */
  get bytesDown(): number {
    return this.#bytesDown
  }

  /** Hex; empty before the route was asked for. */
  get sessionId(): string {
    return this.#asked?.sessionId ?? ''
  }

  /** Undefined before the route was asked for. */
  get stats(): RouteCoreStats | undefined {
    if (!this.#asked) return undefined
    const { sessionId, letter, hop, queue, receipts } = this.#asked
    return {
      sessionId,
      route: letter,
      nextHop: hop,
      pattern: queue.patterns.current?.toString(),
      segments: { ...queue.patterns.counts },
      bytesDown: this.#bytesDown,
      signedBytes: receipts.signedBytes,
      droppedBytes: queue.droppedBytes,
      queuedBytes: queue.queuedBytes
    }
  }

  /** Returns the next action, which counts as carried out; undefined when there is none. */
  nextAction(): RouteAction | undefined {
    return this.#actions.shift()
  }

  fromClient(frame: Uint8Array, nowMs: number): void {
    // A client that is told the route's end answers with its last receipt.
    if (!this.isOver) this.#lastMovedMs = nowMs
    else if (!this.#asked || frame[0] !== KINDS.receipt) return
    if (this.#orders.use(1, nowMs) < 0) this.#readsAgainAtMs = nowMs + this.#orders.debtMs()
    try {
      if (this.#asked) this.#passUp(this.#asked, frame, nowMs)
      else this.#begin(frame, nowMs)
    } catch (error) {
      this.end(asAnabranchError(error), nowMs, false)
    }
  }

  /** The signature of a receipt has proved genuine. */
  receiptVerified(receipt: Receipt): void {
    this.#asked?.receipts.verified(receipt)
  }

  /** The signature of a receipt is wrong. */
  receiptRefused(reason: AnabranchError, nowMs: number): void {
    this.end(reason, nowMs, false)
  }

  /** The client has ended its side in order. It wants nothing more: what waits would only take the rate of its other routes. */
  clientEnded(nowMs: number): void {
    this.#lastMovedMs = nowMs
    this.#clientEnded = true
    this.#asked?.queue.clear()
    this.#readsNext = true
    if (this.#asked) this.#actions.push({ kind: 'endNext' })
    else this.#close()
    this.#closeWhenDrained()
  }

  /** Some of the bytes sent to the client have gone out. */
  clientDrained(nowMs: number): void {
    this.#lastMovedMs = nowMs
  }

  /** The client's stream is gone, with an error if it broke. */
  clientClosed(error: Error | undefined): void {
    if (error) this.reason ??= asAnabranchError(error)
    if (this.#hasNext)
      this.#actions.push({ kind: 'abortNext', reason: error ?? new Error('the client has left') })
    this.#phase = 'closed'
    this.#asked?.queue.clear()
  }

  /** The next hop's stream stands, and the frame that opens the route is on its way to it. */
  nextReached(nowMs: number): void {
    if (this.#asked) this.#setUpMs = Math.round(nowMs - this.#asked.dialledAtMs)
  }

  /** Enough frames wait for the next hop. */
  nextFull(): void {
    this.#nextTakes = false
  }

  /** The frames that wait for the next hop have fallen to half of that or less. */
  nextHasRoom(): void {
    this.#nextTakes = true
  }

  fromNext(frame: Uint8Array, nowMs: number): void {
    this.#lastMovedMs = nowMs
    if (!this.#asked || !this.#hasNext || this.#clientEnded) return
    try {
      this.#passDown(this.#asked, frame, nowMs)
    } catch (error) {
      this.nextLost(error as Error, nowMs)
    }
    if (this.#asked.queue.full) this.#readsNext = false
  }

  /** The next hop has ended its side: in order only when the client has ended the route, or the hop has said why it does. */
  nextEnded(nowMs: number): void {
    if (this.#hasNext && !this.#clientEnded && this.#phase !== 'dismissed') {
      this.nextLost(new Error('it ended the route without a word'), nowMs)
      return
    }
    if (this.#hasNext) this.#phase = 'draining'
    this.#actions.push({ kind: 'endNext' })
    this.#nextTakes = true
    this.#closeWhenDrained()
  }

  /** The next hop cannot be reached, went away, or broke the protocol. */
  nextLost(error: Error, nowMs: number): void {
    if (!this.#asked || !this.#hasNext) return
    if (this.#phase === 'dismissed') {
      // The next hop told its reason before it went.
      this.#phase = 'draining'
      this.#closeWhenDrained()
      return
    }
    const { hop } = this.#asked
    this.end(
      this.#phase === 'opening'
        ? new NextHopUnreachableError(hop, error.message, error)
        : new NextHopLostError(hop, error.message, error),
      nowMs
    )
  }

  /**
   * It is the route's turn: the frame of `headBytes` goes to the client, whose stream holds
   * `unsentBytes` that have not gone out.
   */
  sendNext(nowMs: number, unsentBytes: number): void {
    const sinceMs = this.#asked?.queue.headSinceMs
    const frame = this.#asked?.queue.shift()
    if (!frame) return
    this.#host.waited(nowMs - sinceMs!)
    this.#pace.look(this.#bytesDown, unsentBytes, nowMs)
    this.#lastMovedMs = nowMs
    this.#host.passing(this, frame.byteLength)
    this.#bytesDown += frame.byteLength
    this.#actions.push({ kind: 'sendToClient', frame })
    const due = this.#asked!.receipts.sent(frame, this.#host.limits)
    if (due) this.end(due, nowMs, false)
    if (this.#asked!.queue.hasRoom) this.#readsNext = true
    if (!this.#host.spend(this, frame.byteLength)) this.end(new PassUsedUpError(), nowMs, false)
    this.#closeWhenDrained()
  }

  /**
   * Ends the route with a `status` for the client; frames that wait are still delivered behind it, unless the fault is the
   * client's own.
   */
  end(reason: AnabranchError, nowMs: number, keepQueued = true): void {
    if (this.isOver) return
    this.reason = reason
    const status = this.#statusOf(reason)
    if (!this.#asked) {
      this.#actions.push({ kind: 'sendToClient', frame: status })
      this.#close()
      return
    }
    this.#phase = 'failing'
    this.#actions.push({ kind: 'abortNext', reason })
    if (!keepQueued) this.#asked.queue.clear()
    this.#asked.queue.pushAnswer(status, nowMs)
  }

  /**
   * Ends the route, with a `status` if it was not over, and drops what waits: a limit of the relay
   * stands against it.
   */
  cutShort(reason: AnabranchError, nowMs: number): void {
    if (this.isOver) this.abort(reason)
    else this.end(reason, nowMs, false)
  }

  /** Breaks the route at once. */
  abort(reason: AnabranchError): void {
    this.reason ??= reason
    this.#actions.push({ kind: 'abortClient', reason })
  }

  /**
   * The latest time at which `timePassed` has to be called; it may change with every event.
   * `unsentBytes` are those in the client's stream that have not gone out.
   */
  deadlineMs(unsentBytes: number): number {
    if (this.#phase === 'closed') return Number.POSITIVE_INFINITY
    const idleAtMs = this.#lastMovedMs + this.#patienceMs(unsentBytes)
    const slowAtMs = this.#pace.deadlineMs(unsentBytes, this.#host.limits.slowClientMs)
    const answerAtMs = this.#phase === 'opening' ? this.#answerDueMs : Number.POSITIVE_INFINITY
    return Math.min(idleAtMs, slowAtMs, answerAtMs, this.#readsAgainAtMs)
  }

  /** Ends or breaks the route if its deadline is over. */
  timePassed(nowMs: number, unsentBytes: number): void {
    if (this.#phase === 'closed') return
    if (nowMs >= this.#readsAgainAtMs) this.#readsAgainAtMs = Number.POSITIVE_INFINITY
    const { slowClientMs } = this.#host.limits
    const patienceMs = this.#patienceMs(unsentBytes)
    this.#pace.look(this.#bytesDown, unsentBytes, nowMs)
    if (this.#phase === 'opening' && nowMs >= this.#answerDueMs) {
      this.nextLost(new Error(`no answer within ${this.#asked!.answerLimitMs / 1000} s`), nowMs)
    } else if (nowMs >= this.#pace.deadlineMs(unsentBytes, slowClientMs)) {
      // A status could not reach a client that takes nothing.
      this.abort(new SlowClientError(slowClientMs))
    } else if (nowMs - this.#lastMovedMs >= patienceMs) {
      this.#lastMovedMs = nowMs
      const error = new RouteIdleError(patienceMs)
      if (!this.#asked || this.isOver) this.abort(error)
      else this.end(error, nowMs)
    }
  }

  /** True when neither side is heard any more: at most the frames that wait for the client still go out. */
  get isOver(): boolean {
    return this.#phase === 'failing' || this.#phase === 'closing' || this.#phase === 'closed'
  }

  /**
   * True while the next hop belongs to the route: it was dialled, and has neither ended nor been
   * given up.
   */
  get #hasNext(): boolean {
    return this.#phase === 'opening' || this.#phase === 'active' || this.#phase === 'dismissed'
  }

  get #answerDueMs(): number {
    const { dialledAtMs, answerLimitMs } = this.#asked!
    return dialledAtMs + answerLimitMs
  }

  #begin(frame: Uint8Array, nowMs: number): void {
    const open = decodeRouteMessage(frame)
    if (open?.kind !== 'open')
      throw new UnexpectedMessageError(open?.kind ?? 'an unknown kind', 'before a route was asked for')
    const { limits } = this.#host
    const hop = this.#host.nextHopOf(open.hops)
    const refusal = this.#host.admit(this, open)
    if (refusal) {
      this.#actions.push({ kind: 'reportRefused', refusal })
      throw new RouteRefusedError(refusal)
    }
    const queue = new ForwardQueue({
      route: open.route,
      bufferBytes: limits.bufferBytes,
      maxPatternElements: limits.maxPatternElements
    })
    queue.order(open.plan, nowMs)
    this.#phase = 'opening'
    this.#asked = {
      sessionId: toHex(open.sessionId),
      letter: routeName(open.route),
      hop: hop.peerId,
      queue,
      waits: new HopWaits(),
      receipts: new ReceiptAccount(open, this.#host.peerId),
      dialledAtMs: nowMs,
      answerLimitMs: limits.nextHopTimeoutMs * (open.hops.length + 1)
    }
    this.#actions.push({ kind: 'reportAdmitted' }, { kind: 'dialNext', hop, opening: forwardedOpen(frame) })
  }

  #passUp({ queue, receipts }: AskedRoute, frame: Uint8Array, nowMs: number): void {
    const kind = relayKindOf(frame)
    switch (kind) {
      case undefined:
        return
      case 'plan':
        queue.order(decodeRouteMessage(frame) as RouteMessage & { kind: 'plan' }, nowMs)
        break
      case 'receipt': {
        const signed = Uint8Array.from(frame.subarray(1))
        if (!receipts.take(signed)) break
        this.#actions.push({ kind: 'verifyReceipt', signed })
        return
      }
      case 'inOrder':
      case 'overtaking':
        break
      default:
        throw new UnexpectedMessageError(kind, 'on its way to the source')
    }
    this.#host.passing(this, frame.byteLength)
    this.#actions.push({ kind: 'sendToNext', frame })
  }

  #passDown({ queue, waits }: AskedRoute, frame: Uint8Array, nowMs: number): void {
    const kind = relayKindOf(frame)
    switch (kind) {
      case undefined:
        break
      case 'segment':
        this.#requireOpened(kind)
        passSegment(queue, waits, frame, nowMs)
        break
      case 'inOrder':
        queue.pushData(frame, nowMs)
        break
      case 'overtaking':
        queue.pushAnswer(frame, nowMs)
        break
      case 'relay':
        if (this.#phase !== 'opening') throw new UnexpectedMessageError(kind, 'after the route was open')
        queue.pushAnswer(frame, nowMs)
        break
      case 'dropped':
      case 'held':
        this.#requireOpened(kind)
        queue.pushAnswer(frame, nowMs)
        break
      case 'opened':
        this.#open(nowMs)
        queue.pushAnswer(encodeRouteFrame(this.#ownWord()), nowMs)
        queue.pushAnswer(frame, nowMs)
        break
      case 'status':
        this.#dismiss(decodeRouteMessage(frame) as RouteMessage & { kind: 'status' })
        queue.pushAnswer(frame, nowMs)
        break
      default:
        throw new UnexpectedMessageError(kind, 'on its way to the client')
    }
  }

  #requireOpened(kind: string): void {
    if (this.#phase === 'opening') throw new UnexpectedMessageError(kind, 'before the route was open')
  }

  #open(nowMs: number): void {
    if (this.#phase !== 'opening') throw new UnexpectedMessageError('opened', 'a second time')
    this.#phase = 'active'
    this.#host.opened(nowMs - this.#asked!.dialledAtMs)
  }

  #dismiss({ status, message }: RouteMessage & { kind: 'status' }): void {
    this.#phase = 'dismissed'
    this.reason ??= new EndedFurtherOnError(status, message)
  }

  /** What the client is told of this relay, right before `opened`. */
  #ownWord(): RouteMessage {
    return { kind: 'relay', ...this.#host.describe(this), setUpMs: this.#setUpMs }
  }

  #statusOf(reason: AnabranchError): Uint8Array {
    const told = reason instanceof NextHopUnreachableError ? reason.told : reason.message
    const retryAfterMs = reason instanceof RouteRefusedError ? reason.retryAfterMs : undefined
    return encodeRouteFrame({
      kind: 'status',
      status: reason.wireStatus,
      message: told.slice(0, ROUTE_LIMITS.maxMessageBytes),
      peerId: this.#host.peerId,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs })
    })
  }

  #closeWhenDrained(): void {
    if (this.#phase !== 'draining' && this.#phase !== 'failing') return
    if (this.headBytes === undefined) this.#close()
  }

  #close(): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    this.#phase = 'closing'
    this.#actions.push({ kind: 'closeClient' })
  }

  /** Milliseconds for which nothing may move in the route's present state. */
  #patienceMs(unsentBytes: number): number {
    const { limits } = this.#host
    if (this.reason instanceof RouteIdleError) return limits.lingerMs
    if (this.#phase === 'closing' || this.#clientEnded) {
      return unsentBytes > 0 || this.headBytes !== undefined ? limits.idleTimeoutMs : limits.lingerMs
    }
    return this.#asked ? limits.idleTimeoutMs : limits.openTimeoutMs
  }
}
