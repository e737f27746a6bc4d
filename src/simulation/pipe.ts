import { FRAME_BYTES, PAYLOAD_SHARE } from '../topology/topology.ts'
import type { BurstyLoss } from './bursty-loss.ts'
import type { EventQueue } from './event-queue.ts'
import { type Interval, intervalAt, type Steps } from './over-time.ts'
import type { Random } from './random.ts'
import type { SharedLink } from './shared-link.ts'

/** Bytes that each frame takes besides its own: its length prefix (4), and about what yamux and noise add. */
const FRAMING_BYTES = 34
/** Bytes that a sender's socket holds besides the link's queue (tcp_notsent_lowat). */
const SOCKET_BUFFER_BYTES = 128 * 1024
/** The most bytes that arrive without being read: a stream's receive window. */
const RECEIVE_WINDOW_BYTES = 512 * 1024
/** TCP's first window, in bytes: ten packets. */
const FIRST_WINDOW_BYTES = 10 * FRAME_BYTES
const FIRST_RETRANSMISSION_MS = 200

/** A message's frame on its way. */
export interface Parcel {
  bytes: number
  frame: Uint8Array
}

export function parcelOf(frame: Uint8Array): Parcel {
  return { bytes: frame.byteLength, frame }
}

export interface PipeInit {
  events: EventQueue
  random: Random
  /**
   * Links that other connections may pass, too, in order from the sender; the link of `rate` and
   * `queueBytes` comes on top.
   */
  links: readonly SharedLink[]
  rate: Steps
  delay: Steps
  loss: Steps
  /** Links that lose in bursts, besides `loss`. */
  bursts?: readonly BurstyLoss[]
  queueBytes: number
  outages: readonly Interval[]
  slowStart: boolean
  deliver(parcel: Parcel): void
  /** Called when something has left and there is room. */
  drained(): void
  /** Called when `wireBytes` bytes of frames have come evenly from `fromMs` to `toMs`. */
  passed?(fromMs: number, toMs: number, wireBytes: number): void
}

/**
 * One direction of a TCP connection over one hop, reliable and in order. Sent bytes wait in a
 * socket and in the link's drop-tail queue, pass the link at its current rate, and arrive after its
 * delay. Where the hop has further links, the bytes also wait for each of them, and in the socket
 * until they have room. A lost packet holds up everything behind it for a round trip, but does not
 * slow the sender down (as with BBR). During an outage nothing arrives; transfer resumes with the
 * first retransmission after its end.
 */
export class Pipe {
  readonly #init: PipeInit
  readonly #rate: Steps
  readonly #blackouts: readonly Interval[]
  readonly #slowStart: SlowStart | undefined
  readonly #unsent: Parcel[] = []
  readonly #unread: Parcel[] = []
  #unsentBytes = 0
  #unreadBytes = 0
  #travellingBytes = 0
  #lastArrivalMs = 0
  #serves = false
  #waitsForRoom = false
  #paused = false
  #dead = false

  constructor(init: PipeInit) {
    this.#init = init
    const rttMs = 2 * init.delay.at(0)
    this.#blackouts = init.outages.map(outage => ({ ...outage, toMs: resumption(outage, rttMs) }))
    this.#rate = init.rate.without(this.#blackouts)
    this.#slowStart = init.slowStart && rttMs > 0 ? new SlowStart(rttMs) : undefined
  }

  /** Whether the sender may send more. */
  get writable(): boolean {
    return !this.#dead && this.#unsentBytes < this.#init.queueBytes + SOCKET_BUFFER_BYTES
  }

