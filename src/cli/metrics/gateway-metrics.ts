import type { GatewayMeter } from '../../gateway/meter.ts'
import { counter, gauge, histogram, type Readings } from './metric.ts'

/** What a gateway and a proxy tell of their work. */
export const GATEWAY_METRICS = {
  anabranch_gateway_requests: gauge('Requests that are being answered.'),
  anabranch_gateway_requests_total: counter(
    'Requests that are over, by the status of HTTP; 0 where no answer was given, or a tunnel was opened.',
    ['code']
  ),
  anabranch_gateway_sent_bytes_total: counter('Bytes sent to readers, heads of answers included.'),
  anabranch_gateway_wait_seconds: histogram(
    'How long a reader waited each time that its next bytes were not here yet.'
  )
}

export function gatewayReadings(meter: GatewayMeter): Readings<typeof GATEWAY_METRICS> {
  return {
    anabranch_gateway_requests: meter.open,
    anabranch_gateway_requests_total: [...meter.requests].map(([code, value]) => ({
      labels: { code: String(code) },
      value
    })),
    anabranch_gateway_sent_bytes_total: meter.sentBytes,
    anabranch_gateway_wait_seconds: meter.waitSeconds.reading
  }
}
