import type { Direction, LinkState, Topology, Traffic } from './model.ts'
import { type Hop, wayBetween } from './paths.ts'
import { LEAST_RATE_BYTES_PER_SECOND } from './trace.ts'

/** What traffic at a constant rate does in a slice of time, in bytes a second of whole frames. */
export interface ConstantTraffic {
  /** What it takes of each link, in the topology's order. */
  taken: Record<Direction, number>[]
  /** What of each traffic arrives, in the topology's order; 0 for one that is not at a constant rate. */
  arriving: number[]
}

/** The links that a traffic passes, in order. */
export function wayOfTraffic(topology: Pick<Topology, 'nodes' | 'links'>, { from, to }: Traffic): Hop[] {
  return wayBetween(topology, from, to)?.hops ?? []
}

/**
 * What traffic at a constant rate takes of links that are in these states. It goes before all else,
 * as it does not slow down, up to what a link carries; further on there is what got through.
 */
export function constantTraffic(
  topology: Pick<Topology, 'nodes' | 'links' | 'traffic'>,
  links: readonly (Record<Direction, LinkState> & { blackHole: boolean })[],
  atMs: number
): ConstantTraffic {
  const taken = links.map(() => ({ down: 0, up: 0 }))
  const arriving = topology.traffic.map(traffic => {
    const { kind, rateBytesPerSecond = 0, atMs: fromMs, untilMs = Number.POSITIVE_INFINITY } = traffic
    if (kind !== 'udp-cbr' || atMs < fromMs || atMs >= untilMs) return 0
    let rest = rateBytesPerSecond
    for (const { link, direction } of wayOfTraffic(topology, traffic)) {
      const state = links[link]![direction]
      const capacity = state.rateBytesPerSecond ?? Number.POSITIVE_INFINITY
      const free = capacity - taken[link]![direction] - LEAST_RATE_BYTES_PER_SECOND
      rest = links[link]!.blackHole ? 0 : Math.min(rest, Math.max(0, free))
      taken[link]![direction] += rest
      rest *= 1 - state.loss
    }
    return rest
  })
  return { taken, arriving }
}
