import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

interface SentSpan {
  name: string
  attributes: { key: string; value: { stringValue?: string } }[]
}

it('a collector gets a span of the fetch and one of each route, and none holds a fetch up', async () => {
  const spans: SentSpan[] = []
  const collector = createServer(async (request, response) => {
    // biome-ignore lint/suspicious/noExplicitAny: the form is that of OTLP.
    const { resourceSpans } = (await json(request)) as any
    for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans)
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void collector.close())
  await once(collector, 'listening')
  const { port } = collector.address() as AddressInfo
  const cluster = await Cluster.start([[], []], contents => makeContent(join(contents, 'a.bin'), 5_000_000))
  const traced = (endpoint: string) => ({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })
  const fetch = cluster.fetch('a.bin', cluster.path('a'), [], traced(`http://127.0.0.1:${port}`))
  const { rootHash } = await fetch.event('content')
  expect(await fetch.ended).toMatchObject({ code: 0 })
  const attributeOf = (span: SentSpan, key: string) => span.attributes.find(each => each.key === key)?.value
  const whole = spans.find(({ name }) => name === 'fetch')!
  expect(attributeOf(whole, 'anabranch.content.root_hash')).toEqual({ stringValue: rootHash })
  const letters = spans
    .filter(({ name }) => name === 'route')
    .map(span => attributeOf(span, 'anabranch.route.letter'))
  expect(letters).toEqual(expect.arrayContaining([{ stringValue: 'A' }, { stringValue: 'B' }]))
  const untold = cluster.fetch('a.bin', cluster.path('b'), [], traced('http://127.0.0.1:1'))
  expect(await untold.ended).toMatchObject({ code: 0 })
})
