import type {
  NodesView,
  RatedContent,
  RatedFetch,
  RatedNode,
  RatedRelay,
  RatedSource,
  RunningNode
} from '../../node-page/nodes-view.ts'
import { shortPeer } from '../../protocol/peer-word.ts'
import type { ReasonCount } from '../../relay/relay-view.ts'
import { formatBytes, formatDuration, formatRate } from '../../units/units.ts'
import { wholePercents } from '../../units/whole-percents.ts'
import { plainText } from '../plain-text.ts'
import { figuresText } from '../status-view.ts'
import { cutToWidth, padEndToWidth, padStartToWidth, textWidth } from '../text-width.ts'

export interface TopOptions {
  columns: number
  /** Lines at most; the rest is counted. Without it there are as many as there are. */
  rows?: number
  /** Whether to write escape sequences for colour. */
  color: boolean
  /** Whether to write nothing beyond ASCII. */
  isAscii: boolean
}

/** Fewer columns than these are taken for as many. */
const LEAST_COLUMNS = 40
const BOLD = 1
const YELLOW = 33

interface Line {
  text: string
  /** A code of SGR for the whole line. */
  style?: number
}

/** A cell of a table: numbers stand to the right. Columns of a higher `rank` are left out first where there is no room. */
interface Column {
  head: string
  rank: number
  isNumber?: boolean
}

/** A table's row, whose style is that of its line. */
interface Row {
  cells: string[]
  style?: number
}

/** What `anabranch top` shows: fetches, relays, sources and other daemons, each with what it carries. */
export function topLines(view: NodesView, options: TopOptions): string[] {
  const columns = Math.max(LEAST_COLUMNS, options.columns)
  const parts = [
    ...view.fetches.map(fetch => fetchPart(fetch, columns)),
    ...view.relays.map(relay => relayPart(relay, columns)),
    ...view.sources.map(source => sourcePart(source, columns)),
    ...(view.others.length > 0 ? [view.others.map(daemonLine)] : [])
  ]
  if (parts.length === 0) return ['no daemon and no fetch of this user runs']
  const lines = parts.flatMap((part, at) => (at === 0 ? part : [{ text: '' }, ...part]))
  return fitting(lines, options.rows).map(({ text, style }) => {
    const cut = cutToWidth(plainText(text, options.isAscii), columns)
    return options.color && style !== undefined ? `\u001b[${style}m${cut}\u001b[0m` : cut
  })
}

function fitting(lines: Line[], rows = Number.POSITIVE_INFINITY): Line[] {
  if (lines.length <= rows) return lines
  const kept = lines.slice(0, Math.max(0, rows - 1))
  return [...kept, { text: `and ${lines.length - kept.length} more lines` }]
}

function fetchPart({ pid, isPaused, pinned, contents }: RatedFetch, columns: number): Line[] {
  const wishes = [isPaused ? 'paused' : '', pinned === undefined ? '' : `pattern ${pinned} pinned`]
  const head = [`fetch ${pid}`, ...wishes].filter(part => part !== '').join(', ')
  if (contents.length === 0) return [{ text: `${head}  waits for its first content`, style: BOLD }]
  return [{ text: head, style: BOLD }, ...contents.flatMap(content => contentPart(content, columns))]
}

function contentPart(content: RatedContent, columns: number): Line[] {
  const { name, bytes, sizeBytes, pattern, routes, leftMs, lossAttribution } = content
  const share = sizeBytes ? `${Math.floor((100 * bytes) / sizeBytes)} %, ` : ''
  const of = sizeBytes === undefined ? '' : ` of ${formatBytes(sizeBytes)}`
  const facts = [
    `${share}${formatBytes(bytes)}${of}`,
    ...(leftMs === undefined ? [] : [`${formatDuration(leftMs)} left`]),
    `after ${formatDuration(content.elapsedMs)}`
  ]
  const sums = [
    `sum ${rateText(content.sumBytesPerSecond)}`,
    ...(content.idealBytesPerSecond === undefined
      ? []
      : [`ideal ${formatRate(content.idealBytesPerSecond)}`]),
    ...(pattern === undefined ? [] : [`pattern ${pattern}`])
  ]
  const [loss] = lossAttribution
  return [
    ...wrapped(`  ${name}`, facts, columns),
    ...wrapped('   ', sums, columns),
    ...(loss ? [{ text: `    slower by ${loss.seconds.toFixed(1)} s: ${loss.text}` }] : []),
    ...(routes.length === 0 ? [{ text: '    no route yet' }] : routeTable(routes, columns))
  ]
}

