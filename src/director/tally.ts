import { WireStatus } from '../errors.ts'
import { Histogram, type HistogramReading, SECONDS_TO_WORK } from '../units/histogram.ts'

/** How queries and registrations ended since the start; statuses are those of WireStatus. */
export interface DirectorTallies {
  /** Queries by the status of their first answer. */
  queries: ReadonlyMap<number, number>
  /** Registrations that were refused, by status. */
  refusedNodes: ReadonlyMap<number, number>
  /** Seconds from a query until its first answer is told, of those that were not refused. */
  querySeconds: HistogramReading
}

/** Counts what a director is asked. Pure. */
export class Tally {
  readonly #queries = new Map<number, number>()
  readonly #refusedNodes = new Map<number, number>()
  readonly #querySeconds = new Histogram(SECONDS_TO_WORK)

  /** A query has got its first answer, so many milliseconds after it came. */
  answered(status: number, tookMs: number): void {
    add(this.#queries, status)
    this.#querySeconds.observe(tookMs / 1000)
  }

  queryRefused(status: number): void {
    add(this.#queries, status)
  }

  /** A node that wanted to register was refused. */
  nodeRefused(status: number): void {
    add(this.#refusedNodes, status)
  }

  /** What was asked with this request has ended in a refusal; requests of other kinds are not counted. */
  refused(requestKind: string | undefined, status: number = WireStatus.internal): void {
    if (requestKind === 'query') this.queryRefused(status)
    if (requestKind === 'register') this.nodeRefused(status)
  }

  get tallies(): DirectorTallies {
    return {
      queries: this.#queries,
      refusedNodes: this.#refusedNodes,
      querySeconds: this.#querySeconds.reading
    }
  }
}

function add(counts: Map<number, number>, status: number): void {
  counts.set(status, (counts.get(status) ?? 0) + 1)
}
