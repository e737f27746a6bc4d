import { routeId } from '../protocol/route-id.ts'
import { standpointOf } from './addresses-for.ts'
import type { DirectorLimits } from './limits.ts'
import type { ReadonlyRegistry } from './registry.ts'
import { findRoutes } from './route-finder.ts'
import type { ShortfallReason } from './shortfall.ts'

/** What a client could ask, for those who look after a director. */
export interface RoutesQuestion {
  /** Name of the content. */
  name: string
  /** How many routes are wanted; the director's `maxRoutes` at most are found. */
  routes: number
  /**
   * The multiaddr from which the client comes: it decides which relays the client can dial, and which
   * are drawn for it. Default: the director's own host, which can dial all.
   */
  from?: string
}

/** The routes that a client would be told of which has measured no relay and holds no route yet. */
export interface RoutesView {
  /** Peer ids of the sources that have the content; none where nobody may be named. */
  holders: string[]
  /** Cheapest first; the relays stand from the client's side. */
  routes: { id: string; relays: string[]; source: string; costMs: number }[]
  /** Present when there are fewer routes than asked for. */
  shortfall?: {
    reason: ShortfallReason
    /** Peer ids of the relays of which every route has to pass one. */
    relays: string[]
    /** Links that no further route can avoid. */
    links: [string, string][]
    /** The explanation for people. */
    message: string
  }
}

const HERE = '/ip4/127.0.0.1'

export function routesView(
  registry: ReadonlyRegistry,
  { name, routes: count, from = HERE }: RoutesQuestion,
  nowMs: number,
  limits: DirectorLimits
): RoutesView {
  const query = { content: { name }, count, asker: standpointOf(from) }
  const found = findRoutes(registry, query, limits, nowMs)
  if (!found) return { holders: [], routes: [] }
  const { holders, routes, shortfall } = found
  return {
    holders: holders.map(({ source }) => source.peerId),
    routes: routes.map(({ sourceId, relays, costMs }) => {
      const path = { relays: relays.map(({ peerId }) => peerId), source: sourceId }
      return { id: routeId(path), ...path, costMs }
    }),
    ...(shortfall ? { shortfall } : {})
  }
}
