import type { FetchEvent, FetchSummary } from '../client/fetch-events.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'
import { wholePercents } from '../units/whole-percents.ts'

/** The most causes of lost time that people are told; the JSON form has all. */
const MAX_LOSSES = 2

/** So many routes fit into a line of the summary on a terminal of 80 columns. */
const ROUTES_A_LINE = 3

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
    return [`${target} is there already, complete: ${formatBytes(bytes)}`, ...checksumLines(sha256)]
  const used = Object.entries(routes).filter(([, route]) => route.bytes > 0)
  const total = used.reduce((sum, [, route]) => sum + route.bytes, 0)
  const percents = wholePercents(used.map(([, route]) => route.bytes / total))
  const shares = used.map(([id, { relays, uplink }], at) => {
    const via = relays.length === 0 ? 'direct' : relays.map(shortPeer).join(' > ')
    return `${id} ${percents[at]} % (${via}${uplink === undefined ? '' : ` by ${uplink}`})`
  })
  const { skippedBytes = 0 } = summary
  const freshBytes = bytes - resumeBytes
  const rate = formatRate(freshBytes / Math.max(seconds, 0.001))
  const fresh = resumeBytes > 0 ? `, of which ${formatBytes(freshBytes)}` : ''
  return [
    `${target === '-' ? 'stdout' : target}: ${formatBytes(bytes)}${fresh} in ${seconds.toFixed(1)} s, ${rate}`,
    ...routeLines(shares),
    `  stall     ${Math.round(longestStallMs)} ms at most; ${formatBytes(duplicateBytes)} came twice`,
    ...(skippedBytes > 0 ? [`  skipped   ${formatBytes(skippedBytes)} that would have come too late`] : []),
    ...checksumLines(sha256)
  ]
}

function checksumLines(sha256: string | undefined): string[] {
  return sha256 === undefined ? [] : [`  sha256    ${sha256}`]
}

/** What came over which route, a few routes a line. */
function routeLines(shares: readonly string[]): string[] {
  if (shares.length === 0) return ['  routes    none needed']
  const lines = Math.ceil(shares.length / ROUTES_A_LINE)
  return Array.from({ length: lines }, (_, line) => {
    const some = shares.slice(line * ROUTES_A_LINE, (line + 1) * ROUTES_A_LINE)
    return `  ${line === 0 ? 'routes' : '      '}    ${some.join(', ')}${line < lines - 1 ? ',' : ''}`
  })
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
    .map(({ seconds, share, text }) => `by ${seconds.toFixed(2)} s (${(100 * share).toFixed(1)} %): ${text}`)
  const groups = sharedBottlenecks.map(routes => routes.join('+'))
  return [
    ...lines.map(
      (line, i) => `  ${i === 0 ? 'slower    than these routes could, ' : '          and '}${line}`
    ),
    ...(groups.length > 0 ? [`  shared    one bottleneck behind ${groups.join(', ')}`] : [])
  ]
}
