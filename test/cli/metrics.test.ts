import { expect, it, onTestFinished } from 'vitest'
import { HttpListenError } from '../../src/cli/http-address.ts'
import { gauge } from '../../src/cli/metrics/metric.ts'
import { METRICS_SETTINGS, type MetricsServer, serveMetrics } from '../../src/cli/metrics.ts'
import { Reporter } from '../../src/cli/reporter.ts'

it.each([
  ['127.0.0.1:9100', { host: '127.0.0.1', port: 9100 }],
  ['[::1]:0', { host: '::1', port: 0 }]
])('are served at %s', (text, address) => {
  expect(METRICS_SETTINGS.metrics.parse([text])).toEqual(address)
})

it.each(['9100', ':9100', '127.0.0.1', '::1:9100', 'host:99999'])('are not served at %s', text => {
  expect(() => METRICS_SETTINGS.metrics.parse([text])).toThrow('no address such as 127.0.0.1:9100')
})

it('are served with those of the process, with /healthz, and with /readyz that says why not', async () => {
  const metrics = { anabranch_relay_routes: gauge('Routes that run.') }
  let why: string | undefined = 'not yet'
  const observed = { metrics, read: () => ({ anabranch_relay_routes: 12 }), whyNotReady: () => why }
  const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, observed)
  onTestFinished(() => server!.stop())
  const url = toldUrl(server!)
  const scrape = await fetch(`${url}/metrics`)
  expect(scrape.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await scrape.text()).toMatch(
    /\nanabranch_relay_routes 12\n[\s\S]*\nprocess_resident_memory_bytes \d+\n/
  )
  expect(await answerAt(`${url}/healthz`)).toEqual([200, 'ok\n'])
  expect(await answerAt(`${url}/readyz`)).toEqual([503, 'not yet\n'])
  why = undefined
  expect(await answerAt(`${url}/readyz`)).toEqual([200, 'ok\n'])
  expect((await fetch(url)).status).toBe(404)
  const taken = serveMetrics({ host: '127.0.0.1', port: Number(new URL(url).port) }, observed)
  await expect(taken).rejects.toBeInstanceOf(HttpListenError)
})

/** Where the server says that it is. */
function toldUrl(server: MetricsServer): string {
  let text = ''
  const stream = { write: (part: string) => (text += part) }
  const io = { stdout: stream, stderr: stream, environment: {} }
  server.tell(new Reporter({ ...io, json: true, quiet: false, verbosity: 0 }))
  const { event, url } = JSON.parse(text)
  expect(event).toBe('metrics')
  return url
}

async function answerAt(url: string): Promise<[number, string]> {
  const response = await fetch(url)
  return [response.status, await response.text()]
}
