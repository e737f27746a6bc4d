import type { FetchEvent, RouteProgress } from '../client/fetch-events.ts'
import type { RateHistory } from '../client/rate-history.ts'
import type { TerminalSize } from '../files/terminal.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'
import { wholePercents } from '../units/whole-percents.ts'
import { plainText } from './plain-text.ts'
import { sparkline } from './sparkline.ts'
import { cutToWidth, textWidth } from './text-width.ts'

/** How many seconds the drawing of a route shows at most. */
export const HISTORY_SLOTS = 16
/** From this share of a limit on the limit counts as what holds a rate back. */
const AT_LIMIT = 0.9

/** The state of a running fetch that is shown. */
export interface FetchState {
  totalBytes: number | undefined
  progress: Extract<FetchEvent, { event: 'progress' }> | undefined
  /** Rate of the whole, smoothed, in bytes a second. */
  rateBytesPerSecond: number
  /** What each route has brought lately. */
  history: Pick<RateHistory, 'of'>
  /** The relays of each route, by its letter: their peer ids from the client's side. */
  relays: ReadonlyMap<string, readonly string[]>
  /** Groups of routes that share a bottleneck. */
  shared: readonly (readonly string[])[]
  /** The most that the whole may have, in bytes a second; undefined without a limit. */
  maxRate: number | undefined
}

export interface ViewOptions {
  /** Whether to write escape sequences for colour, on a terminal. */
  color: boolean
  /** Whether to write nothing beyond ASCII. */
  isAscii: boolean
  /** The terminal that the lines have to fit into; without one they may be as long and as many as they like. */
  size?: TerminalSize
}

/** What a line about a route is made of. */
interface RouteFacts {
  id: string
  route: RouteProgress
  /** Its share in whole percents. */
  percent: number
  /** Its relays, shortened; empty where they are not known. */
  way: string
  /** The rates of the last seconds as a drawing. */
  drawing: string
  /** What holds the route back, where that is known. */
  limit: string
}

/** The parts of one line about a route. */
interface RouteRow {
  /** What stands before the state. */
  head: string
  state: RouteProgress['state']
  /** What stands behind the state. */
  tail: string
}

/**
 * The lines of progress: one for each route in use, with weight, rates, state and what limits it, and one for the
 * whole. Where rows are few, the routes of the least weights are left out and counted; where columns
 * are few, lines are short, and cut at last.
 */
export function progressLines(state: FetchState, options: ViewOptions): string[] {
  const { progress } = state
  if (!progress) return []
  const { size, color, isAscii } = options
  const inUse = Object.entries(progress.routes).filter(([, route]) => !isOver(route))
  const shown = size ? weightiest(inUse, mostLines(size) - 1) : inUse
  const columns = size ? mostCells(size) : Number.POSITIVE_INFINITY
  const percents = wholePercents(inUse.map(([, { weight }]) => weight))
  const percentOf = new Map(inUse.map(([id], at) => [id, percents[at]!]))
  const facts = factsOf(shown, percentOf, state, isAscii)
  const fits = (rows: RouteRow[]) => rows.every(row => textWidth(row.head + row.state + row.tail) <= columns)
  const layouts = size ? [drawn, drawnAlone, plain, bare, short] : [plain]
  const rows = layouts.map(layout => facts.map(layout))
  const lines = (rows.find(fits) ?? rows.at(-1)!).map(row =>
    painted(row, columns, color && size !== undefined)
  )
  return [...lines, wholeLine(state, progress, inUse.length - shown.length, columns)]
}

/** A line stays free for the latest message above, and a cell at the end of each line, beyond which some terminals go on below. */
function mostLines({ rows }: TerminalSize): number {
  return Math.max(1, rows - 1)
}

function mostCells({ columns }: TerminalSize): number {
  return Math.max(1, columns - 1)
}

function weightiest(routes: [string, RouteProgress][], count: number): [string, RouteProgress][] {
  if (routes.length <= count) return routes
  const kept = new Set(routes.toSorted(([, a], [, b]) => b.weight - a.weight).slice(0, count))
  return routes.filter(route => kept.has(route))
}

/** All drawings have one scale, so that routes can be compared. */
function factsOf(
  routes: readonly [string, RouteProgress][],
  percentOf: ReadonlyMap<string, number>,
  { history, shared, relays }: FetchState,
  isAscii: boolean
): RouteFacts[] {
  const most = Math.max(0, ...routes.flatMap(([id]) => history.of(id)))
  return routes.map(([id, route]) => ({
    id,
    percent: percentOf.get(id)!,
    way: wayOf(relays.get(id)),
    route: route.uplink === undefined ? route : { ...route, uplink: plainText(route.uplink, isAscii) },
    drawing: sparkline(history.of(id), most, HISTORY_SLOTS, isAscii),
    limit: limitOf(id, route, shared)
  }))
}

