import { WireStatus } from '../../errors.ts'
import type { Relay, RelayEvent } from '../../relay/relay.ts'
import { RelayLoad } from '../../relay/relay-load.ts'
import { MEMBER_METRICS, memberReadings, type RegisteringNode, whyUnregistered } from './member-metrics.ts'
import { counter, gauge, histogram, type Observed, type Readings } from './metric.ts'
import { seriesByStatus } from './status-series.ts'

/** What a relay tells of its work. */
export const RELAY_METRICS = {
  anabranch_relay_routes: gauge('Routes that run.'),
  anabranch_relay_lanes: gauge('Routes that run and whose segments go towards the client over a lane.'),
  anabranch_relay_max_routes: gauge('Most routes at once, as --max-sessions says.'),
  anabranch_relay_routes_admitted_total: counter('Routes admitted.'),
  anabranch_relay_routes_refused_total: counter('Routes refused, by what stood against them.', ['reason']),
  anabranch_relay_routes_failed_total: counter(
    'Routes that were admitted and did not end in order, by the status that the client was told.',
    ['reason']
  ),
  anabranch_relay_forwarded_bytes_total: counter(
    'Frames forwarded: down towards clients, up towards sources.',
    ['direction']
  ),
  anabranch_relay_queued_bytes: gauge('Frames that wait for clients.'),
  anabranch_relay_held_bytes: gauge('Memory for what waits in both directions.'),
  anabranch_relay_max_held_bytes: gauge('Most memory for what waits, as --memory says.'),
  anabranch_relay_limit_bytes_per_second: gauge(
    'Most that is forwarded towards clients, as --max-rate says; absent without a limit.'
  ),
  anabranch_relay_load_ratio: gauge('How much of the places for routes, or of the rate, is taken: 0 to 1.'),
  anabranch_relay_takes_routes: gauge(
    '1 while routes are taken, 0 while the relay stops or has no allowance left.'
  ),
  anabranch_relay_set_up_seconds: histogram(
    'From the dial of the next hop until a route is open, all hops behind included.'
  ),
  anabranch_relay_queue_seconds: histogram('How long a frame waits here for its turn towards the client.')
}

/** The reasons of which there is a series from the start on. */
const REFUSALS = [
  WireStatus.refusedSessions,
  WireStatus.refusedPeerSessions,
  WireStatus.refusedRate,
  WireStatus.refusedPass,
  WireStatus.allowanceUsed,
  WireStatus.draining,
  WireStatus.notServed
]
const FAILURES = [WireStatus.nextHopUnreachable, WireStatus.nextHopLost, WireStatus.timeout]

/** Reads a relay's metrics; it has to hear the relay's events. */
export class RelayMetrics {
  readonly #load = new RelayLoad()
  readonly #refused = new Map<number, number>()
  readonly #failed = new Map<number, number>()

  onEvent(event: RelayEvent): void {
    if (event.kind === 'routeRefused') add(this.#refused, event.status)
    if (event.kind === 'routeEnded' && event.reason) add(this.#failed, event.reason.wireStatus)
  }

  observed(relay: Relay, session: RegisteringNode): Observed<typeof RELAY_START_METRICS> {
    return {
      metrics: RELAY_START_METRICS,
      read: () => ({ ...this.#read(relay, performance.now()), ...memberReadings(session) }),
      whyNotReady: () => relay.takesNone ?? whyUnregistered(session)
    }
  }

  #read(relay: Relay, nowMs: number): Readings<typeof RELAY_METRICS> {
    const { limits, stats, times } = relay
    return {
      anabranch_relay_routes: stats.sessions,
      anabranch_relay_lanes: stats.lanes,
      anabranch_relay_max_routes: limits.maxSessions,
      anabranch_relay_routes_admitted_total: stats.admitted,
      anabranch_relay_routes_refused_total: seriesByStatus('reason', this.#refused, REFUSALS),
      anabranch_relay_routes_failed_total: seriesByStatus('reason', this.#failed, FAILURES),
      anabranch_relay_forwarded_bytes_total: [
        { labels: { direction: 'down' }, value: stats.bytesForwarded },
        { labels: { direction: 'up' }, value: stats.bytesUp }
      ],
      anabranch_relay_queued_bytes: stats.queuedBytes,
      anabranch_relay_held_bytes: stats.heldBytes,
      anabranch_relay_max_held_bytes: limits.memoryBytes,
      anabranch_relay_limit_bytes_per_second: limits.maxRateBytesPerSecond,
      anabranch_relay_load_ratio: this.#load.of(stats, limits, nowMs),
      anabranch_relay_takes_routes: relay.takesNone === undefined ? 1 : 0,
      anabranch_relay_set_up_seconds: times.setUp,
      anabranch_relay_queue_seconds: times.queue
    }
  }
}

/** All that `relay start` tells besides what every process does. */
export const RELAY_START_METRICS = { ...RELAY_METRICS, ...MEMBER_METRICS }

function add(counts: Map<number, number>, status: number): void {
  counts.set(status, (counts.get(status) ?? 0) + 1)
}