const FETCH_COLUMNS: Column[] = [
  { head: 'route', rank: 0 },
  { head: 'weight', rank: 0, isNumber: true },
  { head: 'rate', rank: 0, isNumber: true },
  { head: 'could', rank: 3, isNumber: true },
  { head: 'rtt', rank: 1, isNumber: true },
  { head: 'state', rank: 0 },
  { head: 'way', rank: 2 }
]

function routeTable(routes: RatedContent['routes'], columns: number): Line[] {
  const percents = wholePercents(routes.map(({ weight }) => weight))
  const rows = routes.map((route, at): Row => {
    const { id, rateBytesPerSecond, rttMs, isParked, relays, source, uplink } = route
    const state = isParked ? 'by hand' : route.state
    const way = [...relays, source].map(shortPeer).join(' > ')
    const cells = [id, `${percents[at]} %`, rateText(route.comingBytesPerSecond)]
    cells.push(formatRate(rateBytesPerSecond), `${rttMs} ms`, state)
    cells.push(uplink === undefined ? way : `${way} by ${uplink}`)
    return { cells, ...(state === 'open' ? {} : { style: YELLOW }) }
  })
  return table(FETCH_COLUMNS, rows, columns)
}

const RELAY_COLUMNS: Column[] = [
  { head: 'route', rank: 0 },
  { head: 'session', rank: 3 },
  { head: 'from', rank: 1 },
  { head: 'to', rank: 0 },
  { head: 'down', rank: 0, isNumber: true },
  { head: 'up', rank: 2, isNumber: true },
  { head: 'queue', rank: 4, isNumber: true }
]

function relayPart(relay: RatedRelay, columns: number): Line[] {
  const { limits, routes, takesNone, refused, failed } = relay
  const { maxRoutes, maxRateBytesPerSecond, day, month } = limits
  const facts = [
    `routes ${routes.length} of ${maxRoutes}`,
    `down ${rateText(relay.downBytesPerSecond)}${limitText(maxRateBytesPerSecond)}`,
    `up ${rateText(relay.upBytesPerSecond)}`,
    ...(day ? [`today ${formatBytes(day.leftBytes)} left`] : []),
    ...(month ? [`this month ${formatBytes(month.leftBytes)} left`] : [])
  ]
  const busiest = routes.toSorted((a, b) => (b.downBytesPerSecond ?? 0) - (a.downBytesPerSecond ?? 0))
  const rows = busiest.map((route): Row => {
    const { letter, sessionId, peerId, nextHop, queuedBytes } = route
    const ways = [letter, sessionId.slice(0, 6), shortPeer(peerId), shortPeer(nextHop)]
    const rates = [rateText(route.downBytesPerSecond), rateText(route.upBytesPerSecond)]
    return { cells: [...ways, ...rates, formatBytes(queuedBytes)] }
  })
  return [
    { text: headOf(relay), style: BOLD },
    ...wrapped(' ', facts, columns),
    ...(takesNone === undefined ? [] : [{ text: `  takes no routes: ${takesNone}`, style: YELLOW }]),
    ...reasonLines('refused', refused),
    ...reasonLines('failed', failed),
    ...(rows.length === 0 ? [] : table(RELAY_COLUMNS, rows, columns))
  ]
}

const SOURCE_COLUMNS: Column[] = [
  { head: 'content', rank: 0 },
  { head: 'from', rank: 1 },
  { head: 'routes', rank: 2, isNumber: true },
  { head: 'sent', rank: 3, isNumber: true },
  { head: 'rate', rank: 0, isNumber: true }
]

