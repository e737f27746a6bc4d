import type { ServerResponse } from 'node:http'
import type { HttpAddress } from '../http/server.ts'
import { HttpListenError, parseHttpAddress } from './http-address.ts'
import type { Reporter } from './reporter.ts'
import { one } from './settings.ts'

/** One metric, in the terms of Prometheus. */
export interface Metric {
  /** Name without the prefix `anabranch_`. */
  name: string
  help: string
  type: 'gauge' | 'counter'
  value: number
}

/** Settings of a daemon's metrics. */
export const METRICS_SETTINGS = {
  metrics: one({
    value: 'ADDRESS:PORT',
    help: 'serve /healthz and /metrics (Prometheus) over HTTP here; default: not at all',
    parse: parseHttpAddress
  })
}

/**
 * Serves /healthz and /metrics where an address is given. Returns a function that ends this. Throws
 * HttpListenError.
 */
export async function serveMetrics(
  address: HttpAddress | undefined,
  reporter: Reporter,
  read: () => Metric[]
): Promise<(() => Promise<void>) | undefined> {
  if (address === undefined) return undefined
  const { HttpServer } = await import('../http/server.ts')
  const server = new HttpServer()
    .mount('/healthz', (_, response) => answer(response, 'ok\n'))
    .mount('/metrics', (_, response) => answer(response, formatMetrics([...read(), ...processMetrics()])))
  const url = await server.start(address).catch(error => {
    throw new HttpListenError('metrics', address, error)
  })
  reporter.tell({ event: 'metrics', url }, `metrics at ${url}/metrics`)
  return () => server.stop()
}

/** Formats metrics in Prometheus' text format. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, help, type, value }) => {
      const full = `anabranch_${name}`
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full} ${value}\n`
    })
    .join('')
}

function answer(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
}

function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage()
  return [
    {
      name: 'resident_memory_bytes',
      help: 'Memory in use.',
      type: 'gauge',
      value: process.memoryUsage.rss()
    },
    { name: 'cpu_seconds_total', help: 'Processor time.', type: 'counter', value: (user + system) / 1e6 }
  ]
}
