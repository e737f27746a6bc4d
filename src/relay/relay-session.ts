import type { Stream } from '@libp2p/interface'
import type { AnabranchError } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { toHex } from '../protocol/bytes.ts'
import { ROUTE_LIMITS } from '../protocol/limits.ts'
import {
  decodeRouteMessage,
  encodeRouteMessage,
  type HopLimits,
  type Open,
  peekKind,
  peekSegment,
  type RouteMessage
} from '../protocol/route-codec.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import type { Asker } from '../transport/share.ts'
import {
  asAnabranchError,
  EndedFurtherOnError,
  NextHopLostError,
  NextHopUnreachableError,
  RouteIdleError,
  RouteRefusedError,
  UnexpectedMessageError
} from './errors.ts'
import { concat, ForwardQueue } from './forward-queue.ts'
import { HopWaits } from './hop-waits.ts'
import { IdleWatch } from './idle-watch.ts'
import { NextHop } from './next-hop.ts'
import { nextHopOf } from './path.ts'
import type { RelaySessionStats, SessionHost } from './session-host.ts'

/** What exists of a route from its `open` on. Not `open` itself: what it orders may take much memory. */
interface ActiveRoute {
  sessionId: string
  letter: string
  hop: string
  queue: ForwardQueue
  next: NextHop
  waits: HopWaits
}

/**
 * One route through this relay: the client's stream on one side, the next hop's on the other. Every fault ends this route
 * only; the client is told by a `status`, the next hop by the end or reset of its stream.
 */
export class RelaySession {
  readonly asker: Asker
  readonly #host: SessionHost<RelaySession>
  readonly #client: FramedStream
  #route: ActiveRoute | undefined
  /** The next hop has sent `opened` or `status`. */
  #answered = false
  /** The next hop has said by a `status` why the route ends. */
  #dismissed = false
  #clientEnded = false
  #nextEnded = false
  /** Nothing is forwarded any more, except what waits in the queue. */
  #over = false
  #closing = false
  #clientPaused = false
  #nextPaused = false
  #setUpMs = 0
  #bytesDown = 0
  readonly #idle: IdleWatch
  #cancelAnswerTimer: () => void = () => {}
  /** Why the route ended, when not in order. */
  reason: AnabranchError | undefined

