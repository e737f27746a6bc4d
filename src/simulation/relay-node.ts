import { decodeRouteMessage, peekKind } from '../protocol/route-codec.ts'
import { FairScheduler } from '../relay/fair-scheduler.ts'
import { ForwardQueue } from '../relay/forward-queue.ts'
import { RELAY_LIMITS } from '../relay/limits.ts'
import type { EventQueue } from './event-queue.ts'
import { type OverTime, Steps } from './over-time.ts'
import type { Parcel } from './pipe.ts'

/** What a relay of the simulation does with its neighbours. */
export interface RelayPorts {
  /** Whether the connection towards the client takes more. */
  writable(): boolean
  sendDown(parcel: Parcel): void
  sendUp(parcel: Parcel): void
  /** Stops and restarts reading from the side of the source. */
  pause(): void
  resume(): void
}

/** One route through a relay: the relay's own forward queue and turns between two modelled connections. */
export class RelayNode {
  readonly #queue: ForwardQueue
  readonly #turns: FairScheduler<RelayNode>
  readonly #events: EventQueue
  readonly #ports: RelayPorts
  /** How often it was looked at what may go: what was planned before is out of date. */
  #pumps = 0
  #paused = false
  /** Most bytes that ever waited here. */
  peakQueuedBytes = 0

  /** `rateBytesPerSecond`: the most that it forwards; undefined for no limit. */
  constructor(route: number, events: EventQueue, ports: RelayPorts, rateBytesPerSecond?: OverTime) {
    this.#events = events
    this.#ports = ports
    const rate = rateBytesPerSecond === undefined ? undefined : new Steps(rateBytesPerSecond)
    this.#turns = new FairScheduler(rate?.at(events.nowMs))
    if (rate) this.#follow(rate)
    this.#queue = new ForwardQueue({
      route,
      bufferBytes: RELAY_LIMITS.bufferBytes,
      maxPatternElements: RELAY_LIMITS.maxPatternElements
    })
  }

  get queuedBytes(): number {
    return this.#queue.queuedBytes
  }

  get droppedBytes(): number {
    return this.#queue.droppedBytes
  }

  /** Something comes from the client. */
  fromClient(parcel: Parcel): void {
    if (parcel.message?.kind === 'open') this.#queue.order(parcel.message.control)
    else if (parcel.message?.kind === 'control') this.#queue.order(parcel.message)
    this.#ports.sendUp(parcel)
    this.pump()
  }

  /** Something comes from the source. */
  fromSource({ frame }: Parcel): void {
    switch (peekKind(frame!)) {
      case 'segment':
        this.#queue.pushSegment(frame!)
        break
      case 'hashes':
        this.#queue.pushData(frame!)
        break
      case 'report': {
        const report = decodeRouteMessage(frame!)
        if (report.kind === 'report') this.#queue.learn(report)
        this.#queue.pushAnswer(frame!)
        break
      }
      default:
        this.#queue.pushAnswer(frame!)
    }
    this.peakQueuedBytes = Math.max(this.peakQueuedBytes, this.#queue.queuedBytes)
    if (this.#queue.full && !this.#paused) {
      this.#paused = true
      this.#ports.pause()
    }
    this.pump()
  }

  /** Forwards as much as the relay's rate allows and the connection towards the client takes. */
  pump(): void {
    this.#pumps++
    while (this.#ports.writable()) {
      const { headBytes } = this.#queue
      if (headBytes === undefined) this.#turns.withdraw(this)
      else this.#turns.offer(this, headBytes)
      const turn = this.#turns.next(this.#events.nowMs)
      if (turn?.waitMs !== undefined) this.#pumpAfter(turn.waitMs)
      if (turn?.session === undefined) break
      const frame = this.#queue.shift()!
      this.#ports.sendDown({ bytes: frame.byteLength, frame })
    }
    if (!this.#paused || !this.#queue.hasRoom) return
    this.#paused = false
    this.#ports.resume()
  }

  #follow(rate: Steps): void {
    const changeMs = rate.nextChange(this.#events.nowMs)
    this.#events.at(changeMs, () => {
      this.#turns.setRate(rate.at(changeMs))
      this.#follow(rate)
    })
  }

  #pumpAfter(waitMs: number): void {
    const pumps = this.#pumps
    this.#events.after(waitMs, () => {
      if (pumps === this.#pumps) this.pump()
    })
  }
}
