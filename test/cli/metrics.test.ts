import { expect, it } from 'vitest'
import { formatMetrics, METRICS_SETTINGS } from '../../src/cli/metrics.ts'

it('are written as Prometheus reads them', () => {
  const metric = { name: 'queued_bytes', help: 'Waiting.', type: 'gauge' as const, value: 12 }
  expect(formatMetrics([metric, { ...metric, name: 'routes' }])).toBe(
    [
      '# HELP anabranch_queued_bytes Waiting.\n# TYPE anabranch_queued_bytes gauge\nanabranch_queued_bytes 12\n',
      '# HELP anabranch_routes Waiting.\n# TYPE anabranch_routes gauge\nanabranch_routes 12\n'
    ].join('')
  )
})

it.each([
  ['127.0.0.1:9100', { host: '127.0.0.1', port: 9100 }],
  ['[::1]:0', { host: '::1', port: 0 }]
])('are served at %s', (text, address) => {
  expect(METRICS_SETTINGS.metrics.parse([text])).toEqual(address)
})

it.each(['9100', ':9100', '127.0.0.1', '::1:9100', 'host:99999'])('are not served at %s', text => {
  expect(() => METRICS_SETTINGS.metrics.parse([text])).toThrow('no address such as 127.0.0.1:9100')
})
