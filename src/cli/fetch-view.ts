import type { FetchEvent, FetchSummary, RouteProgress } from '../client/fetch-events.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'

const BAR_CELLS = 20
/** The most causes of lost time that people are told; the JSON form has all. */
const MAX_LOSSES = 2

/** The state of a running fetch that is shown. */
export interface FetchState {
  totalBytes: number | undefined
  progress: Extract<FetchEvent, { event: 'progress' }> | undefined
  /** Rate of the whole since the progress event before, in bytes a second. */
  rateBytesPerSecond: number
}

export interface ViewOptions {
  /** Whether to write escape sequences for colour. */
  color: boolean
  /** Whether to draw a bar beside each weight. */
  bars: boolean
}

/** The lines of progress: one for each route in use, with weight, rate and state, and one for the whole. */
export function progressLines(state: FetchState, options: ViewOptions): string[] {
  const { progress, totalBytes, rateBytesPerSecond } = state
  if (!progress) return []
  const routes = Object.entries(progress.routes).filter(([, route]) => !isOver(route))
  const lines = routes.map(([id, route]) => routeLine(id, route, options))
  const share = totalBytes ? `${Math.floor((100 * progress.bytes) / totalBytes)} %` : ''
  const of = totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`
  lines.push(
    `  all  ${share.padStart(5)}  ${formatRate(rateBytesPerSecond).padStart(14)}  ${formatBytes(progress.bytes)}${of}`
  )
  return lines
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

const MISSING: Record<Waiting['missing'], string> = {
  network: 'this host has no network',
  relays: 'no relay answers',
  source: 'the source does not answer',
  director: 'no director answers',
  content: 'nobody has the content yet'
}

/** Describes for people what a fetch waits for. */
export function describeWaiting({
  missing,
  reason,
  leftMs
}: Pick<Waiting, 'missing' | 'reason' | 'leftMs'>): string {
  const end = leftMs === undefined ? 'until that changes' : `for ${formatDuration(leftMs)} at most`
  return `${MISSING[missing]} (${reason}); waiting ${end}`
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
  const freshBytes = bytes - resumeBytes
  const rate = formatRate(freshBytes / Math.max(seconds, 0.001))
  const fresh = resumeBytes > 0 ? `, of which ${formatBytes(freshBytes)}` : ''
  return [
    `${target === '-' ? 'stdout' : target}: ${formatBytes(bytes)}${fresh} in ${seconds.toFixed(1)} s, ${rate}`,
    `  routes    ${shares.join(', ') || 'none needed'}`,
    `  stall     ${Math.round(longestStallMs)} ms at most; ${formatBytes(duplicateBytes)} came twice`,
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

function routeLine(id: string, route: RouteProgress, { color, bars }: ViewOptions): string {
  const share = `${Math.round(route.weight * 100)} %`
  const cells = Math.round(route.weight * BAR_CELLS)
  const bar = bars ? `  ${'#'.repeat(cells).padEnd(BAR_CELLS, '.')}` : ''
  const rate = formatRate(route.rateBytesPerSecond).padStart(14)
  const rtt = `${route.rttMs.toFixed(0)} ms`.padStart(8)
  const by = route.uplink === undefined ? '' : `  ${route.uplink}`
  return `  ${id}    ${share.padStart(5)}${bar}  ${rate}  ${rtt}  ${painted(route.state, color)}${by}`
}

function isOver({ state }: RouteProgress): boolean {
  return state === 'lost' || state === 'closed'
}

/** Shortens a peer id to its tail, where ids differ. */
export function shortPeer(peerId: string): string {
  return peerId.length > 8 ? `..${peerId.slice(-6)}` : peerId
}

function painted(state: string, color: boolean): string {
  if (!color) return state
  const code = state === 'open' ? 32 : state === 'opening' ? 2 : 33
  return `\u001b[${code}m${state}\u001b[0m`
}
