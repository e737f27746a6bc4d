import { METRICS, type Metric } from './metrics.ts'
import type { FigureSummary, Summary } from './summary.ts'
import { escapeXml, SVG_STYLE, seriesColor, ticks, WIDTHS } from './svg.ts'

/** The figures that are drawn, each in a panel of its own, where there are any. */
const DRAWN = ['efficiency', 'seconds', 'longest_stall_ms', 'delay_p999_ms', 'start_up_ms']
const ROW = 34
const HEAD = 40
const FOOT = 34
const RIGHT = 32
const LETTER = 7

/** Draws every run as a dot, the median as a bar and the 95 % interval as a line; one row a means. */
export function drawDistributions(summary: Summary, form: 'wide' | 'narrow'): string {
  const width = WIDTHS[form]
  const metrics = METRICS.filter(
    ({ name }) => DRAWN.includes(name) && summary.means.some(({ figures }) => figures[name])
  )
  const panelHeight = HEAD + summary.means.length * ROW + FOOT
  const panels = metrics.map((metric, index) => drawPanel(summary, metric, index * panelHeight, width))
  const height = Math.max(1, metrics.length * panelHeight)
  return `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-label="Distribution of the runs">
${SVG_STYLE}
${panels.join('\n')}
</svg>
`
}

function drawPanel({ means }: Summary, { name, title, text }: Metric, top: number, width: number): string {
  const left = 12 + Math.max(...means.map(row => row.means.length)) * LETTER
  const rows = means.map(row => row.figures[name])
  const [least, most] = range(rows)
  const x = (value: number) => left + 8 + ((value - least) / (most - least)) * (width - left - 8 - RIGHT)
  const bottom = top + HEAD + means.length * ROW
  const parts = [`<text class="panel" x="0" y="${top + 20}">${escapeXml(title)}</text>`]
  const marks = ticks(most - least, width > 500 ? 8 : 3).map(tick => least + tick)
  for (const mark of marks) {
    parts.push(
      `<line class="grid" x1="${at(x(mark))}" x2="${at(x(mark))}" y1="${top + HEAD - 8}" y2="${bottom}"/>`,
      `<text class="tick middle" x="${at(x(mark))}" y="${bottom + 16}">${escapeXml(text(mark))}</text>`
    )
  }
  means.forEach((row, index) => {
    const y = top + HEAD + index * ROW + ROW / 2 - 6
    parts.push(`<text class="end" x="${left}" y="${at(y + 4)}">${escapeXml(row.means)}</text>`)
    const figure = rows[index]
    if (figure) parts.push(drawRow(figure, y, x, seriesColor(index)))
  })
  return parts.join('\n')
}

function drawRow(
  { values, median, low, high }: FigureSummary,
  y: number,
  x: (v: number) => number,
  color: string
): string {
  const dots = values.map(
    value => `<circle cx="${at(x(value))}" cy="${at(y)}" r="4" fill="${color}" fill-opacity="0.6"/>`
  )
  return [
    `<line class="ink" x1="${at(x(low))}" x2="${at(x(high))}" y1="${at(y + 10)}" y2="${at(y + 10)}" stroke-width="2"/>`,
    ...dots,
    `<line class="ink" x1="${at(x(median))}" x2="${at(x(median))}" y1="${at(y - 8)}" y2="${at(y + 14)}" stroke-width="2"/>`
  ].join('\n')
}

/** Ends of the axis: round values around all runs. */
function range(rows: (FigureSummary | undefined)[]): [number, number] {
  const values = rows.flatMap(row => row?.values ?? [])
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const room = most > least ? (most - least) * 0.15 : Math.max(Math.abs(most) * 0.05, 0.01)
  const unit = 10 ** Math.floor(Math.log10(most - least + 2 * room))
  const floor = Math.floor((least - room) / unit) * unit
  return [least >= 0 ? Math.max(0, floor) : floor, Math.ceil((most + room) / unit) * unit]
}

function at(value: number): string {
  return value.toFixed(1)
}
