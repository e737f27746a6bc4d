import type { PlannerEvent } from '../planner/planner.ts'
import type { Extent, ExtentInit } from '../protocol/extent.ts'
import type { Lengths } from '../protocol/route-messages.ts'
import { edgeOf, type StreamHead } from '../protocol/stream-head.ts'
import { LiveLengths } from './live-lengths.ts'
import { UnexpectedMessageError } from './transfer-errors.ts'

/** What a planner is told of a content that reaches further than was known. */
export type Growth = PlannerEvent & { type: 'extentGrew' }

/** What of a content is known to be there: of a live one that grows, by heads and by the lengths of segments. Pure. */
export class GrowingExtent {
  #extent: Extent
  /** Present where segments differ in size. */
  readonly #lengths: LiveLengths | undefined
  /** When the newest head was made, by the source's clock. */
  #toldMs = 0
  /** The first segment of which it was not looked at whether it is empty. */
  #emptyTo: number

  constructor(extent: Extent) {
    this.#extent = extent
    this.#lengths = extent.lengths && new LiveLengths(extent.lengths, extent.segmentBytes)
    this.#emptyTo = extent.firstSeq
  }

  get now(): Extent {
    return this.#extent
  }

  /**
   * Takes a head that came over the route and has proved to be the source's. Returns what is new by it. Throws
   * CorruptSegmentError where it does not fit the lengths of segments.
   */
  headCame(route: number, head: StreamHead): Growth | undefined {
    this.#lengths?.headCame(route, head)
    this.#toldMs = Math.max(this.#toldMs, head.atMs)
    return this.#growTo(this.#lengths?.edge ?? edgeOf(head))
  }

  /**
   * Takes lengths of segments that came over the route. `next`: the first segment that the client does not have. Returns what
   * is new by them. Throws CorruptSegmentError and UnexpectedMessageError.
   */
  lengthsCame(route: number, lengths: Lengths, next: number): Growth | undefined {
    if (!this.#lengths) throw new UnexpectedMessageError(route, 'lengths of segments that have one size')
    this.#lengths.take(route, lengths, next)
    return this.#growTo(this.#lengths.edge)
  }

  /** The empty segments below `seq`, each once: these do not travel. */
  *emptyBelow(seq: number): Generator<number> {
    if (!this.#lengths) return
    const to = this.#extent.capped(seq)
    for (; this.#emptyTo < to; this.#emptyTo++) if (this.#extent.isEmpty(this.#emptyTo)) yield this.#emptyTo
  }

  forgetBelow(seq: number): void {
    this.#lengths?.forgetBelow(seq)
  }

  #growTo(edge: Pick<ExtentInit, 'endBytes' | 'edgeSeq'>): Growth | undefined {
    const { edgeSeq } = this.#extent
    if (edgeSeq === undefined) return undefined
    const grown = this.#extent.grownTo(edge)
    const reach = grown.capped(Number.POSITIVE_INFINITY)
    if (reach < edgeSeq || (reach === edgeSeq && grown.endSeq === undefined)) return undefined
    this.#extent = grown
    const lengths = grown.lengths && { lengths: grown.lengths.between(edgeSeq, reach) }
    return { type: 'extentGrew', ...edge, toldMs: this.#toldMs, ...lengths } as Growth
  }
}
