import type { ServerResponse } from 'node:http'
import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import type { HttpAddress } from '../http/server.ts'
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

/** The address for metrics is in use, or is none of this host's. */
export class MetricsListenError extends AnabranchError {
  constructor({ host, port }: HttpAddress, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException
    super(
      'ERR_METRICS_LISTEN',
      `Cannot serve metrics on ${host}:${port} (${code}); choose another --metrics`,
      {
        exitCode: ExitCode.network,
        cause
      }
    )
  }
}

/** Settings of a daemon's metrics. */
export const METRICS_SETTINGS = {
  metrics: one({
    value: 'ADDRESS:PORT',
    help: 'serve /healthz and /metrics (Prometheus) over HTTP here; default: not at all',
    parse: parseAddress
  })
}

/**
 * Serves /healthz and /metrics where an address is given. Returns a function that ends this. Throws
 * MetricsListenError.
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
    throw new MetricsListenError(address, error)
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

/** Parses an address such as `127.0.0.1:9100` or `[::1]:9100`. */
function parseAddress(text: string): HttpAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new UsageError(`'${text}' is no address such as 127.0.0.1:9100`)
  return { host: (match[1] ?? match[2])!, port }
}
