import { routeName } from '../../pattern/pattern.ts'
import { payloadCapacity } from '../../topology/capacity.ts'
import { disjointPaths, type Hop, legsAlong } from '../../topology/paths.ts'
import { carries, networkSlices, type Slice } from '../../topology/timeline.ts'
import { ownRateOf, PAYLOAD_SHARE, type Topology, wantedBytes } from '../../topology/topology.ts'
import type { FetchStory } from '../fetch-story.ts'
import type { LabResult } from '../lab-run.ts'
import type { ClientFetch, Measurement, ProgressPoint } from '../measurement.ts'
import { eventWords } from './event-words.ts'
import { type Chart, INK, type Series, SOFT, seriesColor, seriesDashes } from './svg.ts'
import { thinned } from './thinned.ts'

/** The most points of one curve: no eye tells more of them apart. */
const MOST_POINTS = 600
/** Number of samples over which a rate is taken, so that single bursts do not hide the course. */
const RATE_SAMPLES = 3
/** An estimate above this many times the real value is cut off. */
const MOST_OVERSHOOT = 1.6
const ESTIMATE_DASHES = '5 4'

/** All charts of a result by file name, each only where there is something to show. */
export function chartsOf(result: LabResult): Map<string, Chart> {
  const charts = new Map<string, Chart>()
  const ours = result.measurements.find(measured => measured.means === 'anabranch')
  if (ours !== undefined && !ours.clients) charts.set('rates', ratesChart(result, ours))
  if (ours !== undefined && result.story !== undefined) {
    if (result.story.patterns.length > 0) charts.set('weights', weightsChart(result, ours, result.story))
    charts.set('reorder', reorderChart(result, ours, result.story))
  }
  if (result.measurements.length > 0) charts.set('progress', progressChart(result))
  return charts
}

function ratesChart({ topology: { topology, traces }, story }: LabResult, ours: Measurement): Chart {
  const slices = [...networkSlices(topology, traces, ours.completionMs)]
  const paths = story ? pathsOf(story) : likelyPathsOf(topology)
  const panels = paths.map(({ ids, nodes }, index) => {
    const capacity = capacityPoints(topology, slices, nodes)
    const others = paths.filter(path => path.nodes !== nodes).map(path => path.nodes)
    const wire = wirePoints(topology, ours, nodes, others)
    const estimate = story ? estimatePoints(story, ids) : []
    return {
      title: `route ${ids.join(', ')}: ${nodes.join(' - ')}`,
      yLabel: 'Mbit/s',
      yMax: axisTop(highest([...capacity, ...wire]), highest(estimate)),
      series: [
        { name: 'capacity', color: SOFT, shape: 'step-area' as const, points: capacity },
        { name: 'on the wire', letter: ids.at(-1)!, color: seriesColor(index), points: wire },
        ...(story
          ? [{ name: "client's estimate", color: INK, dashes: ESTIMATE_DASHES, points: estimate }]
          : [])
      ]
    }
  })
  // One scale for all: a reader compares the routes with each other.
  const yMax = Math.max(...panels.map(panel => panel.yMax))
  return {
    title: 'Payload of each route against what its links can carry',
    ...frame(topology, ours),
    panels: panels.map(panel => ({ ...panel, yMax }))
  }
}

/**
 * Top of an axis with room for the real values, and for the estimate unless it is so high that it
 * would flatten everything else.
 */
function axisTop(real: number, estimated: number): number {
  return Math.max(0.1, real * 1.15, Math.min(estimated * 1.05, real * MOST_OVERSHOOT))
}

function highest(points: Series['points']): number {
  return points.reduce((most, { y }) => Math.max(most, y), 0)
}

/**
 * Every path over which content came, with the letters of its routes: a route that is lost and
 * comes back may have a further letter.
 */
export function pathsOf(story: FetchStory): { ids: string[]; nodes: string[] }[] {
  const paths = new Map<string, { ids: string[]; nodes: string[] }>()
  for (const [id, { nodes }] of Object.entries(story.routes).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const path = paths.get(nodes.join(' ')) ?? { ids: [], nodes }
    paths.set(nodes.join(' '), path)
    path.ids.push(id)
  }
  return [...paths.values()]
}

