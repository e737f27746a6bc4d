import { networkSlices } from '../../topology/timeline.ts'
import type { LabResult } from '../lab-run.ts'
import { capacityPoints, pathsOf, patternSeries, wirePoints } from './charts.ts'
import { escapeXml, type Series, ticks } from './svg.ts'

/** Size of the whole, of which all other lengths below are in the same unit. */
const WIDTH = 640
const HEIGHT = 420
const LEFT = 52
const RIGHT = 628
const RATES = { top: 62, bottom: 222 }
const SHARES = { top: 262, bottom: 342 }
/** A route whose links carry less than this part of what they did, or this many times as much, is worth a word. */
const TOLD_CHANGE = 0.7
/** Width of a letter where the picture is narrow, and its letters large. */
const LETTER = 10
/** Colours of the routes. Up to this many routes have colours that are easy to tell apart on light and dark ground, by any eye. */
const LIGHT = ['#2a6fbb', '#e08a1e', '#1d8a6b', '#b04a8f']
const DARK = ['#5aa2ee', '#f0a848', '#3fbf9a', '#d67bb8']

/**
 * Draws a fetch as one picture for people who have not read anything yet: above what comes over each
 * route, below its share of the pattern. It reads well on light and dark ground, and from 390 pixels of width on.
 * Undefined where there is no story of one fetch.
 */
