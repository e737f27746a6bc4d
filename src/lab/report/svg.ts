/** One curve of a panel. */
export interface Series {
  name: string
  color: string
  points: { x: number; y: number }[]
  /**
   * Form of the curve. `area` is filled down to zero or, in a stacked panel, to the series before.
   * Default: line.
   */
  shape?: 'line' | 'step' | 'area' | 'step-area'
  dashed?: boolean
}

/** One plot with its own y axis; all panels of a chart share the x axis. */
export interface Panel {
  title: string
  yLabel: string
  series: Series[]
  /** Top of the y axis. Default: a little above the highest point. */
  yMax?: number
  /** Whether each series stands on the one before. They must have the same x values. */
  stacked?: boolean
}

export interface Chart {
  title: string
  /** Right end of the x axis, in seconds. */
  xMax: number
  panels: Panel[]
  /** Vertical lines with a label; `x` in seconds. */
  marks: { x: number; label: string }[]
}

const WIDTH = 900
const PLOT_HEIGHT = 130
const SINGLE_PLOT_HEIGHT = 260
const LEFT = 64
const RIGHT = 16
const TOP = 34
const GAP = 42
const BOTTOM = 40
/** Approximate width of a label's letter, in pixels. */
const LETTER = 6.5
const MARK_COLOR = '#c66'
const MARK_DASHES = ' stroke-dasharray="2 3"'
const AREA_OPACITY = 0.22
const STACKED_OPACITY = 0.8

