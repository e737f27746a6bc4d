import type { HistogramReading } from '../../units/histogram.ts'

/** What there is to know of a metric before it has a value, in the terms of Prometheus. */
export interface MetricInfo {
  type: 'gauge' | 'counter' | 'histogram'
  /** One sentence, for people. */
  help: string
  /** Names of its labels. */
  labels: readonly string[]
}

/** Metrics by their full names. */
export type MetricInfos = Readonly<Record<string, MetricInfo>>

/** One value of a metric with labels. */
export interface Series {
  labels: Readonly<Record<string, string>>
  value: number
}

/** The values of a metric at one moment; undefined where the process has none, such as without a limit. */
export type Reading = number | readonly Series[] | HistogramReading | undefined

/** What is told of each of the metrics. */
export type Readings<M extends MetricInfos> = { readonly [Name in keyof M]: Reading }

/** What a daemon tells of itself. */
export interface Observed<M extends MetricInfos> {
  metrics: M
  read(): Readings<M>
  /** Why nobody should be sent to the daemon, in a few words; undefined when it is ready. One that stops is not. */
  whyNotReady(): string | undefined
}

export function gauge(help: string, labels: readonly string[] = []): MetricInfo {
  return { type: 'gauge', help, labels }
}

export function counter(help: string, labels: readonly string[] = []): MetricInfo {
  return { type: 'counter', help, labels }
}

export function histogram(help: string): MetricInfo {
  return { type: 'histogram', help, labels: [] }
}

/** Formats metrics in Prometheus' text format, version 0.0.4. */
export function formatMetrics<M extends MetricInfos>(infos: M, readings: Readings<M>): string {
  return Object.entries(infos)
    .map(([name, info]) => formatMetric(name, info, readings[name]))
    .join('')
}

function formatMetric(name: string, { type, help }: MetricInfo, reading: Reading): string {
  if (reading === undefined) return ''
  const lines = linesOf(name, reading)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map(line => `${line}\n`).join('')}`
}

function linesOf(name: string, reading: Exclude<Reading, undefined>): string[] {
  if (typeof reading === 'number') return [`${name} ${reading}`]
  if (!('bounds' in reading))
    return reading.map(({ labels, value }) => `${name}${formatLabels(labels)} ${value}`)
  let count = 0
  const buckets = reading.counts.map((inClass, at) => {
    count += inClass
    return `${name}_bucket{le="${reading.bounds[at] ?? '+Inf'}"} ${count}`
  })
  return [...buckets, `${name}_sum ${reading.sum}`, `${name}_count ${count}`]
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
