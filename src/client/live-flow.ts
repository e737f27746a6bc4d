import type { Planner } from '../planner/planner.ts'
import type { Lengths } from '../protocol/route-messages.ts'
import type { StreamHead } from '../protocol/stream-head.ts'
import { DelayWatch } from './delay-watch.ts'
import { LiveEdge, type LiveInit } from './live-edge.ts'
import type { OutputPosition } from './output-position.ts'
import { BehindWindowError } from './route-errors.ts'
import type { SessionStory } from './session-story.ts'
import type { StallMeter } from './stall-meter.ts'
import type { Transfer } from './transfer.ts'
import { UnexpectedMessageError } from './transfer-errors.ts'

/** The parts of a session that a live content has to do with. */
export interface LiveParts {
  transfer: Transfer
  position: OutputPosition
  story: SessionStory
  stalls: StallMeter
  planner: Pick<Planner, 'estimates'>
}

/** What the session is to do, see SessionAction. */
export type LiveAction =
  | { type: 'output'; payloads: Uint8Array[] }
  | { type: 'finished' }
  | { type: 'failed'; error: Error }

/** What a session does for a live content besides: it grows, may be left out in parts, and may have nothing new. Pure. */
export class LiveFlow {
  #live: LiveInit
  readonly #parts: LiveParts
  readonly #act: (action: LiveAction) => void
  readonly #edge: LiveEdge
  /** Present where what is late is waited for. */
  readonly #delays: DelayWatch | undefined
  /** Bytes that the output does without. */
  skippedBytes = 0

  constructor(live: LiveInit, parts: LiveParts, act: (action: LiveAction) => void, nowMs: number) {
    this.#live = live
    this.#parts = parts
    this.#act = act
    this.#edge = new LiveEdge(live, parts.transfer.extent, nowMs)
    if (live.latencyMs !== undefined && live.isComplete) this.#delays = new DelayWatch(live.latencyMs)
  }

  /** See SearchRequest. */
  setLatency(latencyMs: number | undefined): void {
    this.#live = latencyMs === undefined ? {} : { latencyMs }
    this.#edge.setLatency(latencyMs, this.#parts.transfer.next)
  }

  /** Whether nothing is heard of the source. */
  isUnheard(nowMs: number): boolean {
    return this.#edge.isUnheard(nowMs)
  }

  /** Takes a head that has proved to be the source's. Returns whether there is something to plan for at once. */
  headCame(route: number, head: StreamHead, nowMs: number): boolean {
    const { transfer } = this.#parts
    if (!transfer.openRoutes.has(route)) return false
    this.#edge.heard(head, nowMs)
    return this.#grew(() => transfer.grow(route, head, nowMs), nowMs)
  }

  /** Takes lengths of segments, as Transfer does. Returns whether there is something to plan for at once. */
  lengthsCame(route: number, lengths: Lengths, nowMs: number): boolean {
    const { transfer } = this.#parts
    const edge = transfer.extent.capped(Number.POSITIVE_INFINITY)
    if (lengths.from > edge && this.#live.latencyMs === undefined)
      throw new UnexpectedMessageError(route, `lengths of segments from ${lengths.from} on, and none before`)
    const grew = this.#grew(() => transfer.takeLengths(route, lengths, nowMs), nowMs)
    // Between the two, the source keeps nothing.
    if (lengths.from > edge) this.#skipTo(transfer.extent.capped(lengths.from), nowMs)
    return grew
  }

  /** The source has nothing below `firstSeq`. */
  begins(firstSeq: number, nowMs: number): void {
    const { transfer } = this.#parts
    if (firstSeq <= transfer.next) return
    // Where the source begins beyond what is known here, its head tells how far that is left behind.
    if (this.#live.latencyMs === undefined || this.#delays)
      this.#act({ type: 'failed', error: new BehindWindowError() })
    else if (transfer.extent.capped(firstSeq) === firstSeq) this.#skipTo(firstSeq, nowMs)
  }

  /** Leaves out what comes too late, and tells where the source has nothing new; to be called regularly. */
  keepUp(nowMs: number): void {
    if (this.#delays) this.#tellDelay(this.#delays, nowMs)
    else this.#leaveOut(nowMs)
    const told = this.#edge.step(this.#hasAll, nowMs)
    if (told) this.#parts.story.outage(told, 'input', nowMs)
  }

  #tellDelay(delays: DelayWatch, nowMs: number): void {
    const { transfer, story } = this.#parts
    const told = delays.step(this.#edge.delayMs(transfer.next, nowMs, this.#oneWayMs), nowMs)
    if (told) story.delayed(told, nowMs)
  }

  /** The least time on the way from the source; infinite while none is known. */
  get #oneWayMs(): number {
    const estimates = this.#parts.planner.estimates()
    return Math.min(...[...estimates.values()].map(({ rttMs }) => rttMs).filter(rttMs => rttMs > 0)) / 2
  }

  #leaveOut(nowMs: number): void {
    const { transfer } = this.#parts
    const { latencyMs } = this.#live
    if (latencyMs === undefined) return
    const oneWayMs = this.#oneWayMs
    let late = this.#edge.lateBelow(nowMs, oneWayMs)
    // Where the routes have not even been asked for all that is there, they carry less than is made. What they bring next
    // would be too late as well, one segment after the other.
    if (late > transfer.next && transfer.horizon < transfer.extent.capped(Number.POSITIVE_INFINITY))
      late = Math.max(late, this.#edge.lateBelow(nowMs + latencyMs / 2, oneWayMs))
    const seq = transfer.extent.capped(late)
    if (seq > transfer.next) this.#skipTo(seq, nowMs)
  }

  #grew(grow: () => boolean, nowMs: number): boolean {
    const { transfer, stalls } = this.#parts
    const hadAll = this.#hasAll
    if (!grow()) return false
    if (hadAll) stalls.rested(nowMs)
    if (transfer.complete) this.#act({ type: 'finished' })
    // What the head covers comes right behind it, and must not be handed on where it is too late.
    else if (!this.#delays) this.#leaveOut(nowMs)
    const { complete, extent, horizon, next } = transfer
    // What was granted already needs no plan before the next tick, but for empty segments, which do not travel.
    return !complete && (horizon < extent.capped(Number.POSITIVE_INFINITY) || extent.isEmpty(next))
  }

  get #hasAll(): boolean {
    const { next, extent } = this.#parts.transfer
    return next === extent.edgeSeq
  }

  #skipTo(seq: number, nowMs: number): void {
    const { transfer, position, story } = this.#parts
    const { ready, readySeqs, missing } = transfer.skipTo(seq, nowMs)
    for (const { from, to } of readySeqs) position.handed(from, to)
    position.goOnAt(transfer.next)
    const bytesBelow = (seq: number) => transfer.extent.bytesBetween(0, seq)
    const ranges = missing
      .map(({ from, to }) => ({ from: bytesBelow(from), to: bytesBelow(to) }))
      .filter(({ from, to }) => to > from)
    this.skippedBytes += story.skipped(ranges, nowMs)
    if (ready.length > 0) this.#act({ type: 'output', payloads: ready })
    transfer.consumed(position.consumed, nowMs)
    if (transfer.complete) this.#act({ type: 'finished' })
  }
}