function sourcePart(source: RatedSource, columns: number): Line[] {
  const { sessions, maxSessions, maxRateBytesPerSecond, refused, failed, figures } = source
  const facts = [
    ...(figures.contents === undefined ? [] : [`contents ${figures.contents}`]),
    `sessions ${sessions.length} of ${maxSessions}`,
    `sends ${rateText(source.sentBytesPerSecond)}${limitText(maxRateBytesPerSecond)}`
  ]
  const counts = [...(refused > 0 ? [`refused ${refused}`] : []), ...(failed > 0 ? [`failed ${failed}`] : [])]
  const rows = sessions.map((session): Row => {
    const { name, peerId, routes, sentBytes, sentBytesPerSecond } = session
    const cells = [cutToWidth(name, Math.floor(columns / 3)), shortPeer(peerId), String(routes)]
    return { cells: [...cells, formatBytes(sentBytes), rateText(sentBytesPerSecond)] }
  })
  return [
    { text: headOf(source), style: BOLD },
    ...wrapped(' ', facts, columns),
    ...(counts.length === 0 ? [] : [{ text: `  ${counts.join(', ')}`, style: YELLOW }]),
    ...(rows.length === 0 ? [] : table(SOURCE_COLUMNS, rows, columns))
  ]
}

function reasonLines(what: string, reasons: readonly ReasonCount[]): Line[] {
  return reasons.map(({ reason, count, message }) => ({
    text: `  ${what} ${count}: ${reason.replace('refused_', '').replaceAll('_', ' ')} (${message})`,
    style: YELLOW
  }))
}

function daemonLine(daemon: RatedNode): Line {
  const { figures, sentBytesPerSecond } = daemon
  const sends = figures.sentBytes === undefined ? '' : `sends ${rateText(sentBytesPerSecond)}, `
  return { text: `${headOf(daemon)}  ${sends}${figuresText(figures)}`.trimEnd() }
}

function headOf({ role, worker, pid, peerId }: RunningNode): string {
  const who = peerId === undefined ? '' : `  ${shortPeer(peerId)}`
  return `${role}${worker === undefined ? '' : ` ${worker}`} ${pid}${who}`
}

function rateText(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '-' : formatRate(bytesPerSecond)
}

function limitText(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '' : ` of ${formatRate(bytesPerSecond)}`
}

/** Facts behind a head, in as many lines as they need. */
function wrapped(head: string, facts: readonly string[], columns: number): Line[] {
  const indent = ' '.repeat(head.length - head.trimStart().length + 2)
  const lines: string[] = [head]
  for (const fact of facts) {
    const longer = `${lines.at(-1)}  ${fact}`
    if (textWidth(longer) <= columns || lines.at(-1) === head) lines[lines.length - 1] = longer
    else lines.push(`${indent}${fact}`)
  }
  return lines.map(text => ({ text }))
}

/** A table with a line of heads; where it is too wide, columns are left out. */
function table(heads: readonly Column[], rows: readonly Row[], columns: number): Line[] {
  const ranks = [...new Set(heads.map(({ rank }) => rank))].sort((a, b) => b - a)
  const made = ranks.map(most => drawn(heads, rows, most))
  const fits = made.find(lines => lines.every(({ text }) => textWidth(text) <= columns))
  return fits ?? made.at(-1)!
}

/** The columns up to a rank. */
function drawn(heads: readonly Column[], rows: readonly Row[], mostRank: number): Line[] {
  const kept = heads.flatMap(({ rank }, at) => (rank <= mostRank ? [at] : []))
  const all: Row[] = [{ cells: heads.map(({ head }) => head) }, ...rows]
  const widths = kept.map(at => Math.max(...all.map(({ cells }) => textWidth(cells[at]!))))
  return all.map(({ cells, style }) => {
    const padded = kept.map((at, place) =>
      heads[at]!.isNumber
        ? padStartToWidth(cells[at]!, widths[place]!)
        : padEndToWidth(cells[at]!, widths[place]!)
    )
    return { text: `    ${padded.join('  ')}`.trimEnd(), ...(style === undefined ? {} : { style }) }
  })
}
