import { expect, it, onTestFinished } from 'vitest'
import { HttpListenError } from '../../src/cli/http-address.ts'
import { formatMetrics, METRICS_SETTINGS, serveMetrics } from '../../src/cli/metrics.ts'
import { Reporter } from '../../src/cli/reporter.ts'

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

it('are served with those of the process, and /healthz besides', async () => {
  const written = { text: '' }
  const stream = { write: (text: string) => (written.text += text) }
  const io = { stdout: stream, stderr: stream, environment: {} }
  const reporter = new Reporter({ ...io, json: true, quiet: false, verbosity: 0 })
  const routes = { name: 'routes', help: 'Waiting.', type: 'gauge' as const, value: 12 }
  const stop = await serveMetrics({ host: '127.0.0.1', port: 0 }, reporter, () => [routes])
  onTestFinished(() => stop!())
  const { event, url } = JSON.parse(written.text)
  expect(event).toBe('metrics')
  const [metrics, health, other] = await Promise.all(
    ['/metrics', '/healthz', '/'].map(path => fetch(`${url}${path}`))
  )
  expect(metrics!.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await metrics!.text()).toMatch(/anabranch_routes 12\n[\s\S]*anabranch_resident_memory_bytes \d+\n/)
  expect([await health!.text(), other!.status]).toEqual(['ok\n', 404])
  const taken = serveMetrics({ host: '127.0.0.1', port: Number(new URL(url).port) }, reporter, () => [])
  await expect(taken).rejects.toBeInstanceOf(HttpListenError)
})