function wayOf(relays: readonly string[] | undefined): string {
  if (relays === undefined) return ''
  return relays.length === 0 ? 'direct' : relays.map(shortPeer).join(' > ')
}

function limitOf(id: string, route: RouteProgress, shared: FetchState['shared']): string {
  const { rateBytesPerSecond, limitBytesPerSecond = Number.POSITIVE_INFINITY } = route
  if (rateBytesPerSecond >= AT_LIMIT * limitBytesPerSecond) return "relay's limit"
  const others = new Set(shared.filter(group => group.includes(id)).flat())
  others.delete(id)
  return others.size === 0 ? '' : `shares with ${[...others].join(', ')}`
}

/** The line for the whole, with as many of its parts as fit. */
function wholeLine(
  state: FetchState,
  { bytes, atMs }: Pick<NonNullable<FetchState['progress']>, 'bytes' | 'atMs'>,
  hidden: number,
  columns: number
): string {
  const { totalBytes, rateBytesPerSecond, maxRate = Number.POSITIVE_INFINITY } = state
  const share = totalBytes ? `${Math.floor((100 * bytes) / totalBytes)} %` : ''
  const rate = formatRate(rateBytesPerSecond)
  const left = totalBytes === undefined || rateBytesPerSecond === 0 ? undefined : totalBytes - bytes
  const parts = [
    ...(hidden === 0 ? [] : [`and ${hidden} more ${hidden === 1 ? 'route' : 'routes'}`]),
    ...(left ? [`${formatDuration((left * 1_000) / rateBytesPerSecond)} left`] : []),
    `${formatBytes(bytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`,
    ...(rateBytesPerSecond >= AT_LIMIT * maxRate ? ['all that --max-rate allows'] : [])
  ]
  const wide = [`  all  ${share.padStart(5)}  ${rate.padStart(14)}`, ...parts]
  const taken = `after ${formatDuration(atMs)}`
  for (const line of [[...wide, taken], wide].map(words => words.join('  ')))
    if (textWidth(line) <= columns) return line
  const narrow = ['all', ...(share === '' ? [] : [share]), rate]
  for (const part of [...parts, taken]) if ([...narrow, part].join(' ').length <= columns) narrow.push(part)
  return cutToWidth(narrow.join(' '), columns)
}

function drawn(facts: RouteFacts): RouteRow {
  return rowOf(facts, `  ${facts.drawing}`, facts.limit)
}

function drawnAlone(facts: RouteFacts): RouteRow {
  return rowOf(facts, `  ${facts.drawing}`, '')
}

function plain(facts: RouteFacts): RouteRow {
  return rowOf(facts, '', facts.limit)
}

function bare(facts: RouteFacts): RouteRow {
  return rowOf(facts, '', '')
}

function rowOf(facts: RouteFacts, drawing: string, limit: string): RouteRow {
  const { id, route, way } = facts
  const { share, rate, rtt } = figuresOf(facts)
  const head = `  ${id}    ${share.padStart(5)}  ${rate.padStart(14)}${drawing}  ${rtt.padStart(8)}  `
  const tail = [way, route.uplink ?? '', limit].filter(part => part !== '')
  return { head, state: route.state, tail: tail.map(part => `  ${part}`).join('') }
}

function short(facts: RouteFacts): RouteRow {
  const { id, route } = facts
  const { share, rate, rtt } = figuresOf(facts)
  const head = `${id} ${share.padStart(5)} ${rate.padStart(12)} ${rtt.padStart(7)} `
  return { head, state: route.state, tail: route.uplink === undefined ? '' : ` ${route.uplink}` }
}

function figuresOf({ percent, route: { rateBytesPerSecond, rttMs } }: RouteFacts) {
  return {
    share: `${percent} %`,
    rate: formatRate(rateBytesPerSecond),
    rtt: `${rttMs.toFixed(0)} ms`
  }
}

function isOver({ state }: RouteProgress): boolean {
  return state === 'lost' || state === 'closed'
}

/** The row's text, cut to a number of cells, with its state in colour. */
function painted({ head, state, tail }: RouteRow, cells: number, color: boolean): string {
  const text = cutToWidth(head + state + tail, cells)
  const end = head.length + state.length
  const word = text.slice(head.length, end)
  if (!color || word === '') return text
  const code = state === 'open' ? 32 : state === 'opening' ? 2 : 33
  return `${text.slice(0, head.length)}\u001b[${code}m${word}\u001b[0m${text.slice(end)}`
}
