import type { ServerResponse } from 'node:http'
import type { HttpAddress } from '../http/server.ts'
import { HttpListenError, parseHttpAddress } from './http-address.ts'
import { formatMetrics, type MetricInfos, type Observed } from './metrics/metric.ts'
import type { Reporter } from './reporter.ts'
import { one } from './settings.ts'
import { endIsAsked } from './signals.ts'

/** Settings of a daemon's metrics. */
export const METRICS_SETTINGS = {
  metrics: one({
    value: 'ADDRESS:PORT',
    help: 'serve /healthz, /readyz and /metrics (Prometheus) over HTTP here; default: not at all',
    parse: parseHttpAddress
  })
}

export interface MetricsServer {
  /** Tells where it is, behind the line that says where the daemon listens. */
  tell(reporter: Reporter): void
  stop(): Promise<void>
}

/**
 * Serves /healthz, /readyz and /metrics where an address is given. To be called before what takes long
 * at a start, and ended at last, so that it tells how both go. Throws HttpListenError.
 */
export async function serveMetrics<M extends MetricInfos>(
  address: HttpAddress | undefined,
  { metrics, read, whyNotReady }: Observed<M>
): Promise<MetricsServer | undefined> {
  if (address === undefined) return undefined
  const { HttpServer } = await import('../http/server.ts')
  const { PROCESS_METRICS, ProcessMetrics } = await import('./metrics/process-metrics.ts')
  const ofProcess = new ProcessMetrics()
  const server = new HttpServer()
    .mount('/healthz', (_, response) => answer(response, 'ok\n'))
    .mount('/readyz', (_, response) => {
      const why = endIsAsked() ? 'stopping' : whyNotReady()
      answer(response, `${why ?? 'ok'}\n`, why === undefined ? 200 : 503)
    })
    .mount('/metrics', (_, response) =>
      answer(response, formatMetrics(metrics, read()) + formatMetrics(PROCESS_METRICS, ofProcess.read()))
    )
  const url = await server.start(address).catch(error => {
    throw new HttpListenError('metrics', address, error)
  })
  return {
    tell: reporter => reporter.tell({ event: 'metrics', url }, `metrics at ${url}/metrics`),
    stop: async () => {
      ofProcess.stop()
      await server.stop()
    }
  }
}

function answer(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
}
