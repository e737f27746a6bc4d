import { AnabranchError } from '../errors.ts'
import { Pattern } from '../pattern/pattern.ts'
import type { Content } from './content.ts'

/** The simulation's output is not what the source sent, or the transfer's own counts are wrong. */
export class SimulationCheckError extends AnabranchError {
  constructor(what: string) {
    super('ERR_SIMULATION_CHECK', `The simulated transfer went wrong: ${what}`)
  }
}

interface Arrival {
  route: number
  seq: number
  repair: boolean
}

/** The transfer's own counts. */
export interface TransferCounts {
  bytes: number
  duplicateBytes: number
}

/**
 * Checks a transfer at both ends, and shares no code with what it checks. Each segment leaves
 * exactly once, in order and whole; the byte counts add up; and the patterns that the client told
 * of name the route of every segment that was no repair. Throws SimulationCheckError.
 */
export class OrderCheck {
  readonly #content: Content
  readonly #history: Array<{ actual: number; elements: Pattern['elements'] }> = []
  /** Patterns that newer ones have replaced, each with how often the client had told of patterns by then. */
  readonly #replaced: Array<{ telling: number; actual: number; elements: Pattern['elements'] }> = []
  /** How often the client had told of patterns when each route began. */
  readonly #beganAt = new Map<number, number>()
  #tellings = 0
  /** Arrivals since the client last told of patterns. */
  #arrivals: Arrival[] = []
  /** Segments of which only some pieces have come, by route. */
  readonly #begun = new Map<number, { seq: number; bytes: number }>()
  readonly #seen: Uint8Array
  #next: number
  #outputBytes = 0
  arrivedBytes = 0
  duplicateBytes = 0
  skippedBytes = 0
  readonly #skipped = new Set<number>()

  constructor(content: Content, firstSeq = 0) {
    this.#content = content
    this.#next = firstSeq
    this.#seen = new Uint8Array(content.segmentCount)
  }

  get outputBytes(): number {
    return this.#outputBytes
  }

  /** Tells that a route begins: pieces that another brought under its number stay pieces. */
  began(route: number): void {
    this.#begun.delete(route)
    this.#beganAt.set(route, this.#tellings)
  }

  /**
   * Tells that a segment, or a piece of one, reached the client. The pieces of a route's segment
   * come one after the other.
   */
  arrived(arrival: Arrival, payload: Uint8Array): void {
    const { route, seq } = arrival
    const begun = this.#begun.get(route) ?? { seq, bytes: 0 }
    const isIntact = begun.bytes > 0 || this.#content.beginsSegment(seq, payload)
    begun.bytes += payload.length
    const segmentBytes = this.#content.segmentLength(seq)
    if (!isIntact || begun.seq !== seq || begun.bytes > segmentBytes)
      throw new SimulationCheckError(`segment ${begun.seq} is damaged`)
    if (begun.bytes < segmentBytes) {
      this.#begun.set(route, begun)
      return
    }
    this.#begun.delete(route)
    this.#arrivals.push(arrival)
    this.arrivedBytes += segmentBytes
    if (this.#seen[seq]) this.duplicateBytes += segmentBytes
    this.#seen[seq] = 1
  }

  /** The segment that is to leave next. */
  get next(): number {
    while (this.#skipped.has(this.#next) || this.#isEmpty(this.#next)) this.#next++
    return this.#next
  }

  /** Tells that these segments will not leave. They may arrive all the same, and then count as those that came twice. */
  skipped(from: number, to: number): void {
    for (let seq = from; seq < to; seq++) {
      this.#skipped.add(seq)
      if (!this.#seen[seq]) this.skippedBytes += this.#content.segmentLength(seq)
      this.#seen[seq] = 1
    }
  }

  /** Tells that a payload left the reassembler. */
  left(payload: Uint8Array): void {
    // An empty segment leaves no trace in the output.
    if (payload.length === 0) return
    const seq = this.next
    if (!this.#seen[seq]) throw new SimulationCheckError(`segment ${seq} left without arriving`)
    if (!this.#content.isSegment(this.#next, payload)) {
      throw new SimulationCheckError(`segment ${this.#next} should have left next, another did`)
    }
    this.#next++
    this.#outputBytes += payload.length
  }

  /**
   * Takes further patterns that the client told of. To be called after everything that may have
   * come with them has arrived, and before the source can have forgotten them (a source whose last
   * route is lost starts anew).
   */
  told(patterns: ReadonlyArray<{ pattern: string; actual: number }>): void {
    this.#tellings++
    for (const { pattern, actual } of patterns) {
      while (this.#history.length > 0 && this.#history.at(-1)!.actual >= actual)
        this.#replaced.push({ telling: this.#tellings, ...this.#history.pop()! })
      this.#history.push({ actual, elements: Pattern.parse(pattern).elements })
    }
    for (const { route, seq, repair } of this.#arrivals) {
      if (!repair && !this.#routesOf(seq).includes(route) && !this.#wasNamed(seq, route)) {
        throw new SimulationCheckError(`segment ${seq} came on route ${route}, which no pattern named`)
      }
    }
    this.#arrivals = []
  }

  /** Checks the totals; to be called at the end of a complete transfer. */
  finish(counts: TransferCounts): void {
    const { sizeBytes, segmentCount } = this.#content
    if (this.next !== segmentCount || this.#outputBytes + this.skippedBytes !== sizeBytes) {
      throw new SimulationCheckError(`${this.#outputBytes} of ${sizeBytes} bytes left`)
    }
    if (counts.bytes !== this.arrivedBytes || counts.duplicateBytes !== this.duplicateBytes) {
      throw new SimulationCheckError(
        `the transfer counted ${counts.bytes} bytes, ${counts.duplicateBytes} twice; there were ${this.arrivedBytes}, ${this.duplicateBytes} twice`
      )
    }
    if (this.arrivedBytes + this.skippedBytes !== sizeBytes + this.duplicateBytes) {
      throw new SimulationCheckError(
        `${this.arrivedBytes} bytes arrived, ${this.duplicateBytes} of them twice`
      )
    }
  }

  #isEmpty(seq: number): boolean {
    return seq < this.#content.segmentCount && this.#content.segmentLength(seq) === 0
  }

  #routesOf(seq: number): readonly number[] {
    const inForce = this.#history.findLast(({ actual }) => actual <= seq)
    return inForce ? routesBy(inForce, seq) : []
  }

  /**
   * Whether a pattern named the route for this segment that was replaced after the route had begun: a source that has lost
   * all other routes knows only what the route's `open` held.
   */
  #wasNamed(seq: number, route: number): boolean {
    const beganAt = this.#beganAt.get(route) ?? 0
    return this.#replaced.some(
      old => old.telling > beganAt && old.actual <= seq && routesBy(old, seq).includes(route)
    )
  }
}

function routesBy(
  { actual, elements }: { actual: number; elements: Pattern['elements'] },
  seq: number
): readonly number[] {
  return elements[(seq - actual) % elements.length]!
}
