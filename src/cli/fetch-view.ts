import type { FetchEvent, FetchSummary, RouteProgress } from '../client/fetch-events.ts'
import type { TerminalSize } from '../files/terminal.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'
import { plainText } from './plain-text.ts'
import { cutToWidth, textWidth } from './text-width.ts'

const BAR_CELLS = 20
/** The most causes of lost time that people are told; the JSON form has all. */
const MAX_LOSSES = 2

/** The state of a running fetch that is shown. */
export interface FetchState {
  totalBytes: number | undefined
  progress: Extract<FetchEvent, { event: 'progress' }> | undefined
  /** Rate of the whole, smoothed, in bytes a second. */
  rateBytesPerSecond: number
}

export interface ViewOptions {
  /** Whether to write escape sequences for colour, on a terminal. */
  color: boolean
  /** Whether to write nothing beyond ASCII. */
  isAscii: boolean
  /** The terminal that the lines have to fit into; without one they may be as long and as many as they like. */
  size?: TerminalSize
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
 * The lines of progress: one for each route in use, with weight, rate and state, and one for the
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
  const layouts = [withBar, plainly, shortly].map(layout =>
    shown.map(([id, route]) => layout(id, route, route.uplink && plainText(route.uplink, isAscii)))
  )
  const [barred, plain, short] = layouts as [RouteRow[], RouteRow[], RouteRow[]]
  const fits = (rows: RouteRow[]) => rows.every(row => textWidth(row.head + row.state + row.tail) <= columns)
  const rows = !size ? plain : fits(barred) ? barred : fits(plain) ? plain : short
  const lines = rows.map(row => painted(row, columns, color && size !== undefined))
  const whole = wholeLine(state, progress.bytes, inUse.length - shown.length)
  return [
    ...lines,
    cutToWidth(whole.length <= columns ? whole : whole.trim().replace(/ {2,}/g, ' '), columns)
  ]
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

function wholeLine({ totalBytes, rateBytesPerSecond }: FetchState, bytes: number, hidden: number): string {
  const share = totalBytes ? `${Math.floor((100 * bytes) / totalBytes)} %` : ''
  const of = totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`
  const more = hidden === 0 ? '' : `  and ${hidden} more ${hidden === 1 ? 'route' : 'routes'}`
  return `  all  ${share.padStart(5)}  ${formatRate(rateBytesPerSecond).padStart(14)}  ${formatBytes(bytes)}${of}${more}`
}

function withBar(id: string, route: RouteProgress, uplink: string | undefined): RouteRow {
  const cells = Math.round(route.weight * BAR_CELLS)
  return rowOf(id, route, uplink, `  ${'#'.repeat(cells).padEnd(BAR_CELLS, '.')}`)
}

function plainly(id: string, route: RouteProgress, uplink: string | undefined): RouteRow {
  return rowOf(id, route, uplink, '')
}

function rowOf(id: string, route: RouteProgress, uplink: string | undefined, bar: string): RouteRow {
  const { share, rate, rtt } = figuresOf(route)
  const head = `  ${id}    ${share.padStart(5)}${bar}  ${rate.padStart(14)}  ${rtt.padStart(8)}  `
  return { head, state: route.state, tail: uplink === undefined ? '' : `  ${uplink}` }
}

function shortly(id: string, route: RouteProgress, uplink: string | undefined): RouteRow {
  const { share, rate, rtt } = figuresOf(route)
  const head = `${id} ${share.padStart(5)} ${rate.padStart(12)} ${rtt.padStart(7)} `
  return { head, state: route.state, tail: uplink === undefined ? '' : ` ${uplink}` }
}

function figuresOf({ weight, rateBytesPerSecond, rttMs }: RouteProgress) {
  return {
    share: `${Math.round(weight * 100)} %`,
    rate: formatRate(rateBytesPerSecond),
    rtt: `${rttMs.toFixed(0)} ms`
  }
}

/** Describes a change of a route's state for people. */
export function describeRoute({
  id,
  state,
  relays,
  uplink,
  reason
}: Pick<Extract<FetchEvent, { event: 'route' }>, 'id' | 'state' | 'relays' | 'uplink' | 'reason'>): string {
  const via = relays.length === 0 ? 'direct' : relays.map(shortPeer).join(' -> ')
  const by = uplink === undefined ? '' : ` by ${uplink}`
  return `route ${id} (${via}${by}) ${state}${reason === '' ? '' : `: ${reason}`}`
}

/** Describes for people what has become of an uplink. */
export function describeUplink({ uplink, state, bytes }: Extract<FetchEvent, { event: 'uplink' }>): string {
  const word = {
    up: 'is there',
    gone: 'is gone',
    usedUp: 'has carried what it may, and is not used any more'
  }
  return `uplink ${uplink} ${word[state]} (${formatBytes(bytes)} so far)`
}

/** Describes a finding on a shared bottleneck for people. */
export function describeBottleneck({
  routes,
  shared
}: Pick<Extract<FetchEvent, { event: 'sharedBottleneck' }>, 'routes' | 'shared'>): string {
  const names = routes.join(' and ')
  return shared ? `routes ${names} share a bottleneck` : `routes ${names} do not share a bottleneck any more`
}

type Waiting = Extract<FetchEvent, { event: 'waiting' }>

/** Time in milliseconds that is too short to be told as a time to wait. */
const LEAST_WAIT_MS = 500

const MISSING: Record<Waiting['missing'], string> = {
  network: 'this host has no network',
  relays: 'no relay answers',
  input: 'nothing new is made',
  source: 'the source does not answer',
  director: 'no director answers',
  content: 'nobody has the content yet'
}

/** Describes for people that a source takes part in a fetch, or does no more. */
export function describeSource({
  source,
  state,
  reason
}: Pick<Extract<FetchEvent, { event: 'source' }>, 'source' | 'state' | 'reason'>): string {
  return state === 'joined'
    ? `the source ${shortPeer(source)} has the content, too`
    : `going on without the source ${shortPeer(source)}: ${reason}`
}

/** Describes for people what a fetch waits for. */
export function describeWaiting({
  missing,
  reason,
  leftMs
}: Pick<Waiting, 'missing' | 'reason' | 'leftMs'>): string {
  const end =
    leftMs === undefined
      ? 'waiting until that changes'
      : leftMs < LEAST_WAIT_MS
        ? 'giving up'
        : `waiting for ${formatDuration(leftMs)} at most`
  return `${MISSING[missing]} (${reason}); ${end}`
}

/** The place where a content went; `resumeBytes` were there from an earlier run. */
export interface FetchedOutput {
  target: string
  resumeBytes: number
}

/** The summary at the end of a fetch, line by line. */
export function describeSummary(
  summary: Omit<FetchSummary, 'lossAttribution' | 'sharedBottlenecks'>,
  { target, resumeBytes }: FetchedOutput
): string[] {
  const { bytes, seconds, sha256, longestStallMs, duplicateBytes, routes, isPresent } = summary
  if (isPresent)
    return [`${target} is there already, complete: ${formatBytes(bytes)}`, `  sha256    ${sha256}`]
  const used = Object.entries(routes).filter(([, route]) => route.bytes > 0)
  const total = used.reduce((sum, [, route]) => sum + route.bytes, 0)
  const shares = used.map(([id, { bytes, uplink }]) => {
    const by = uplink === undefined ? '' : ` (${uplink})`
    return `${id}${by} ${Math.round((100 * bytes) / total)} %`
  })
  const { skippedBytes = 0 } = summary
  const freshBytes = bytes - resumeBytes
  const rate = formatRate(freshBytes / Math.max(seconds, 0.001))
  const fresh = resumeBytes > 0 ? `, of which ${formatBytes(freshBytes)}` : ''
  return [
    `${target === '-' ? 'stdout' : target}: ${formatBytes(bytes)}${fresh} in ${seconds.toFixed(1)} s, ${rate}`,
    `  routes    ${shares.join(', ') || 'none needed'}`,
    `  stall     ${Math.round(longestStallMs)} ms at most; ${formatBytes(duplicateBytes)} came twice`,
    ...(skippedBytes > 0 ? [`  skipped   ${formatBytes(skippedBytes)} that would have come too late`] : []),
    `  sha256    ${sha256}`
  ]
}

/**
 * The lines under the summary: the largest losses, and the routes that shared a bottleneck. Without
 * any there are no lines.
 */
export function describeLosses({
  lossAttribution,
  sharedBottlenecks
}: Pick<FetchSummary, 'lossAttribution' | 'sharedBottlenecks'>): string[] {
  const lines = lossAttribution
    .slice(0, MAX_LOSSES)
    .map(({ seconds, share, text }) => `${seconds.toFixed(2)} s (${(100 * share).toFixed(1)} %) ${text}`)
  const groups = sharedBottlenecks.map(routes => routes.join('+'))
  return [
    ...lines.map((line, i) => `  ${i === 0 ? 'lost' : '    '}      ${line}`),
    ...(groups.length > 0 ? [`  shared    one bottleneck behind ${groups.join(', ')}`] : [])
  ]
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
