import { escapeXml, seriesColor, seriesDashes, ticks, wrapped } from '../report/svg.ts'
import type { Axis, CellPanel, Curve, CurvePanel, Panel, PlotPoint } from './plot.ts'

/** Width of a journal's column in millimetres, and in the pixels of the drawing: text of 10 px is 7 points high. */
const WIDTH_MM = 84
const WIDTH = 340
const LEFT = 46
const RIGHT = 16
const PLOT_HEIGHT = 150
/** Room above a plot, beside the lines of its title, and below it, beside the lines of its ticks' words. */
const HEAD = 8
const FOOT = 25
const LINE = 12
const LEGEND_LINE = 15
/** Approximate width of a letter, in pixels. */
const LETTER = 5.4
/** That of the letters of titles, which are bold. */
const TITLE_LETTER = 6
/** Curves of more points than this have no marks at their points. */
const MOST_MARKS = 24
const TICK_COUNT = 5

const STYLE = `<style>
.figure text { font: 10px system-ui, sans-serif; fill: #000 } .figure .title { font-weight: 600 } .figure .middle { text-anchor: middle } .figure .end { text-anchor: end }
.figure .grid { stroke: #ddd; stroke-width: 0.6 } .figure .axis { stroke: #000; stroke-width: 0.8; fill: none } .figure .mark { stroke: #000; stroke-width: 0.8; stroke-dasharray: 1.5 2 } .figure .small { font-size: 8.5px }
</style>`

/**
 * Draws panels below each other as one SVG document for print: on white, as wide as a column, with
 * dashes and marks that tell curves apart where there is no colour.
 */
