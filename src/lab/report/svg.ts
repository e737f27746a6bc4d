/** One curve of a panel. */
export interface Series {
  name: string
  /** A colour of SERIES_COLORS, or one of INK and SOFT, which follow the page's own colours. */
  color: string
  points: { x: number; y: number }[]
  /**
   * Form of the curve. `area` is filled down to zero or, in a stacked panel, to the series before.
   * Default: line.
   */
  shape?: 'line' | 'step' | 'area' | 'step-area'
  /** Dashes and gaps of the line, as SVG has them. Default: a whole line. */
  dashes?: string
  /** A letter or two at the curve's end, and before its name, for readers who do not tell colours apart. */
  letter?: string
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

/** The widths of drawings in pixels: of a page, and of a phone that is held upright. */
export const WIDTHS = { wide: 900, narrow: 380 }
const PLOT_HEIGHT = 130
const SINGLE_PLOT_HEIGHT = 260
const LEFT = 64
const RIGHT = 28
const TOP = 34
const GAP = 42
const BOTTOM = 40
/** Height of a line of text. */
const LINE = 16
/** Approximate width of a label's letter, in pixels. */
const LETTER = 6.8
/** Rows of labels of marks: those that find no room in them stand in no picture. */
const MARK_ROWS = 3
const MARK_DASHES = ' stroke-dasharray="2 3"'
const AREA_OPACITY = 0.25
const STACKED_OPACITY = 0.8

/** Colours of Okabe and Ito, which people who are colour-blind tell apart, without black and the yellow that white swallows. */
export const SERIES_COLORS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00']
/** The colour of text, and a paler one: dark on a light page, light on a dark one. */
export const INK = 'var(--chart-ink)'
export const SOFT = 'var(--chart-soft)'

/** Dashes by which lines are told apart in print. The first line is a whole one. */
const DASHES = [undefined, '7 3', '2 2', '9 3 2 3', '12 4', '4 4']

/** Colour of the series with this number; they start again after the sixth. */
export function seriesColor(index: number): string {
  return SERIES_COLORS[index % SERIES_COLORS.length]!
}

/** Dashes of the series with this number. Those that have one colour have different dashes. */
export function seriesDashes(index: number): string | undefined {
  return DASHES[(index + Math.floor(index / SERIES_COLORS.length)) % DASHES.length]
}

/** Colours and letters of every drawing; they follow the page, or the system where a drawing is alone. */
export const SVG_STYLE = `<style>
.chart { --chart-ink: #222; --chart-soft: #757575; --chart-grid: #e0e0e0; --chart-mark: #a03030; --chart-ground: #fff }
@media (prefers-color-scheme: dark) { .chart { --chart-ink: #e4e4e4; --chart-soft: #a0a0a0; --chart-grid: #3a3d42; --chart-mark: #ff9a90; --chart-ground: #16181b } }
.chart { background: var(--chart-ground) }
.chart text { font-size: 12px; fill: var(--chart-ink) } .chart .title { font-size: 15px; font-weight: 600 } .chart .panel { font-size: 13px; font-weight: 600 }
.chart .tick { fill: var(--chart-soft) } .chart .middle { text-anchor: middle } .chart .end { text-anchor: end } .chart .letter { font-weight: 700 }
.chart text.mark { fill: var(--chart-mark) } .chart .grid { stroke: var(--chart-grid) } .chart .axis { stroke: var(--chart-soft) } .chart .ink { stroke: var(--chart-ink) } .chart line.mark { stroke: var(--chart-mark) }
</style>`

/** A horizontal place: of a second in the plot, with the plot's ends. */
interface Across {
  (seconds: number): number
  right: number
  ticks: number
}

/** Draws a chart as one SVG document. */
export function drawChart(chart: Chart, form: keyof typeof WIDTHS = 'wide'): string {
  const width = WIDTHS[form]
  const plotHeight = chart.panels.length === 1 ? SINGLE_PLOT_HEIGHT : PLOT_HEIGHT
  const right = width - RIGHT
  const x: Across = Object.assign(
    (value: number) => LEFT + (Math.min(value, chart.xMax) / chart.xMax) * (right - LEFT),
    { right, ticks: form === 'wide' ? 10 : 5 }
  )
  const titleLines = wrapped(chart.title, (width - 16) / (LETTER * 1.25))
  const parts = titleLines.map((words, index) =>
    text(form === 'wide' ? LEFT : 8, 20 + index * 20, words, 'title')
  )
  const marks = placeMarks(chart, x, width)
  let top = TOP + (titleLines.length - 1) * 20 + marks.rows * LINE
  parts.push(drawMarkLabels(marks.placed, chart, x, top))
  let bottom = top
  for (const panel of chart.panels) {
    const head = headOf(panel, width)
    top = bottom + GAP - LINE + head.rows * LINE
    parts.push(...head.parts.map(draw => draw(top)), drawPanel(panel, chart, x, top, plotHeight))
    bottom = top + plotHeight
  }
  for (const tick of ticks(chart.xMax, x.ticks))
    parts.push(text(x(tick), bottom + 15, String(tick), 'tick middle'))
  parts.push(text((LEFT + right) / 2, bottom + 32, 'seconds since the start', 'tick middle'))
  const height = bottom + BOTTOM
  return `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-label="${escapeXml(chart.title)}">
${SVG_STYLE}
${parts.join('\n')}
</svg>
`
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function drawPanel(panel: Panel, { xMax, marks }: Chart, x: Across, top: number, height: number): string {
  const layers = panel.stacked
    ? stack(panel.series)
    : panel.series.map(series => ({ series, base: undefined }))
  const highest = Math.max(...layers.flatMap(({ series }) => series.points.map(point => point.y)), 0)
  const yMax = panel.yMax ?? (highest > 0 ? highest * 1.08 : 1)
  const y = (value: number) => top + height - (Math.max(0, Math.min(value, yMax)) / yMax) * height
  const parts: string[] = []
  for (const tick of ticks(yMax, 4)) {
    parts.push(
      line(LEFT, y(tick), x.right, y(tick), 'grid'),
      text(LEFT - 6, y(tick) + 4, String(tick), 'tick end')
    )
  }
  for (const tick of ticks(xMax, x.ticks))
    parts.push(line(x(tick), top + height, x(tick), top + height + 3, 'axis'))
  parts.push(
    `<text class="tick middle" transform="translate(14 ${top + height / 2}) rotate(-90)">${escapeXml(panel.yLabel)}</text>`
  )
  for (const { series, base } of layers) parts.push(drawSeries(series, base, x, y))
  for (const mark of marks) parts.push(line(x(mark.x), top, x(mark.x), top + height, 'mark', MARK_DASHES))
  parts.push(line(LEFT, y(0), x.right, y(0), 'axis'), drawLetters(layers, x, y, top))
  return parts.join('\n')
}

function drawSeries(
  { shape = 'line', points, color, dashes }: Series,
  base: { x: number; y: number }[] | undefined,
  x: (v: number) => number,
  y: (v: number) => number
): string {
  if (points.length === 0) return ''
  const steps = shape === 'step' || shape === 'step-area'
  const outline = path(steps ? stepped(points) : points, x, y)
  if (shape === 'line' || shape === 'step') {
    return `<path d="M${outline}" fill="none" style="stroke: ${color}"${strokeOf(dashes)}/>`
  }
  const floor = base ?? [
    { x: points[0]!.x, y: 0 },
    { x: points.at(-1)!.x, y: 0 }
  ]
  const back = path((steps ? stepped(floor) : floor).toReversed(), x, y)
  return `<path d="M${outline}L${back}Z" style="fill: ${color}" fill-opacity="${base === undefined ? AREA_OPACITY : STACKED_OPACITY}"/>`
}

/** The letters at the curves' right ends, apart from each other. */
function drawLetters(
  layers: ReturnType<typeof stack>,
  x: Across,
  y: (v: number) => number,
  top: number
): string {
  const ends = layers.flatMap(({ series: { letter, points }, base }) => {
    const [last, below] = [points.at(-1), base?.at(-1)]
    if (letter === undefined || last === undefined) return []
    return [{ letter, left: x(last.x) + 4, at: y(below === undefined ? last.y : (last.y + below.y) / 2) }]
  })
  let free = Number.POSITIVE_INFINITY
  return ends
    .toSorted((a, b) => b.at - a.at)
    .map(({ letter, left, at }) => {
      free = Math.min(at, free - LINE * 0.8)
      return text(Math.min(left, x.right + 4), Math.max(free, top) + 4, letter, 'letter')
    })
    .join('')
}

/** A panel's title and the names of its series, each with a sample: in one line where there is room, else below. */
function headOf({ title, series, stacked }: Panel, width: number) {
  const entries = series.map(one => {
    const name = one.letter === undefined || one.letter === one.name ? one.name : `${one.letter} ${one.name}`
    return { ...one, name, width: 38 + name.length * LETTER }
  })
  const sum = entries.reduce((total, entry) => total + entry.width, 0)
  const oneLine = LEFT + title.length * LETTER * 1.1 + sum < width - RIGHT
  const start = width < WIDTHS.wide ? 8 : LEFT
  const parts: ((top: number) => string)[] = []
  let left = oneLine ? width - RIGHT - sum : start
  let row = oneLine ? 0 : 1
  const places = entries.map(entry => {
    if (left > start && left + entry.width > width) [left, row] = [start, row + 1]
    const place = { entry, left, row }
    left += entry.width
    return place
  })
  const titleLines = wrapped(title, (width - start) / (LETTER * 1.1))
  const rows = row + titleLines.length
  titleLines.forEach((words, index) => {
    parts.push(top => text(start, top - 7 - (rows - 1 - index) * LINE, words, 'panel'))
  })
  for (const { entry, left, row: own } of places)
    parts.push(top => drawSample(entry, left + 8, top - 7 - (row - own) * LINE, stacked === true))
  return { rows, parts }
}

function drawSample(
  { name, color, shape = 'line', dashes }: Series,
  left: number,
  at: number,
  stacked: boolean
): string {
  const isLine = shape === 'line' || shape === 'step'
  const opacity = stacked ? STACKED_OPACITY : AREA_OPACITY
  const sample = isLine
    ? `<path d="M${left} ${at - 4}H${left + 22}" style="stroke: ${color}"${strokeOf(dashes)}/>`
    : `<rect x="${left + 8}" y="${at - 9}" width="12" height="10" style="fill: ${color}" fill-opacity="${opacity}"/>`
  return sample + text(left + 27, at, name)
}

/** Width and dashes of a curve. */
function strokeOf(dashes: string | undefined): string {
  return ` stroke-width="1.8"${dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`}`
}

/** Finds room for the labels of marks, in as few rows as there are of them at one place. */
function placeMarks({ marks }: Chart, x: Across, width: number) {
  const freeFrom: number[] = []
  const placed: { left: number; row: number; label: string }[] = []
  for (const { x: at, label } of marks) {
    const left = Math.max(4, Math.min(x(at) + 4, width - label.length * LETTER))
    const row = [...Array(MARK_ROWS).keys()].find(one => left >= (freeFrom[one] ?? 0))
    if (row === undefined) continue
    freeFrom[row] = left + (label.length + 1) * LETTER
    placed.push({ left, row, label })
  }
  return { placed, rows: freeFrom.length }
}

/** Draws a tick at every mark, above the panels, and the labels that found room. */
function drawMarkLabels(
  placed: ReturnType<typeof placeMarks>['placed'],
  { marks }: Chart,
  x: Across,
  top: number
): string {
  return [
    ...marks.map(mark => line(x(mark.x), top - 9, x(mark.x), top, 'mark')),
    ...placed.map(({ left, row, label }) => text(left, top - 2 - row * LINE, label, 'mark'))
  ].join('\n')
}

/** Words in lines of at most so many letters. */
export function wrapped(words: string, letters: number): string[] {
  const lines: string[] = []
  for (const word of words.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function stack(series: Series[]): { series: Series; base: Series['points'] | undefined }[] {
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

function line(x1: number, y1: number, x2: number, y2: number, kind: string, more = ''): string {
  const at = [x1, y1, x2, y2].map(value => value.toFixed(1))
  return `<line class="${kind}" x1="${at[0]}" y1="${at[1]}" x2="${at[2]}" y2="${at[3]}"${more}/>`
}

function text(x: number, y: number, content: string, classes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${classes && ` class="${classes}"`}>${escapeXml(content)}</text>`
}