/** Draws a chart as one SVG document. */
export function drawChart(chart: Chart): string {
  const plotHeight = chart.panels.length === 1 ? SINGLE_PLOT_HEIGHT : PLOT_HEIGHT
  const markRoom = chart.marks.length > 0 ? 16 : 0
  const height = TOP + markRoom + chart.panels.length * (plotHeight + GAP) + BOTTOM
  const x = (value: number) => LEFT + (Math.min(value, chart.xMax) / chart.xMax) * (WIDTH - LEFT - RIGHT)
  const parts: string[] = [text(LEFT, 20, chart.title, 'title')]
  const firstTop = TOP + markRoom + 22
  chart.panels.forEach((panel, index) => {
    parts.push(drawPanel(panel, chart, x, firstTop + index * (plotHeight + GAP), plotHeight))
  })
  const bottom = firstTop + (chart.panels.length - 1) * (plotHeight + GAP) + plotHeight
  for (const tick of ticks(chart.xMax, 10))
    parts.push(text(x(tick), bottom + 15, String(tick), 'tick middle'))
  parts.push(text((LEFT + WIDTH - RIGHT) / 2, bottom + 32, 'seconds since the start', 'tick middle'))
  parts.push(drawMarkLabels(chart, x, TOP + markRoom - 2))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif">
<style>
text { font-size: 11px; fill: #333 } .title { font-size: 15px; font-weight: 600 } .panel { font-size: 12px; font-weight: 600 }
.tick { fill: #666 } .middle { text-anchor: middle } .end { text-anchor: end } .mark { fill: #a33 }
</style>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}

/** Colours that are easy to tell apart, for routes and means alike. */
export const PALETTE = [
  '#2a6fbb',
  '#d9822b',
  '#3a9b57',
  '#a14cb0',
  '#c23b3b',
  '#1f9aa5',
  '#8a6d3b',
  '#5b5fc7'
]

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function drawPanel(
  panel: Panel,
  { xMax, marks }: Chart,
  x: (v: number) => number,
  top: number,
  height: number
): string {
  const layers = panel.stacked
    ? stack(panel.series)
    : panel.series.map(series => ({ series, base: undefined }))
  const highest = Math.max(...layers.flatMap(({ series }) => series.points.map(point => point.y)), 0)
  const yMax = panel.yMax ?? (highest > 0 ? highest * 1.08 : 1)
  const y = (value: number) => top + height - (Math.max(0, Math.min(value, yMax)) / yMax) * height
  const parts = [text(LEFT, top - 7, panel.title, 'panel')]
  for (const tick of ticks(yMax, 4)) {
    parts.push(
      line(LEFT, y(tick), WIDTH - RIGHT, y(tick), '#e3e3e3'),
      text(LEFT - 6, y(tick) + 4, String(tick), 'tick end')
    )
  }
  for (const tick of ticks(xMax, 10))
    parts.push(line(x(tick), top + height, x(tick), top + height + 3, '#999'))
  parts.push(
    `<text class="tick middle" transform="translate(14 ${top + height / 2}) rotate(-90)">${escapeXml(panel.yLabel)}</text>`
  )
  for (const { series, base } of layers) parts.push(drawSeries(series, base, x, y))
  for (const mark of marks) parts.push(line(x(mark.x), top, x(mark.x), top + height, MARK_COLOR, MARK_DASHES))
  parts.push(line(LEFT, y(0), WIDTH - RIGHT, y(0), '#999'), drawLegend(panel, top))
  return parts.join('\n')
}

function drawSeries(
  { shape = 'line', points, color, dashed }: Series,
  base: { x: number; y: number }[] | undefined,
  x: (v: number) => number,
  y: (v: number) => number
): string {
  if (points.length === 0) return ''
  const steps = shape === 'step' || shape === 'step-area'
  const outline = path(steps ? stepped(points) : points, x, y)
  if (shape === 'line' || shape === 'step') {
    return `<path d="M${outline}" fill="none" stroke="${color}"${strokeOf(dashed)}/>`
  }
  const floor = base ?? [
    { x: points[0]!.x, y: 0 },
    { x: points.at(-1)!.x, y: 0 }
  ]
  const back = path((steps ? stepped(floor) : floor).toReversed(), x, y)
  return `<path d="M${outline}L${back}Z" fill="${color}" fill-opacity="${base === undefined ? AREA_OPACITY : STACKED_OPACITY}"/>`
}

/** Draws the legend: names at the right, each with a sample of its line or area. */
function drawLegend({ series, stacked }: Panel, top: number): string {
  const parts: string[] = []
  let right = WIDTH - RIGHT
  for (const { name, color, shape = 'line', dashed } of series.toReversed()) {
    right -= name.length * LETTER
    const isLine = shape === 'line' || shape === 'step'
    const opacity = stacked ? STACKED_OPACITY : AREA_OPACITY
    parts.push(
      text(right, top - 7, name),
      isLine
        ? line(right - 24, top - 11, right - 5, top - 11, color, strokeOf(dashed))
        : `<rect x="${right - 16}" y="${top - 16}" width="10" height="10" fill="${color}" fill-opacity="${opacity}"/>`
    )
    right -= isLine ? 38 : 30
  }
  return parts.join('\n')
}

/** Width and dashes of a curve. */
function strokeOf(dashed: boolean | undefined): string {
  return ` stroke-width="1.6"${dashed ? ' stroke-dasharray="5 4"' : ''}`
}

/** Draws a tick at every mark, above the panels; labels only where there is room for them. */
function drawMarkLabels({ marks }: Chart, x: (v: number) => number, top: number): string {
  let freeFrom = 0
  return marks
    .map(({ x: at, label }) => {
      const parts = [line(x(at), top - 9, x(at), top, MARK_COLOR)]
      const left = Math.min(x(at) + 4, WIDTH - label.length * LETTER)
      if (left >= freeFrom) {
        parts.push(text(left, top, label, 'mark'))
        freeFrom = left + (label.length + 1) * LETTER
      }
      return parts.join('')
    })
    .join('\n')
}

function stack(series: Series[]): { series: Series; base: Series['points'] }[] {
  let base = (series[0]?.points ?? []).map(({ x }) => ({ x, y: 0 }))
  return series.map(layer => {
    const below = base
    const points = layer.points.map((point, index) => ({ x: point.x, y: point.y + (below[index]?.y ?? 0) }))
    base = points
    return { series: { ...layer, points }, base: below }
  })
}

function stepped(points: Series['points']): Series['points'] {
  return points.flatMap((point, index) =>
    index === 0 ? [point] : [{ x: point.x, y: points[index - 1]!.y }, point]
  )
}

function path(points: Series['points'], x: (v: number) => number, y: (v: number) => number): string {
  return points.map(point => `${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`).join('L')
}

/** About `about` round values from 0 to a maximum. */
export function ticks(max: number, about: number): number[] {
  const power = 10 ** Math.floor(Math.log10(max / about))
  const [step] = [1, 2, 5, 10]
    .map(factor => factor * power)
    .toSorted((a, b) => Math.abs(max / a - about) - Math.abs(max / b - about)) as [number]
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6))
  )
}

function line(x1: number, y1: number, x2: number, y2: number, color: string, more = ''): string {
  const at = [x1, y1, x2, y2].map(value => value.toFixed(1))
  return `<line x1="${at[0]}" y1="${at[1]}" x2="${at[2]}" y2="${at[3]}" stroke="${color}"${more}/>`
}

function text(x: number, y: number, content: string, classes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${classes && ` class="${classes}"`}>${escapeXml(content)}</text>`
}