/** The paths that a client would take that does not tell which ones it takes. */
function likelyPathsOf(topology: Topology): { ids: string[]; nodes: string[] }[] {
  return disjointPaths(topology).map(({ nodes }, route) => ({ ids: [routeName(route)], nodes }))
}

function weightsChart({ topology: { topology } }: LabResult, ours: Measurement, story: FetchStory): Chart {
  const series = patternSeries(story, ours.completionMs)
  const panels = [{ title: 'share of the pattern', yLabel: '%', yMax: 100, stacked: true, series }]
  return { title: 'Weights of the routes in the pattern', ...frame(topology, ours), panels }
}

/** The share in percent that each route has of the pattern over time, by its letter; all have the same x values. */
export function patternSeries(story: FetchStory, untilMs: number): Series[] {
  const ids = Object.keys(story.routes).toSorted()
  const shares = thinned(story.patterns, MOST_POINTS).map(({ atMs, pattern }) => ({
    atMs,
    share: patternShares(pattern)
  }))
  const last = shares.at(-1)!
  return ids.map((id, index) => ({
    name: id,
    letter: id,
    color: seriesColor(index),
    shape: 'step-area',
    points: [...shares, { ...last, atMs: untilMs }].map(({ atMs, share }) => ({
      x: atMs / 1000,
      y: (share.get(id) ?? 0) * 100
    }))
  }))
}

function reorderChart({ topology: { topology } }: LabResult, ours: Measurement, story: FetchStory): Chart {
  const points = thinned(story.progress, MOST_POINTS).map(({ atMs, reorderBytes }) => ({
    x: atMs / 1000,
    y: reorderBytes / 1e6
  }))
  const series = [{ name: 'waiting for order', color: seriesColor(0), shape: 'area' as const, points }]
  const panels = [{ title: 'received, not yet in order', yLabel: 'MB', series }]
  return { title: 'Reorder buffer', ...frame(topology, ours), panels }
}

function progressChart(result: LabResult): Chart {
  const { topology } = result.topology
  const { measurements } = result
  const longest = measurements.toSorted((a, b) => b.completionMs - a.completionMs)[0]!
  const clients = measurements[0]?.clients
  // The ideal is of all clients together, whose progress is drawn one by one.
  const curves = lettered(clients ? clients.map(clientSeries) : measurements.map(meansSeries))
  const series = clients ? curves : [idealSeries(result), ...curves]
  const panels = [
    { title: 'in-order bytes', yLabel: 'MB', yMax: (wantedBytes(topology) / 1e6) * 1.02, series }
  ]
  return { title: 'Progress of the in-order output', ...frame(topology, longest), panels }
}

function idealSeries({ topology: { topology, traces }, idealMs }: LabResult): Series {
  const ideal: Series['points'] = [{ x: 0, y: 0 }]
  let carried = 0
  const ownRate = ownRateOf(topology)
  const steps =
    ownRate === undefined
      ? payloadCapacity(topology, traces, idealMs)
      : [{ fromMs: 0, toMs: idealMs, payloadBytesPerSecond: ownRate }]
  for (const step of steps) {
    carried += (step.payloadBytesPerSecond * (step.toMs - step.fromMs)) / 1000
    ideal.push({ x: step.toMs / 1000, y: carried / 1e6 })
  }
  return { name: 'ideal', color: SOFT, dashes: '1 3', points: thinned(ideal, MOST_POINTS) }
}

function meansSeries({ means, progress }: Measurement, index: number): Series {
  return progressSeries(means === 'aria2' ? 'aria2 (total)' : means, index, progress)
}

function clientSeries({ client, startedAtMs, progress }: ClientFetch, index: number): Series {
  const since = [{ atMs: 0, bytes: 0 }, ...progress].map(({ atMs, bytes }) => ({
    atMs: startedAtMs + atMs,
    bytes
  }))
  return progressSeries(client, index, since)
}

function progressSeries(name: string, index: number, progress: ProgressPoint[]): Series {
  const points = thinned(progress, MOST_POINTS).map(({ atMs, bytes }) => ({ x: atMs / 1000, y: bytes / 1e6 }))
  return { name, color: seriesColor(index), dashes: seriesDashes(index), points }
}

