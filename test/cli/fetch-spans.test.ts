import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, it } from 'vitest'
import { FetchSpans } from '../../src/cli/fetch-spans.ts'
import { wantsTraces } from '../../src/cli/traces.ts'
import type { PublicRouteState } from '../../src/client/fetch-events.ts'
import { AnabranchError } from '../../src/errors.ts'

function begin() {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const spans = new FetchSpans(provider.getTracer('test'))
  const route = (id: string, state: PublicRouteState, reason = '') =>
    spans.handle({ event: 'route', id, state, relays: [`relay ${id}`], source: 'source', reason })
  return { spans, route, finished: () => exporter.getFinishedSpans() }
}

const NO_RATE = { rateBytesPerSecond: 0, queueMs: 0, lossWaitMs: 0, weight: 0.5, state: 'open' as const }

it('a fetch has one span, and below it one for each time that a route was opened', () => {
  const { spans, route, finished } = begin()
  route('A', 'opening')
  route('A', 'open')
  route('B', 'opening')
  spans.handle({
    event: 'progress',
    bytes: 10,
    reorderBytes: 0,
    atMs: 1,
    routes: { A: { ...NO_RATE, bytes: 10, rttMs: 30 } }
  })
  route('A', 'lost', 'the relay is gone')
  route('A', 'opening')
  spans.end()
  const [first, ...others] = finished()
  expect(first).toMatchObject({
    name: 'route',
    attributes: {
      'anabranch.route.letter': 'A',
      'anabranch.route.relays': ['relay A'],
      'anabranch.route.bytes': 10,
      'anabranch.route.rtt_ms': 30
    },
    status: { code: 2, message: 'the relay is gone' }
  })
  expect(first!.events.map(({ name }) => name)).toEqual(['opening', 'open', 'lost'])
  expect(others.map(({ name, attributes }) => [name, attributes['anabranch.route.letter']])).toEqual([
    ['route', 'B'],
    ['route', 'A'],
    ['fetch', undefined]
  ])
  const fetchId = others.at(-1)!.spanContext().spanId
  for (const span of [first, ...others.slice(0, -1)]) expect(span!.parentSpanContext?.spanId).toBe(fetchId)
})

it('a fetch that fails tells the code of its error, whatever comes behind it', () => {
  const { spans, finished } = begin()
  spans.end(new AnabranchError('ERR_ROUTE_LOST', 'all are gone', { exitCode: 5 }))
  spans.end()
  expect(finished()).toHaveLength(1)
  expect(finished()[0]).toMatchObject({
    name: 'fetch',
    attributes: { 'error.type': 'ERR_ROUTE_LOST' },
    status: { code: 2 }
  })
})

it.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://[::1]:4318' }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://[::1]:4318/v1/traces' }, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
  [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://[::1]:4318' }, false],
  [{ OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp' }, false]
])('traces are asked for by %o: %s', (environment, wanted) => {
  expect(wantsTraces(environment)).toBe(wanted)
})
