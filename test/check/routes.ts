import type { ContentFacts, RouteFacts } from '../../src/check/facts.ts'

/** A route that carries 1 MB/s without a queue, and no fault. */
export function route(changes: Partial<RouteFacts> = {}): RouteFacts {
  return {
    id: 'A',
    relays: ['r1'],
    state: 'open',
    reason: '',
    bytes: 8_000_000,
    openMs: 7_900,
    rttMs: 20,
    loadedRttMs: 22,
    capacityBytesPerSecond: 1_000_000,
    rateBytesPerSecond: 1_000_000,
    lossWaitMs: 0,
    sharesWith: [],
    hasFallenSilent: false,
    ...changes
  }
}

/** A content over these routes, all that were asked for. */
export function content(routes: RouteFacts[], changes: Partial<ContentFacts> = {}): ContentFacts {
  return {
    name: 'a',
    bytes: 100_000_000,
    source: 's',
    routesWanted: routes.length,
    routesNamed: routes.length,
    shortfall: '',
    measuredMs: 8_000,
    isComplete: false,
    routes,
    rateBytesPerSecond: routes.reduce((sum, each) => sum + each.rateBytesPerSecond, 0),
    failure: '',
    ...changes
  }
}
