import { DIRECTOR_METRICS } from './director-metrics.ts'
import { GATEWAY_METRICS } from './gateway-metrics.ts'
import { MEMBER_METRICS } from './member-metrics.ts'
import type { MetricInfos } from './metric.ts'
import { PROCESS_METRICS } from './process-metrics.ts'
import { RELAY_METRICS } from './relay-metrics.ts'
import { SOURCE_METRICS } from './source-metrics.ts'

/** All metrics, by who tells them. */
export const ALL_METRICS: Readonly<Record<string, MetricInfos>> = {
  'Every process': PROCESS_METRICS,
  'Relays and sources': MEMBER_METRICS,
  Relays: RELAY_METRICS,
  Sources: SOURCE_METRICS,
  Directors: DIRECTOR_METRICS,
  'Gateways and proxies': GATEWAY_METRICS
}