  constructor(stream: Stream, asker: Asker, host: SessionHost<RelaySession>) {
    this.asker = asker
    this.#host = host
    this.#idle = new IdleWatch(
      host.scheduler,
      () => this.#patienceMs(),
      patienceMs => this.#onIdle(patienceMs)
    )
    this.#client = new FramedStream(stream, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => this.#onClientFrame(frame),
        onEnd: () => this.#onClientEnd(),
        onDrain: () => {
          this.#idle.moved()
          if (this.#closing) this.#idle.restart()
          this.#offer()
        },
        onClose: error => this.#onClientClose(error)
      }
    })
    this.#idle.restart()
  }

  /** Undefined before the route was asked for. */
  get stats(): RelaySessionStats | undefined {
    if (!this.#route) return undefined
    const { sessionId, letter, hop, queue, next } = this.#route
    return {
      sessionId,
      route: letter,
      peerId: this.asker.peerId,
      nextHop: hop,
      pattern: queue.patterns.current?.toString(),
      segments: { ...queue.patterns.counts },
      bytesDown: this.#bytesDown,
      bytesUp: next.sentBytes,
      droppedBytes: queue.droppedBytes,
      queuedBytes: queue.queuedBytes,
      queuedUpBytes: next.queuedBytes
    }
  }

  get bytesDown(): number {
    return this.#bytesDown
  }

  /** Sends the frame that was offered. */
  sendNext(): void {
    const frame = this.#route?.queue.shift()
    if (!frame) return
    this.#client.send(frame)
    this.#bytesDown += frame.byteLength
    this.#idle.moved()
    if (this.#nextPaused && this.#route!.queue.hasRoom) {
      this.#nextPaused = false
      this.#route!.next.resume()
    }
    this.#offer()
    this.#closeWhenDrained()
  }

  /**
   * Ends the route with a `status` for the client; frames that wait are still delivered behind it, unless the fault is the
   * client's own.
   */
  end(reason: AnabranchError, keepQueued = true): void {
    if (this.#over || this.#closing) return
    this.#over = true
    this.reason = reason
    this.#idle.restart()
    this.#cancelAnswerTimer()
    const told = reason instanceof NextHopUnreachableError ? reason.told : reason.message
    const status = concat(
      encodeRouteMessage({
        kind: 'status',
        status: reason.wireStatus,
        message: told.slice(0, ROUTE_LIMITS.maxMessageBytes),
        peerId: this.#host.node.peerId.toString()
      })
    )
    if (!this.#route) {
      this.#client.send(status)
      this.#close()
      return
    }
    const { queue, next } = this.#route
    next.abort(reason)
    if (!keepQueued) queue.clear()
    queue.pushAnswer(status)
    this.#resumeClient()
    this.#offer()
  }

  /** Breaks the route at once. */
  abort(reason: AnabranchError): void {
    this.reason ??= reason
    this.#client.abort(reason)
  }

  #onClientFrame(frame: Uint8Array): void {
    this.#idle.moved()
    if (this.#over || this.#closing) return
    try {
      const message = decodeRouteMessage(frame)
      if (this.#route) this.#passUp(this.#route, message, frame)
      else this.#begin(message)
    } catch (error) {
      this.end(asAnabranchError(error), false)
    }
  }

  #begin(open: RouteMessage): void {
    if (open.kind !== 'open') throw new UnexpectedMessageError(open.kind, 'before a route was asked for')
    const { node, limits, scheduler } = this.#host
    const hop = nextHopOf(open.hops, node.peerId.toString())
    const refusal = this.#host.admit(this, open)
    if (refusal) throw new RouteRefusedError(refusal.status, refusal.message)
    const queue = new ForwardQueue({
      route: open.route,
      bufferBytes: limits.bufferBytes,
      maxPatternElements: limits.maxPatternElements
    })
    queue.order(open.control)
    const next = new NextHop({
      node,
      hop: { peerId: hop.peerId, addresses: this.#host.dialable(this, hop) },
      limits,
      scheduler,
      handlers: {
        onFrame: frame => this.#onNextFrame(frame),
        onEnd: () => this.#onNextEnd(),
        onLost: error => this.#onNextLost(error),
        onRoom: () => next.hasRoom && this.#resumeClient()
      }
    })
    this.#route = {
      sessionId: toHex(open.sessionId),
      letter: routeName(open.route),
      hop: hop.peerId,
      queue,
      next,
      waits: new HopWaits()
    }
    this.#idle.restart()
    this.#host.began(this)
    void this.#connect(next, { ...open, hops: open.hops.slice(1) })
  }

  async #connect(next: NextHop, open: Open): Promise<void> {
    const { scheduler, limits } = this.#host
    const startedMs = scheduler.nowMs()
    const limitMs = limits.nextHopTimeoutMs * (open.hops.length + 2)
    this.#cancelAnswerTimer = scheduler.after(limitMs, () =>
      this.#onNextLost(new Error(`no answer within ${limitMs / 1000} s`))
    )
    try {
      await next.connect(concat(encodeRouteMessage({ kind: 'open', ...open })))
      this.#setUpMs = Math.round(scheduler.nowMs() - startedMs)
    } catch (error) {
      this.#onNextLost(error as Error)
    }
  }

  #passUp({ queue, next }: ActiveRoute, message: RouteMessage, frame: Uint8Array): void {
    if (message.kind !== 'control' && message.kind !== 'test') {
      throw new UnexpectedMessageError(message.kind, 'on its way to the source')
    }
    if (message.kind === 'control') {
      queue.order(message)
      this.#offer()
    }
    next.send(frame)
    if (next.full && !this.#clientPaused) {
      this.#clientPaused = true
      this.#client.pause()
    }
  }

  #onNextFrame(frame: Uint8Array): void {
    this.#idle.moved()
    if (this.#over || !this.#route) return
    const { queue, next } = this.#route
    try {
      this.#passDown(this.#route, frame)
    } catch (error) {
      this.#onNextLost(error as Error)
    }
    if (queue.full && !this.#nextPaused) {
      this.#nextPaused = true
      next.pause()
    }
    this.#offer()
  }

  #passDown({ queue, waits }: ActiveRoute, frame: Uint8Array): void {
    const kind = peekKind(frame)
    if (!this.#answered && kind !== 'opened' && kind !== 'status') {
      throw new UnexpectedMessageError(kind, 'before the route was open')
    }
    switch (kind) {
      case 'segment':
        this.#passSegment(queue, waits, frame)
        break
      case 'hashes':
        queue.pushData(frame)
        break
      case 'testReply':
      case 'dropped':
      case 'held':
        queue.pushAnswer(frame)
        break
      case 'opened':
      case 'report':
      case 'status':
        queue.pushAnswer(this.#onAnswer(queue, decodeRouteMessage(frame), frame))
        break
      default:
        throw new UnexpectedMessageError(kind, 'on its way to the client')
    }
  }

  #passSegment(queue: ForwardQueue, waits: HopWaits, frame: Uint8Array): void {
    const segment = peekSegment(frame)
    queue.pushSegment(frame, segment)
    const waitMs = waits.add(frame.byteLength, segment.sentAtUs / 1000, this.#host.scheduler.nowMs())
    if (waitMs !== undefined)
      queue.pushAnswer(concat(encodeRouteMessage({ kind: 'held', waitMs: Math.round(waitMs) })))
  }

  /** Takes note of what the source says; returns the frame to pass on. */
  #onAnswer(queue: ForwardQueue, message: RouteMessage, frame: Uint8Array): Uint8Array {
    if (message.kind === 'report') queue.learn(message)
    if (message.kind !== 'opened' && message.kind !== 'status') return frame
    if (message.kind === 'opened' && this.#answered)
      throw new UnexpectedMessageError('opened', 'a second time')
    this.#answered = true
    this.#cancelAnswerTimer()
    if (message.kind === 'status') {
      this.#dismissed = true
      this.reason ??= new EndedFurtherOnError(message.status, message.message)
      return frame
    }
    const own: HopLimits = { ...this.#host.describe(), setUpMs: this.#setUpMs }
    return concat(encodeRouteMessage({ ...message, limits: [...message.limits, own] }))
  }

  /** In order only when the client has ended the route, or the next hop has said why it does. */
  #onNextEnd(): void {
    if (this.#over) return
    if (!this.#clientEnded && !this.#dismissed) {
      this.#onNextLost(new Error('it ended the route without a word'))
      return
    }
    this.#nextEnded = true
    this.#route?.next.end()
    this.#resumeClient()
    this.#idle.restart()
    this.#closeWhenDrained()
  }

  #onNextLost(error: Error): void {
    if (this.#over || this.#nextEnded || !this.#route) return
    if (this.#dismissed) {
      // It said why before it went.
      this.#nextEnded = true
      this.#closeWhenDrained()
      return
    }
    const { hop } = this.#route
    this.end(
      this.#answered
        ? new NextHopLostError(hop, error.message, error)
        : new NextHopUnreachableError(hop, error.message, error)
    )
  }

  #onClientEnd(): void {
    this.#clientEnded = true
    this.#idle.moved()
    if (this.#route) this.#route.next.end()
    else this.#close()
    this.#idle.restart()
    this.#closeWhenDrained()
  }

  #onClientClose(error: Error | undefined): void {
    if (error) this.reason ??= asAnabranchError(error)
    this.#over = true
    this.#idle.stop()
    this.#cancelAnswerTimer()
    if (!this.#nextEnded) this.#route?.next.abort(error ?? new Error('the client has left'))
    this.#route?.queue.clear()
    this.#host.closed(this)
  }

  #offer(): void {
    const frameBytes = this.#route?.queue.headBytes
    if (frameBytes !== undefined && this.#client.writable) this.#host.offer(this, frameBytes)
    else this.#host.withdraw(this)
  }

  #resumeClient(): void {
    if (!this.#clientPaused) return
    this.#clientPaused = false
    this.#client.resume()
  }

  #closeWhenDrained(): void {
    if (!this.#over && !this.#nextEnded) return
    if (this.#route?.queue.headBytes === undefined) this.#close()
  }

  #close(): void {
    if (this.#closing) return
    this.#closing = true
    void this.#client.close(this.#host.limits.idleTimeoutMs)
    this.#idle.restart()
  }

  /** How long nothing may move in the state that the route is in. */
  #patienceMs(): number {
    const { limits } = this.#host
    if (this.reason instanceof RouteIdleError) return limits.lingerMs
    if (this.#closing || this.#clientEnded) {
      return this.#client.queuedBytes > 0 || this.#route?.queue.headBytes !== undefined
        ? limits.idleTimeoutMs
        : limits.lingerMs
    }
    return this.#route ? limits.idleTimeoutMs : limits.openTimeoutMs
  }

  #onIdle(patienceMs: number): void {
    const error = new RouteIdleError(patienceMs)
    if (!this.#route || this.#over || this.#closing) this.abort(error)
    else this.end(error)
  }
}
