import { expect, it } from 'vitest'
import { counter, formatMetrics, gauge, histogram } from '../../../src/cli/metrics/metric.ts'
import { seriesByStatus } from '../../../src/cli/metrics/status-series.ts'
import { WireStatus } from '../../../src/errors.ts'
import { Histogram } from '../../../src/units/histogram.ts'

it('writes one value with what it means', () => {
  expect(formatMetrics({ a_bytes: gauge('Waiting.') }, { a_bytes: 12 })).toBe(
    '# HELP a_bytes Waiting.\n# TYPE a_bytes gauge\na_bytes 12\n'
  )
})

it('writes one line for each set of labels, and quotes what would end a label', () => {
  const reading = [
    { labels: { role: 'relay' }, value: 2 },
    { labels: { role: 'a"\\\n' }, value: 0 }
  ]
  expect(formatMetrics({ a_total: counter('Nodes.', ['role']) }, { a_total: reading })).toBe(
    '# HELP a_total Nodes.\n# TYPE a_total counter\na_total{role="relay"} 2\na_total{role="a\\"\\\\\\n"} 0\n'
  )
})

it('writes a histogram by counts that add up', () => {
  const seconds = new Histogram([0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value)
  expect(formatMetrics({ a_seconds: histogram('Waits.') }, { a_seconds: seconds.reading })).toBe(
    [
      '# HELP a_seconds Waits.\n# TYPE a_seconds histogram\n',
      'a_seconds_bucket{le="0.1"} 2\na_seconds_bucket{le="1"} 3\na_seconds_bucket{le="+Inf"} 4\n',
      'a_seconds_sum 7.65\na_seconds_count 4\n'
    ].join('')
  )
})

it('leaves out what has no value', () => {
  expect(formatMetrics({ limit: gauge('Limit.') }, { limit: undefined })).toBe('')
})

it('counts by status, with series for those that have not come yet and one for unknown numbers', () => {
  const counts = new Map<number, number>([
    [WireStatus.refusedRate, 3],
    [12345, 1],
    [54321, 2]
  ])
  expect(seriesByStatus('reason', counts, [WireStatus.draining])).toEqual([
    { labels: { reason: 'draining' }, value: 0 },
    { labels: { reason: 'refused_rate' }, value: 3 },
    { labels: { reason: 'other' }, value: 3 }
  ])
})
