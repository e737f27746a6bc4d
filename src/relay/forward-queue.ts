import { ROUTE_LIMITS } from '../protocol/limits.ts'
import { encodeRouteFrame } from '../protocol/route-codec.ts'
import type { Plan, Segment, SeqRange } from '../protocol/route-messages.ts'
import { decodeSegment, payloadBytesOf } from '../protocol/segment-frame.ts'
import { FRAME_OVERHEAD_BYTES } from './limits.ts'
import { ownBytes } from './own-bytes.ts'
import { PatternHistory } from './pattern-history.ts'

export interface ForwardQueueInit {
  /** The route's number in patterns and reassignments. */
  route: number
  /** Bytes at which the queue is full. */
  bufferBytes: number
  /** Pattern elements that are remembered. */
  maxPatternElements: number
}

interface Waiting {
  frame: Uint8Array
  /** The segment's number; undefined for a frame that is no segment. */
  seq: number | undefined
  payloadBytes: number
  queuedAtMs: number
}

/**
 * The frames that one route of a relay has still to send to its client. Answers overtake segments;
 * segments and the hashes that verify them keep their order. Segments that a reassignment took away
 * are dropped, and the client is told, so that its credit accounts stay right. Pure.
 */
export class ForwardQueue {
  readonly #init: ForwardQueueInit
  readonly #answers = new Fifo<Waiting>()
  #data = new Fifo<Waiting>()
  #dropId = 0
  /** True while pieces of a segment have passed and the rest of it is still to come. */
  #inPieces = false
  readonly patterns: PatternHistory
  /** Payload bytes of segments dropped so far. */
  droppedBytes = 0
  /** Bytes that wait, with what holding them costs. */
  queuedBytes = 0

  constructor(init: ForwardQueueInit) {
    this.#init = init
    this.patterns = new PatternHistory(init.route, init.maxPatternElements)
  }

  /** True when nothing more should be read from the next hop. */
  get full(): boolean {
    return this.queuedBytes >= this.#init.bufferBytes
  }

  /** True when reading may go on: at half, so that it does not stop and start with each frame. */
  get hasRoom(): boolean {
    return this.queuedBytes <= this.#init.bufferBytes / 2
  }

  /** Bytes of the frame that `shift` would give; undefined when none waits. */
  get headBytes(): number | undefined {
    return (this.#answers.head ?? this.#data.head)?.frame.byteLength
  }

  /** Time since which the frame waits that `shift` would give; undefined when none does. */
  get headSinceMs(): number | undefined {
    return (this.#answers.head ?? this.#data.head)?.queuedAtMs
  }

  /** Time since which the oldest of the frames waits; Infinity when none does. */
  get waitingSinceMs(): number {
    const heads = [this.#answers.head, this.#data.head]
    return Math.min(...heads.map(head => head?.queuedAtMs ?? Number.POSITIVE_INFINITY))
  }

  /**
   * Adds a segment's frame, still encoded; `segment` is what it holds. Throws
   * MalformedMessageError.
   */
  pushSegment(frame: Uint8Array, nowMs: number, segment: Segment = decodeSegment(frame)): void {
    const { seq, repair, more } = segment
    const isPiece = more || this.#inPieces
    this.#inPieces = more
    if (!more) this.patterns.count(seq, repair)
    // Other pieces may be with the client already: a piece is passed on, whatever becomes of its segment.
    const payloadBytes = payloadBytesOf(frame)
    if (isPiece) this.pushData(frame, nowMs)
    else this.#push(this.#data, { frame: ownBytes(frame), seq, payloadBytes, queuedAtMs: nowMs })
  }

  /** Adds a frame that keeps its place among the segments. */
  pushData(frame: Uint8Array, nowMs: number): void {
    this.#push(this.#data, unnumbered(frame, nowMs))
  }

  /** Adds a frame that goes before all segments. */
  pushAnswer(frame: Uint8Array, nowMs: number): void {
    this.#push(this.#answers, unnumbered(frame, nowMs))
  }

  shift(): Uint8Array | undefined {
    const waiting = this.#answers.shift() ?? this.#data.shift()
    if (!waiting) return undefined
    this.queuedBytes -= costOf(waiting)
    return waiting.frame
  }

  clear(): void {
    while (this.shift()) {}
  }

  /**
   * Takes note of the client's plan as it passes by. Segments that wait here and that a copy takes away
   * from this route are dropped: the source sends them elsewhere. A drop that is known already has no
   * effect: a later order may have given the same segments back.
   */
  order({ patterns, drops, done }: Plan, nowMs: number): void {
    this.patterns.order(patterns, done)
    for (const { id, ranges } of drops) {
      if (id <= this.#dropId) continue
      this.#dropId = id
      this.#drop(ranges, nowMs)
    }
  }

  #push(queue: Fifo<Waiting>, waiting: Waiting): void {
    queue.push(waiting)
    this.queuedBytes += costOf(waiting)
  }

  #drop(ranges: readonly SeqRange[], nowMs: number): void {
    const dropped: Waiting[] = []
    const kept = new Fifo<Waiting>()
    for (let waiting = this.#data.shift(); waiting; waiting = this.#data.shift()) {
      if (waiting.seq === undefined || !contains(ranges, waiting.seq)) {
        kept.push(waiting)
        continue
      }
      dropped.push(waiting)
      this.queuedBytes -= costOf(waiting)
    }
    this.#data = kept
    this.#tellDropped(dropped, nowMs)
  }

  #tellDropped(dropped: Waiting[], nowMs: number): void {
    dropped.sort((a, b) => a.seq! - b.seq!)
    let bytes = 0
    let ranges: SeqRange[] = []
    const tell = () => {
      this.droppedBytes += bytes
      this.pushAnswer(encodeRouteFrame({ kind: 'dropped', bytes, ranges }), nowMs)
      bytes = 0
      ranges = []
    }
    for (const { seq, payloadBytes } of dropped) {
      const last = ranges.at(-1)
      if (last === undefined || seq! > last.to) {
        if (ranges.length === ROUTE_LIMITS.maxRangesPerMessage) tell()
        ranges.push({ from: seq!, to: seq! + 1 })
      } else last.to = seq! + 1
      bytes += payloadBytes
    }
    if (ranges.length > 0) tell()
  }
}

/** First in, first out; `shift` costs O(1) amortised. */
class Fifo<T> {
  #items: T[] = []
  #first = 0

  get head(): T | undefined {
    return this.#items[this.#first]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#first]
    if (item === undefined)
      return undefined
      // A frame that was taken must not be kept alive until the array is cut.
    ;(this.#items as Array<T | undefined>)[this.#first++] = undefined
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}

function unnumbered(frame: Uint8Array, queuedAtMs: number): Waiting {
  return { frame: ownBytes(frame), seq: undefined, payloadBytes: 0, queuedAtMs }
}

function costOf({ frame }: Waiting): number {
  return frame.byteLength + FRAME_OVERHEAD_BYTES
}

function contains(ranges: readonly SeqRange[], seq: number): boolean {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges[middle]!.to <= seq) low = middle + 1
    else high = middle
  }
  return low < ranges.length && ranges[low]!.from <= seq
}