export function drawPicture(result: LabResult): string | undefined {
  const { story, topology, measurements } = result
  const ours = measurements.find(({ means }) => means === 'anabranch')
  if (!story || !ours || ours.clients || story.patterns.length === 0) return undefined
  const slices = [...networkSlices(topology.topology, topology.traces, ours.completionMs)]
  const all = pathsOf(story)
  const paths = all.map(({ ids, nodes }) => ({
    ids,
    capacity: capacityPoints(topology.topology, slices, nodes),
    wire: wirePoints(
      topology.topology,
      ours,
      nodes,
      all.filter(path => path.nodes !== nodes).map(path => path.nodes)
    )
  }))
  if (paths.length > LIGHT.length) return undefined
  const xMax = ours.completionMs / 1000
  const x = (value: number) => LEFT + (Math.max(0, Math.min(value, xMax)) / xMax) * (RIGHT - LEFT)
  const capacity = sumOf(paths.map(path => path.capacity))
  const top = Math.max(...capacity.map(({ y }) => y)) * 1.12
  const rate = (value: number) => heightIn(RATES, value / top)
  const share = (value: number) => heightIn(SHARES, value / 100)
  const shares = patternSeries(story, ours.completionMs)
  const shareOf = (ids: string[]) =>
    sumOf(shares.filter(({ name }) => ids.includes(name)).map(({ points }) => points))
  const parts = [
    text(LEFT, RATES.top - 34, 'What comes over each route, Mbit/s', 'head'),
    ...ticks(top, 3).map(tick => grid(rate(tick), String(tick))),
    ...layers(paths.map(({ wire }) => wire)).map((layer, index) => area(layer, x, rate, index)),
    `<path d="M${points(stepped(capacity), x, rate)}" class="limit"/>`,
    text(LEFT, SHARES.top - 10, 'Share of the segments that each route gets, %', 'head'),
    ...[0, 50, 100].map(tick => grid(share(tick), String(tick))),
    ...layers(paths.map(({ ids }) => stepped(shareOf(ids)))).map((layer, index) =>
      area(layer, x, share, index)
    ),
    ...marks(changes(paths), x),
    ...ticks(xMax, 5).map(tick =>
      text(x(tick), SHARES.bottom + 20, `${tick}${tick === 0 ? ' s' : ''}`, 'middle')
    ),
    legend(paths.map(({ ids }) => `route ${ids.join(', ')}`))
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, sans-serif">
<title>${escapeXml(topology.topology.description ?? topology.topology.name)}</title>
<style>${STYLE}</style>
<rect width="100%" height="100%" rx="8" class="ground"/>
${parts.join('\n')}
</svg>
`
}

const colors = (list: readonly string[]) =>
  list.map((color, index) => `.r${index} { fill: ${color} }`).join(' ')

const STYLE = `
text { font-size: 14px; fill: #1f2328 } .head { font-weight: 600 } .middle { text-anchor: middle } .end { text-anchor: end }
.ground { fill: #fff } .grid { stroke: #d8dee4 } .limit { fill: none; stroke: #1f2328; stroke-width: 1.6; stroke-dasharray: 6 4 }
.mark { stroke: #1f2328; stroke-width: 1 } ${colors(LIGHT)}
@media (max-width: 520px) { text { font-size: 19px } }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .ground { fill: #0d1117 } .grid { stroke: #30363d } .limit, .mark { stroke: #e6edf3 } ${colors(DARK)}
}`

type Points = Series['points']

/** What is said of each change of a route's links, in order of time. */
function changes(paths: { ids: string[]; capacity: Points }[]): { at: number; label: string }[] {
  return paths
    .flatMap(({ ids, capacity }) =>
      capacity.slice(1).flatMap(({ x: at, y }, index) => {
        const before = capacity[index]!.y
        if (Math.min(y, before) >= TOLD_CHANGE * Math.max(y, before)) return []
        return [{ at, label: `${ids[0]} ${y < before ? 'falls' : 'rises'} to ${Math.round(y)}` }]
      })
    )
    .toSorted((a, b) => a.at - b.at)
}

/** The times of changes, over both plots; the words of one only where those before it leave room. */
function marks(changes: { at: number; label: string }[], x: (value: number) => number): string[] {
  let freeFrom = 0
  return changes.map(({ at, label }) => {
    const left = x(at)
    const lines = [RATES, SHARES].map(
      ({ top, bottom }) =>
        `<line x1="${fixed(left)}" y1="${top - 4}" x2="${fixed(left)}" y2="${bottom}" class="mark"/>`
    )
    if (left < freeFrom) return lines.join('\n')
    freeFrom = left + (label.length + 1) * LETTER
    return [...lines, text(left, RATES.top - 10, label)].join('\n')
  })
}

function legend(names: string[]): string {
  const y = HEIGHT - 22
  const routes = names.map((name, index) => {
    const left = LEFT + index * 130
    return `<rect x="${left}" y="${y - 12}" width="14" height="14" class="r${index}"/>${text(left + 21, y, name)}`
  })
  const left = LEFT + names.length * 130
  const limit = `<line x1="${left}" y1="${y - 5}" x2="${left + 30}" y2="${y - 5}" class="limit"/>`
  return [...routes, limit, text(left + 38, y, 'what the links can carry')].join('\n')
}

function grid(y: number, label: string): string {
  return `<line x1="${LEFT}" y1="${fixed(y)}" x2="${RIGHT}" y2="${fixed(y)}" class="grid"/>${text(LEFT - 6, y + 5, label, 'end')}`
}

function area(
  { floor, roof }: { floor: Points; roof: Points },
  x: (value: number) => number,
  y: (value: number) => number,
  index: number
): string {
  return `<path d="M${points(roof, x, y)}L${points(floor.toReversed(), x, y)}Z" class="r${index}"/>`
}

/** Puts curves with the same x values one upon the other. */
function layers(curves: Points[]): { floor: Points; roof: Points }[] {
  return curves.map((curve, index) => {
    const floor = curve.map(({ x }, at) => ({
      x,
      y: curves.slice(0, index).reduce((sum, each) => sum + each[at]!.y, 0)
    }))
    return { floor, roof: curve.map(({ x, y }, at) => ({ x, y: y + floor[at]!.y })) }
  })
}

/** The sum of curves with the same x values. */
function sumOf(curves: Points[]): Points {
  return curves[0]!.map(({ x }, at) => ({ x, y: curves.reduce((sum, curve) => sum + curve[at]!.y, 0) }))
}

function stepped(curve: Points): Points {
  return curve.flatMap((point, index) =>
    index === 0 ? [point] : [{ x: point.x, y: curve[index - 1]!.y }, point]
  )
}

function heightIn({ top, bottom }: { top: number; bottom: number }, part: number): number {
  return bottom - Math.max(0, Math.min(part, 1)) * (bottom - top)
}

function points(curve: Points, x: (value: number) => number, y: (value: number) => number): string {
  return curve.map(point => `${fixed(x(point.x))} ${fixed(y(point.y))}`).join('L')
}

function text(x: number, y: number, content: string, classes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}"${classes && ` class="${classes}"`}>${escapeXml(content)}</text>`
}

function fixed(value: number): string {
  return value.toFixed(1)
}
