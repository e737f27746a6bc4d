import type { FetchEvent, FetchSummary } from '../client/fetch-events.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'

/** The most causes of lost time that people are told; the JSON form has all. */
const MAX_LOSSES = 2

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
