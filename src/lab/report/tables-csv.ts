import { type CsvCell, csv } from '../csv.ts'
import type { LabResult } from '../lab-run.ts'
import type { Figures, MeansFigures } from './figures.ts'
import { METRICS } from './metrics.ts'

/** Number of digits that a figure keeps: more than any clock here has. */
const DIGITS = 9

/** figures.csv: one row for each means. */
export function figuresCsv(figures: Figures): string {
  return csv([FIGURE_COLUMNS, ...figures.means.map(row => figureCells(figures, row))])
}

/** runs.csv: the rows of figures.csv of all runs, with the number of the run before them. */
export function runsCsv(runs: readonly Figures[]): string {
  const rows = runs.flatMap((figures, index) =>
    figures.means.map(row => [index + 1, ...figureCells(figures, row)])
  )
  return csv([['run', ...FIGURE_COLUMNS], ...rows])
}

const FIGURE_COLUMNS = [
  ...['topology', 'started_at', 'links', 'seed', 'means', 'counts', 'identical', 'failure', 'lost_frames'],
  ...METRICS.map(({ name }) => name)
]

function figureCells(figures: Figures, row: MeansFigures): CsvCell[] {
  return [
    ...[figures.topology, figures.startedAt, figures.machine.links, figures.seed],
    ...[row.means, row.counts, row.identical, row.failure, row.lostFrames],
    ...METRICS.map(({ value }) => rounded(value(row)))
  ]
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(DIGITS))
}

/**
 * series.csv: every course of a run, one value a row: which means, which course, of what (a route, a
 * link, a client), at which second, how much.
 */
export function seriesCsv(result: LabResult): string {
  const { measurements, story, topology } = result
  const rows: CsvCell[][] = [['means', 'series', 'of', 'seconds', 'value']]
  const add = (
    means: string,
    series: string,
    of: string,
    atMs: number,
    value: number | string | undefined
  ) => {
    if (value === undefined) return
    rows.push([means, series, of, rounded(atMs / 1000), typeof value === 'number' ? rounded(value) : value])
  }
  const names = topology.topology.links.map(link => link.endpoints.join('-'))
  for (const { means, progress, links, played, clients } of measurements) {
    for (const { atMs, bytes } of progress) add(means, 'in_order_bytes', '', atMs, bytes)
    for (const client of clients ?? [])
      for (const { atMs, bytes } of client.progress)
        add(means, 'in_order_bytes', client.client, client.startedAtMs + atMs, bytes)
    for (const { atMs, bytes } of links) {
      bytes.forEach(({ down, up }, link) => {
        add(means, 'link_down_bytes', names[link]!, atMs, down)
        add(means, 'link_up_bytes', names[link]!, atMs, up)
      })
    }
    for (const { atMs, what } of played) add(means, 'event', '', atMs, what)
  }
  for (const { atMs, reorderBytes, routes } of story?.progress ?? []) {
    add('anabranch', 'reorder_bytes', '', atMs, reorderBytes)
    for (const [route, { bytes, rateBytesPerSecond, rttMs }] of Object.entries(routes)) {
      add('anabranch', 'route_bytes', route, atMs, bytes)
      add('anabranch', 'route_rate_bytes_per_second', route, atMs, rateBytesPerSecond)
      add('anabranch', 'route_rtt_ms', route, atMs, rttMs)
    }
  }
  return csv(rows)
}
