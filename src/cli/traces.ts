import { setTimeout as delay } from 'node:timers/promises'
import type { FetchOptions } from '../client/fetch-options.ts'
import type { FetchSpans } from './fetch-spans.ts'
import { programVersion } from './version.ts'

/** A collector that does not answer holds a command up for no longer than this. */
const PATIENCE_MS = 3_000

/** The traces of a command's fetches. */
export interface Traces {
  /** Begins the trace of one fetch. */
  begin(): FetchSpans
  /**
   * Ends the traces that have not ended, and sends what is not sent yet; afterwards no trace can begin. Never throws: a
   * fetch is worth more than its trace.
   */
  send(): Promise<void>
}

/** Whether the environment asks for traces, by the variables that OpenTelemetry defines. */
export function wantsTraces(environment: NodeJS.ProcessEnv): boolean {
  const {
    OTEL_SDK_DISABLED: disabled,
    OTEL_TRACES_EXPORTER: exporter,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own
  } = environment
  if (disabled?.toLowerCase() === 'true') return false
  return exporter ? exporter === 'otlp' : Boolean(endpoint || own)
}

/** What sends traces to a collector, where the environment asks for it. The exporter reads its own variables there. */
export async function openTraces(environment: NodeJS.ProcessEnv): Promise<Traces | undefined> {
  if (!wantsTraces(environment)) return undefined
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const { FetchSpans } = await import('./fetch-spans.ts')
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': environment.OTEL_SERVICE_NAME || 'anabranch-client',
      'service.version': programVersion()
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())]
  })
  const begun: FetchSpans[] = []
  return {
    begin: () => {
      const spans = new FetchSpans(provider.getTracer('anabranch'))
      begun.push(spans)
      return spans
    },
    send: async () => {
      for (const spans of begun) spans.end()
      const sent = provider.shutdown().catch(() => {})
      await Promise.race([sent, delay(PATIENCE_MS, undefined, { ref: false })])
    }
  }
}

/** Runs a fetch and sends its trace, where the environment asks for one. */
export async function fetchTraced<R>(
  environment: NodeJS.ProcessEnv,
  fetch: (options: FetchOptions) => Promise<R>,
  options: FetchOptions
): Promise<R> {
  const traces = await openTraces(environment)
  if (!traces) return await fetch(options)
  const spans = traces.begin()
  try {
    return await fetch({
      ...options,
      openOutput: async (record, range) => {
        spans.found(record)
        return await options.openOutput(record, range)
      },
      onEvent: event => {
        spans.handle(event)
        options.onEvent?.(event)
      }
    })
  } catch (error) {
    spans.end(error)
    throw error
  } finally {
    await traces.send()
  }
}