export function drawPanels(panels: readonly Panel[]): string {
  const names = [
    ...new Set(panels.flatMap(panel => (panel.kind === 'curves' ? panel.curves.map(({ name }) => name) : [])))
  ]
  const legend = drawLegend(names, panels)
  let top = legend.height
  const parts = [...legend.parts]
  for (const panel of panels) {
    const height = panel.kind === 'curves' ? PLOT_HEIGHT : cellSide(panel) * panel.rows.length
    const title = wrapped(panel.title, (WIDTH - LEFT - 4) / TITLE_LETTER)
    const plotTop = top + title.length * LINE + HEAD
    const plot = { top: plotTop, bottom: plotTop + height, tickLines: tickLinesOf(panel) }
    title.forEach((words, line) => {
      parts.push(text(LEFT, top + 13 + line * LINE, words, 'title'))
    })
    parts.push(panel.kind === 'curves' ? drawCurves(panel, names, plot) : drawCells(panel, plot))
    top = plot.bottom + plot.tickLines * LINE + FOOT
  }
  const title = panels.map(panel => panel.title).join('; ')
  return `<svg class="figure" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${at(top)}" width="${WIDTH_MM}mm" role="img" aria-label="${escapeXml(title)}">
${STYLE}
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}

interface Plot {
  top: number
  bottom: number
  /** Lines of the words at the ticks of its x axis. */
  tickLines: number
}

function drawLegend(names: string[], panels: readonly Panel[]) {
  const parts: string[] = []
  let [left, top] = [8, 4]
  for (const [index, name] of names.entries()) {
    const width = 34 + name.length * LETTER
    if (left > 8 && left + width > WIDTH) [left, top] = [8, top + LEGEND_LINE]
    const curve = panels
      .flatMap(panel => (panel.kind === 'curves' ? panel.curves : []))
      .find(each => each.name === name)!
    const y = top + 8
    if (curve.shape !== 'dots') parts.push(stroke(`M${left} ${y}h20`, index))
    if (hasMarks(curve)) parts.push(mark(left + 10, y, index))
    parts.push(text(left + 24, y + 3.5, name))
    left += width + 6
  }
  return { parts, height: names.length > 0 ? top + LEGEND_LINE + 2 : 0 }
}

function drawCurves({ x, y, curves, lines }: CurvePanel, names: string[], plot: Plot): string {
  const toX = scaleOf(x, LEFT, WIDTH - RIGHT)
  const toY = scaleOf(y, plot.bottom, plot.top)
  const parts: string[] = []
  for (const { at: value, label } of ticksOf(x)) {
    const left = toX(value)
    parts.push(line(left, plot.top, left, plot.bottom, 'grid'))
    parts.push(
      ...label.split('\n').map((words, line) => text(left, plot.bottom + 13 + line * LINE, words, 'middle'))
    )
  }
  for (const { at: value, label } of ticksOf(y)) {
    const height = toY(value)
    parts.push(line(LEFT, height, WIDTH - RIGHT, height, 'grid'))
    parts.push(text(LEFT - 4, height + 3.5, label, 'end'))
  }
  parts.push(axisNames(x.label, y.label, plot))
  for (const curve of curves) parts.push(drawCurve(within(curve, x), names.indexOf(curve.name), toX, toY))
  for (const { axis, at: value, label } of lines) {
    const place = axis === 'x' ? toX(value) : toY(value)
    parts.push(
      axis === 'x'
        ? line(place, plot.top, place, plot.bottom, 'mark') +
            (place < WIDTH / 2
              ? text(place + 3, plot.top + 9, label, 'small')
              : text(place - 3, plot.top + 9, label, 'small end'))
        : line(LEFT, place, WIDTH - RIGHT, place, 'mark') + text(LEFT + 3, place - 3, label, 'small')
    )
  }
  parts.push(frame(plot, WIDTH - RIGHT))
  return parts.join('\n')
}

type Scale = (value: number) => number

/** What of a curve is within an axis; a step holds its value from end to end. */
function within(curve: Curve, { from, to }: Axis): Curve {
  const points = curve.points.filter(({ x }) => x >= from && x <= to)
  const [before, last] = [curve.points.findLast(({ x }) => x < from), points.at(-1)]
  if (curve.shape !== 'step') return { ...curve, points }
  const first = before ?? { y: 0, low: 0, high: 0 }
  return { ...curve, points: [{ ...first, x: from }, ...points, ...(last ? [{ ...last, x: to }] : [])] }
}

function drawCurve({ shape, points, ...curve }: Curve, index: number, toX: Scale, toY: Scale): string {
  if (points.length === 0) return ''
  const parts = [shape === 'dots' ? intervals(points, index, toX, toY) : band(points, shape, index, toX, toY)]
  if (shape !== 'dots') parts.push(stroke(`M${path(points, shape, toX, toY, ({ y }) => y)}`, index))
  if (hasMarks({ shape, points, ...curve }))
    parts.push(...points.map(({ x, y }) => mark(toX(x), toY(y), index)))
  return parts.join('')
}

function hasMarks({ shape, points }: Curve): boolean {
  return shape !== 'step' && points.length <= MOST_MARKS
}

/** The 95 % interval as an area behind a curve. */
function band(points: PlotPoint[], shape: Curve['shape'], index: number, toX: Scale, toY: Scale): string {
  if (points.some(({ low, high }) => low === undefined || high === undefined)) return ''
  const upper = path(points, shape, toX, toY, ({ high }) => high!)
  const lower = path(points, shape, toX, toY, ({ low }) => low!)
    .split('L')
    .toReversed()
    .join('L')
  return `<path d="M${upper}L${lower}Z" fill="${seriesColor(index)}" fill-opacity="0.15"/>`
}

/** The 95 % interval of each point as a line. */
function intervals(points: PlotPoint[], index: number, toX: Scale, toY: Scale): string {
  return points
    .map(({ x, low, high }) =>
      low === undefined || high === undefined
        ? ''
        : stroke(`M${at(toX(x))} ${at(toY(low))}V${at(toY(high))}`, index)
    )
    .join('')
}

function path(
  points: PlotPoint[],
  shape: Curve['shape'],
  toX: Scale,
  toY: Scale,
  heightOf: (point: PlotPoint) => number
): string {
  return points
    .flatMap((point, index) => {
      const corner = `${at(toX(point.x))} ${at(toY(heightOf(point)))}`
      const before = shape === 'step' ? points[index - 1] : undefined
      return before ? [`${at(toX(point.x))} ${at(toY(heightOf(before)))}`, corner] : [corner]
    })
    .join('L')
}

function drawCells(panel: CellPanel, plot: Plot): string {
  const { columns, rows, values, white, dark } = panel
  const side = cellSide(panel)
  const parts = values.flatMap((row, r) =>
    row.map((value, c) => {
      const [left, top] = [LEFT + c * side, plot.bottom - (r + 1) * side]
      const depth = value === undefined ? 0 : Math.max(0, Math.min(1, (value - white) / (dark - white)))
      const grey = Math.round(255 - depth * 175)
      return `<rect x="${at(left)}" y="${at(top)}" width="${at(side)}" height="${at(side)}" fill="rgb(${grey},${grey},${grey})" stroke="#fff"/>${text(left + side / 2, top + side / 2 + 3.5, value === undefined ? '-' : value.toFixed(2), 'middle')}`
    })
  )
  const right = LEFT + columns.length * side
  const names = [
    ...columns.map((name, c) => text(LEFT + (c + 0.5) * side, plot.bottom + 13, name, 'middle')),
    ...rows.map((name, r) => text(LEFT - 4, plot.bottom - (r + 0.5) * side + 3.5, name, 'end'))
  ]
  return [...parts, ...names, axisNames(panel.xLabel, panel.yLabel, plot), frame(plot, right)].join('\n')
}

/** Lines that the words at a panel's ticks take: they may hold line breaks. */
function tickLinesOf(panel: Panel): number {
  const labels = panel.kind === 'curves' ? (panel.x.ticks ?? []).map(({ label }) => label) : []
  return Math.max(1, ...labels.map(label => label.split('\n').length))
}

function cellSide({ columns }: CellPanel): number {
  return Math.min(44, (WIDTH - LEFT - RIGHT) / columns.length)
}

function axisNames(xLabel: string, yLabel: string, { top, bottom, tickLines }: Plot): string {
  return (
    text((LEFT + WIDTH - RIGHT) / 2, bottom + 16 + tickLines * LINE, xLabel, 'middle') +
    `<text class="middle" transform="translate(11 ${at((top + bottom) / 2)}) rotate(-90)">${escapeXml(yLabel)}</text>`
  )
}

function frame({ top, bottom }: Plot, right: number): string {
  return `<path class="axis" d="M${LEFT} ${at(top)}V${at(bottom)}H${at(right)}"/>`
}

/** Places of an axis's values between two pixels; values beyond its ends are drawn there. */
function scaleOf({ from, to, scale = 'linear' }: Axis, first: number, last: number): Scale {
  const place = (value: number) =>
    scale === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from)
  return value => first + Math.max(0, Math.min(1, place(value))) * (last - first)
}

function ticksOf({ from, to, scale = 'linear', ticks: own }: Axis): { at: number; label: string }[] {
  if (own) return own
  const values =
    scale === 'log'
      ? decades(from, to)
      : ticks(to - from, TICK_COUNT).map(tick => Number((from + tick).toPrecision(6)))
  return values.map(value => ({ at: value, label: String(value) }))
}

function decades(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  const last = Math.floor(Math.log10(to) + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number((10 ** (first + index)).toPrecision(6))
  )
}

/** A mark of a form of its own for each curve. */
function mark(x: number, y: number, index: number): string {
  const forms = [
    'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0',
    'M-3 -3h6v6h-6Z',
    'M0 -4L3.5 3h-7Z',
    'M0 -4L3 0L0 4L-3 0Z',
    'M-3 -3L3 3M3 -3L-3 3',
    'M-4 0H4M0 -4V4'
  ]
  const color = seriesColor(index)
  return `<path d="${forms[index % forms.length]}" transform="translate(${at(x)} ${at(y)})" fill="${color}" stroke="${color}"/>`
}

function stroke(d: string, index: number): string {
  const dashes = seriesDashes(index)
  return `<path d="${d}" fill="none" stroke="${seriesColor(index)}" stroke-width="1.3"${dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`}/>`
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`
}

function text(x: number, y: number, words: string, classes = ''): string {
  return `<text x="${at(x)}" y="${at(y)}"${classes && ` class="${classes}"`}>${escapeXml(words)}</text>`
}

function at(value: number): string {
  return value.toFixed(1)
}