/** Gives each curve a letter: the first one of its name that no curve before it has, else its number. */
function lettered(series: Series[]): Series[] {
  const taken = new Set<string>()
  return series.map((one, index) => {
    const letters = [...one.name.replace(/[^a-z0-9]/gi, ''), String(index + 1)]
    const letter = letters.find(candidate => !taken.has(candidate)) ?? String(index + 1)
    taken.add(letter)
    return { ...one, letter }
  })
}

/** The x axis and the event marks for a measurement. */
function frame(topology: Topology, measured: Measurement): Pick<Chart, 'xMax' | 'marks'> {
  const traced = topology.links.some(link => link.down.trace !== undefined || link.up.trace !== undefined)
  const tell = eventWords(topology)
  const marks = measured.played
    .filter(() => !traced)
    .map(change => ({ x: change.atMs / 1000, label: tell(change) }))
  return { xMax: measured.completionMs / 1000, marks }
}

/** The capacity of a route alone over time, in Mbit/s of payload. */
export function capacityPoints(topology: Topology, slices: Slice[], nodes: string[]): Series['points'] {
  const points = slices.map(slice => ({ x: slice.fromMs / 1000, y: routeCapacity(topology, slice, nodes) }))
  return [...points, { x: slices.at(-1)!.toMs / 1000, y: points.at(-1)!.y }]
}

function routeCapacity(topology: Topology, slice: Slice, nodes: string[]): number {
  if (nodes.some(name => slice.stopped.has(name))) return 0
  const limits = nodes.slice(1, -1).flatMap(name => {
    const limit = topology.nodes.find(node => node.name === name)?.maxRateBytesPerSecond
    return limit === undefined ? [] : [limit]
  })
  const rates = legsAlong(topology, nodes)
    .flat()
    .map(({ link, direction }) => {
      const now = slice.links[link]!
      return carries(now)
        ? (now[direction].rateBytesPerSecond ?? Number.POSITIVE_INFINITY) * PAYLOAD_SHARE
        : 0
    })
  const least = Math.min(...limits, ...rates)
  return Number.isFinite(least) ? toMbit(least) : 0
}

/** The traffic of the last link that the route has to itself, in Mbit/s of payload. */
export function wirePoints(
  topology: Topology,
  { links }: Measurement,
  nodes: string[],
  others: string[][]
): Series['points'] {
  const key = ({ link, direction }: Hop) => `${link} ${direction}`
  const shared = new Set(others.flatMap(other => legsAlong(topology, other).flat().map(key)))
  const hops = legsAlong(topology, nodes).flat()
  const last = hops.findLast(hop => !shared.has(key(hop))) ?? hops.at(-1)
  if (last === undefined) return []
  const points = links.slice(RATE_SAMPLES).map((sample, index) => {
    const before = links[index]!
    const bytes = sample.bytes[last.link]![last.direction] - before.bytes[last.link]![last.direction]
    const seconds = (sample.atMs - before.atMs) / 1000
    return { x: (sample.atMs + before.atMs) / 2000, y: toMbit((bytes * PAYLOAD_SHARE) / seconds) }
  })
  return thinned(points, MOST_POINTS)
}

/** The client's estimate, in Mbit/s, of the last of these routes that it knew at each time. */
function estimatePoints(story: FetchStory, ids: string[]): Series['points'] {
  return thinned(
    story.progress.flatMap(({ atMs, routes }) => {
      const route = ids.map(id => routes[id]).findLast(known => known !== undefined)
      // The estimates end with the transfer.
      if (route === undefined || route.state === 'closed') return []
      return [{ x: atMs / 1000, y: toMbit(route.rateBytesPerSecond) }]
    }),
    MOST_POINTS
  )
}

/**
 * Share of each route in a pattern; an element `[AB]`, which goes over both routes, counts once for
 * each of them.
 */
export function patternShares(pattern: string): Map<string, number> {
  const letters = [...pattern.replace(/[^A-Za-z]/g, '')]
  const shares = new Map<string, number>()
  for (const letter of letters) shares.set(letter, (shares.get(letter) ?? 0) + 1 / letters.length)
  return shares
}

function toMbit(bytesPerSecond: number): number {
  return (bytesPerSecond * 8) / 1e6
}
