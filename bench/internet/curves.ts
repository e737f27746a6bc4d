/** One curve of a plot. The name is written at its right end. */
export interface Curve {
  name: string
  points: { x: number; y: number }[]
}

export interface Plot {
  title: string
  xLabel: string
  yLabel: string
  xMax: number
  yMax: number
  /** Parts into which ticks divide the x axis. Default: 5. */
  xSteps?: number
  curves: Curve[]
  /** Vertical lines with a word. */
  marks?: { x: number; label: string }[]
}

const WIDTH = 890
const HEIGHT = 400
const LEFT = 62
const RIGHT = 262
const TOP = 46
const BOTTOM = 52
const LINE_HEIGHT = 15
/** The colours of Okabe and Ito, which those tell apart who see few colours, and dashes for those who see none. */
const STROKES = [
  ['#D55E00', ''],
  ['#E69F00', '7 3'],
  ['#009E73', '2 3'],
  ['#56B4E9', '10 3 2 3'],
  ['#CC79A7', '4 2'],
  ['#999999', '1 2'],
  ['#0072B2', '']
] as const

/** Draws curves as one SVG document, which follows the reader's light or dark scheme. */
export function drawPlot(plot: Plot): string {
  const x = (value: number) => LEFT + (value / plot.xMax) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / plot.yMax) * (HEIGHT - TOP - BOTTOM)
  const bottom = y(0)
  const parts = [text(LEFT, 22, plot.title, 'title')]
  const { xSteps = 5 } = plot
  for (let step = 0; step <= xSteps; step++) parts.push(...acrossTick((plot.xMax * step) / xSteps, x, bottom))
  for (let step = 0; step <= 5; step++) {
    const up = (plot.yMax * step) / 5
    parts.push(line(LEFT, y(up), WIDTH - RIGHT, y(up), 'grid'), text(LEFT - 8, y(up) + 4, told(up), 'end'))
  }
  parts.push(line(LEFT, bottom, WIDTH - RIGHT, bottom, 'axis'))
  parts.push(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, plot.xLabel, 'middle'))
  parts.push(
    `<text class="middle" transform="translate(16 ${(TOP + bottom) / 2}) rotate(-90)">${escaped(plot.yLabel)}</text>`
  )
  for (const { x: at, label } of plot.marks ?? [])
    parts.push(line(x(at), TOP - 6, x(at), bottom, 'mark'), text(x(at) + 4, TOP - 8, label))
  const labelRows = spaced(plot.curves.map(({ points }) => y(Math.min(points.at(-1)!.y, plot.yMax))))
  plot.curves.forEach(({ name, points }, at) => {
    const [color, dashes] = STROKES[at % STROKES.length]!
    const last = points.at(-1)!
    const path = points
      .map(point => `${x(point.x).toFixed(1)} ${y(Math.min(point.y, plot.yMax)).toFixed(1)}`)
      .join('L')
    const stroke = `fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dashes}"`
    const row = labelRows[at]!
    parts.push(`<path d="M${path}" ${stroke}/>`)
    parts.push(
      `<path d="M${x(last.x) + 3} ${y(Math.min(last.y, plot.yMax))}L${WIDTH - RIGHT + 16} ${row}" class="lead"/>`
    )
    parts.push(
      `<path d="M${WIDTH - RIGHT + 18} ${row}h24" ${stroke}/>`,
      text(WIDTH - RIGHT + 47, row + 4, name)
    )
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif">
<style>
svg { background: #fff } text { font-size: 12px; fill: #222 } .title { font-size: 15px; font-weight: 600 }
.middle { text-anchor: middle } .end { text-anchor: end } .grid { stroke: #ddd } .axis { stroke: #777 }
.mark { stroke: #777; stroke-dasharray: 3 3 } .lead { fill: none; stroke: #bbb; stroke-width: 0.7 }
@media (prefers-color-scheme: dark) {
  svg { background: #16181c } text { fill: #e6e6e6 } .grid { stroke: #33363c } .axis, .mark { stroke: #999 } .lead { stroke: #555 }
}
</style>
${parts.join('\n')}
</svg>
`
}

function acrossTick(value: number, x: (value: number) => number, bottom: number): string[] {
  return [
    line(x(value), bottom, x(value), bottom + 5, 'axis'),
    text(x(value), bottom + 19, told(value), 'middle')
  ]
}

/** Heights in the same order, moved apart so that each has its line of text. */
function spaced(heights: readonly number[]): number[] {
  const order = heights.map((height, at) => ({ height, at })).sort((a, b) => a.height - b.height)
  const rows: number[] = []
  let free = TOP
  order.forEach(({ height, at }, rank) => {
    const lowest = HEIGHT - BOTTOM - (order.length - 1 - rank) * LINE_HEIGHT
    rows[at] = Math.min(lowest, Math.max(free, height))
    free = rows[at]! + LINE_HEIGHT
  })
  return rows
}

function told(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${kind}"/>`
}

function text(x: number, y: number, content: string, kind = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${kind && ` class="${kind}"`}>${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
