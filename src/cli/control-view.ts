import type { FetchSnapshot, ShownContent } from '../client/fetch-control.ts'
import type { ShownRoute } from '../client/session-steering.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'
import { wholePercents } from '../units/whole-percents.ts'
import { table } from './text-table.ts'

/** A fetch for people: what it does, and a line for each route of each content. */
export function fetchLines(state: FetchSnapshot): string[] {
  const wishes = wishesOf(state)
  return [
    ...(wishes === '' ? [] : [wishes]),
    ...state.contents.flatMap(content => [contentLine(content), ...routeLines(content.routes)])
  ]
}

/** A fetch in one line, for a list of them. */
export function fetchLine(pid: number, { isPaused, contents }: FetchSnapshot): string {
  const names = contents.map(contentLine).join('; ')
  return `${pid}  ${names === '' ? 'waits for its first content' : names}${isPaused ? '  paused' : ''}`
}

function wishesOf({ isPaused, pinned, maxRateBytesPerSecond, latencyMs }: FetchSnapshot): string {
  const wishes = [
    isPaused && 'paused',
    pinned !== undefined && `pattern ${pinned} pinned`,
    maxRateBytesPerSecond !== undefined && `at most ${formatRate(maxRateBytesPerSecond)}`,
    latencyMs !== undefined && `latency ${formatDuration(latencyMs)}`
  ]
  return wishes.filter(Boolean).join(', ')
}

function contentLine({ name, bytes, sizeBytes, pattern }: ShownContent): string {
  const of = sizeBytes === undefined ? '' : ` of ${formatBytes(sizeBytes)}`
  return `${name}  ${formatBytes(bytes)}${of}${pattern === undefined ? '' : `  pattern ${pattern}`}`
}

function routeLines(routes: readonly ShownRoute[]): string[] {
  if (routes.length === 0) return ['  no route yet']
  const percents = wholePercents(routes.map(({ weight }) => weight))
  const figures = table(
    routes.map(({ id, rateBytesPerSecond, rttMs }, at) => [
      ...[`  ${id}`, `${percents[at]} %`],
      ...[formatRate(rateBytesPerSecond), `${rttMs} ms`]
    ])
  )
  return routes.map(({ relays, source, uplink, state, isParked }, at) => {
    const way = [...relays, source].map(shortPeer).join(' > ')
    const by = uplink === undefined ? '' : `  by ${uplink}`
    return `${figures[at]}  ${isParked ? 'parked by hand' : state}  ${way}${by}`
  })
}
