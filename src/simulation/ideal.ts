import { PAYLOAD_SHARE } from '../topology/topology.ts'
import { type Interval, intervalAt, Steps } from './over-time.ts'
import { breakdownsOf, type Scenario, type SimulatedRoute, UNLIMITED_BYTES_PER_SECOND } from './scenario.ts'

/**
 * The payload that a route can carry over time, in bytes a second: that of its slowest hop, and 0
 * while the route does not exist.
 */
export class RouteCapacity {
  readonly #route: SimulatedRoute
  readonly #hops: Steps[]
  readonly #relays: Steps[]
  readonly #absences: Interval[]

  constructor(route: SimulatedRoute) {
    this.#route = route
    this.#absences = [...breakdownsOf(route), ...(route.outages ?? [])]
    this.#relays = route.hops.map(hop => new Steps(hop.relayRateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND))
    this.#hops = route.hops.map(hop => new Steps(hop.rateBytesPerSecond))
  }

  at(atMs: number): number {
    if (atMs < (this.#route.joinsAtMs ?? 0) || intervalAt(this.#absences, atMs)) return 0
    const linksBytesPerSecond = Math.min(...this.#hops.map(hop => hop.at(atMs))) * PAYLOAD_SHARE
    return Math.min(linksBytesPerSecond, ...this.#relays.map(relay => relay.at(atMs)))
  }

  nextChange(atMs: number): number {
    const times = [
      this.#route.joinsAtMs ?? 0,
      ...this.#absences.flatMap(({ fromMs, toMs }) => [fromMs, toMs])
    ]
    const rates = [...this.#hops, ...this.#relays]
    return Math.min(...rates.map(rate => rate.nextChange(atMs)), ...times.filter(time => time > atMs))
  }
}

/**
 * Time in ms in which the payload capacity of these routes together carries the content; Infinity
 * where it never does. Routes that share a link are counted as if they did not.
 */
export function idealTimeMs(
  scenario: Pick<Scenario, 'sizeBytes' | 'idealMs'>,
  routes: SimulatedRoute[]
): number {
  if (scenario.idealMs !== undefined) return scenario.idealMs
  const capacities = routes.map(route => new RouteCapacity(route))
  let left = scenario.sizeBytes
  for (let nowMs = 0; left > 0; ) {
    const bytesPerMs = capacities.reduce((sum, capacity) => sum + capacity.at(nowMs), 0) / 1000
    const changeMs = Math.min(...capacities.map(capacity => capacity.nextChange(nowMs)))
    if (bytesPerMs > 0 && left <= (changeMs - nowMs) * bytesPerMs) return nowMs + left / bytesPerMs
    if (changeMs === Number.POSITIVE_INFINITY) return changeMs
    left -= (changeMs - nowMs) * bytesPerMs
    nowMs = changeMs
  }
  return 0
}
