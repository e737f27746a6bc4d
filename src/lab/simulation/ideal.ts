import { PAYLOAD_SHARE } from '../topology.ts'
import { intervalAt, Steps } from './over-time.ts'
import type { Scenario, SimulatedRoute } from './scenario.ts'

/** Payload in bytes a second that a route can carry over time: that of its slowest hop, nothing where it is not there. */
export class RouteCapacity {
  readonly #route: SimulatedRoute
  readonly #hops: Steps[]
  readonly #relaysBytesPerSecond: number

  constructor(route: SimulatedRoute) {
    this.#route = route
    this.#relaysBytesPerSecond = Math.min(
      ...route.hops.map(hop => hop.relayRateBytesPerSecond ?? Number.POSITIVE_INFINITY)
    )
    this.#hops = route.hops.map(hop => new Steps(hop.rateBytesPerSecond))
  }

  at(atMs: number): number {
    const { joinsAtMs = 0, diesAtMs = Number.POSITIVE_INFINITY, outages = [] } = this.#route
    if (atMs < joinsAtMs || atMs >= diesAtMs || intervalAt(outages, atMs)) return 0
    const linksBytesPerSecond = Math.min(...this.#hops.map(hop => hop.at(atMs))) * PAYLOAD_SHARE
    return Math.min(linksBytesPerSecond, this.#relaysBytesPerSecond)
  }

  nextChange(atMs: number): number {
    const { joinsAtMs = 0, diesAtMs = Number.POSITIVE_INFINITY, outages = [] } = this.#route
    const times = [joinsAtMs, diesAtMs, ...outages.flatMap(({ fromMs, toMs }) => [fromMs, toMs])]
    return Math.min(...this.#hops.map(hop => hop.nextChange(atMs)), ...times.filter(time => time > atMs))
  }
}

/**
 * Time in which the payload capacity of these routes together carries the content; Infinity where it never does. Routes
 * that share a link are counted as if they did not.
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