  send(parcel: Parcel): void {
    if (this.#dead) return
    this.#unsent.push(parcel)
    this.#unsentBytes += parcel.bytes
    this.#pump()
  }

  /** Stops the receiver's reading until `resume`. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    while (!this.#paused && this.#unread.length > 0) {
      const parcel = this.#unread.shift()!
      this.#unreadBytes -= parcel.bytes
      this.#init.deliver(parcel)
    }
    this.#pump()
  }

  /** Breaks the connection: nothing arrives any more. */
  kill(): void {
    this.#dead = true
  }

  #pump(): void {
    if (this.#serves || this.#waitsForRoom || this.#dead || this.#unsent.length === 0) return
    if (this.#unreadBytes + this.#travellingBytes > RECEIVE_WINDOW_BYTES && this.#paused) return
    const full = this.#init.links.find(link => !link.hasRoom)
    if (full) {
      this.#waitsForRoom = true
      full.whenRoom(() => {
        this.#waitsForRoom = false
        this.#pump()
      })
      return
    }
    this.#serve(this.#unsent[0]!)
  }

  #serve(parcel: Parcel): void {
    const { events, links } = this.#init
    const startMs = events.nowMs
    const bytes = wireBytes(parcel.bytes)
    const lossesMs = this.#lossDelayMs(parcel.bytes, startMs)
    const endMs = this.#servedAt(startMs, bytes)
    this.#serves = true
    this.#pass(links, bytes, { fromMs: startMs, toMs: endMs }, passage => {
      this.#travel(parcel, lossesMs, passage.toMs - passage.fromMs)
    })
    events.at(endMs, () => {
      this.#unsent.shift()
      this.#unsentBytes -= parcel.bytes
      this.#serves = false
      this.#pump()
      if (this.writable) this.#init.drained()
    })
  }

  /** Passes the links one after the other, entering each when the one before lets the first byte out. */
  #pass(
    links: readonly SharedLink[],
    bytes: number,
    before: Interval,
    passed: (last: Interval) => void
  ): void {
    const [link, ...others] = links
    const { events } = this.#init
    if (!link) {
      events.at(before.toMs, () => passed(before))
      return
    }
    const { fromMs, toMs } = link.enter(bytes)
    const passage = { fromMs: Math.max(before.fromMs, fromMs), toMs: Math.max(before.toMs, toMs) }
    if (others.length === 0) this.#pass(others, bytes, passage, passed)
    else events.at(passage.fromMs, () => this.#pass(others, bytes, passage, passed))
  }

  #travel(parcel: Parcel, lossesMs: number, servedInMs: number): void {
    const { events, delay, passed } = this.#init
    const delayMs = delay.at(events.nowMs)
    let arrivalMs = events.nowMs + delayMs + lossesMs
    const blackout = intervalAt(this.#blackouts, arrivalMs)
    if (blackout) arrivalMs = blackout.toMs + delayMs
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs)
    this.#travellingBytes += parcel.bytes
    events.at(this.#lastArrivalMs, () => {
      this.#travellingBytes -= parcel.bytes
      if (this.#dead) return
      passed?.(events.nowMs - servedInMs, events.nowMs, wireBytes(parcel.bytes))
      if (!this.#paused) {
        this.#init.deliver(parcel)
        return
      }
      this.#unread.push(parcel)
      this.#unreadBytes += parcel.bytes
    })
  }

  /**
   * The delay in ms that losses add. A lost packet is noticed and sent again within a round trip;
   * so is a lost retransmission.
   */
  #lossDelayMs(bytes: number, nowMs: number): number {
    const { random, bursts = [] } = this.#init
    const steady = this.#init.loss.at(nowMs)
    const loss = 1 - bursts.reduce((kept, link) => kept * (1 - link.meanLoss(nowMs)), 1 - steady)
    if (loss <= 0) return 0
    const packets = Math.ceil(wireBytes(bytes) / FRAME_BYTES)
    // A packet that is sent again comes a round trip later, when a burst is most likely over.
    const inBurst = bursts.filter(link => link.losesAny(packets, nowMs)).length > 0
    let roundTrips = 0
    for (let lost = inBurst ? 1 : 1 - (1 - steady) ** packets; random() < lost; lost = loss) roundTrips++
    return roundTrips * 2 * this.#init.delay.at(nowMs)
  }

  #servedAt(startMs: number, bytes: number): number {
    let left = bytes
    for (let nowMs = startMs; ; ) {
      const changeMs = this.#rate.nextChange(nowMs)
      const bytesPerMs = this.#rate.at(nowMs) / 1000
      if (bytesPerMs <= 0) {
        if (changeMs === Number.POSITIVE_INFINITY) return changeMs
        nowMs = changeMs
        continue
      }
      const allowed = Math.min(left, this.#slowStart?.allowedBytes(nowMs) ?? left)
      const sent = Math.min(allowed, (changeMs - nowMs) * bytesPerMs)
      left -= sent
      this.#slowStart?.sent(sent)
      nowMs += sent / bytesPerMs
      if (left <= 1e-6) return nowMs
      nowMs = sent < allowed ? changeMs : Math.max(nowMs, this.#slowStart?.roundEndMs ?? nowMs)
    }
  }
}

/** The congestion window of a new connection: the bytes acknowledged in a round trip are added to it. */
class SlowStart {
  readonly #rttMs: number
  roundEndMs = Number.NEGATIVE_INFINITY
  #windowBytes = FIRST_WINDOW_BYTES
  #sentBytes = 0

  constructor(rttMs: number) {
    this.#rttMs = rttMs
  }

  /** Number of bytes that may be sent before `roundEndMs`. */
  allowedBytes(nowMs: number): number {
    if (nowMs >= this.roundEndMs) {
      this.#windowBytes += this.#sentBytes
      this.#sentBytes = 0
      this.roundEndMs = nowMs + this.#rttMs
    }
    return Math.max(0, this.#windowBytes - this.#sentBytes)
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes
  }
}

function wireBytes(frameBytes: number): number {
  return (frameBytes + FRAMING_BYTES) / PAYLOAD_SHARE
}

/** Time at which TCP's first retry after an outage is sent: the pauses between its retries double. */
function resumption({ fromMs, toMs }: Interval, rttMs: number): number {
  if (toMs === Number.POSITIVE_INFINITY) return toMs
  let retryMs = fromMs
  for (let pauseMs = FIRST_RETRANSMISSION_MS + rttMs; retryMs < toMs; pauseMs *= 2) retryMs += pauseMs
  return retryMs
}
