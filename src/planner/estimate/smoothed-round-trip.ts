import { RecentMin } from './recent-min.ts'

/** The least transit is the least of about this time, in ms, as clocks drift. */
const LEAST_MEMORY_MS = 20_000

/**
 * The round trip of a route as the transport of a sender knows it: smoothed, with its mean deviation (RFC 6298). A
 * segment's round trip is the least one of small messages and what the segment took longer than the quickest did. Pure.
 */
export class SmoothedRoundTrip {
  readonly #leastTransit = new RecentMin(LEAST_MEMORY_MS, 0)
  #ms: number
  #deviationMs: number

  /** `rttMs`: the first measured round trip. */
  constructor(rttMs: number) {
    this.#ms = rttMs
    this.#deviationMs = rttMs / 2
  }

  /** Smoothed, in ms. */
  get ms(): number {
    return this.#ms
  }

  /** Mean deviation from that, in ms. */
  get deviationMs(): number {
    return this.#deviationMs
  }

  /** A segment has come: `transitMs` is from the source's stamp to its arrival, `leastRttMs` that of small messages. */
  add(transitMs: number, leastRttMs: number, nowMs: number): void {
    this.#leastTransit.add(transitMs, nowMs)
    const sampleMs = leastRttMs + transitMs - this.#leastTransit.value
    this.#deviationMs += (Math.abs(sampleMs - this.#ms) - this.#deviationMs) / 4
    this.#ms += (sampleMs - this.#ms) / 8
  }
}
